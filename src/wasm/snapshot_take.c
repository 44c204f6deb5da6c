#include <stdio.h>
#include <stdlib.h>

#include "wasm/snapshot.h"
#include "wasm/types.h"

/* Writing a snapshot: everything twice, first to know how much there will be. */

/* An imported function, to be found by where it is. */
typedef struct import_place {
    const wisp_func *func;
    uint32_t index;
} import_place;

typedef struct taking {
    const wisp_instance *in;
    uint8_t *at; /* where bytes go; NULL while they are only counted, … */
    size_t size; /* … here */
    bool *used;  /* of each granule of all memories, whether it is written */
    size_t used_count;
    import_place *imports; /* by place, once they were looked for */
    wisp_error *err;
} taking;

/* ------------------------------------------------------------------ bytes */

static void put_bytes(taking *t, const void *bytes, size_t size)
{
    t->size += size;
    if (!t->at || size == 0)
        return;
    memcpy(t->at, bytes, size);
    t->at += size;
}

static void put_number(taking *t, uint64_t number)
{
    uint8_t bytes[10];
    size_t len = 0;
    for (; number >= 0x80; number >>= 7)
        bytes[len++] = (uint8_t)(number | 0x80);
    bytes[len++] = (uint8_t)number;
    put_bytes(t, bytes, len);
}

static void put_head(taking *t)
{
    const wisp_module *module = t->in->module;
    uint8_t head[WISP_SNAPSHOT_HEAD_SIZE] = WISP_SNAPSHOT_MAGIC;
    wisp_put_uint32_t(head + WISP_SNAPSHOT_FORMAT_AT, WISP_SNAPSHOT_FORMAT);
    wisp_put_uint32_t(head + WISP_SNAPSHOT_MODULE_SIZE_AT, (uint32_t)module->bytes.size);
    wisp_put_uint64_t(head + WISP_SNAPSHOT_MODULE_HASH_AT, wisp_module_hash(module));
    put_bytes(t, head, sizeof head);
}

/* ------------------------------------------------------------------ memories */

static size_t granules_in_all(const wisp_instance *in)
{
    size_t count = 0;
    for (uint32_t i = in->module->imported_memories; i < in->module->memory_count; i++)
        count += wisp_granules(in->memories[i]->block.size);
    return count;
}

static wisp_status look_at_memories(taking *t)
{
    const wisp_instance *in = t->in;
    t->used_count = granules_in_all(in);
    t->used = wisp_alloc(in->store->allocator, t->used_count, sizeof *t->used);
    if (!t->used)
        return wisp_fail_memory(t->err, t->used_count * sizeof *t->used);
    bool *used = t->used;
    for (uint32_t i = in->module->imported_memories; i < in->module->memory_count; i++) {
        wisp_granules_find_used(&in->memories[i]->block, used);
        used += wisp_granules(in->memories[i]->block.size);
    }
    return WISP_OK;
}

static size_t skip_granules(const bool *used, size_t at, size_t count, bool which)
{
    while (at < count && used[at] == which)
        at++;
    return at;
}

static void put_memory(taking *t, const wisp_block *block, const bool *used)
{
    size_t count = wisp_granules(block->size), end;
    put_number(t, block->size);
    for (size_t i = 0; i < count; i = end) {
        size_t start = skip_granules(used, i, count, false);
        end = skip_granules(used, start, count, true);
        put_number(t, start - i);
        put_number(t, end - start);
        if (end > start)
            put_bytes(t, block->data + start * WISP_GRANULE_SIZE,
                      wisp_granule_end(end - 1, block->size) - start * WISP_GRANULE_SIZE);
    }
}

static void put_memories(taking *t)
{
    const bool *used = t->used;
    for (uint32_t i = t->in->module->imported_memories; i < t->in->module->memory_count; i++) {
        const wisp_block *block = &t->in->memories[i]->block;
        put_memory(t, block, used);
        used += wisp_granules(block->size);
    }
}

/* ------------------------------------------------------------------ references */

