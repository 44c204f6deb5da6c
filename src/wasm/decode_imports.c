#include "wasm/decoder.h"

/* The import section (Spec 5.5.5): read twice, to count the kinds and then to keep them. */

/* One import, whatever its kind. */
typedef struct import {
    wisp_bytes module, name;
    uint8_t kind;
    uint32_t type; /* of functions and tags */
    wisp_table_type table;
    wisp_memory_type memory;
    wisp_module_global global;
} import;

static wisp_status read_import_type(wisp_decoder *d, uint8_t kind, import *out)
{
    out->kind = kind;
    switch (kind) {
    case WISP_EXTERN_FUNC:
        return wisp_decode_type_index(d, &out->type);
    case WISP_EXTERN_TABLE:
        return wisp_decode_table_type(d, &out->table);
    case WISP_EXTERN_MEMORY:
        return wisp_decode_memory_type(d, &out->memory);
    case WISP_EXTERN_GLOBAL:
        return wisp_decode_global_type(d, &out->global);
    case WISP_EXTERN_TAG:
        return wisp_decode_tag_type(d, &out->type);
    }
    return wisp_decode_malformed(d, "an import kind of 0 to 4 (malformed import kind)");
}

static wisp_status read_import_kind_and_type(wisp_decoder *d, import *out)
{
    uint8_t kind = 0;
    wisp_status status = wisp_decode_byte(d, "an import kind", &kind);
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

static wisp_status read_group(wisp_decoder *d, uint8_t form, import_group *group)
{
    wisp_status status = WISP_OK;
    group->has_type = form == GROUP_OF_ONE_TYPE;
    if (group->has_type)
        status = read_import_kind_and_type(d, &group->shared);
    return status ? status : wisp_decode_count(d, "imports", WISP_IMPORTS_MAX, &group->left);
}

static wisp_status read_grouped_import(wisp_decoder *d, import_group *group, import *out)
{
    *out = group->shared;
    group->left--;
    wisp_status status = wisp_decode_name(d, &out->name);
    if (status || group->has_type)
        return status;
    return read_import_kind_and_type(d, out);
}

static wisp_status read_import(wisp_decoder *d, import_group *group, import *out)
{
    while (group->left == 0) {
        uint8_t kind = 0;
        wisp_status status = wisp_decode_name(d, &out->module);
        if (status == WISP_OK)
            status = wisp_decode_name(d, &out->name);
        if (status == WISP_OK)
            status = wisp_decode_byte(d, "an import kind", &kind);
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

/* First pass: how many of each kind there are. */
static wisp_status count_imports(wisp_decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    uint32_t *counts[] = {&m->imported_functions, &m->imported_tables, &m->imported_memories,
                          &m->imported_globals, &m->imported_tags};
    import_group group = {0};
    for (uint32_t i = 0; i < count; i++) {
import entry = {0 };
        wisp_status status = read_import(d, &group, &entry);
        if (status)
            return status;
        ++*counts[entry.kind];
    }
    if (group.left != 0)
        return wisp_decode_malformed(d, "no more imports in a group than in the section");
    wisp_status status = wisp_decode_check_table_count(d, m->imported_tables);
    return status ? status : wisp_decode_check_memory_count(d, m->imported_memories);
}

static wisp_status keep_import(wisp_decoder *d, const import *entry, wisp_import_entry *out)
{
    wisp_module *m = d->module;
    wisp_status status = wisp_decode_keep_name(d, entry->module, &out->module);
    if (status == WISP_OK)
        status = wisp_decode_keep_name(d, entry->name, &out->name);
    out->kind = entry->kind;
    switch (out->kind) {
    case WISP_EXTERN_FUNC:
        out->index = m->function_count++;
        m->function_types[out->index] = entry->type;
        break;
    case WISP_EXTERN_TABLE:
        out->index = m->table_count++;
        m->tables[out->index].type = entry->table;
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
    case WISP_EXTERN_TAG:
        out->index = m->tag_count++;
        m->tags[out->index] = entry->type;
        break;
    }
    return status;
}

static wisp_status allocate_imports(wisp_decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    wisp_status status = wisp_decode_allocate(d, &m->imports, count, sizeof *m->imports);
    if (status == WISP_OK)
        status =
            wisp_decode_allocate(d, &m->functions, m->imported_functions, sizeof *m->functions);
    if (status == WISP_OK)
        status = wisp_decode_allocate(d, &m->function_types, m->imported_functions,
                                      sizeof *m->function_types);
    if (status == WISP_OK)
        status = wisp_decode_allocate(d, &m->tables, m->imported_tables, sizeof *m->tables);
    if (status == WISP_OK)
        status = wisp_decode_allocate(d, &m->memories, m->imported_memories, sizeof *m->memories);
    if (status == WISP_OK)
        status = wisp_decode_allocate(d, &m->globals, m->imported_globals, sizeof *m->globals);
    if (status == WISP_OK)
        status = wisp_decode_allocate(d, &m->tags, m->imported_tags, sizeof *m->tags);
    return status;
}

wisp_status wisp_decode_import_section(wisp_decoder *d, uint32_t count)
{
    if (count > WISP_IMPORTS_MAX)
        return wisp_decode_too_many(d, "imports", count, WISP_IMPORTS_MAX);
    const uint8_t *start = d->r.at;
    wisp_status status = count_imports(d, count);
    if (status == WISP_OK)
        status = allocate_imports(d, count);
    d->r.at = start;
    wisp_module *m = d->module;
    import_group group = {0};
    for (; m->import_count < count && status == WISP_OK; m->import_count++) {
import entry = {0 };
        status = read_import(d, &group, &entry);
        if (status == WISP_OK)
            status = keep_import(d, &entry, &m->imports[m->import_count]);
    }
    return status;
}
