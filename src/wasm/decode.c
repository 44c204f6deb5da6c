#include <string.h>

#include "wasm/decoder.h"
#include "wasm/lazy.h"
#include "wasm/types.h"

/*
 * The binary format (Spec 5.5): one function a section, in the order of their numbers. What
 * a section says is validated as it is read; function bodies go to the compiler.
 */

/* ------------------------------------------------------------------ types */

static wisp_status read_types_of(wisp_decoder *d, const char *what, uint32_t max,
                                 const wisp_valtype **types, uint32_t *count)
{
    wisp_valtype *list = NULL;
    wisp_status status = wisp_decode_count(d, what, max, count);
    if (status == WISP_OK)
        status = wisp_decode_allocate(d, &list, *count, sizeof *list);
    for (uint32_t i = 0; i < *count && status == WISP_OK; i++)
        status = wisp_decode_valtype(d, &list[i]);
    *types = list;
    return status;
}

/* The type of an array's elements or of a field (Spec 5.3.8): also 8 and 16 bits wide. */
static wisp_status read_field(wisp_decoder *d)
{
    enum { I8 = 0x78, I16 = 0x77 };
    uint8_t mutability = 0;
    wisp_valtype type;
    wisp_status status = WISP_OK;
    if (d->r.at != d->r.end && (*d->r.at == I8 || *d->r.at == I16))
        d->r.at++;
    else
        status = wisp_decode_valtype(d, &type);
    if (status == WISP_OK)
        status = wisp_decode_byte(d, "a mutability", &mutability);
    if (status == WISP_OK && mutability > 1)
        status = wisp_decode_malformed(d, "mutability 0 or 1 (malformed mutability)");
    return status;
}

/* Tells types that Wisp does not have from bytes that are no type. */
static wisp_status refuse_type(wisp_decoder *d, uint8_t form)
{
    enum { REC = 0x4e, SUB_FINAL = 0x4f, SUB = 0x50, ARRAY = 0x5e, STRUCT = 0x5f };
    uint64_t offset = wisp_decode_offset(d) - 1;
    uint32_t fields = form == ARRAY ? 1 : 0;
    wisp_status status = WISP_OK;
    if (form == STRUCT)
        status = wisp_decode_count(d, "fields", WISP_PARAMS_MAX, &fields);
    else if (form != ARRAY && form != REC && form != SUB && form != SUB_FINAL)
        return wisp_decode_malformed(d, "a function type (0x60)");
    for (uint32_t i = 0; i < fields && status == WISP_OK; i++)
        status = read_field(d);
    if (status)
        return status;
    return wisp_fail_at(d->err, WISP_UNSUPPORTED, offset,
                        "type form 0x%02x (garbage collection) is not supported", form);
}

static wisp_status read_functype(wisp_decoder *d, wisp_functype *out)
{
    enum { FUNC = 0x60 };
    uint8_t form = 0;
    wisp_status status = wisp_decode_byte(d, "a function type", &form);
    if (status == WISP_OK && form != FUNC)
        status = refuse_type(d, form);
    if (status)
        return status;
    status = read_types_of(d, "parameters", WISP_PARAMS_MAX, &out->params, &out->param_count);
    if (status)
        return status;
    status = read_types_of(d, "results", WISP_RESULTS_MAX, &out->results, &out->result_count);
    if (status)
        return status;
    return out->result_count > 1 ? wisp_decode_use(d, WISP_FEATURE_MULTI_VALUE) : WISP_OK;
}

/* Reads a type, which may refer to itself; one that equals another becomes that. */
static wisp_status read_type(wisp_decoder *d)
{
    wisp_module *m = d->module;
    uint32_t index = m->type_count++;
    m->first_equal[index] = index;
    wisp_status status = read_functype(d, &m->types[index]);
    if (status)
        return status;
    const wisp_type_entry *entry =
        wisp_type_table_add(&d->types, m->allocator, &m->types[index], index);
    if (!entry)
        return wisp_fail_memory(d->err, sizeof *entry);
    m->first_equal[index] = entry->number;
    m->types[index] = m->types[entry->number];
    return WISP_OK;
}

static wisp_status read_type_section(wisp_decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    if (count > WISP_TYPES_MAX)
        return wisp_decode_too_many(d, "types", count, WISP_TYPES_MAX);
    wisp_status status = wisp_decode_allocate(d, &m->types, count, sizeof *m->types);
    if (status == WISP_OK)
        status = wisp_decode_allocate(d, &m->first_equal, count, sizeof *m->first_equal);
    for (uint32_t i = 0; i < count && status == WISP_OK; i++)
        status = read_type(d);
    return status;
}

