#include "wasm/lazy.h"

#include <string.h>

/* Making modules and asking what is in them. */

enum { ARENA_CHUNK_SIZE = 16 * 1024 };

wisp_status wisp_module_make(const wisp_module_config *config, const wisp_outside_access *outside,
                             wisp_bytes bytes, wisp_module **out, wisp_error *err)
{
    static const wisp_module_config defaults;
    if (!config)
        config = &defaults;
    const wisp_allocator *allocator = wisp_allocator_or_default(config->allocator);
    wisp_module *module = wisp_alloc(allocator, 1, sizeof *module);
    if (!module)
        return wisp_fail_memory(err, sizeof *module);
    module->allocator = allocator;
    module->outside = outside;
    module->features.denied = config->deny | WISP_FEATURES_LEFT_OUT;
    wisp_arena_init(&module->arena, allocator, ARENA_CHUNK_SIZE);
    wisp_status status = WISP_OK;
    if (!config->borrow && bytes.size) {
        uint8_t *data = wisp_arena_alloc(&module->arena, bytes.size, 1);
        if (!data)
            status = wisp_fail_memory(err, bytes.size);
        else
            bytes.data = memcpy(data, bytes.data, bytes.size);
    }
    module->bytes = bytes;
    if (status == WISP_OK)
        status = wisp_module_decode(module, config->lazy, err);
    if (status)
        wisp_module_free(module);
    else
        *out = module;
    return status;
}

wisp_status wisp_module_load(const wisp_module_config *config, wisp_bytes bytes,
                             wisp_module **out, wisp_error *err)
{
    return wisp_module_make(config, NULL, bytes, out, err);
}

wisp_status wisp_module_new(const wisp_allocator *allocator, wisp_bytes bytes, wisp_module **out,
                            wisp_error *err)
{
    return wisp_module_load(&(wisp_module_config){.allocator = allocator}, bytes, out, err);
}

wisp_status wisp_module_new_borrowed(const wisp_allocator *allocator, wisp_bytes bytes,
                                     wisp_module **out, wisp_error *err)
{
    wisp_module_config config = {.allocator = allocator, .borrow = true};
    return wisp_module_load(&config, bytes, out, err);
}

void wisp_module_free(wisp_module *module)
{
    if (!module)
        return;
    wisp_lazy_free(module->lazy);
    wisp_arena_deinit(&module->arena);
    wisp_free(module->allocator, module, sizeof *module);
}

/* ------------------------------------------------------------------ queries */

wisp_extern_type wisp_module_extern_type(const wisp_module *module, wisp_extern_kind kind,
                                         uint32_t index)
{
    wisp_extern_type type = {.kind = kind};
    switch (kind) {
    case WISP_EXTERN_FUNC:
        type.func = *wisp_module_functype(module, index);
        break;
    case WISP_EXTERN_TABLE:
        type.limits = module->tables[index].type.limits;
        type.valtype = module->tables[index].type.element;
        type.is_64 = module->tables[index].type.is_64;
        break;
    case WISP_EXTERN_MEMORY:
        type.limits = module->memories[index].limits;
        type.is_64 = module->memories[index].is_64;
        type.page_size = module->memories[index].page_size;
        type.is_shared = module->memories[index].is_shared;
        break;
    case WISP_EXTERN_GLOBAL:
        type.valtype = module->globals[index].type;
        type.is_mutable = module->globals[index].is_mutable;
        break;
    case WISP_EXTERN_TAG:
        type.func = module->types[module->tags[index]];
        break;
    }
    return type;
}

uint32_t wisp_module_features(const wisp_module *module)
{
    return module->lazy ? wisp_lazy_features(module) : module->features.used;
}

uint32_t wisp_module_import_count(const wisp_module *module)
{
    return module->import_count;
}

bool wisp_module_import(const wisp_module *module, uint32_t index, wisp_import *out)
{
    if (index >= module->import_count)
        return false;
    const wisp_import_entry *import = &module->imports[index];
    out->module = import->module.text;
    out->name = import->name.text;
    out->module_size = import->module.size;
    out->name_size = import->name.size;
    out->type = wisp_module_extern_type(module, import->kind, import->index);
    return true;
}

uint32_t wisp_module_export_count(const wisp_module *module)
{
    return module->export_count;
}

bool wisp_module_export(const wisp_module *module, uint32_t index, wisp_export *out)
{
    if (index >= module->export_count)
        return false;
    const wisp_export_entry *export = &module->exports[index];
    out->name = export->name.text;
    out->name_size = export->name.size;
    out->type = wisp_module_extern_type(module, export->kind, export->index);
    return true;
}

uint32_t wisp_module_type_count(const wisp_module *module)
{
    return module->type_count;
}

bool wisp_module_type(const wisp_module *module, uint32_t index, wisp_functype *out)
{
    if (index >= module->type_count)
        return false;
    *out = module->types[index];
    return true;
}

uint32_t wisp_module_section_count(const wisp_module *module)
{
    return module->section_count;
}

bool wisp_module_section(const wisp_module *module, uint32_t index, wisp_section *out)
{
    if (index >= module->section_count)
        return false;
    *out = module->sections[index];
    return true;
}

uint32_t wisp_module_func_count(const wisp_module *m)
{
    return m->function_count;
}

uint32_t wisp_module_imported_func_count(const wisp_module *m)
{
    return m->imported_functions;
}
