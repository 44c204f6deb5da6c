#include "wasm/snapshot.h"
#include "wasm/types.h"

/*
 * Reading a snapshot into an instance. The bytes may be anything: first all is read, and what
 * takes memory is made beside what is there; then it changes places, and nothing can fail.
 */

/*
 * A memory of the same size as before is overwritten where it is: pages that it has are far
 * cheaper than new ones.
 */
typedef struct new_memory {
    wisp_block block;
    bool *used;       /* of each granule of the old one, which [block] is then; NULL: it is new */
    wisp_reader runs; /* what it is to have */
} new_memory;

typedef struct new_table {
    void **elements;
    uint64_t size;
} new_table;

typedef struct restoring {
    wisp_instance *in;
    const uint8_t *bytes;
    wisp_reader r;
    new_memory *memories; /* for the instance's own … */
    new_table *tables;
    uint32_t memory_count, table_count; /* … as far as there are any */
    uint64_t memory_room, table_room;   /* what the store has for them */
    bool is_new;                        /* the instance, whose memories are all zero */
    wisp_error *err;
} restoring;

static uint32_t own_memories(const wisp_module *module)
{
    return module->memory_count - module->imported_memories;
}

static uint32_t own_tables(const wisp_module *module)
{
    return module->table_count - module->imported_tables;
}

static wisp_status fail(const restoring *s, const char *kind, uint32_t index)
{
    return wisp_fail_at(s->err, WISP_MALFORMED, (uint64_t)(s->r.at - s->bytes),
                        "a snapshot with a state of %s %u that cannot be", kind, (unsigned)index);
}

/* How many items of nothing come next, and of something behind them, of at most [left]. */
static bool read_run(wisp_reader *r, uint64_t left, uint64_t *empty, uint64_t *full)
{
    return wisp_read_leb_u64(r, empty) && wisp_read_leb_u64(r, full) && *empty <= left &&
           *full <= left - *empty && *empty + *full != 0;
}

/* ------------------------------------------------------------------ memories */

static void clear(const new_memory *into, size_t first, size_t count)
{
    for (size_t i = first; into->used && i < first + count; i++)
        if (into->used[i])
            memset(into->block.data + i * WISP_GRANULE_SIZE, 0,
                   wisp_granule_end(i, into->block.size) - i * WISP_GRANULE_SIZE);
}

/* Reads all granules from [r] and, if [is_final], into [into]. */
static bool read_granules(wisp_reader *r, const new_memory *into, bool is_final)
{
    size_t count = wisp_granules(into->block.size);
    uint64_t empty, full;
    for (size_t i = 0; i < count; i += (size_t)full) {
        const uint8_t *bytes;
        if (!read_run(r, count - i, &empty, &full))
            return false;
        if (is_final)
            clear(into, i, (size_t)empty);
        i += (size_t)empty;
        if (full == 0)
            continue;
        size_t at = i * WISP_GRANULE_SIZE;
        size_t size = wisp_granule_end(i + (size_t)full - 1, into->block.size) - at;
        if (!wisp_read_bytes(r, size, &bytes))
            return false;
        if (is_final)
            memcpy(into->block.data + at, bytes, size);
    }
    return true;
}

static bool can_have(const wisp_memory_type *type, uint64_t size)
{
    uint64_t pages = size / type->page_size;
    return size % type->page_size == 0 && pages >= type->limits.min &&
           pages <= type->limits.max &&
           pages <= wisp_memory_pages_max(type->is_64, type->page_size);
}

static bool make_memory(const wisp_memory *memory, size_t size, new_memory *out)
{
    *out = (new_memory){.block = memory->block};
    if (size != memory->block.size || memory->block.has_files)
        return wisp_memory_make_block(memory->store, &memory->type, size, &out->block);
    out->used = wisp_alloc(memory->store->allocator, wisp_granules(size), sizeof *out->used);
    return out->used != NULL;
}

static void free_memory(const wisp_allocator *allocator, new_memory *memory)
{
    if (memory->used)
        wisp_free(allocator, memory->used,
                  wisp_granules(memory->block.size) * sizeof *memory->used);
    else
        wisp_block_deinit(&memory->block);
}

