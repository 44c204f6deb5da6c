#include <string.h>

#include "wasm/compile.h"
#include "wasm/constexpr.h"
#include "wasm/module.h"
#include "wasm/types.h"
#include "wasm/utf8.h"

/*
 * The binary format (Spec 5.5): one function a section, in the order of their numbers. What
 * a section says is validated as it is read; function bodies go to the compiler.
 */

typedef struct decoder {
    wisp_module *module;
    wisp_reader r; /* ends with the current section */
    wisp_error *err;
    wisp_compiler *compiler; /* made by the first function body */
    const char *section;     /* name of the current one */
    uint32_t rank;           /* of the last section in the prescribed order */
    uint32_t bodies;         /* in the code section */
    bool has_data_count, has_data; /* whether these sections have been read */
    bool may_name_data;            /* bodies may: there are no data, or their count came first */
} decoder;

/* ------------------------------------------------------------------ reading parts */

static uint64_t offset_of(const decoder *d)
{
    return (uint64_t)(d->r.at - d->module->bytes.data);
}

static wisp_status malformed(decoder *d, const char *expected)
{
    return wisp_fail_at(d->err, WISP_MALFORMED, offset_of(d), "%s section at byte %llu: expected %s",
                        d->section, (unsigned long long)offset_of(d), expected);
}

static wisp_status mismatch(decoder *d, const char *text)
{
    return wisp_fail_at(d->err, WISP_MISMATCH, offset_of(d), "%s section at byte %llu: %s",
                        d->section, (unsigned long long)offset_of(d), text);
}

static wisp_status too_many(decoder *d, const char *what, uint64_t count, uint64_t max)
{
    return wisp_fail_at(d->err, WISP_LIMIT, offset_of(d), "%llu %s, at most %llu are allowed",
                        (unsigned long long)count, what, (unsigned long long)max);
}

static wisp_status read_u32(decoder *d, const char *expected, uint32_t *out)
{
    return wisp_read_leb_u32(&d->r, out) ? WISP_OK : malformed(d, expected);
}

static wisp_status read_byte(decoder *d, const char *expected, uint8_t *out)
{
    return wisp_read_u8(&d->r, out) ? WISP_OK : malformed(d, expected);
}

/* A number of [what] that follow, each of at least one byte. */
static wisp_status read_count(decoder *d, const char *what, uint32_t max, uint32_t *out)
{
    wisp_status status = read_u32(d, "a count", out);
    if (status)
        return status;
    if (*out > wisp_reader_left(&d->r))
        return wisp_fail_at(d->err, WISP_MALFORMED, offset_of(d),
                            "%s section at byte %llu: length out of bounds, %u %s in %zu bytes",
                            d->section, (unsigned long long)offset_of(d), *out, what,
                            wisp_reader_left(&d->r));
    return *out > max ? too_many(d, what, *out, max) : WISP_OK;
}

static wisp_status allocate(decoder *d, void *array, size_t count, size_t size)
{
    void *block = wisp_arena_alloc(&d->module->arena, count, size);
    if (!block)
        return wisp_fail_memory(d->err, count * size);
    memcpy(array, &block, sizeof block);
    return WISP_OK;
}

/* Makes room for [more] items behind the [count] at *[array]. */
static wisp_status extend(decoder *d, void *array, uint32_t count, uint32_t more, size_t size)
{
    void *old, *block = NULL;
    memcpy(&old, array, sizeof old);
    wisp_status status = allocate(d, &block, (size_t)count + more, size);
    if (status)
        return status;
    if (count)
        memcpy(block, old, count * size);
    memcpy(array, &block, sizeof block);
    return WISP_OK;
}

static wisp_status read_name(decoder *d, wisp_bytes *out)
{
    uint32_t size;
    wisp_status status = read_u32(d, "the size of a name", &size);
    if (status)
        return status;
    if (!wisp_read_bytes(&d->r, size, &out->data))
        return malformed(d, "a name, found the section's end");
    out->size = size;
    if (!wisp_utf8_is_valid(*out))
        return malformed(d, "a name in UTF-8, found malformed UTF-8 encoding");
    return WISP_OK;
}