/* ------------------------------------------------------------------ definitions */

static wisp_status read_function_section(wisp_decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    if (count > WISP_FUNCTIONS_MAX)
        return wisp_decode_too_many(d, "functions", count, WISP_FUNCTIONS_MAX);
    wisp_status status =
        wisp_decode_extend(d, &m->functions, m->function_count, count, sizeof *m->functions);
    if (status == WISP_OK)
        status = wisp_decode_extend(d, &m->function_types, m->function_count, count,
                                    sizeof *m->function_types);
    for (uint32_t i = 0; i < count && status == WISP_OK; i++)
        status = wisp_decode_type_index(d, &m->function_types[m->function_count++]);
    return status;
}

/* A table, or 0x40 0x00, a table and the value that its elements begin with (Spec 5.5.7). */
static wisp_status read_table(wisp_decoder *d, wisp_module_table *table)
{
    enum { HAS_INIT = 0x40 };
    wisp_module *m = d->module;
    uint8_t reserved = 0;
    bool has_init = d->r.at != d->r.end && *d->r.at == HAS_INIT;
    if (!has_init) {
        wisp_status status = wisp_decode_table_type(d, &table->type);
        if (status == WISP_OK && !wisp_valtype_has_null(table->type.element))
            status = wisp_decode_mismatch(d, "type mismatch: a table of a type that has no null, "
                                             "expected a value to begin with");
        return status;
    }
    d->r.at++;
    wisp_status status = wisp_decode_use(d, WISP_FEATURE_FUNCTION_REFERENCES);
    if (status == WISP_OK)
        status = wisp_decode_byte(d, "a zero byte", &reserved);
    if (status == WISP_OK && reserved != 0)
        status = wisp_decode_malformed(d, "a zero byte");
    if (status == WISP_OK)
        status = wisp_decode_table_type(d, &table->type);
    return status ? status
                  : wisp_decode_constant(d, table->type.element, m->global_count, &table->init);
}

static wisp_status read_table_section(wisp_decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    wisp_status status = wisp_decode_check_table_count(d, (uint64_t)m->table_count + count);
    if (status == WISP_OK)
        status = wisp_decode_extend(d, &m->tables, m->table_count, count, sizeof *m->tables);
    for (uint32_t i = 0; i < count && status == WISP_OK; i++)
        status = read_table(d, &m->tables[m->table_count++]);
    return status;
}

static wisp_status read_memory_section(wisp_decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    wisp_status status = wisp_decode_check_memory_count(d, (uint64_t)m->memory_count + count);
    if (status == WISP_OK)
        status = wisp_decode_extend(d, &m->memories, m->memory_count, count, sizeof *m->memories);
    for (uint32_t i = 0; i < count && status == WISP_OK; i++)
        status = wisp_decode_memory_type(d, &m->memories[m->memory_count++]);
    return status;
}

static wisp_status read_global_section(wisp_decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    if (count > WISP_GLOBALS_MAX)
        return wisp_decode_too_many(d, "globals", count, WISP_GLOBALS_MAX);
    wisp_status status =
        wisp_decode_extend(d, &m->globals, m->global_count, count, sizeof *m->globals);
    for (uint32_t i = 0; i < count && status == WISP_OK; i++) {
        wisp_module_global *global = &m->globals[m->global_count];
        status = wisp_decode_global_type(d, global);
        if (status == WISP_OK)
            status = wisp_decode_constant(d, global->type, m->global_count, &global->init);
        m->global_count += status == WISP_OK;
    }
    return status;
}

static wisp_status read_tag_section(wisp_decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    if (count > WISP_TAGS_MAX)
        return wisp_decode_too_many(d, "tags", count, WISP_TAGS_MAX);
    wisp_status status = wisp_decode_extend(d, &m->tags, m->tag_count, count, sizeof *m->tags);
    for (uint32_t i = 0; i < count && status == WISP_OK; i++)
        status = wisp_decode_tag_type(d, &m->tags[m->tag_count++]);
    return status;
}

static uint32_t count_of_kind(const wisp_module *m, wisp_extern_kind kind)
{
    const uint32_t counts[] = {m->function_count, m->table_count, m->memory_count,
                               m->global_count, m->tag_count};
    return counts[kind];
}