static wisp_status read_memory(restoring *s, uint32_t index)
{
    const wisp_memory *memory = s->in->memories[index];
    new_memory *into = &s->memories[s->memory_count];
    uint64_t size;
    if (!wisp_read_leb_u64(&s->r, &size) || !can_have(&memory->type, size) ||
        wisp_memory_is_shared(memory))
        return fail(s, "memory", index);
    if (size > s->memory_room || size > SIZE_MAX)
        return wisp_fail(s->err, WISP_LIMIT, "a memory of %llu bytes, the store has %llu left",
                         (unsigned long long)size, (unsigned long long)s->memory_room);
    if (!make_memory(memory, (size_t)size, into))
        return wisp_fail_memory(s->err, (size_t)size);
    s->memory_count++;
    s->memory_room -= size;
    into->runs = s->r;
    return read_granules(&s->r, into, !into->used) ? WISP_OK : fail(s, "memory", index);
}

/* Makes [memory] what [from] has; the other way round, what it had. */
static void replace_memory(const restoring *s, wisp_memory *memory, new_memory *from)
{
    wisp_block old = memory->block;
    if (from->used) {
        if (!s->is_new)
            wisp_granules_find_used(&from->block, from->used);
        read_granules(&from->runs, from, true);
        return;
    }
    memory->store->memory_used = memory->store->memory_used - old.size + from->block.size;
    memory->block = from->block;
    from->block = old;
}

/* ------------------------------------------------------------------ references */

/* A reference of [type]; false if there is none such. */
static bool read_reference(const wisp_instance *in, wisp_reader *r, wisp_valtype type, void **out)
{
    uint32_t number;
    *out = NULL;
    if (!wisp_read_leb_u32(r, &number) || number > in->module->function_count)
        return false;
    if (number == 0)
        return wisp_valtype_has_null(type);
    wisp_value value = {.type = WISP_FUNCREF, .of.funcref = in->functions[number - 1]};
    *out = value.of.funcref;
    return wisp_reference_fits(&value, type);
}

/* ------------------------------------------------------------------ tables */

static bool read_elements(restoring *s, const wisp_table *table, const new_table *into)
{
    wisp_valtype type = table->type.element;
    uint64_t empty, full;
    for (uint64_t i = 0; i < into->size;) {
        if (!read_run(&s->r, into->size - i, &empty, &full) ||
            (empty && !wisp_valtype_has_null(type)))
            return false;
        i += empty;
        for (uint64_t end = i + full; i < end; i++)
            if (!read_reference(s->in, &s->r, type, &into->elements[i]))
                return false;
    }
    return true;
}

static wisp_status read_table(restoring *s, uint32_t index)
{
    const wisp_table *table = s->in->tables[index];
    new_table *into = &s->tables[s->table_count];
    uint64_t size;
    if (!wisp_read_leb_u64(&s->r, &size) || size < table->type.limits.min ||
        size > table->type.limits.max)
        return fail(s, "table", index);
    if (size > s->table_room || size > SIZE_MAX)
        return wisp_fail(s->err, WISP_LIMIT, "a table of %llu elements, the store has %llu left",
                         (unsigned long long)size, (unsigned long long)s->table_room);
    into->elements = wisp_alloc(s->in->store->allocator, (size_t)size, sizeof *into->elements);
    if (!into->elements)
        return wisp_fail_memory(s->err, (size_t)size);
    into->size = size;
    s->table_count++;
    s->table_room -= size;
    return read_elements(s, table, into) ? WISP_OK : fail(s, "table", index);
}

static void replace_table(wisp_table *table, new_table *from)
{
    new_table old = {table->elements, table->size};
    table->store->table_used = table->store->table_used - old.size + from->size;
    table->elements = from->elements;
    table->size = from->size;
    *from = old;
}

/* ------------------------------------------------------------------ globals and segments */

static bool read_number(wisp_reader *r, uint32_t width, wisp_value *out)
{
    uint32_t bits32;
    uint64_t bits64;
    const uint8_t *lanes;
    switch (width) {
    case 0:
        if (!wisp_read_u32le(r, &bits32))
            return false;
        out->of.i32 = (int32_t)bits32;
        return true;
    case 1:
        if (!wisp_read_u64le(r, &bits64))
            return false;
        out->of.i64 = (int64_t)bits64;
        return true;
    }
    if (!wisp_read_bytes(r, WISP_V128_SIZE, &lanes))
        return false;
    memcpy(out->of.v128, lanes, WISP_V128_SIZE);
    return true;
}

