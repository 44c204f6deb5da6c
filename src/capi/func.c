#include <stdlib.h>

#include "capi/trap.h"
#include "capi/value.h"

enum { VALUES_ON_STACK = 16 };

/* ------------------------------------------------------------------ into the program */

static wasm_trap_t *call_back(const capi_env *env, const wasm_val_vec_t *args,
                              wasm_val_vec_t *results)
{
    return env->callback ? env->callback(args, results)
                         : env->callback_with_env(env->env, args, results);
}

/* The trap of the call, or NULL once [out] is filled. [args] and [results] own references. */
static wasm_trap_t *call_with(const capi_env *env, const wisp_value *in, wasm_val_vec_t *args,
                              wasm_val_vec_t *results, wisp_value *out)
{
    for (size_t i = 0; i < args->size; i++)
        if (!capi_value_of(env->store, &in[i], &args->data[i]))
            return capi_trap_new(env->store, "an argument that a wasm_val_t cannot hold");
    wasm_trap_t *trap = call_back(env, args, results);
    for (size_t i = 0; i < results->size && !trap; i++)
        if (!capi_value_to_wisp(env->store, &results->data[i], out[i].type, &out[i]))
            trap = capi_trap_new(env->store, "a result of another type than the function's");
    return trap;
}

/* The wisp_host_fn of all functions of the program's. */
static wisp_status host(void *user, wisp_instance *caller, const wisp_value *args,
                        wisp_value *results, wisp_error *err)
{
    (void)caller;
    const capi_env *env = user;
    wasm_store_t *store = env->store;
    wasm_val_t few[VALUES_ON_STACK];
    size_t count = env->param_count + env->result_count;
    wasm_val_t *values = count > VALUES_ON_STACK ? malloc(count * sizeof *values) : few;
    if (!values)
        return capi_trap_throw(store, (wasm_trap_t *)capi_ref_copy(store->no_memory), err);
    for (size_t i = 0; i < count; i++)
        values[i] = (wasm_val_t)WASM_INIT_VAL;
    wasm_val_vec_t in = {env->param_count, values};
    wasm_val_vec_t out = {env->result_count, values + env->param_count};
    wasm_trap_t *trap = call_with(env, args, &in, &out, results);
    for (size_t i = 0; i < count; i++)
        wasm_val_delete(&values[i]);
    if (values != few)
        free(values);
    return trap ? capi_trap_throw(store, trap, err) : WISP_OK;
}

/* ------------------------------------------------------------------ making */

wasm_ref_t *capi_func_get(wasm_store_t *store, wisp_func *func)
{
    wasm_ref_t *ref = capi_object_get(store, CAPI_FUNC, func);
    if (ref)
        ref->of.func = func;
    return ref;
}

static bool convert_types(const wasm_valtype_vec_t *from, wisp_valtype *to)
{
    for (size_t i = 0; i < from->size; i++) {
        to[i] = capi_valtype_to_wisp(wasm_valtype_kind(from->data[i]));
        if (!to[i])
            return false;
    }
    return true;
}

static wisp_func *make_wisp(wasm_store_t *store, const wasm_functype_t *type, capi_env *env)
{
    const wasm_valtype_vec_t *params = wasm_functype_params(type);
    const wasm_valtype_vec_t *results = wasm_functype_results(type);
    wisp_valtype *types = calloc(params->size + results->size + 1, sizeof *types);
    wisp_func *func = NULL;
    if (types && convert_types(params, types) && convert_types(results, types + params->size)) {
        wisp_functype whole = {types, types + params->size, (uint32_t)params->size,
                               (uint32_t)results->size};
        env->param_count = params->size;
        env->result_count = results->size;
        wisp_func_new(store->store, NULL, whole, host, env, &func, NULL);
    }
    free(types);
    return func;
}