static wisp_status read_export(wisp_decoder *d, wisp_export_entry *out)
{
    wisp_bytes name = {NULL, 0};
    uint8_t kind = 0;
    wisp_status status = wisp_decode_name(d, &name);
    if (status == WISP_OK)
        status = wisp_decode_keep_name(d, name, &out->name);
    if (status == WISP_OK)
        status = wisp_decode_byte(d, "an export kind", &kind);
    if (status == WISP_OK && kind > WISP_EXTERN_TAG)
        status = wisp_decode_malformed(d, "an export kind of 0 to 4 (malformed export kind)");
    if (status == WISP_OK)
        status = wisp_decode_u32(d, "an index", &out->index);
    if (status)
        return status;
    out->kind = kind;
    if (out->index >= count_of_kind(d->module, out->kind))
        return wisp_fail_at(d->err, WISP_MISMATCH, wisp_decode_offset(d),
                            "export '%s': unknown %s %u", out->name.text,
                            wisp_extern_kind_name(out->kind), out->index);
    if (out->kind == WISP_EXTERN_FUNC)
        d->module->functions[out->index].is_declared = true;
    return WISP_OK;
}

static wisp_status read_export_section(wisp_decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    if (count > WISP_EXPORTS_MAX)
        return wisp_decode_too_many(d, "exports", count, WISP_EXPORTS_MAX);
    wisp_status status = wisp_decode_allocate(d, &m->exports, count, sizeof *m->exports);
    for (; m->export_count < count && status == WISP_OK; m->export_count++)
        status = read_export(d, &m->exports[m->export_count]);
    return status ? status : wisp_module_sort_exports(m, d->err);
}

static wisp_status read_start_section(wisp_decoder *d)
{
    wisp_module *m = d->module;
    uint32_t index;
    wisp_status status = wisp_decode_function_index(d, &index);
    if (status)
        return status;
    const wisp_functype *type = wisp_module_functype(m, index);
    if (type->param_count != 0 || type->result_count != 0)
        return wisp_decode_mismatch(
            d, "start function with parameters or results, expected neither");
    m->start = index;
    return WISP_OK;
}

/* ------------------------------------------------------------------ code */

static wisp_status read_body(wisp_decoder *d)
{
    wisp_module *m = d->module;
    uint32_t size, index = m->imported_functions + d->bodies;
    const uint8_t *body;
    wisp_status status = wisp_decode_u32(d, "the size of a function body", &size);
    if (status)
        return status;
    uint32_t offset = (uint32_t)wisp_decode_offset(d);
    if (!wisp_read_bytes(&d->r, size, &body))
        return wisp_decode_malformed(d, "a function body, found the section's end");
    if (size > WISP_BODY_SIZE_MAX)
        return wisp_decode_too_many(d, "bytes in a function body", size, WISP_BODY_SIZE_MAX);
    m->functions[index].body = (wisp_span){offset, size};
    if (m->lazy)
        return wisp_lazy_add(m, index, d->err);
    return wisp_compile_function(d->compiler, m, index, d->err);
}

static wisp_status read_code_section(wisp_decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    if (count != m->function_count - m->imported_functions)
        return wisp_decode_malformed(
            d, "as many bodies as there are functions (function and code section "
               "have inconsistent lengths)");
    wisp_status status = wisp_compiler_new(m, m->allocator, d->may_name_data || d->has_data_count,
                                           &d->compiler, d->err);
    if (status == WISP_OK && d->is_lazy)
        status = wisp_lazy_begin(m, d->compiler, d->err);
    for (; d->bodies < count && status == WISP_OK; d->bodies++)
        status = read_body(d);
    return status;
}

/* ------------------------------------------------------------------ sections */

static const char *const section_names[] = {
    "custom", "type",  "import",  "function", "table", "memory",     "global",
    "export", "start", "element", "code",     "data",  "data count", "tag"};

enum {
    SECTION_CUSTOM = 0,
    SECTION_START = 8,
    SECTION_DATA = 11,
    SECTION_DATA_COUNT = 12,
    SECTION_TAG = 13
};

/* The prescribed order: tags come behind memories, and the data count before the code. */
static uint32_t rank_of(uint8_t id)
{
    static const uint8_t ranks[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};
    return ranks[id];
}