static wisp_status keep_name(decoder *d, wisp_bytes name, wisp_text *out)
{
    out->text = wisp_arena_text(&d->module->arena, name.data, name.size);
    out->size = (uint32_t)name.size;
    return out->text ? WISP_OK : wisp_fail_memory(d->err, name.size + 1);
}

static wisp_status read_valtype(decoder *d, wisp_valtype *out)
{
    uint8_t byte = 0;
    uint64_t offset = offset_of(d);
    wisp_status status = read_byte(d, "a value type", &byte);
    *out = byte;
    return status ? status : wisp_valtype_check(byte, offset, d->err);
}

static wisp_status read_reftype(decoder *d, wisp_valtype *out)
{
    wisp_status status = read_valtype(d, out);
    if (status)
        return status;
    return wisp_valtype_is_ref(*out) ? WISP_OK : malformed(d, "a reference type");
}

/* Spec 5.3.8. [max] is the greatest that the units allow. */
static wisp_status read_limits(decoder *d, const char *what, uint64_t max, wisp_limits *out)
{
    uint8_t flags = 0;
    uint32_t min = 0, upper = 0;
    wisp_status status = read_byte(d, "limits", &flags);
    if (status)
        return status;
    if (flags >= 2 && flags <= 7)
        return wisp_fail_at(d->err, WISP_UNSUPPORTED, offset_of(d) - 1,
                            "%s with limits 0x%02x (64-bit or shared) is not supported", what,
                            flags);
    if (flags > 1)
        return malformed(d, "limits of kind 0 or 1 (malformed limits flags)");
    status = read_u32(d, "a minimum", &min);
    if (status == WISP_OK && flags == 1)
        status = read_u32(d, "a maximum", &upper);
    if (status)
        return status;
    out->min = min;
    out->max = flags == 1 ? upper : UINT64_MAX;
    if (flags == 1 && upper < min)
        return mismatch(d, "size minimum must not be greater than maximum");
    if (min > max || (flags == 1 && upper > max))
        return mismatch(d, "size is beyond what 32 bits can address (65536 pages)");
    return WISP_OK;
}

static wisp_status read_table_type(decoder *d, wisp_module_table *out)
{
    if (d->r.at != d->r.end && *d->r.at == 0x40)
        return wisp_fail_at(d->err, WISP_UNSUPPORTED, offset_of(d),
                            "a table with an initial value is not supported");
    wisp_status status = read_reftype(d, &out->type);
    return status ? status : read_limits(d, "table", UINT32_MAX, &out->limits);
}

static wisp_status read_memory_type(decoder *d, wisp_limits *out)
{
    return read_limits(d, "memory", WISP_PAGES_MAX, out);
}

static wisp_status read_global_type(decoder *d, wisp_module_global *out)
{
    uint8_t is_mutable = 0;
    wisp_status status = read_valtype(d, &out->type);
    if (status == WISP_OK)
        status = read_byte(d, "a mutability", &is_mutable);
    if (status)
        return status;
    out->is_mutable = is_mutable == 1;
    return is_mutable <= 1 ? WISP_OK : malformed(d, "mutability 0 or 1 (malformed mutability)");
}

static wisp_status read_type_index(decoder *d, uint32_t *out)
{
    wisp_status status = read_u32(d, "a type index", out);
    if (status)
        return status;
    return *out < d->module->type_count ? WISP_OK : mismatch(d, "unknown type");
}

static wisp_status read_function_index(decoder *d, uint32_t *out)
{
    wisp_status status = read_u32(d, "a function index", out);
    if (status)
        return status;
    return *out < d->module->function_count ? WISP_OK : mismatch(d, "unknown function");
}

static wisp_status read_constant(decoder *d, wisp_valtype type, uint32_t globals, wisp_span *out)
{
    return wisp_constant_check(d->module, &d->r, type, globals, out, d->err);
}

/* ------------------------------------------------------------------ types and imports */

static wisp_status read_types_of(decoder *d, const char *what, uint32_t max,
                                 const uint8_t **types, uint32_t *count)
{
    wisp_status status = read_count(d, what, max, count);
    *types = d->r.at;
    for (uint32_t i = 0; i < *count && status == WISP_OK; i++) {
        wisp_valtype type;
        status = read_valtype(d, &type);
    }
    return status;
}