static int compare_places(const void *a, const void *b)
{
    const import_place *left = a, *right = b;
    uintptr_t one = (uintptr_t)left->func, other = (uintptr_t)right->func;
    return (one > other) - (one < other);
}

static bool sort_imports(taking *t)
{
    uint32_t count = t->in->module->imported_functions;
    t->imports = wisp_alloc(t->in->store->allocator, count, sizeof *t->imports);
    if (!t->imports)
        return false;
    for (uint32_t i = 0; i < count; i++)
        t->imports[i] = (import_place){t->in->functions[i], i};
    qsort(t->imports, count, sizeof *t->imports, compare_places);
    return true;
}

/* The index of [func] in the instance's functions. */
static wisp_status index_of(taking *t, const wisp_func *func, uint32_t *out)
{
    const wisp_module *module = t->in->module;
    const import_place wanted = {.func = func}, *found;
    if (func->instance == t->in) {
        *out = (uint32_t)(func->function - module->functions);
        return WISP_OK;
    }
    if (!t->imports && !sort_imports(t))
        return WISP_NO_MEMORY;
    found =
        bsearch(&wanted, t->imports, module->imported_functions, sizeof wanted, compare_places);
    if (!found)
        return WISP_UNSUPPORTED;
    *out = found->index;
    return WISP_OK;
}

static const char *what_is(wisp_valtype type)
{
    if (wisp_valtype_is_func(type))
        return "a function of another instance";
    return wisp_valtype_is_exn(type) ? "an exception" : "something of the program's";
}

/* A reference of [type] as a number: 0 for null, else the function's index and 1. */
static wisp_status put_reference(taking *t, const void *ref, wisp_valtype type)
{
    uint32_t index;
    wisp_status status = WISP_UNSUPPORTED;
    if (!ref) {
        put_number(t, 0);
        return WISP_OK;
    }
    if (wisp_valtype_is_func(type))
        status = index_of(t, ref, &index);
    if (status == WISP_NO_MEMORY)
        return wisp_fail_memory(t->err, sizeof *t->imports);
    if (status)
        return wisp_fail(t->err, status, "a reference to %s, expected the instance's own",
                         what_is(type));
    put_number(t, (uint64_t)index + 1);
    return WISP_OK;
}

/* ------------------------------------------------------------------ tables, globals, segments */

/* Tells where the fault is that [status] is about. */
static wisp_status within(taking *t, wisp_status status, const char *kind, uint64_t index)
{
    char place[40];
    if (status == WISP_OK)
        return status;
    snprintf(place, sizeof place, "%s %llu", kind, (unsigned long long)index);
    return wisp_fail_within(t->err, status, place);
}

static uint64_t skip_elements(const wisp_table *table, uint64_t at, bool is_null)
{
    while (at < table->size && (table->elements[at] == NULL) == is_null)
        at++;
    return at;
}

static wisp_status put_table(taking *t, const wisp_table *table)
{
    wisp_status status = WISP_OK;
    uint64_t end;
    put_number(t, table->size);
    for (uint64_t i = 0; i < table->size && status == WISP_OK; i = end) {
        uint64_t start = skip_elements(table, i, true);
        end = skip_elements(table, start, false);
        put_number(t, start - i);
        put_number(t, end - start);
        for (uint64_t k = start; k < end && status == WISP_OK; k++)
            status = within(t, put_reference(t, table->elements[k], table->type.element),
                            "element", k);
    }
    return status;
}

static wisp_status put_tables(taking *t)
{
    wisp_status status = WISP_OK;
    for (uint32_t i = t->in->module->imported_tables;
         i < t->in->module->table_count && status == WISP_OK; i++)
        status = within(t, put_table(t, t->in->tables[i]), "table", i);
    return status;
}

