#include <stddef.h>
#include <string.h>

#include "wasm/access.h"
#include "wasm/types.h"

/* Instantiation (Spec 4.5.4), one step a function, in the specification's order. */

static wisp_status allocate(wisp_store *store, void *array, size_t count, size_t size,
                            wisp_error *err)
{
    void *block = wisp_arena_alloc(&store->arena, count, size);
    if (!block)
        return wisp_fail_memory(err, count * size);
    memcpy(array, &block, sizeof block);
    return WISP_OK;
}

/* The arrays of an instance, as long as the module says: its items are counted in 32 bits. */
static const struct array {
    uint16_t array, count; /* where they are in wisp_instance and wisp_module */
    uint16_t size;
} arrays[] = {
#define ARRAY(name, counter)                                                                     \
    {                                                                                            \
        offsetof(wisp_instance, name), offsetof(wisp_module, counter),                           \
            sizeof *((wisp_instance *)NULL)->name                                                \
    }
    ARRAY(functions, function_count), ARRAY(tables, table_count),
    ARRAY(memories, memory_count),    ARRAY(tags, tag_count),
    ARRAY(globals, global_count),     ARRAY(types, type_count),
    ARRAY(functypes, type_count),     ARRAY(elements, element_count),
    ARRAY(data, data_count),
#undef ARRAY
};

/* Each has one item more. So there is always a first memory, NULL in a module without one: see
 * wisp_exec_reload. */
static wisp_status allocate_arrays(wisp_instance *in, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays && status == WISP_OK; i++) {
        uint32_t count;
        memcpy(&count, (const uint8_t *)in->module + arrays[i].count, sizeof count);
        status = allocate(in->store, (uint8_t *)in + arrays[i].array, (size_t)count + 1,
                          arrays[i].size, err);
    }
    return status;
}

/* Where the imports come from: from a linker by their names, or one after the other. */
typedef struct source {
    const wisp_linker *linker;
    const wisp_extern *items; /* NULL: from the linker */
} source;

static wisp_status find_import(const wisp_instance *in, const source *from, uint32_t index,
                               wisp_extern *out, wisp_error *err)
{
    if (!from->items)
        return wisp_linker_resolve(from->linker, in->module, in->types, index, out, err);
    *out = from->items[index];
    if (wisp_extern_store(out) != in->store)
        return wisp_fail(err, WISP_INVALID, "import %u is of another store", index);
    return wisp_import_check(in->module, in->types, index, out, err);
}

static void take_import(wisp_instance *in, const wisp_import_entry *import, wisp_extern item)
{
    switch (import->kind) {
    case WISP_EXTERN_FUNC:
        in->functions[import->index] = item.of.func;
        break;
    case WISP_EXTERN_TABLE:
        in->tables[import->index] = item.of.table;
        break;
    case WISP_EXTERN_MEMORY:
        in->memories[import->index] = item.of.memory;
        break;
    case WISP_EXTERN_GLOBAL:
        in->globals[import->index] = item.of.global;
        break;
    case WISP_EXTERN_TAG:
        in->tags[import->index] = item.of.tag;
        break;
    }
}

static wisp_status resolve_imports(wisp_instance *in, const source *from, wisp_error *err)
{
    for (uint32_t i = 0; i < in->module->import_count; i++) {
        wisp_extern item;
        wisp_status status = find_import(in, from, i, &item, err);
        if (status)
            return status;
        take_import(in, &in->module->imports[i], item);
    }
    return WISP_OK;
}

static wisp_status make_functions(wisp_instance *in, wisp_error *err)
{
    const wisp_module *m = in->module;
    uint32_t imported = m->imported_functions;
    wisp_func *own = NULL;
    wisp_status status =
        allocate(in->store, &own, m->function_count - imported, sizeof *own, err);
    if (status)
        return status;
    for (uint32_t i = imported; i < m->function_count; i++, own++) {
        own->function = &m->functions[i];
        own->instance = in;
        own->store = in->store;
        own->type = in->types[m->function_types[i]];
        own->functype = in->functypes[m->function_types[i]];
        in->functions[i] = own;
    }
    return WISP_OK;
}

