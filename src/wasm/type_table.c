#include "wasm/type_table.h"

enum { CAPACITY_MIN = 16 };

void wisp_type_table_deinit(wisp_type_table *table, const wisp_allocator *allocator)
{
    wisp_free(allocator, table->entries, table->capacity * sizeof *table->entries);
}

static bool refers_to(wisp_valtype type, uint32_t number)
{
    return (type | WISP_NON_NULL) == (wisp_typed_funcref(number) | WISP_NON_NULL);
}

/* ------------------------------------------------------------------ hashes */

/* A reference to the type itself counts the same whatever its number. */
static uint32_t hash_types(uint32_t hash, const wisp_valtype *types, uint32_t count,
                           uint32_t number)
{
    for (uint32_t i = 0; i < count; i++) {
        wisp_valtype type = types[i];
        if (refers_to(type, number))
            type &= 0x1ff;
        hash = (hash ^ type ^ type >> 9) * 16777619u;
    }
    return hash;
}

static uint32_t hash_functype(const wisp_functype *type, uint32_t number)
{
    uint32_t hash = hash_types(2166136261u, type->params, type->param_count, number);
    return hash_types((hash ^ 1) * 16777619u, type->results, type->result_count, number);
}

/* ------------------------------------------------------------------ equality */

static bool are_equal(const wisp_valtype *a, uint32_t a_number, const wisp_valtype *b,
                      uint32_t b_number, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        bool is_self = refers_to(a[i], a_number);
        if (is_self != refers_to(b[i], b_number))
            return false;
        if (is_self ? (a[i] ^ b[i]) & WISP_NON_NULL : a[i] != b[i])
            return false;
    }
    return true;
}

static bool equals(const wisp_type_entry *entry, const wisp_functype *type, uint32_t number)
{
    const wisp_functype *other = entry->type;
    return other->param_count == type->param_count && other->result_count == type->result_count &&
           are_equal(other->params, entry->number, type->params, number, type->param_count) &&
           are_equal(other->results, entry->number, type->results, number, type->result_count);
}

/* ------------------------------------------------------------------ the table */

/* The place that [type] is in, or belongs into. There is always an empty one. */
static wisp_type_entry *find(const wisp_type_table *table, const wisp_functype *type,
                             uint32_t number)
{
    size_t at = hash_functype(type, number) % table->capacity;
    while (table->entries[at].type && !equals(&table->entries[at], type, number))
        at = (at + 1) % table->capacity;
    return &table->entries[at];
}

static bool grow(wisp_type_table *table, const wisp_allocator *allocator)
{
    wisp_type_table old = *table;
    size_t capacity = old.capacity ? old.capacity * 2 : CAPACITY_MIN;
    wisp_type_entry *entries = wisp_alloc(allocator, capacity, sizeof *entries);
    if (!entries)
        return false;
    *table = (wisp_type_table){entries, old.len, capacity};
    for (size_t i = 0; i < old.capacity; i++)
        if (old.entries[i].type)
            *find(table, old.entries[i].type, old.entries[i].number) = old.entries[i];
    wisp_type_table_deinit(&old, allocator);
    return true;
}

bool wisp_type_table_find(const wisp_type_table *table, const wisp_functype *type,
                          uint32_t number, uint32_t *out)
{
    const wisp_type_entry *entry = table->capacity ? find(table, type, number) : NULL;
    if (!entry || !entry->type)
        return false;
    *out = entry->number;
    return true;
}

const wisp_type_entry *wisp_type_table_add(wisp_type_table *table,
                                           const wisp_allocator *allocator,
                                           const wisp_functype *type, uint32_t number)
{
    if (table->len >= table->capacity / 2 && !grow(table, allocator))
        return NULL;
    wisp_type_entry *entry = find(table, type, number);
    if (!entry->type) {
        *entry = (wisp_type_entry){type, number};
        table->len++;
    }
    return entry;
}