static wisp_status put_global(taking *t, const wisp_global *global)
{
    wisp_value value = wisp_global_get(global);
    uint8_t bytes[WISP_V128_SIZE];
    if (wisp_valtype_is_ref(global->type))
        return put_reference(t, value.of.externref, global->type);
    switch (wisp_valtype_width(global->type)) {
    case 0:
        wisp_put_uint32_t(bytes, (uint32_t)value.of.i32);
        put_bytes(t, bytes, sizeof value.of.i32);
        break;
    case 1:
        wisp_put_uint64_t(bytes, (uint64_t)value.of.i64);
        put_bytes(t, bytes, sizeof value.of.i64);
        break;
    default:
        put_bytes(t, value.of.v128, sizeof value.of.v128);
    }
    return WISP_OK;
}

static wisp_status put_globals(taking *t)
{
    wisp_status status = WISP_OK;
    for (uint32_t i = t->in->module->imported_globals;
         i < t->in->module->global_count && status == WISP_OK; i++)
        if (t->in->globals[i]->is_mutable)
            status = within(t, put_global(t, t->in->globals[i]), "global", i);
    return status;
}

static bool has_data(const wisp_instance *in, uint32_t index)
{
    return in->data[index].size != 0;
}

static bool has_elements(const wisp_instance *in, uint32_t index)
{
    return in->elements[index].len != 0;
}

/* A bit for each of [count] segments, the lowest first: whether it is still there. */
static void put_segments(taking *t, uint32_t count,
                         bool (*is_there)(const wisp_instance *in, uint32_t index))
{
    uint8_t bits = 0;
    for (uint32_t i = 0; i < count; i++) {
        bits |= (uint8_t)(is_there(t->in, i) << i % 8);
        if (i % 8 == 7 || i + 1 == count) {
            put_bytes(t, &bits, 1);
            bits = 0;
        }
    }
}

/* ------------------------------------------------------------------ all of it */

static wisp_status put_all(taking *t)
{
    put_head(t);
    put_memories(t);
    wisp_status status = put_tables(t);
    if (status == WISP_OK)
        status = put_globals(t);
    put_segments(t, t->in->module->data_count, has_data);
    put_segments(t, t->in->module->element_count, has_elements);
    return status;
}

static wisp_status take(taking *t, wisp_snapshot **out)
{
    wisp_status status = look_at_memories(t);
    if (status == WISP_OK)
        status = put_all(t);
    if (status)
        return status;
    size_t size = t->size;
    wisp_snapshot *snapshot = wisp_snapshot_new(t->in->store->allocator, size);
    if (!snapshot)
        return wisp_fail_memory(t->err, size);
    t->at = snapshot->bytes;
    *out = snapshot;
    return put_all(t);
}

static wisp_status fail_shared(const char *kind, uint32_t index, wisp_error *err)
{
    return wisp_fail(err, WISP_UNSUPPORTED,
                     "%s %u is not the instance's alone, which a snapshot has", kind,
                     (unsigned)index);
}

/* Whether all that can change is the instance's. */
static wisp_status check(const wisp_instance *in, wisp_error *err)
{
    const wisp_module *module = in->module;
    if (in->store->depth > 0)
        return wisp_fail(err, WISP_BUSY, "something runs in the store");
    if (module->imported_tables)
        return fail_shared("table", 0, err);
    for (uint32_t i = 0; i < module->memory_count; i++)
        if (i < module->imported_memories || wisp_memory_is_shared(in->memories[i]))
            return fail_shared("memory", i, err);
    for (uint32_t i = 0; i < module->imported_globals; i++)
        if (in->globals[i]->is_mutable)
            return fail_shared("global", i, err);
    return WISP_OK;
}

wisp_status wisp_snapshot_take(const wisp_instance *instance, wisp_snapshot **out,
                               wisp_error *err)
{
    taking t = {.in = instance, .err = err};
    const wisp_allocator *allocator = instance->store->allocator;
    wisp_status status = check(instance, err);
    if (status == WISP_OK)
        status = take(&t, out);
    wisp_free(allocator, t.used, t.used_count * sizeof *t.used);
    wisp_free(allocator, t.imports, instance->module->imported_functions * sizeof *t.imports);
    return status;
}