static wisp_status make_table(wisp_instance *in, uint32_t index, wisp_error *err)
{
    const wisp_module_table *table = &in->module->tables[index];
    void *value = table->init.size ? wisp_constant_run(in, table->init).ref : NULL;
    wisp_table_type type = table->type;
    type.element = wisp_valtype_numbered(type.element, in->types);
    return wisp_table_make(in->store, &type, value, &in->tables[index], err);
}

static wisp_status make_tables_and_memories(wisp_instance *in, wisp_error *err)
{
    const wisp_module *m = in->module;
    wisp_status status = WISP_OK;
    for (uint32_t i = m->imported_tables; i < m->table_count && status == WISP_OK; i++)
        status = make_table(in, i, err);
    for (uint32_t i = m->imported_memories; i < m->memory_count && status == WISP_OK; i++)
        status = wisp_memory_new_typed(in->store, &m->memories[i], &in->memories[i], err);
    return status;
}

static wisp_status make_globals(wisp_instance *in, wisp_error *err)
{
    const wisp_module *m = in->module;
    uint32_t imported = m->imported_globals;
    wisp_global *own = NULL;
    wisp_status status = allocate(in->store, &own, m->global_count - imported, sizeof *own, err);
    if (status)
        return status;
    for (uint32_t i = imported; i < m->global_count; i++, own++) {
        wisp_constant_store(in, m->globals[i].init, own->value);
        own->type = wisp_valtype_numbered(m->globals[i].type, in->types);
        own->is_mutable = m->globals[i].is_mutable;
        own->store = in->store;
        wisp_global_register(own);
        in->globals[i] = own;
    }
    return WISP_OK;
}

static wisp_status make_tags(wisp_instance *in, wisp_error *err)
{
    const wisp_module *m = in->module;
    wisp_status status = WISP_OK;
    for (uint32_t i = m->imported_tags; i < m->tag_count && status == WISP_OK; i++)
        status = wisp_tag_make(in->store, in->types[m->tags[i]], in->functypes[m->tags[i]],
                               &in->tags[i], err);
    return status;
}

static void *read_entry(const wisp_instance *in, bool is_expression, wisp_reader *r)
{
    uint32_t index = 0;
    if (is_expression)
        return wisp_constant_read(in, r).ref;
    wisp_read_leb_u32(r, &index);
    return in->functions[index];
}

/* Segments are not looked at when exceptions in use are, so they hold theirs for good. */
static void hold_exceptions(const wisp_elements *elements, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (elements->refs[i])
            wisp_exception_hold(elements->refs[i]);
}

static wisp_status make_elements(wisp_instance *in, wisp_error *err)
{
    const wisp_module *m = in->module;
    for (uint32_t i = 0; i < m->element_count; i++) {
        const wisp_element_segment *segment = &m->elements[i];
        if (segment->mode == WISP_SEGMENT_DECLARED)
            continue;
        wisp_status status =
            allocate(in->store, &in->elements[i].refs, segment->count, sizeof(void *), err);
        if (status)
            return status;
        wisp_reader r = wisp_reader_of(wisp_module_span(m, segment->entries));
        for (uint32_t k = 0; k < segment->count; k++)
            in->elements[i].refs[k] = read_entry(in, segment->is_expressions, &r);
        if (wisp_valtype_is_exn(segment->type))
            hold_exceptions(&in->elements[i], segment->count);
        in->elements[i].len = segment->count;
    }
    return WISP_OK;
}

