#include "host/version/exports.h"

#include <string.h>

#include "base/error.h"
#include "wasm/types.h"

enum { TYPE_TEXT_MAX = 80 };

typedef struct func_spec {
    const char *name;
    uint32_t params, results;
    bool is_required;
} func_spec;

static const func_spec func_specs[WISP_FUNC_COUNT] = {
#define X(id, name, params, results, is_required) {name, params, results, is_required},
    WISP_FUNCS(X)
#undef X
};

/* ------------------------------------------------------------------ function types */

static bool are_i32(const wisp_valtype *types, uint32_t count, uint32_t expected)
{
    if (count != expected)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (types[i] != WISP_I32)
            return false;
    return true;
}

bool wisp_functype_is_i32(const wisp_functype *type, uint32_t params, uint32_t results)
{
    return are_i32(type->params, type->param_count, params) &&
           are_i32(type->results, type->result_count, results);
}

/* ------------------------------------------------------------------ checking a module */

static bool find(const wisp_module *module, const char *name, wisp_extern_type *out)
{
    wisp_export export;
    for (uint32_t i = 0; wisp_module_export(module, i, &export); i++) {
        if (strcmp(export.name, name) == 0) {
            *out = export.type;
            return true;
        }
    }
    return false;
}

static wisp_status check_kind(const char *name, wisp_extern_kind found, wisp_extern_kind expected,
                              wisp_error *err)
{
    if (found == expected)
        return WISP_OK;
    return wisp_fail(err, WISP_MISMATCH, "export '%s' is a %s, expected a %s", name,
                     wisp_extern_kind_name(found), wisp_extern_kind_name(expected));
}

static wisp_status check_func(const wisp_module *module, const func_spec *spec, wisp_error *err)
{
    wisp_extern_type type;
    if (!find(module, spec->name, &type)) {
        if (!spec->is_required)
            return WISP_OK;
        return wisp_fail(err, WISP_NOT_FOUND, "the module does not export the function '%s'",
                         spec->name);
    }
    wisp_status status = check_kind(spec->name, type.kind, WISP_EXTERN_FUNC, err);
    if (status != WISP_OK || wisp_functype_is_i32(&type.func, spec->params, spec->results))
        return status;

    static const wisp_valtype i32s[] = {WISP_I32, WISP_I32, WISP_I32, WISP_I32};
    wisp_functype expected = {i32s, i32s, spec->params, spec->results};
    char found_text[TYPE_TEXT_MAX], expected_text[TYPE_TEXT_MAX];
    wisp_functype_print(&type.func, found_text, sizeof found_text);
    wisp_functype_print(&expected, expected_text, sizeof expected_text);
    return wisp_fail(err, WISP_MISMATCH, "export '%s' has type %s, expected %s", spec->name,
                     found_text, expected_text);
}

static wisp_status check_memory(const wisp_module *module, wisp_error *err)
{
    wisp_extern_type type;
    if (!find(module, WISP_EXPORT_MEMORY, &type))
        return wisp_fail(err, WISP_NOT_FOUND, "the module does not export its memory as '%s'",
                         WISP_EXPORT_MEMORY);
    return check_kind(WISP_EXPORT_MEMORY, type.kind, WISP_EXTERN_MEMORY, err);
}

/* Whether [module] hands out functions for certain: those that post may do without. */
static bool imports_repeat(const wisp_module *module)
{
    wisp_import import;
    for (uint32_t i = 0; wisp_module_import(module, i, &import); i++)
        if (strcmp(import.module, "wisp") == 0 && strcmp(import.name, "repeat") == 0)
            return true;
    return false;
}

static wisp_status check_table(const wisp_module *module, wisp_error *err)
{
    wisp_extern_type type;
    if (find(module, WISP_EXPORT_TABLE, &type))
        return check_kind(WISP_EXPORT_TABLE, type.kind, WISP_EXTERN_TABLE, err);
    if (!imports_repeat(module))
        return WISP_OK;
    return wisp_fail(err, WISP_NOT_FOUND,
                     "the module repeats tasks but does not export '%s': "
                     "link it with --export-table",
                     WISP_EXPORT_TABLE);
}

/* The address of a variable, as the linker exports it. */
static wisp_status check_address(const char *name, const wisp_extern_type *type, wisp_error *err)
{
    wisp_status status = check_kind(name, type->kind, WISP_EXTERN_GLOBAL, err);
    if (status != WISP_OK || (type->valtype == WISP_I32 && !type->is_mutable))
        return status;
    return wisp_fail(err, WISP_MISMATCH, "global '%s' is no address: expected a constant i32",
                     name);
}

static wisp_status check_state_region(const wisp_module *module, wisp_error *err)
{
    wisp_extern_type state, size;
    bool has_state = find(module, WISP_EXPORT_STATE, &state);
    bool has_size = find(module, WISP_EXPORT_STATE_SIZE, &size);
    if (has_state != has_size)
        return wisp_fail(err, WISP_NOT_FOUND, "the module exports '%s' but not '%s'",
                         has_state ? WISP_EXPORT_STATE : WISP_EXPORT_STATE_SIZE,
                         has_state ? WISP_EXPORT_STATE_SIZE : WISP_EXPORT_STATE);
    if (!has_state)
        return WISP_OK;
    wisp_status status = check_address(WISP_EXPORT_STATE, &state, err);
    return status != WISP_OK ? status : check_address(WISP_EXPORT_STATE_SIZE, &size, err);
}

static wisp_status check_heap(const wisp_module *module, wisp_error *err)
{
    static const char *const names[] = {WISP_EXPORT_HEAP_SIZE, WISP_EXPORT_HEAP_PEAK};
    wisp_status status = WISP_OK;
    wisp_extern_type type;
    for (size_t i = 0; i < sizeof names / sizeof *names && status == WISP_OK; i++)
        if (find(module, names[i], &type))
            status = check_address(names[i], &type, err);
    return status;
}

wisp_status wisp_exports_check(const wisp_module *module, wisp_error *err)
{
    wisp_status status = check_memory(module, err);
    for (int i = 0; i < WISP_FUNC_COUNT && status == WISP_OK; i++)
        status = check_func(module, &func_specs[i], err);
    if (status == WISP_OK)
        status = check_table(module, err);
    if (status == WISP_OK)
        status = check_state_region(module, err);
    return status != WISP_OK ? status : check_heap(module, err);
}

uint64_t wisp_exports_memory_size(const wisp_module *module)
{
    wisp_extern_type type;
    bool has_memory = find(module, WISP_EXPORT_MEMORY, &type) && type.kind == WISP_EXTERN_MEMORY;
    return has_memory ? type.limits.min * type.page_size : 0;
}

wisp_status wisp_exports_find(const wisp_instance *instance, wisp_exports *out, wisp_error *err)
{
    *out = (wisp_exports){
        .memory = wisp_instance_memory(instance, WISP_EXPORT_MEMORY),
        .table = wisp_instance_table(instance, WISP_EXPORT_TABLE),
        .stack_pointer = wisp_instance_global(instance, WISP_EXPORT_STACK_POINTER),
        .heap = wisp_heap_of(instance),
    };
    for (int i = 0; i < WISP_FUNC_COUNT; i++)
        out->funcs[i] = wisp_instance_func(instance, func_specs[i].name);
    return wisp_state_region_find(instance, out->memory, &out->state, err);
}