static bool read_global(restoring *s, wisp_valtype type, wisp_slot *slots)
{
    wisp_value value = {.type = type};
    bool is_read = wisp_valtype_is_ref(type)
                       ? read_reference(s->in, &s->r, type, &value.of.externref)
                       : read_number(&s->r, wisp_valtype_width(type), &value);
    if (is_read)
        wisp_value_give(&value, type, slots);
    return is_read;
}

/* Sets them if [is_final]. */
static wisp_status read_globals(restoring *s, bool is_final)
{
    const wisp_module *module = s->in->module;
    wisp_slot unused[WISP_SLOTS_V128];
    for (uint32_t i = module->imported_globals; i < module->global_count; i++) {
        wisp_global *global = s->in->globals[i];
        if (global->is_mutable &&
            !read_global(s, global->type, is_final ? global->value : unused))
            return fail(s, "global", i);
    }
    return WISP_OK;
}

/* A bit for each of [count] segments; the last byte has no others. */
static bool read_bits(wisp_reader *r, uint32_t count, const uint8_t **out)
{
    size_t size = (count + 7) / 8;
    return wisp_read_bytes(r, size, out) &&
           (count % 8 == 0 || (*out)[size - 1] >> count % 8 == 0);
}

static bool has_bit(const uint8_t *bits, uint32_t index)
{
    return bits[index / 8] >> index % 8 & 1;
}

/* Only passive segments are there any more when an instance has begun. */
static wisp_status read_data(restoring *s, bool is_final)
{
    const wisp_module *module = s->in->module;
    const uint8_t *bits;
    if (!read_bits(&s->r, module->data_count, &bits))
        return fail(s, "data segment", 0);
    for (uint32_t i = 0; i < module->data_count; i++) {
        const wisp_data_segment *segment = &module->data[i];
        if (has_bit(bits, i) && segment->mode != WISP_SEGMENT_PASSIVE)
            return fail(s, "data segment", i);
        if (is_final)
            s->in->data[i] =
                has_bit(bits, i) ? wisp_module_span(module, segment->bytes) : (wisp_bytes){0};
    }
    return WISP_OK;
}

static wisp_status read_element_segments(restoring *s, bool is_final)
{
    const wisp_module *module = s->in->module;
    const uint8_t *bits;
    if (!read_bits(&s->r, module->element_count, &bits))
        return fail(s, "element segment", 0);
    for (uint32_t i = 0; i < module->element_count; i++) {
        const wisp_element_segment *segment = &module->elements[i];
        if (has_bit(bits, i) && segment->mode != WISP_SEGMENT_PASSIVE)
            return fail(s, "element segment", i);
        if (is_final)
            s->in->elements[i].len = has_bit(bits, i) ? segment->count : 0;
    }
    return WISP_OK;
}

/* ------------------------------------------------------------------ all of it */

static wisp_status read_grown(restoring *s)
{
    const wisp_module *module = s->in->module;
    wisp_status status = WISP_OK;
    for (uint32_t i = module->imported_memories; i < module->memory_count && status == WISP_OK;
         i++)
        status = read_memory(s, i);
    for (uint32_t i = module->imported_tables; i < module->table_count && status == WISP_OK; i++)
        status = read_table(s, i);
    return status;
}

static wisp_status read_fixed(restoring *s, bool is_final)
{
    wisp_status status = read_globals(s, is_final);
    if (status == WISP_OK)
        status = read_data(s, is_final);
    if (status == WISP_OK)
        status = read_element_segments(s, is_final);
    if (status == WISP_OK && wisp_reader_left(&s->r))
        status =
            wisp_fail_at(s->err, WISP_MALFORMED, (uint64_t)(s->r.at - s->bytes),
                         "a snapshot with %zu bytes behind its end", wisp_reader_left(&s->r));
    return status;
}

/* What was there before is freed by free_new. */
static void replace(restoring *s)
{
    const wisp_module *module = s->in->module;
    for (uint32_t i = 0; i < s->memory_count; i++)
        replace_memory(s, s->in->memories[module->imported_memories + i], &s->memories[i]);
    for (uint32_t i = 0; i < s->table_count; i++)
        replace_table(s->in->tables[module->imported_tables + i], &s->tables[i]);
    wisp_exec_reload(&s->in->store->exec);
}

static wisp_status read_all(restoring *s)
{
    wisp_status status = read_grown(s);
    wisp_reader fixed = s->r;
    if (status == WISP_OK)
        status = read_fixed(s, false);
    if (status)
        return status;
    replace(s);
    s->r = fixed;
    return read_fixed(s, true);
}