static wisp_trap_code init_tables(wisp_instance *in)
{
    const wisp_module *m = in->module;
    for (uint32_t i = 0; i < m->element_count; i++) {
        const wisp_element_segment *segment = &m->elements[i];
        if (segment->mode != WISP_SEGMENT_ACTIVE)
            continue;
        const wisp_table *table = in->tables[segment->table];
        wisp_elements *elements = &in->elements[i];
        wisp_slot slot = wisp_constant_run(in, segment->place);
        uint64_t place = wisp_slot_index(&slot, table->type.is_64);
        if (!wisp_range_fits(place, elements->len, table->size))
            return WISP_TRAP_TABLE;
        if (elements->len)
            memcpy(table->elements + place, elements->refs, elements->len * sizeof(void *));
        elements->len = 0;
    }
    return WISP_TRAP_NONE;
}

static wisp_trap_code init_memories(wisp_instance *in)
{
    const wisp_module *m = in->module;
    for (uint32_t i = 0; i < m->data_count; i++) {
        const wisp_data_segment *segment = &m->data[i];
        in->data[i] = wisp_module_span(m, segment->bytes);
        if (segment->mode != WISP_SEGMENT_ACTIVE)
            continue;
        const wisp_memory *memory = in->memories[segment->memory];
        wisp_slot slot = wisp_constant_run(in, segment->place);
        uint64_t place = wisp_slot_index(&slot, memory->type.is_64);
        if (!wisp_range_fits(place, in->data[i].size, wisp_memory_size(memory)))
            return WISP_TRAP_MEMORY;
        if (in->data[i].size)
            wisp_memory_put(memory, (size_t)place, in->data[i].data, in->data[i].size);
        in->data[i].size = 0;
    }
    return WISP_TRAP_NONE;
}

static wisp_status make(wisp_instance *in, const source *from, wisp_error *err)
{
    wisp_status status = allocate_arrays(in, err);
    if (status == WISP_OK)
        status = wisp_store_number_types(in->store, in->module, in->types, in->functypes, err);
    if (status == WISP_OK)
        status = resolve_imports(in, from, err);
    if (status == WISP_OK)
        status = make_functions(in, err);
    if (status == WISP_OK)
        status = make_tables_and_memories(in, err);
    if (status == WISP_OK)
        status = make_globals(in, err);
    if (status == WISP_OK)
        status = make_tags(in, err);
    if (status == WISP_OK)
        status = make_elements(in, err);
    return status;
}

/* Nothing can refer to what a failed instantiation made, as long as no segment ran. */
static wisp_status make_or_undo(wisp_store *store, const wisp_module *module, const source *from,
                                wisp_instance **out, wisp_error *err)
{
    wisp_instance *in = wisp_arena_alloc(&store->arena, 1, sizeof *in);
    if (!in)
        return wisp_fail_memory(err, sizeof *in);
    const wisp_memory *memories = store->memories;
    const wisp_table *tables = store->tables;
    in->module = module;
    in->store = store;
    wisp_status status = make(in, from, err);
    if (status) {
        wisp_memories_free(store, memories);
        wisp_tables_free(store, tables);
        return status;
    }
    *out = in;
    return WISP_OK;
}

wisp_status wisp_instance_make(wisp_store *store, const wisp_module *module,
                               const wisp_linker *linker, wisp_instance **out, wisp_error *err)
{
    if (linker && wisp_linker_store(linker) != store)
        return wisp_fail(err, WISP_INVALID, "the linker is of another store");
    return make_or_undo(store, module, &(source){.linker = linker}, out, err);
}

static wisp_status run_segments(wisp_instance *in, wisp_error *err)
{
    wisp_trap_code trap = init_tables(in);
    if (!trap)
        trap = init_memories(in);
    if (!trap)
        return WISP_OK;
    wisp_callback back;
    wisp_callback_begin(in->store, &back);
    in->store->exec.pc = NULL;
    wisp_trap_record(in->store, trap, err);
    wisp_callback_end(in->store, &back);
    return WISP_TRAP;
}