static wisp_status read_functype(decoder *d, wisp_functype *out)
{
    uint8_t form = 0;
    wisp_status status = read_byte(d, "a function type", &form);
    if (status)
        return status;
    if (form == 0x4e || form == 0x4f || form == 0x50 || form == 0x5e || form == 0x5f)
        return wisp_fail_at(d->err, WISP_UNSUPPORTED, offset_of(d) - 1,
                            "type form 0x%02x (garbage collection) is not supported", form);
    if (form != 0x60)
        return malformed(d, "a function type (0x60)");
    status = read_types_of(d, "parameters", WISP_PARAMS_MAX, &out->params, &out->param_count);
    if (status)
        return status;
    return read_types_of(d, "results", WISP_RESULTS_MAX, &out->results, &out->result_count);
}

static wisp_status read_type_section(decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    if (count > WISP_TYPES_MAX)
        return too_many(d, "types", count, WISP_TYPES_MAX);
    wisp_status status = allocate(d, &m->types, count, sizeof *m->types);
    for (; m->type_count < count && status == WISP_OK; m->type_count++)
        status = read_functype(d, &m->types[m->type_count]);
    return status;
}

/* One import, whatever its kind. */
typedef struct import {
    wisp_bytes module, name;
    uint8_t kind;
    uint32_t type;
    wisp_module_table table;
    wisp_limits memory;
    wisp_module_global global;
} import;

static wisp_status read_import_type(decoder *d, uint8_t kind, import *out)
{
    out->kind = kind;
    switch (kind) {
    case WISP_EXTERN_FUNC:
        return read_type_index(d, &out->type);
    case WISP_EXTERN_TABLE:
        return read_table_type(d, &out->table);
    case WISP_EXTERN_MEMORY:
        return read_memory_type(d, &out->memory);
    case WISP_EXTERN_GLOBAL:
        return read_global_type(d, &out->global);
    case 4:
        return wisp_fail_at(d->err, WISP_UNSUPPORTED, offset_of(d) - 1,
                            "tags (exception handling) are not supported");
    }
    return malformed(d, "an import kind of 0 to 3 (malformed import kind)");
}

static wisp_status read_import_kind_and_type(decoder *d, import *out)
{
    uint8_t kind = 0;
    wisp_status status = read_byte(d, "an import kind", &kind);
    return status ? status : read_import_type(d, kind, out);
}

/*
 * The compact form of imports from one module: in place of a name and a kind, an empty name
 * and GROUP, with a list of names and types; or GROUP_OF_ONE_TYPE, with a type and a list
 * of names. The section's count is that of all imports.
 */
enum { GROUP = 0x7f, GROUP_OF_ONE_TYPE = 0x7e };

typedef struct import_group {
    import shared; /* what the imports in it have in common */
    bool has_type;
    uint32_t left;
} import_group;

static wisp_status read_group(decoder *d, uint8_t form, import_group *group)
{
    wisp_status status = WISP_OK;
    group->has_type = form == GROUP_OF_ONE_TYPE;
    if (group->has_type)
        status = read_import_kind_and_type(d, &group->shared);
    return status ? status : read_count(d, "imports", WISP_IMPORTS_MAX, &group->left);
}

static wisp_status read_grouped_import(decoder *d, import_group *group, import *out)
{
    *out = group->shared;
    group->left--;
    wisp_status status = read_name(d, &out->name);
    if (status || group->has_type)
        return status;
    return read_import_kind_and_type(d, out);
}

static wisp_status read_import(decoder *d, import_group *group, import *out)
{
    while (group->left == 0) {
        uint8_t kind = 0;
        wisp_status status = read_name(d, &out->module);
        if (status == WISP_OK)
            status = read_name(d, &out->name);
        if (status == WISP_OK)
            status = read_byte(d, "an import kind", &kind);
        if (status)
            return status;
        if (out->name.size != 0 || (kind != GROUP && kind != GROUP_OF_ONE_TYPE))
            return read_import_type(d, kind, out);
        group->shared.module = out->module;
        status = read_group(d, kind, group);
        if (status)
            return status;
    }
    return read_grouped_import(d, group, out);
}

