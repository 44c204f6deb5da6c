#include "capi/type.h"

#include <stdlib.h>

/* ------------------------------------------------------------------ what they are */

struct wasm_valtype_t {
    wasm_valkind_t kind;
};

/* The first member of the four kinds of external type, by which they are converted. */
struct wasm_externtype_t {
    wasm_externkind_t kind;
};

struct wasm_functype_t {
    wasm_externtype_t base;
    wasm_valtype_vec_t params, results;
};

struct wasm_globaltype_t {
    wasm_externtype_t base;
    wasm_valtype_t *content;
    wasm_mutability_t mutability;
};

struct wasm_tabletype_t {
    wasm_externtype_t base;
    wasm_valtype_t *element;
    wasm_limits_t limits;
};

struct wasm_memorytype_t {
    wasm_externtype_t base;
    wasm_limits_t limits;
};

struct wasm_importtype_t {
    wasm_name_t module, name;
    wasm_externtype_t *type;
};

struct wasm_exporttype_t {
    wasm_name_t name;
    wasm_externtype_t *type;
};

/* ------------------------------------------------------------------ value types */

wasm_valtype_t *wasm_valtype_new(wasm_valkind_t kind)
{
    wasm_valtype_t *type = malloc(sizeof *type);
    if (type)
        type->kind = kind;
    return type;
}

void wasm_valtype_delete(wasm_valtype_t *type)
{
    free(type);
}

wasm_valtype_t *wasm_valtype_copy(const wasm_valtype_t *type)
{
    return wasm_valtype_new(type->kind);
}

wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t *type)
{
    return type->kind;
}

/* ------------------------------------------------------------------ function types */

static bool is_whole(const wasm_valtype_vec_t *types)
{
    for (size_t i = 0; i < types->size; i++)
        if (!types->data[i])
            return false;
    return true;
}

wasm_functype_t *wasm_functype_new(wasm_valtype_vec_t *params, wasm_valtype_vec_t *results)
{
    bool is_good = is_whole(params) && is_whole(results);
    wasm_functype_t *type = is_good ? malloc(sizeof *type) : NULL;
    if (!type) {
        wasm_valtype_vec_delete(params);
        wasm_valtype_vec_delete(results);
        return NULL;
    }
    *type = (wasm_functype_t){{WASM_EXTERN_FUNC}, *params, *results};
    return type;
}

void wasm_functype_delete(wasm_functype_t *type)
{
    if (!type)
        return;
    wasm_valtype_vec_delete(&type->params);
    wasm_valtype_vec_delete(&type->results);
    free(type);
}

/* A copy is whole or empty: one that lacks elements would be another type. */
static bool copy_types(wasm_valtype_vec_t *out, const wasm_valtype_vec_t *from)
{
    wasm_valtype_vec_copy(out, from);
    return out->size == from->size;
}

wasm_functype_t *wasm_functype_copy(const wasm_functype_t *type)
{
    wasm_valtype_vec_t params, results;
    bool has_params = copy_types(&params, &type->params);
    bool has_results = copy_types(&results, &type->results);
    if (has_params && has_results)
        return wasm_functype_new(&params, &results);
    wasm_valtype_vec_delete(&params);
    wasm_valtype_vec_delete(&results);
    return NULL;
}

const wasm_valtype_vec_t *wasm_functype_params(const wasm_functype_t *type)
{
    return &type->params;
}

const wasm_valtype_vec_t *wasm_functype_results(const wasm_functype_t *type)
{
    return &type->results;
}

/* ------------------------------------------------------------------ globals, tables, memories */

wasm_globaltype_t *wasm_globaltype_new(wasm_valtype_t *content, wasm_mutability_t mutability)
{
    wasm_globaltype_t *type = content ? malloc(sizeof *type) : NULL;
    if (type)
        *type = (wasm_globaltype_t){{WASM_EXTERN_GLOBAL}, content, mutability};
    else
        wasm_valtype_delete(content);
    return type;
}

void wasm_globaltype_delete(wasm_globaltype_t *type)
{
    if (type)
        wasm_valtype_delete(type->content);
    free(type);
}

wasm_globaltype_t *wasm_globaltype_copy(const wasm_globaltype_t *type)
{
    return wasm_globaltype_new(wasm_valtype_copy(type->content), type->mutability);
}

const wasm_valtype_t *wasm_globaltype_content(const wasm_globaltype_t *type)
{
    return type->content;
}

wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t *type)
{
    return type->mutability;
}

wasm_tabletype_t *wasm_tabletype_new(wasm_valtype_t *element, const wasm_limits_t *limits)
{
    wasm_tabletype_t *type = element ? malloc(sizeof *type) : NULL;
    if (type)
        *type = (wasm_tabletype_t){{WASM_EXTERN_TABLE}, element, *limits};
    else
        wasm_valtype_delete(element);
    return type;
}

void wasm_tabletype_delete(wasm_tabletype_t *type)
{
    if (type)
        wasm_valtype_delete(type->element);
    free(type);
}

