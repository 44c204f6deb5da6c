#include <string.h>

#include "wasm/runtime.h"
#include "wasm/types.h"

/* The program's functions. Those of modules are made with their instance. */

wisp_status wisp_func_make(wisp_store *store, const char *name, const wisp_functype *type,
                           wisp_host_fn fn, void *user, wisp_func **out, wisp_error *err)
{
    wisp_type_entry known;
    wisp_status status = wisp_store_type(store, type, &known, err);
    if (status)
        return status;
    wisp_func *func = wisp_arena_alloc(&store->arena, 1, sizeof *func);
    if (!func)
        return wisp_fail_memory(err, sizeof *func);
    func->name = name ? wisp_arena_text(&store->arena, name, strlen(name)) : NULL;
    if (name && !func->name)
        return wisp_fail_memory(err, strlen(name) + 1);
    func->store = store;
    func->type = known.number;
    func->functype = known.type;
    func->host = fn;
    func->user = user;
    *out = func;
    return WISP_OK;
}

/* Copies [count] types, each of which must be one that a program can name. */
static wisp_status copy_types(wisp_store *store, const wisp_valtype *from, uint32_t count,
                              const wisp_valtype **out, wisp_error *err)
{
    wisp_valtype *types = wisp_arena_alloc(&store->arena, count, sizeof *types);
    if (!types)
        return wisp_fail_memory(err, count * sizeof *types);
    for (uint32_t i = 0; i < count; i++) {
        if (!wisp_valtype_is_plain(from[i]))
            return wisp_fail(err, WISP_INVALID, "a function type with 0x%x, which is no type",
                             (unsigned)from[i]);
        types[i] = from[i];
    }
    *out = types;
    return WISP_OK;
}

wisp_status wisp_func_new(wisp_store *store, const char *name, wisp_functype type,
                          wisp_host_fn fn, void *user, wisp_func **out, wisp_error *err)
{
    if (!fn)
        return wisp_fail(err, WISP_INVALID, "no function");
    if (type.param_count > WISP_PARAMS_MAX || type.result_count > WISP_RESULTS_MAX)
        return wisp_fail(err, WISP_INVALID,
                         "a function of %u parameters and %u results, at most %d are allowed",
                         type.param_count, type.result_count, WISP_PARAMS_MAX);
    wisp_functype *kept = wisp_arena_alloc(&store->arena, 1, sizeof *kept);
    if (!kept)
        return wisp_fail_memory(err, sizeof *kept);
    *kept = type;
    wisp_status status = copy_types(store, type.params, type.param_count, &kept->params, err);
    if (status == WISP_OK)
        status = copy_types(store, type.results, type.result_count, &kept->results, err);
    return status ? status : wisp_func_make(store, name, kept, fn, user, out, err);
}

wisp_functype wisp_func_type(const wisp_func *func)
{
    return *func->functype;
}