static wasm_func_t *make(wasm_store_t *store, const wasm_functype_t *type, capi_env env)
{
    wasm_ref_t *keeper = capi_object_new(store, CAPI_ENV, NULL);
    if (!keeper)
        return NULL;
    keeper->of.env = (capi_env){.store = store};
    wisp_func *func = make_wisp(store, type, &keeper->of.env);
    wasm_ref_t *ref = func ? capi_func_get(store, func) : NULL;
    if (ref) {
        env.store = store;
        env.param_count = keeper->of.env.param_count;
        env.result_count = keeper->of.env.result_count;
        keeper->of.env = env;
    }
    keeper->is_lasting = func != NULL;
    capi_ref_release(keeper);
    return (wasm_func_t *)ref;
}

wasm_func_t *wasm_func_new(wasm_store_t *store, const wasm_functype_t *type,
                           wasm_func_callback_t callback)
{
    return make(store, type, (capi_env){.callback = callback});
}

wasm_func_t *wasm_func_new_with_env(wasm_store_t *store, const wasm_functype_t *type,
                                    wasm_func_callback_with_env_t callback, void *env,
                                    void (*finalizer)(void *))
{
    return make(store, type,
                (capi_env){.callback_with_env = callback, .env = env, .finalizer = finalizer});
}

wasm_functype_t *wasm_func_type(const wasm_func_t *func)
{
    wisp_functype type = wisp_func_type(capi_ref(func)->of.func);
    return capi_functype_of(&type);
}

size_t wasm_func_param_arity(const wasm_func_t *func)
{
    return wisp_func_type(capi_ref(func)->of.func).param_count;
}

size_t wasm_func_result_arity(const wasm_func_t *func)
{
    return wisp_func_type(capi_ref(func)->of.func).result_count;
}

/* ------------------------------------------------------------------ into a module */

static wasm_trap_t *take_results(wasm_store_t *store, const wisp_value *from,
                                 wasm_val_vec_t *results)
{
    for (size_t i = 0; i < results->size; i++)
        if (!capi_value_of(store, &from[i], &results->data[i])) {
            for (size_t k = 0; k < i; k++)
                wasm_val_delete(&results->data[k]);
            return capi_trap_new(store, "a result that a wasm_val_t cannot hold");
        }
    return NULL;
}

/* [values] has room for arguments and results. */
static wasm_trap_t *call(wasm_ref_t *func, const wisp_functype *type, const wasm_val_vec_t *args,
                         wisp_value *values, wasm_val_vec_t *results)
{
    for (uint32_t i = 0; i < type->param_count; i++)
        if (!capi_value_to_wisp(func->store, &args->data[i], type->params[i], &values[i]))
            return capi_trap_new(func->store, "an argument of another type than the function's");
    wisp_error err;
    wisp_value *given = values + type->param_count;
    wisp_status status =
        wisp_call(func->of.func, values, type->param_count, given, type->result_count, &err);
    return status ? capi_trap_of(func->store, status, &err)
                  : take_results(func->store, given, results);
}

wasm_trap_t *wasm_func_call(const wasm_func_t *handle, const wasm_val_vec_t *args,
                            wasm_val_vec_t *results)
{
    wasm_ref_t *func = capi_ref(handle);
    wisp_functype type = wisp_func_type(func->of.func);
    if ((args ? args->size : 0) != type.param_count)
        return capi_trap_new(func->store, "another number of arguments than the function's");
    if (results && results->size > type.result_count)
        return capi_trap_new(func->store, "more results than the function's");
    static const wasm_val_vec_t nothing;
    wasm_val_vec_t none = nothing;
    wisp_value few[VALUES_ON_STACK];
    size_t count = (size_t)type.param_count + type.result_count;
    wisp_value *values = count > VALUES_ON_STACK ? malloc(count * sizeof *values) : few;
    if (!values)
        return (wasm_trap_t *)capi_ref_copy(func->store->no_memory);
    wasm_trap_t *trap =
        call(func, &type, args ? args : &nothing, values, results ? results : &none);
    if (values != few)
        free(values);
    return trap;
}
