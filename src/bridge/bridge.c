#include <wisp/bridge.h>

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "bridge/args.h"
#include "wasm/runtime.h"

/* A function as it was added: what the wrapper gets as its user. Lives in the store. */
typedef struct bridged {
    wisp_signature signature;
    const char *module, *name;
    wisp_bridge_fn fn;
    void *user;
} bridged;

static wisp_memory *memory_of(const wisp_instance *caller)
{
    return caller ? caller->memories[0] : NULL;
}

wisp_status wisp_call_check(const wisp_signature *signature, const char *module, const char *name,
                            const wisp_instance *caller, const wisp_value *values, wisp_arg *args,
                            wisp_error *err)
{
    wisp_error why;
    wisp_status status = wisp_args_check(signature, memory_of(caller), values, args, &why);
    return status ? wisp_fail(err, status, "%.40s.%.60s: %s", module, name, why.text) : WISP_OK;
}

/* The wisp_host_fn of them all. */
static wisp_status call(void *user, wisp_instance *caller, const wisp_value *values,
                        wisp_value *results, wisp_error *err)
{
    const bridged *function = user;
    wisp_arg args[WISP_BRIDGE_PARAMS_MAX];
    wisp_status status = wisp_call_check(&function->signature, function->module, function->name,
                                         caller, values, args, err);
    return status ? status : function->fn(function->user, caller, args, results, err);
}

static wisp_status add(wisp_linker *linker, const char *module, const wisp_bridge_func *func,
                       char address, void *user, wisp_error *err)
{
    wisp_arena *arena = &wisp_linker_store(linker)->arena;
    bridged *function = wisp_arena_alloc(arena, 1, sizeof *function);
    if (!function)
        return wisp_fail_memory(err, sizeof *function);
    wisp_error why;
    wisp_status status =
        wisp_signature_parse(func->signature, address, &function->signature, &why);
    if (status)
        return wisp_fail(err, status, "%.40s.%.60s: %s", module, func->name, why.text);
    if (!func->fn)
        return wisp_fail(err, WISP_INVALID, "no function for %s.%s", module, func->name);
    function->module = wisp_arena_text(arena, module, strlen(module));
    function->name = wisp_arena_text(arena, func->name, strlen(func->name));
    if (!function->module || !function->name)
        return wisp_fail_memory(err, strlen(module) + strlen(func->name) + 2);
    function->fn = func->fn;
    function->user = user;
    return wisp_linker_add_func(linker, module, func->name, function->signature.plain, call,
                                function, err);
}

static wisp_status add_all(wisp_linker *linker, const char *module, const wisp_bridge_func *funcs,
                           size_t count, char address, void *user, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < count && status == WISP_OK; i++)
        status = add(linker, module, &funcs[i], address, user, err);
    return status;
}

wisp_status wisp_bridge_add(wisp_linker *linker, const char *module,
                            const wisp_bridge_func *funcs, size_t count, void *user,
                            wisp_error *err)
{
    return add_all(linker, module, funcs, count, 'i', user, err);
}

wisp_status wisp_bridge_add64(wisp_linker *linker, const char *module,
                              const wisp_bridge_func *funcs, size_t count, void *user,
                              wisp_error *err)
{
    return add_all(linker, module, funcs, count, 'I', user, err);
}

/* A memory never shrinks, so what was inside is inside. */
static void *find_again(wisp_instance *caller, const void *was, const wisp_arg *arg)
{
    wisp_memory *memory = memory_of(caller);
    return was && memory ? wisp_memory_at(memory, arg->address, arg->size) : NULL;
}

const void *wisp_arg_in(wisp_instance *caller, const wisp_arg *arg)
{
    return find_again(caller, arg->in, arg);
}

void *wisp_arg_out(wisp_instance *caller, const wisp_arg *arg)
{
    return find_again(caller, arg->out, arg);
}