/* What the store has for new memories and tables, the instance's former ones given back. */
static void measure_room(restoring *s)
{
    const wisp_store *store = s->in->store;
    const wisp_module *module = s->in->module;
    s->memory_room = store->memory_max - store->memory_used;
    s->table_room = store->table_max - store->table_used;
    for (uint32_t i = module->imported_memories; i < module->memory_count; i++)
        s->memory_room += s->in->memories[i]->block.size;
    for (uint32_t i = module->imported_tables; i < module->table_count; i++)
        s->table_room += s->in->tables[i]->size;
}

static wisp_status allocate(restoring *s)
{
    const wisp_allocator *allocator = s->in->store->allocator;
    const wisp_module *module = s->in->module;
    s->memories = wisp_alloc(allocator, own_memories(module), sizeof *s->memories);
    s->tables = wisp_alloc(allocator, own_tables(module), sizeof *s->tables);
    return s->memories && s->tables ? WISP_OK : wisp_fail_memory(s->err, sizeof *s->memories);
}

static void free_new(restoring *s)
{
    const wisp_allocator *allocator = s->in->store->allocator;
    const wisp_module *module = s->in->module;
    for (uint32_t i = 0; i < s->memory_count; i++)
        free_memory(allocator, &s->memories[i]);
    for (uint32_t i = 0; i < s->table_count; i++)
        wisp_free(allocator, s->tables[i].elements,
                  (size_t)s->tables[i].size * sizeof *s->tables[i].elements);
    wisp_free(allocator, s->memories, own_memories(module) * sizeof *s->memories);
    wisp_free(allocator, s->tables, own_tables(module) * sizeof *s->tables);
}

/* Puts [in], whose module is that of [snapshot], into its state. */
static wisp_status restore(const wisp_snapshot *snapshot, wisp_instance *in, bool is_new,
                           wisp_error *err)
{
    restoring s = {
        .in = in,
        .bytes = snapshot->bytes,
        .r = wisp_reader_of((wisp_bytes){snapshot->bytes + WISP_SNAPSHOT_HEAD_SIZE,
                                         snapshot->size - WISP_SNAPSHOT_HEAD_SIZE}),
        .is_new = is_new,
        .err = err,
    };
    measure_room(&s);
    wisp_status status = allocate(&s);
    if (status == WISP_OK)
        status = read_all(&s);
    free_new(&s);
    return status;
}

static wisp_status check_module(const wisp_snapshot *snapshot, const wisp_module *module,
                                wisp_error *err)
{
    uint32_t size = wisp_get_uint32_t(snapshot->bytes + WISP_SNAPSHOT_MODULE_SIZE_AT);
    uint64_t hash = wisp_get_uint64_t(snapshot->bytes + WISP_SNAPSHOT_MODULE_HASH_AT);
    if (size != module->bytes.size || hash != wisp_module_hash(module))
        return wisp_fail(err, WISP_MISMATCH,
                         "a snapshot of another module, of %u bytes; this one has %zu",
                         (unsigned)size, module->bytes.size);
    return WISP_OK;
}

wisp_status wisp_snapshot_restore(const wisp_snapshot *snapshot, wisp_instance *instance,
                                  wisp_error *err)
{
    wisp_status status = check_module(snapshot, instance->module, err);
    if (status == WISP_OK && instance->store->depth > 0)
        status = wisp_fail(err, WISP_BUSY, "something runs in the store");
    return status ? status : restore(snapshot, instance, false, err);
}

wisp_status wisp_instance_new_from(wisp_store *store, const wisp_module *module,
                                   const wisp_linker *linker, const wisp_snapshot *snapshot,
                                   wisp_instance **out, wisp_error *err)
{
    const wisp_memory *memories = store->memories;
    const wisp_table *tables = store->tables;
    wisp_instance *in;
    wisp_status status = check_module(snapshot, module, err);
    if (status == WISP_OK)
        status = wisp_instance_make(store, module, linker, &in, err);
    if (status)
        return status;
    status = restore(snapshot, in, true, err);
    if (status) { /* nothing can refer to what is not begun */
        wisp_memories_free(store, memories);
        wisp_tables_free(store, tables);
        return status;
    }
    *out = in;
    return WISP_OK;
}