static wisp_status read_custom_section(wisp_decoder *d, wisp_section *section)
{
    wisp_bytes name;
    wisp_text kept;
    wisp_status status = wisp_decode_name(d, &name);
    if (status == WISP_OK)
        status = wisp_decode_keep_name(d, name, &kept);
    if (status)
        return status;
    section->name = kept.text;
    if (name.size == 4 && memcmp(name.data, "name", 4) == 0) {
        d->module->names.offset = (uint32_t)wisp_decode_offset(d);
        d->module->names.size = (uint32_t)wisp_reader_left(&d->r);
    }
    d->r.at = d->r.end;
    return WISP_OK;
}

static wisp_status read_content(wisp_decoder *d, wisp_section *section)
{
    typedef wisp_status reader_of(wisp_decoder * d, uint32_t count);
    static reader_of *const readers[] = {
        NULL,
        read_type_section,
        wisp_decode_import_section,
        read_function_section,
        read_table_section,
        read_memory_section,
        read_global_section,
        read_export_section,
        NULL,
        wisp_decode_element_section,
        read_code_section,
        wisp_decode_data_section,
        NULL,
        read_tag_section,
    };
    if (section->id == SECTION_CUSTOM)
        return read_custom_section(d, section);
    if (section->id == SECTION_START)
        return read_start_section(d);
    if (section->id == SECTION_DATA_COUNT) {
        wisp_status status = wisp_decode_data_count_section(d);
        section->count = d->module->data_count;
        return status;
    }
    wisp_status status = wisp_decode_count(d, "entries", UINT32_MAX, &section->count);
    return status ? status : readers[section->id](d, section->count);
}

static wisp_status check_order(wisp_decoder *d, uint8_t id, uint64_t offset)
{
    if (id > SECTION_TAG)
        return wisp_fail_at(d->err, WISP_MALFORMED, offset,
                            "section %u at byte %llu, expected 0 to 13 (malformed section id)",
                            id, (unsigned long long)offset);
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

static wisp_status read_section(wisp_decoder *d, wisp_section *section)
{
    uint64_t offset = wisp_decode_offset(d);
    const uint8_t *content, *file_end = d->r.end;
    wisp_status status = wisp_decode_byte(d, "a section", &section->id);
    if (status == WISP_OK)
        status = check_order(d, section->id, offset);
    if (status)
        return status;
    d->section = section_names[section->id];
    section->name = d->section;
    status = wisp_decode_u32(d, "the section's size", &section->size);
    if (status)
        return status;
    section->offset = (uint32_t)wisp_decode_offset(d);
    if (!wisp_read_bytes(&d->r, section->size, &content))
        return wisp_decode_malformed(
            d, "the section's content, found the end (length out of bounds)");
    d->r.at = content;
    d->r.end = content + section->size;
    status = read_content(d, section);
    if (status == WISP_OK && d->r.at != d->r.end)
        status = wisp_decode_malformed(d, "the section's end (section size mismatch)");
    d->r.end = file_end;
    return status;
}

/* Looks ahead how many sections there are, so that their list fits exactly, and whether one
 * is of data. They may be broken. */
static uint32_t look_ahead(wisp_decoder *d)
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

static wisp_status read_sections(wisp_decoder *d)
{
    wisp_module *m = d->module;
    uint32_t count = look_ahead(d);
    if (count > WISP_SECTIONS_MAX)
        return wisp_decode_too_many(d, "sections", count, WISP_SECTIONS_MAX);
    wisp_status status = wisp_decode_allocate(d, &m->sections, count, sizeof *m->sections);
    while (status == WISP_OK && d->r.at != d->r.end) {
        status = read_section(d, &m->sections[m->section_count]);
        m->section_count++;
    }
    return status;
}

static wisp_status read_preamble(wisp_decoder *d)
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
static wisp_status check_whole(wisp_decoder *d)
{
    wisp_module *m = d->module;
    d->section = "code";
    if (d->bodies != m->function_count - m->imported_functions)
        return wisp_decode_malformed(d,
                                     "a body for each function (function and code section have "
                                     "inconsistent lengths)");
    d->section = "data";
    if (d->has_data_count && !d->has_data && m->data_count != 0)
        return wisp_decode_malformed(
            d, "as many data segments as the data count section says (data count "
               "and data section have inconsistent lengths)");
    return WISP_OK;
}

wisp_status wisp_module_decode(wisp_module *module, bool is_lazy, wisp_error *err)
{
    wisp_decoder d = {
        .module = module, .r = wisp_reader_of(module->bytes), .is_lazy = is_lazy, .err = err};
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
    if (!module->lazy)
        wisp_compiler_free(d.compiler);
    wisp_type_table_deinit(&d.types, module->allocator);
    return status;
}