static wisp_status check_memory_count(decoder *d, uint32_t count)
{
    if (count <= 1)
        return WISP_OK;
    return wisp_fail_at(d->err, WISP_UNSUPPORTED, offset_of(d),
                        "multiple memories are not supported");
}

/* First pass: how many of each kind there are. */
static wisp_status count_imports(decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    uint32_t *counts[] = {&m->imported_functions, &m->imported_tables, &m->imported_memories,
                          &m->imported_globals};
    import_group group = {0};
    for (uint32_t i = 0; i < count; i++) {
        import entry = {0};
        wisp_status status = read_import(d, &group, &entry);
        if (status)
            return status;
        ++*counts[entry.kind];
    }
    if (group.left != 0)
        return malformed(d, "no more imports in a group than in the section");
    return check_memory_count(d, m->imported_memories);
}

static wisp_status keep_import(decoder *d, const import *entry, wisp_import_entry *out)
{
    wisp_module *m = d->module;
    wisp_status status = keep_name(d, entry->module, &out->module);
    if (status == WISP_OK)
        status = keep_name(d, entry->name, &out->name);
    out->kind = entry->kind;
    switch (out->kind) {
    case WISP_EXTERN_FUNC:
        out->index = m->function_count++;
        m->functions[out->index].type = entry->type;
        break;
    case WISP_EXTERN_TABLE:
        out->index = m->table_count++;
        m->tables[out->index] = entry->table;
        break;
    case WISP_EXTERN_MEMORY:
        out->index = m->memory_count++;
        m->memories[out->index] = entry->memory;
        break;
    case WISP_EXTERN_GLOBAL:
        out->index = m->global_count++;
        m->globals[out->index] = entry->global;
        m->globals[out->index].init.size = 0;
        break;
    }
    return status;
}

static wisp_status allocate_imports(decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    wisp_status status = allocate(d, &m->imports, count, sizeof *m->imports);
    if (status == WISP_OK)
        status = allocate(d, &m->functions, m->imported_functions, sizeof *m->functions);
    if (status == WISP_OK)
        status = allocate(d, &m->tables, m->imported_tables, sizeof *m->tables);
    if (status == WISP_OK)
        status = allocate(d, &m->memories, m->imported_memories, sizeof *m->memories);
    if (status == WISP_OK)
        status = allocate(d, &m->globals, m->imported_globals, sizeof *m->globals);
    return status;
}

static wisp_status read_import_section(decoder *d, uint32_t count)
{
    if (count > WISP_IMPORTS_MAX)
        return too_many(d, "imports", count, WISP_IMPORTS_MAX);
    const uint8_t *start = d->r.at;
    wisp_status status = count_imports(d, count);
    if (status == WISP_OK)
        status = allocate_imports(d, count);
    d->r.at = start;
    wisp_module *m = d->module;
    import_group group = {0};
    for (; m->import_count < count && status == WISP_OK; m->import_count++) {
        import entry = {0};
        status = read_import(d, &group, &entry);
        if (status == WISP_OK)
            status = keep_import(d, &entry, &m->imports[m->import_count]);
    }
    return status;
}

/* ------------------------------------------------------------------ definitions */

static wisp_status read_function_section(decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    if (count > WISP_FUNCTIONS_MAX)
        return too_many(d, "functions", count, WISP_FUNCTIONS_MAX);
    wisp_status status =
        extend(d, &m->functions, m->function_count, count, sizeof *m->functions);
    for (uint32_t i = 0; i < count && status == WISP_OK; i++)
        status = read_type_index(d, &m->functions[m->function_count++].type);
    return status;
}

static wisp_status read_table_section(decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    if (count > WISP_TABLES_MAX)
        return too_many(d, "tables", count, WISP_TABLES_MAX);
    wisp_status status = extend(d, &m->tables, m->table_count, count, sizeof *m->tables);
    for (uint32_t i = 0; i < count && status == WISP_OK; i++)
        status = read_table_type(d, &m->tables[m->table_count++]);
    return status;
}

