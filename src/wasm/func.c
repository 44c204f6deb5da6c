#include <string.h>

#include "wasm/raw_call.h"
#include "wasm/types.h"

/* The program's functions. Those of modules are made with their instance. */

static bool are_numbers(const wisp_valtype *types, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (wisp_valtype_is_ref(types[i]) || types[i] == WISP_V128)
            return false;
    return true;
}

/* Says how [host] is called, of [type] with arguments and results in [slots] slots. There is room
 * for a result even if there is none. One that takes the slots has no values. */
static void lay_out(wisp_program_func *host, const wisp_functype *type, uint32_t slots)
{
    uint32_t result_room = type->result_count ? type->result_count : 1;
    host->args_at = (uint32_t)(slots * sizeof(wisp_slot));
    host->end_at = host->args_at;
    if (host->raw_fn)
        return;
    host->results_at = host->args_at + (uint32_t)(type->param_count * sizeof(wisp_value));
    host->end_at = host->results_at + (uint32_t)(result_room * sizeof(wisp_value));
    host->end_at += -host->end_at % (uint32_t)sizeof(wisp_slot);
    host->result = type->result_count ? type->results[0] : 0;
    host->is_simple = type->result_count <= 1 && are_numbers(type->params, type->param_count) &&
                      are_numbers(type->results, type->result_count);
}

static wisp_status make_host(wisp_store *store, const char *name, const wisp_program_func *what,
                             wisp_program_func **out, wisp_error *err)
{
    wisp_program_func *host = wisp_arena_copy(&store->arena, what, 1, sizeof *what);
    if (!host)
        return wisp_fail_memory(err, sizeof *host);
    host->name = name ? wisp_arena_text(&store->arena, name, strlen(name)) : NULL;
    *out = host;
    return name && !host->name ? wisp_fail_memory(err, strlen(name) + 1) : WISP_OK;
}

/* A function of [type] that does [what], whose layout is not known yet. */
static wisp_status make(wisp_store *store, const char *name, const wisp_functype *type,
                        const wisp_program_func *what, wisp_func **out, wisp_error *err)
{
    wisp_type_entry known;
    wisp_program_func *host = NULL;
    wisp_status status = wisp_store_type(store, type, &known, err);
    if (status == WISP_OK)
        status = make_host(store, name, what, &host, err);
    if (status)
        return status;
    wisp_func *func = wisp_arena_alloc(&store->arena, 1, sizeof *func);
    if (!func)
        return wisp_fail_memory(err, sizeof *func);
    func->store = store;
    func->type = known.number;
    func->functype = known.type;
    func->host = host;
    lay_out(host, known.type, wisp_func_slots(func));
    *out = func;
    return WISP_OK;
}

wisp_status wisp_func_make(wisp_store *store, const char *name, const wisp_functype *type,
                           wisp_host_fn fn, void *user, wisp_func **out, wisp_error *err)
{
    return make(store, name, type, &(wisp_program_func){.fn = fn, .user = user}, out, err);
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

/* make() with a copy of [type], which comes from the program. */
static wisp_status make_copied(wisp_store *store, const char *name, wisp_functype type,
                               const wisp_program_func *what, wisp_func **out, wisp_error *err)
{
    if (!what->fn && !what->raw_fn)
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
    return status ? status : make(store, name, kept, what, out, err);
}

wisp_status wisp_func_new(wisp_store *store, const char *name, wisp_functype type,
                          wisp_host_fn fn, void *user, wisp_func **out, wisp_error *err)
{
    return make_copied(store, name, type, &(wisp_program_func){.fn = fn, .user = user}, out, err);
}

wisp_status wisp_raw_func_new(wisp_store *store, const char *name, wisp_functype type,
                              wisp_raw_fn fn, void *user, wisp_func **out, wisp_error *err)
{
    wisp_program_func what = {.raw_fn = fn, .user = user};
    return make_copied(store, name, type, &what, out, err);
}

wisp_functype wisp_func_type(const wisp_func *func)
{
    return *func->functype;
}