/* Runs what a new instance begins with; *[out] is [in] if that ends well. */
static wisp_status begin(wisp_instance *in, wisp_instance **out, wisp_error *err)
{
    uint32_t start = in->module->start;
    wisp_status status = run_segments(in, err);
    if (status == WISP_OK && start != WISP_NO_INDEX)
        status = wisp_call(in->functions[start], NULL, 0, NULL, 0, err);
    if (status == WISP_OK)
        *out = in;
    return status;
}

wisp_status wisp_instance_new(wisp_store *store, const wisp_module *module,
                              const wisp_linker *linker, wisp_instance **out, wisp_error *err)
{
    wisp_instance *in;
    wisp_status status = wisp_instance_make(store, module, linker, &in, err);
    return status ? status : begin(in, out, err);
}

wisp_status wisp_instance_new_with(wisp_store *store, const wisp_module *module,
                                   const wisp_extern *imports, uint32_t count,
                                   wisp_instance **out, wisp_error *err)
{
    wisp_instance *in;
    if (count != module->import_count)
        return wisp_fail(err, WISP_MISMATCH, "%u imports given, the module has %u", count,
                         module->import_count);
    wisp_status status = make_or_undo(store, module, &(source){.items = imports}, &in, err);
    return status ? status : begin(in, out, err);
}

/* ------------------------------------------------------------------ exports */

wisp_extern wisp_instance_item(const wisp_instance *in, const wisp_export_entry *export)
{
    wisp_extern item = {.kind = export->kind};
    switch (export->kind) {
    case WISP_EXTERN_FUNC:
        item.of.func = in->functions[export->index];
        break;
    case WISP_EXTERN_TABLE:
        item.of.table = in->tables[export->index];
        break;
    case WISP_EXTERN_MEMORY:
        item.of.memory = in->memories[export->index];
        break;
    case WISP_EXTERN_GLOBAL:
        item.of.global = in->globals[export->index];
        break;
    case WISP_EXTERN_TAG:
        item.of.tag = in->tags[export->index];
        break;
    }
    return item;
}

bool wisp_instance_export(const wisp_instance *instance, const char *name, wisp_extern *out)
{
    const wisp_export_entry *export = wisp_module_find_export(instance->module, name);
    if (export)
        *out = wisp_instance_item(instance, export);
    return export != NULL;
}

bool wisp_instance_export_at(const wisp_instance *instance, uint32_t index, wisp_extern *out)
{
    const wisp_module *m = instance->module;
    if (index >= m->export_count)
        return false;
    *out = wisp_instance_item(instance, &m->exports[index]);
    return true;
}

wisp_func *wisp_instance_func(const wisp_instance *instance, const char *name)
{
    wisp_extern item;
    bool found = wisp_instance_export(instance, name, &item);
    return found && item.kind == WISP_EXTERN_FUNC ? item.of.func : NULL;
}

wisp_memory *wisp_instance_memory(const wisp_instance *instance, const char *name)
{
    wisp_extern item;
    bool found = wisp_instance_export(instance, name, &item);
    return found && item.kind == WISP_EXTERN_MEMORY ? item.of.memory : NULL;
}

wisp_table *wisp_instance_table(const wisp_instance *instance, const char *name)
{
    wisp_extern item;
    bool found = wisp_instance_export(instance, name, &item);
    return found && item.kind == WISP_EXTERN_TABLE ? item.of.table : NULL;
}

wisp_global *wisp_instance_global(const wisp_instance *instance, const char *name)
{
    wisp_extern item;
    bool found = wisp_instance_export(instance, name, &item);
    return found && item.kind == WISP_EXTERN_GLOBAL ? item.of.global : NULL;
}

wisp_tag *wisp_instance_tag(const wisp_instance *instance, const char *name)
{
    wisp_extern item;
    bool found = wisp_instance_export(instance, name, &item);
    return found && item.kind == WISP_EXTERN_TAG ? item.of.tag : NULL;
}

const wisp_module *wisp_instance_module(const wisp_instance *instance)
{
    return instance->module;
}

wisp_store *wisp_instance_store(const wisp_instance *instance)
{
    return instance->store;
}