static wisp_status read_memory_section(decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    wisp_status status = WISP_OK;
    if (count)
        status = check_memory_count(d, m->memory_count + (count > 1 ? 2 : count));
    if (status == WISP_OK)
        status = extend(d, &m->memories, m->memory_count, count, sizeof *m->memories);
    for (uint32_t i = 0; i < count && status == WISP_OK; i++)
        status = read_memory_type(d, &m->memories[m->memory_count++]);
    return status;
}

static wisp_status read_global_section(decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    if (count > WISP_GLOBALS_MAX)
        return too_many(d, "globals", count, WISP_GLOBALS_MAX);
    wisp_status status = extend(d, &m->globals, m->global_count, count, sizeof *m->globals);
    for (uint32_t i = 0; i < count && status == WISP_OK; i++) {
        wisp_module_global *global = &m->globals[m->global_count];
        status = read_global_type(d, global);
        if (status == WISP_OK)
            status = read_constant(d, global->type, m->global_count, &global->init);
        m->global_count += status == WISP_OK;
    }
    return status;
}

static uint32_t count_of_kind(const wisp_module *m, wisp_extern_kind kind)
{
    const uint32_t counts[] = {m->function_count, m->table_count, m->memory_count,
                               m->global_count};
    return counts[kind];
}

static wisp_status read_export(decoder *d, wisp_export_entry *out)
{
    wisp_bytes name = {NULL, 0};
    uint8_t kind = 0;
    wisp_status status = read_name(d, &name);
    if (status == WISP_OK)
        status = keep_name(d, name, &out->name);
    if (status == WISP_OK)
        status = read_byte(d, "an export kind", &kind);
    if (status == WISP_OK && kind > WISP_EXTERN_GLOBAL)
        status = malformed(d, "an export kind of 0 to 3 (malformed export kind)");
    if (status == WISP_OK)
        status = read_u32(d, "an index", &out->index);
    if (status)
        return status;
    out->kind = kind;
    if (out->index >= count_of_kind(d->module, out->kind))
        return wisp_fail_at(d->err, WISP_MISMATCH, offset_of(d), "export '%s': unknown %s %u",
                            out->name.text, wisp_extern_kind_name(out->kind), out->index);
    if (out->kind == WISP_EXTERN_FUNC)
        d->module->functions[out->index].is_declared = true;
    return WISP_OK;
}

static wisp_status read_export_section(decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    if (count > WISP_EXPORTS_MAX)
        return too_many(d, "exports", count, WISP_EXPORTS_MAX);
    wisp_status status = allocate(d, &m->exports, count, sizeof *m->exports);
    for (; m->export_count < count && status == WISP_OK; m->export_count++)
        status = read_export(d, &m->exports[m->export_count]);
    return status ? status : wisp_module_sort_exports(m, d->err);
}

static wisp_status read_start_section(decoder *d)
{
    wisp_module *m = d->module;
    uint32_t index;
    wisp_status status = read_function_index(d, &index);
    if (status)
        return status;
    const wisp_functype *type = wisp_module_functype(m, index);
    if (type->param_count != 0 || type->result_count != 0)
        return mismatch(d, "start function with parameters or results, expected neither");
    m->start = index;
    return WISP_OK;
}

/* ------------------------------------------------------------------ segments */

/* The entries of a segment: function indices, or constant expressions. */
static wisp_status read_entries(decoder *d, wisp_element_segment *segment)
{
    wisp_status status = read_count(d, "entries", WISP_ELEMENTS_MAX, &segment->count);
    const uint8_t *start = d->r.at;
    for (uint32_t i = 0; i < segment->count && status == WISP_OK; i++) {
        uint32_t index;
        wisp_span span;
        if (segment->is_expressions) {
            status = read_constant(d, segment->type, d->module->global_count, &span);
            continue;
        }
        status = read_function_index(d, &index);
        if (status == WISP_OK)
            d->module->functions[index].is_declared = true;
    }
    segment->entries.offset = (uint32_t)(start - d->module->bytes.data);
    segment->entries.size = (uint32_t)(d->r.at - start);
    return status;
}

static wisp_status check_segment_table(decoder *d, const wisp_element_segment *segment)
{
    if (segment->table >= d->module->table_count)
        return mismatch(d, "unknown table");
    if (d->module->tables[segment->table].type != segment->type)
        return mismatch(d, "type mismatch between a segment and its table");
    return WISP_OK;
}

