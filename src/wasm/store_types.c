#include "wasm/runtime.h"
#include "wasm/types.h"

/* The numbers that a store gives to the function types of modules. */

/* What no type has. */
enum { NO_NUMBER = WISP_VALTYPE_INDEX_MAX };

static bool has_index(const wisp_valtype *types, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (wisp_valtype_code(types[i]) == WISP_TYPED_FUNCREF)
            return true;
    return false;
}

static void renumber(wisp_valtype *to, const wisp_valtype *types, uint32_t count,
                     const uint32_t *numbers)
{
    for (uint32_t i = 0; i < count; i++)
        to[i] = wisp_valtype_numbered(types[i], numbers);
}

/* [type] with the indices in it replaced by [numbers]; itself if there are none, and NULL if out
 * of memory. */
static const wisp_functype *renumbered(wisp_arena *arena, const wisp_functype *type,
                                       const uint32_t *numbers)
{
    uint32_t params = type->param_count, results = type->result_count;
    if (!has_index(type->params, params) && !has_index(type->results, results))
        return type;
    wisp_functype *own = wisp_arena_alloc(arena, 1, sizeof *own);
    wisp_valtype *types = wisp_arena_alloc(arena, (size_t)params + results, sizeof *types);
    if (!own || !types)
        return NULL;
    renumber(types, type->params, params, numbers);
    renumber(types + params, type->results, results, numbers);
    *own = (wisp_functype){types, types + params, params, results};
    return own;
}

wisp_status wisp_store_type(wisp_store *store, const wisp_functype *type, wisp_type_entry *out,
                            wisp_error *err)
{
    if (store->types.len == NO_NUMBER)
        return wisp_fail(err, WISP_LIMIT, "more than %d function types in one store", NO_NUMBER);
    const wisp_type_entry *entry =
        wisp_type_table_add(&store->types, store->allocator, type, (uint32_t)store->types.len);
    if (!entry)
        return wisp_fail_memory(err, sizeof *entry);
    *out = *entry;
    return WISP_OK;
}

wisp_status wisp_store_number_types(wisp_store *store, const wisp_module *module,
                                    uint32_t *numbers, const wisp_functype **types,
                                    wisp_error *err)
{
    for (uint32_t i = 0; i < module->type_count; i++) {
        uint32_t first = module->first_equal[i];
        wisp_type_entry entry = {types[first], numbers[first]};
        if (first == i) {
            numbers[i] = (uint32_t)store->types.len; /* as which it refers to itself */
            const wisp_functype *type = renumbered(&store->arena, &module->types[i], numbers);
            wisp_status status =
                type ? wisp_store_type(store, type, &entry, err)
                     : wisp_fail_memory(err, module->types[i].param_count * sizeof(wisp_valtype));
            if (status)
                return status;
        }
        numbers[i] = entry.number;
        types[i] = entry.type;
    }
    return WISP_OK;
}

wisp_status wisp_store_find_types(const wisp_store *store, const wisp_module *module,
                                  uint32_t *numbers, wisp_error *err)
{
    wisp_arena scratch;
    wisp_status status = WISP_OK;
    wisp_arena_init(&scratch, store->allocator, 1024);
    for (uint32_t i = 0; i < module->type_count && status == WISP_OK; i++) {
        uint32_t first = module->first_equal[i];
        numbers[i] = first == i ? NO_NUMBER : numbers[first];
        if (first != i)
            continue;
        const wisp_functype *type = renumbered(&scratch, &module->types[i], numbers);
        if (!type)
            status = wisp_fail_memory(err, module->types[i].param_count * sizeof(wisp_valtype));
        else
            wisp_type_table_find(&store->types, type, NO_NUMBER, &numbers[i]);
    }
    wisp_arena_deinit(&scratch);
    return status;
}
