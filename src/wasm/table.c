#include <string.h>

#include "wasm/runtime.h"
#include "wasm/types.h"

wisp_status wisp_table_new(wisp_store *store, wisp_valtype type, wisp_limits limits,
                           wisp_table **out, wisp_error *err)
{
    wisp_table_type whole = {.element = type, .limits = limits};
    return wisp_table_new_typed(store, &whole, out, err);
}

wisp_status wisp_table_new_typed(wisp_store *store, const wisp_table_type *type, wisp_table **out,
                                 wisp_error *err)
{
    wisp_limits limits = type->limits;
    if (!wisp_valtype_is_ref(type->element) || !wisp_valtype_is_plain(type->element) ||
        !wisp_valtype_has_null(type->element) || limits.min > limits.max ||
        (!type->is_64 && limits.min > UINT32_MAX))
        return wisp_fail(err, WISP_INVALID, "a table of %llu to %llu %s cannot be",
                         (unsigned long long)limits.min, (unsigned long long)limits.max,
                         wisp_valtype_name(type->element));
    return wisp_table_make(store, type, NULL, out, err);
}

wisp_status wisp_table_make(wisp_store *store, const wisp_table_type *type, void *value,
                            wisp_table **out, wisp_error *err)
{
    wisp_limits limits = type->limits;
    if (!wisp_range_fits(store->table_used, limits.min, store->table_max))
        return wisp_fail(err, WISP_LIMIT, "a table of %llu elements, the store has %llu left",
                         (unsigned long long)limits.min,
                         (unsigned long long)(store->table_max - store->table_used));
    wisp_table *table = wisp_arena_alloc(&store->arena, 1, sizeof *table);
    if (!table)
        return wisp_fail_memory(err, sizeof *table);
    table->elements = wisp_alloc(store->allocator, (size_t)limits.min, sizeof *table->elements);
    if (!table->elements)
        return wisp_fail_memory(err, (size_t)limits.min * sizeof *table->elements);
    for (uint64_t i = 0; value && i < limits.min; i++)
        table->elements[i] = value;
    table->size = limits.min;
    table->type = *type;
    table->store = store;
    table->next = store->tables;
    store->tables = table;
    store->table_used += limits.min;
    *out = table;
    return WISP_OK;
}

static size_t block_size(const wisp_table *table)
{
    return table->size ? (size_t)table->size * sizeof *table->elements : 1;
}

void wisp_tables_free(wisp_store *store, const wisp_table *until)
{
    while (store->tables != until) {
        wisp_table *table = store->tables;
        store->tables = table->next;
        store->table_used -= table->size;
        wisp_free(store->allocator, table->elements, block_size(table));
    }
}

int64_t wisp_table_grow_by(wisp_table *table, uint64_t count, void *value)
{
    wisp_store *store = table->store;
    uint64_t old = table->size;
    uint64_t index_max = table->type.is_64 ? UINT64_MAX : UINT32_MAX;
    uint64_t max = table->type.limits.max < index_max ? table->type.limits.max : index_max;
    if (!wisp_range_fits(old, count, max) ||
        !wisp_range_fits(store->table_used, count, store->table_max) ||
        old + count > SIZE_MAX / sizeof *table->elements)
        return -1;
    if (count == 0)
        return (int64_t)old;
    void **elements = wisp_realloc(store->allocator, table->elements, block_size(table),
                                   (size_t)(old + count) * sizeof *elements);
    if (!elements)
        return -1;
    for (uint64_t i = old; i < old + count; i++)
        elements[i] = value;
    table->elements = elements;
    table->size = old + count;
    store->table_used += count;
    return (int64_t)old;
}

uint64_t wisp_table_size(const wisp_table *table)
{
    return table->size;
}

static wisp_status check_index(const wisp_table *table, uint64_t index, wisp_error *err)
{
    if (index < table->size)
        return WISP_OK;
    return wisp_fail(err, WISP_LIMIT, "element %llu of a table of %llu",
                     (unsigned long long)index, (unsigned long long)table->size);
}

wisp_status wisp_table_get(const wisp_table *table, uint64_t index, wisp_value *out,
                           wisp_error *err)
{
    wisp_status status = check_index(table, index, err);
    if (status == WISP_OK)
        *out = (wisp_value){.type = table->type.element, .of.externref = table->elements[index]};
    return status;
}

static wisp_status check_value(const wisp_table *table, const wisp_value *value, wisp_error *err)
{
    char found[WISP_VALTYPE_TEXT_MAX], wanted[WISP_VALTYPE_TEXT_MAX];
    if (wisp_value_fits(value, table->type.element))
        return WISP_OK;
    return wisp_fail(err, WISP_MISMATCH, "a value of type %s for a table of %s",
                     wisp_valtype_print(value->type, found),
                     wisp_valtype_print(table->type.element, wanted));
}

wisp_status wisp_table_set(wisp_table *table, uint64_t index, wisp_value value, wisp_error *err)
{
    wisp_status status = check_index(table, index, err);
    if (status == WISP_OK)
        status = check_value(table, &value, err);
    if (status == WISP_OK)
        table->elements[index] = value.of.externref;
    return status;
}

wisp_status wisp_table_grow(wisp_table *table, uint64_t count, wisp_value value, wisp_error *err)
{
    wisp_status status = check_value(table, &value, err);
    if (status)
        return status;
    if (wisp_table_grow_by(table, count, value.of.externref) < 0)
        return wisp_fail(err, WISP_LIMIT, "a table of %llu elements cannot grow by %llu",
                         (unsigned long long)table->size, (unsigned long long)count);
    return WISP_OK;
}