static wisp_status read_element_type(decoder *d, wisp_element_segment *segment)
{
    uint8_t kind = 0;
    if (segment->is_expressions)
        return read_reftype(d, &segment->type);
    wisp_status status = read_byte(d, "an element kind", &kind);
    if (status)
        return status;
    return kind == 0 ? WISP_OK : malformed(d, "element kind 0 (malformed element kind)");
}

/* The flags: 1 not active; 2 table index given, or, with 1, declared; 4 expressions. */
static wisp_status read_element_segment(decoder *d, wisp_element_segment *segment)
{
    uint32_t flags = 0;
    wisp_status status = read_u32(d, "an element segment", &flags);
    if (status)
        return status;
    if (flags > 7)
        return malformed(d, "segment flags of 0 to 7 (malformed elements segment kind)");
    segment->mode = !(flags & 1)  ? WISP_SEGMENT_ACTIVE
                    : (flags & 2) ? WISP_SEGMENT_DECLARED
                                  : WISP_SEGMENT_PASSIVE;
    segment->is_expressions = (flags & 4) != 0;
    segment->type = WISP_FUNCREF;
    if (segment->mode == WISP_SEGMENT_ACTIVE) {
        if (flags & 2)
            status = read_u32(d, "a table index", &segment->table);
        if (status == WISP_OK)
            status = read_constant(d, WISP_I32, d->module->global_count, &segment->place);
    }
    if (status == WISP_OK && (flags & 3) != 0)
        status = read_element_type(d, segment);
    if (status == WISP_OK && segment->mode == WISP_SEGMENT_ACTIVE)
        status = check_segment_table(d, segment);
    return status ? status : read_entries(d, segment);
}

static wisp_status read_element_section(decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    if (count > WISP_SEGMENTS_MAX)
        return too_many(d, "element segments", count, WISP_SEGMENTS_MAX);
    wisp_status status = allocate(d, &m->elements, count, sizeof *m->elements);
    for (; m->element_count < count && status == WISP_OK; m->element_count++)
        status = read_element_segment(d, &m->elements[m->element_count]);
    return status;
}

static wisp_status read_data_count_section(decoder *d)
{
    d->has_data_count = true;
    wisp_status status = read_u32(d, "a number of data segments", &d->module->data_count);
    if (status)
        return status;
    if (d->module->data_count > WISP_SEGMENTS_MAX)
        return too_many(d, "data segments", d->module->data_count, WISP_SEGMENTS_MAX);
    return WISP_OK;
}

static wisp_status read_data_segment(decoder *d, wisp_data_segment *segment)
{
    uint32_t flags = 0, size = 0;
    const uint8_t *bytes;
    wisp_status status = read_u32(d, "a data segment", &flags);
    if (status)
        return status;
    if (flags > 2)
        return malformed(d, "segment flags of 0 to 2 (malformed data segment kind)");
    segment->mode = flags == 1 ? WISP_SEGMENT_PASSIVE : WISP_SEGMENT_ACTIVE;
    if (flags == 2)
        status = read_u32(d, "a memory index", &segment->memory);
    if (status == WISP_OK && flags != 1 && segment->memory >= d->module->memory_count)
        status = mismatch(d, "unknown memory");
    if (status == WISP_OK && flags != 1)
        status = read_constant(d, WISP_I32, d->module->global_count, &segment->place);
    if (status == WISP_OK)
        status = read_u32(d, "a size", &size);
    if (status)
        return status;
    segment->bytes = (wisp_span){(uint32_t)offset_of(d), size};
    return wisp_read_bytes(&d->r, size, &bytes)
               ? WISP_OK
               : malformed(d, "the bytes of a data segment, found the section's end");
}

static wisp_status read_data_section(decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    d->has_data = true;
    if (d->has_data_count && m->data_count != count)
        return malformed(d, "as many data segments as the data count section says (data count "
                            "and data section have inconsistent lengths)");
    if (count > WISP_SEGMENTS_MAX)
        return too_many(d, "data segments", count, WISP_SEGMENTS_MAX);
    m->data_count = count;
    wisp_status status = allocate(d, &m->data, count, sizeof *m->data);
    for (uint32_t i = 0; i < count && status == WISP_OK; i++)
        status = read_data_segment(d, &m->data[i]);
    return status;
}