wasm_tabletype_t *wasm_tabletype_copy(const wasm_tabletype_t *type)
{
    return wasm_tabletype_new(wasm_valtype_copy(type->element), &type->limits);
}

const wasm_valtype_t *wasm_tabletype_element(const wasm_tabletype_t *type)
{
    return type->element;
}

const wasm_limits_t *wasm_tabletype_limits(const wasm_tabletype_t *type)
{
    return &type->limits;
}

wasm_memorytype_t *wasm_memorytype_new(const wasm_limits_t *limits)
{
    wasm_memorytype_t *type = malloc(sizeof *type);
    if (type)
        *type = (wasm_memorytype_t){{WASM_EXTERN_MEMORY}, *limits};
    return type;
}

void wasm_memorytype_delete(wasm_memorytype_t *type)
{
    free(type);
}

wasm_memorytype_t *wasm_memorytype_copy(const wasm_memorytype_t *type)
{
    return wasm_memorytype_new(&type->limits);
}

const wasm_limits_t *wasm_memorytype_limits(const wasm_memorytype_t *type)
{
    return &type->limits;
}

/* ------------------------------------------------------------------ any of them */

wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t *type)
{
    return type->kind;
}

#define X(name, of_kind)                                                                         \
    wasm_externtype_t *wasm_##name##_as_externtype(wasm_##name##_t *type)                        \
    {                                                                                            \
        return (wasm_externtype_t *)type;                                                        \
    }                                                                                            \
    const wasm_externtype_t *wasm_##name##_as_externtype_const(const wasm_##name##_t *type)      \
    {                                                                                            \
        return (const wasm_externtype_t *)type;                                                  \
    }                                                                                            \
    wasm_##name##_t *wasm_externtype_as_##name(wasm_externtype_t *type)                          \
    {                                                                                            \
        return type && type->kind == of_kind ? (wasm_##name##_t *)type : NULL;                   \
    }                                                                                            \
    const wasm_##name##_t *wasm_externtype_as_##name##_const(const wasm_externtype_t *type)      \
    {                                                                                            \
        return type && type->kind == of_kind ? (const wasm_##name##_t *)type : NULL;             \
    }
X(functype, WASM_EXTERN_FUNC)
X(globaltype, WASM_EXTERN_GLOBAL)
X(tabletype, WASM_EXTERN_TABLE)
X(memorytype, WASM_EXTERN_MEMORY)
#undef X

wasm_externtype_t *wasm_externtype_copy(const wasm_externtype_t *type)
{
    switch (type->kind) {
    case WASM_EXTERN_FUNC:
        return (wasm_externtype_t *)wasm_functype_copy((const wasm_functype_t *)type);
    case WASM_EXTERN_GLOBAL:
        return (wasm_externtype_t *)wasm_globaltype_copy((const wasm_globaltype_t *)type);
    case WASM_EXTERN_TABLE:
        return (wasm_externtype_t *)wasm_tabletype_copy((const wasm_tabletype_t *)type);
    default:
        return (wasm_externtype_t *)wasm_memorytype_copy((const wasm_memorytype_t *)type);
    }
}

void wasm_externtype_delete(wasm_externtype_t *type)
{
    if (!type)
        return;
    switch (type->kind) {
    case WASM_EXTERN_FUNC:
        wasm_functype_delete((wasm_functype_t *)type);
        break;
    case WASM_EXTERN_GLOBAL:
        wasm_globaltype_delete((wasm_globaltype_t *)type);
        break;
    case WASM_EXTERN_TABLE:
        wasm_tabletype_delete((wasm_tabletype_t *)type);
        break;
    default:
        wasm_memorytype_delete((wasm_memorytype_t *)type);
    }
}

/* ------------------------------------------------------------------ imports and exports */

wasm_importtype_t *wasm_importtype_new(wasm_name_t *module, wasm_name_t *name,
                                       wasm_externtype_t *type)
{
    wasm_importtype_t *import = type ? malloc(sizeof *import) : NULL;
    if (!import) {
        wasm_name_delete(module);
        wasm_name_delete(name);
        wasm_externtype_delete(type);
        return NULL;
    }
    *import = (wasm_importtype_t){*module, *name, type};
    return import;
}

void wasm_importtype_delete(wasm_importtype_t *import)
{
    if (!import)
        return;
    wasm_name_delete(&import->module);
    wasm_name_delete(&import->name);
    wasm_externtype_delete(import->type);
    free(import);
}

/* A copy of [from] in [out]; what is cut for want of memory is no copy. */
static bool copy_name(wasm_name_t *out, const wasm_name_t *from)
{
    wasm_name_copy(out, from);
    return out->size == from->size;
}

wasm_importtype_t *wasm_importtype_copy(const wasm_importtype_t *import)
{
    wasm_name_t module, name;
    bool has_module = copy_name(&module, &import->module);
    bool has_name = copy_name(&name, &import->name);
    wasm_externtype_t *type = has_module && has_name ? wasm_externtype_copy(import->type) : NULL;
    return wasm_importtype_new(&module, &name, type);
}

const wasm_name_t *wasm_importtype_module(const wasm_importtype_t *import)
{
    return &import->module;
}

const wasm_name_t *wasm_importtype_name(const wasm_importtype_t *import)
{
    return &import->name;
}

const wasm_externtype_t *wasm_importtype_type(const wasm_importtype_t *import)
{
    return import->type;
}

wasm_exporttype_t *wasm_exporttype_new(wasm_name_t *name, wasm_externtype_t *type)
{
    wasm_exporttype_t *export = type ? malloc(sizeof *export) : NULL;
    if (!export) {
        wasm_name_delete(name);
        wasm_externtype_delete(type);
        return NULL;
    }
    *export = (wasm_exporttype_t){*name, type};
    return export;
}

void wasm_exporttype_delete(wasm_exporttype_t *export)
{
    if (!export)
        return;
    wasm_name_delete(&export->name);
    wasm_externtype_delete(export->type);
    free(export);
}

wasm_exporttype_t *wasm_exporttype_copy(const wasm_exporttype_t *export)
{
    wasm_name_t name;
    bool is_copied = copy_name(&name, &export->name);
    return wasm_exporttype_new(&name, is_copied ? wasm_externtype_copy(export->type) : NULL);
}

const wasm_name_t *wasm_exporttype_name(const wasm_exporttype_t *export)
{
    return &export->name;
}

const wasm_externtype_t *wasm_exporttype_type(const wasm_exporttype_t *export)
{
    return export->type;
}

/* ------------------------------------------------------------------ to and from Wisp */

wasm_valkind_t capi_valkind_of(wisp_valtype type)
{
    switch (wisp_valtype_code(type)) {
    case WISP_I32:
        return WASM_I32;
    case WISP_I64:
        return WASM_I64;
    case WISP_F32:
        return WASM_F32;
    case WISP_F64:
        return WASM_F64;
    case WISP_V128:
        return WASM_V128;
    case WISP_EXTERNREF:
    case WISP_NULLEXTERNREF:
        return WASM_EXTERNREF;
    case WISP_EXNREF:
    case WISP_NULLEXNREF:
        return WASM_EXNREF;
    default:
        return WASM_FUNCREF;
    }
}

wisp_valtype capi_valtype_to_wisp(wasm_valkind_t kind)
{
    switch (kind) {
    case WASM_I32:
        return WISP_I32;
    case WASM_I64:
        return WISP_I64;
    case WASM_F32:
        return WISP_F32;
    case WASM_F64:
        return WISP_F64;
    case WASM_EXTERNREF:
        return WISP_EXTERNREF;
    case WASM_FUNCREF:
        return WISP_FUNCREF;
    default:
        return 0;
    }
}

wasm_valtype_t *capi_valtype_of(wisp_valtype type)
{
    return wasm_valtype_new(capi_valkind_of(type));
}

static bool types_of(const wisp_valtype *types, uint32_t count, wasm_valtype_vec_t *out)
{
    wasm_valtype_vec_new_uninitialized(out, count);
    for (size_t i = 0; i < out->size; i++)
        out->data[i] = capi_valtype_of(types[i]);
    return out->size == count;
}

wasm_functype_t *capi_functype_of(const wisp_functype *type)
{
    wasm_valtype_vec_t params, results;
    bool has_params = types_of(type->params, type->param_count, &params);
    bool has_results = types_of(type->results, type->result_count, &results);
    if (has_params && has_results)
        return wasm_functype_new(&params, &results);
    wasm_valtype_vec_delete(&params);
    wasm_valtype_vec_delete(&results);
    return NULL;
}

static uint32_t limit_of(uint64_t limit)
{
    return limit < wasm_limits_max_default ? (uint32_t)limit : wasm_limits_max_default;
}

static wasm_limits_t limits_of(wisp_limits limits)
{
    return (wasm_limits_t){limit_of(limits.min), limit_of(limits.max)};
}

wisp_limits capi_limits_to_wisp(const wasm_limits_t *limits)
{
    bool is_bounded = limits->max != wasm_limits_max_default;
    return (wisp_limits){limits->min, is_bounded ? limits->max : UINT64_MAX};
}

wasm_externtype_t *capi_externtype_of(const wisp_extern_type *type)
{
    wasm_limits_t limits = limits_of(type->limits);
    switch ((int)type->kind) {
    case WISP_EXTERN_FUNC:
        return wasm_functype_as_externtype(capi_functype_of(&type->func));
    case WISP_EXTERN_GLOBAL:
        return wasm_globaltype_as_externtype(wasm_globaltype_new(
            capi_valtype_of(type->valtype), type->is_mutable ? WASM_VAR : WASM_CONST));
    case WISP_EXTERN_TABLE:
        return wasm_tabletype_as_externtype(
            wasm_tabletype_new(capi_valtype_of(type->valtype), &limits));
    case WISP_EXTERN_MEMORY:
        return wasm_memorytype_as_externtype(wasm_memorytype_new(&limits));
    }
    return NULL;
}