/* ------------------------------------------------------------------ code */

static wisp_status read_body(decoder *d)
{
    wisp_module *m = d->module;
    uint32_t size, index = m->imported_functions + d->bodies;
    const uint8_t *body;
    wisp_status status = read_u32(d, "the size of a function body", &size);
    if (status)
        return status;
    uint32_t offset = (uint32_t)offset_of(d);
    if (!wisp_read_bytes(&d->r, size, &body))
        return malformed(d, "a function body, found the section's end");
    if (size > WISP_BODY_SIZE_MAX)
        return too_many(d, "bytes in a function body", size, WISP_BODY_SIZE_MAX);
    m->functions[index].body = (wisp_span){offset, size};
    return wisp_compile_function(d->compiler, m, index, d->err);
}

static wisp_status read_code_section(decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    if (count != m->function_count - m->imported_functions)
        return malformed(d, "as many bodies as there are functions (function and code section "
                            "have inconsistent lengths)");
    wisp_status status = wisp_compiler_new(m, d->may_name_data || d->has_data_count, &d->compiler, d->err);
    for (; d->bodies < count && status == WISP_OK; d->bodies++)
        status = read_body(d);
    return status;
}

/* ------------------------------------------------------------------ sections */

static const char *const section_names[] = {
    "custom", "type",  "import",  "function", "table", "memory",    "global",
    "export", "start", "element", "code",     "data",  "data count"};

enum { SECTION_CUSTOM = 0, SECTION_START = 8, SECTION_DATA = 11, SECTION_DATA_COUNT = 12, SECTION_TAG = 13 };

/* The prescribed order: the data count section comes before the code. */
static uint32_t rank_of(uint8_t id)
{
    static const uint8_t ranks[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 10};
    return ranks[id];
}

static wisp_status read_custom_section(decoder *d, wisp_section *section)
{
    wisp_bytes name;
    wisp_text kept;
    wisp_status status = read_name(d, &name);
    if (status == WISP_OK)
        status = keep_name(d, name, &kept);
    if (status)
        return status;
    section->name = kept.text;
    if (name.size == 4 && memcmp(name.data, "name", 4) == 0) {
        d->module->names.offset = (uint32_t)offset_of(d);
        d->module->names.size = (uint32_t)wisp_reader_left(&d->r);
    }
    d->r.at = d->r.end;
    return WISP_OK;
}

static wisp_status read_content(decoder *d, wisp_section *section)
{
    typedef wisp_status reader_of(decoder * d, uint32_t count);
    static reader_of *const readers[] = {
        NULL,
        read_type_section,
        read_import_section,
        read_function_section,
        read_table_section,
        read_memory_section,
        read_global_section,
        read_export_section,
        NULL,
        read_element_section,
        read_code_section,
        read_data_section,
    };
    if (section->id == SECTION_CUSTOM)
        return read_custom_section(d, section);
    if (section->id == SECTION_START)
        return read_start_section(d);
    if (section->id == SECTION_DATA_COUNT) {
        wisp_status status = read_data_count_section(d);
        section->count = d->module->data_count;
        return status;
    }
    wisp_status status = read_count(d, "entries", UINT32_MAX, &section->count);
    return status ? status : readers[section->id](d, section->count);
}

static wisp_status check_order(decoder *d, uint8_t id, uint64_t offset)
{
    if (id == SECTION_TAG)
        return wisp_fail_at(d->err, WISP_UNSUPPORTED, offset,
                            "tags (exception handling) are not supported");
    if (id > SECTION_DATA_COUNT)
        return wisp_fail_at(d->err, WISP_MALFORMED, offset,
                            "section %u at byte %llu, expected 0 to 12 (malformed section id)", id,
                            (unsigned long long)offset);
    if (id == SECTION_CUSTOM)
        return WISP_OK;
    if (rank_of(id) <= d->rank)
        return wisp_fail_at(d->err, WISP_MALFORMED, offset,
                            "%s section at byte %llu is out of order or there twice (unexpected "
                            "content after last section)",
                            section_names[id], (unsigned long long)offset);
    d->rank = rank_of(id);
    return WISP_OK;
}

static wisp_status read_section(decoder *d, wisp_section *section)
{
    uint64_t offset = offset_of(d);
    const uint8_t *content, *file_end = d->r.end;
    wisp_status status = read_byte(d, "a section", &section->id);
    if (status == WISP_OK)
        status = check_order(d, section->id, offset);
    if (status)
        return status;
    d->section = section_names[section->id];
    section->name = d->section;
    status = read_u32(d, "the section's size", &section->size);
    if (status)
        return status;
    section->offset = (uint32_t)offset_of(d);
    if (!wisp_read_bytes(&d->r, section->size, &content))
        return malformed(d, "the section's content, found the end (length out of bounds)");
    d->r.at = content;
    d->r.end = content + section->size;
    status = read_content(d, section);
    if (status == WISP_OK && d->r.at != d->r.end)
        status = malformed(d, "the section's end (section size mismatch)");
    d->r.end = file_end;
    return status;
}

/* Looks ahead how many sections there are, so that their list fits exactly, and whether one
 * is of data. They may be broken. */
static uint32_t look_ahead(decoder *d)
{
    wisp_reader r = d->r;
    uint32_t count = 0, size;
    uint8_t id;
    const uint8_t *content;
    d->may_name_data = true;
    while (wisp_read_u8(&r, &id) && wisp_read_leb_u32(&r, &size)) {
        count++;
        if (id == SECTION_DATA)
            d->may_name_data = false;
        if (!wisp_read_bytes(&r, size, &content))
            break;
    }
    return count + 1;
}

static wisp_status read_sections(decoder *d)
{
    wisp_module *m = d->module;
    uint32_t count = look_ahead(d);
    if (count > WISP_SECTIONS_MAX)
        return too_many(d, "sections", count, WISP_SECTIONS_MAX);
    wisp_status status = allocate(d, &m->sections, count, sizeof *m->sections);
    while (status == WISP_OK && d->r.at != d->r.end) {
        status = read_section(d, &m->sections[m->section_count]);
        m->section_count++;
    }
    return status;
}

static wisp_status read_preamble(decoder *d)
{
    uint32_t magic, version;
    if (!wisp_read_u32le(&d->r, &magic) || magic != 0x6d736100)
        return wisp_fail_at(d->err, WISP_MALFORMED, 0,
                            "magic header not detected: expected the four bytes \"\\0asm\"");
    if (!wisp_read_u32le(&d->r, &version))
        return wisp_fail_at(d->err, WISP_MALFORMED, 4, "unexpected end, expected a version");
    if (version == 0x1000d)
        return wisp_fail_at(d->err, WISP_UNSUPPORTED, 4,
                            "a component, expected a core module (unknown binary version)");
    if (version != 1)
        return wisp_fail_at(d->err, WISP_MALFORMED, 4,
                            "unknown binary version %u, expected version 1", version);
    return WISP_OK;
}

/* What can only be told at the end. */
static wisp_status check_whole(decoder *d)
{
    wisp_module *m = d->module;
    d->section = "code";
    if (d->bodies != m->function_count - m->imported_functions)
        return malformed(d, "a body for each function (function and code section have "
                            "inconsistent lengths)");
    d->section = "data";
    if (d->has_data_count && !d->has_data && m->data_count != 0)
        return malformed(d, "as many data segments as the data count section says (data count "
                            "and data section have inconsistent lengths)");
    return WISP_OK;
}

wisp_status wisp_module_decode(wisp_module *module, wisp_error *err)
{
    decoder d = {.module = module, .r = wisp_reader_of(module->bytes), .err = err};
    d.section = "module";
    if (module->bytes.size > UINT32_MAX)
        return wisp_fail(err, WISP_LIMIT, "a module of %zu bytes, expected less than 4 GiB",
                         module->bytes.size);
    module->start = WISP_NO_INDEX;
    wisp_status status = read_preamble(&d);
    if (status == WISP_OK)
        status = read_sections(&d);
    if (status == WISP_OK)
        status = check_whole(&d);
    wisp_compiler_free(d.compiler);
    return status;
}
