#include "capi/value.h"

/* ------------------------------------------------------------------ anything */

wasm_ref_t *capi_extern_get(wasm_store_t *store, const wisp_extern *item)
{
    wasm_ref_t *ref = NULL;
    switch ((int)item->kind) {
    case WISP_EXTERN_FUNC:
        return capi_func_get(store, item->of.func);
    case WISP_EXTERN_GLOBAL:
        ref = capi_object_get(store, CAPI_GLOBAL, item->of.global);
        if (ref)
            ref->of.global = item->of.global;
        break;
    case WISP_EXTERN_TABLE:
        ref = capi_object_get(store, CAPI_TABLE, item->of.table);
        if (ref)
            ref->of.table = item->of.table;
        break;
    case WISP_EXTERN_MEMORY:
        ref = capi_object_get(store, CAPI_MEMORY, item->of.memory);
        if (ref)
            ref->of.memory = item->of.memory;
        break;
    }
    return ref;
}

wisp_extern capi_extern_to_wisp(const void *handle)
{
    const wasm_ref_t *ref = capi_ref(handle);
    wisp_extern item = {.kind = WISP_EXTERN_FUNC};
    switch ((int)ref->kind) {
    case CAPI_FUNC:
        item.of.func = ref->of.func;
        break;
    case CAPI_GLOBAL:
        item.kind = WISP_EXTERN_GLOBAL;
        item.of.global = ref->of.global;
        break;
    case CAPI_TABLE:
        item.kind = WISP_EXTERN_TABLE;
        item.of.table = ref->of.table;
        break;
    case CAPI_MEMORY:
        item.kind = WISP_EXTERN_MEMORY;
        item.of.memory = ref->of.memory;
        break;
    }
    return item;
}

wasm_externkind_t wasm_extern_kind(const wasm_extern_t *handle)
{
    switch ((int)capi_ref(handle)->kind) {
    case CAPI_GLOBAL:
        return WASM_EXTERN_GLOBAL;
    case CAPI_TABLE:
        return WASM_EXTERN_TABLE;
    case CAPI_MEMORY:
        return WASM_EXTERN_MEMORY;
    }
    return WASM_EXTERN_FUNC;
}

/* The type of what any handle of the four kinds is to, in Wisp's words. */
static wisp_extern_type type_of(const void *handle)
{
    wisp_extern item = capi_extern_to_wisp(handle);
    return wisp_extern_type_of(&item);
}

wasm_externtype_t *wasm_extern_type(const wasm_extern_t *handle)
{
    wisp_extern_type type = type_of(handle);
    return capi_externtype_of(&type);
}

/* ------------------------------------------------------------------ globals */

wasm_global_t *wasm_global_new(wasm_store_t *store, const wasm_globaltype_t *type,
                               const wasm_val_t *val)
{
    wisp_valtype valtype = capi_valtype_to_wisp(wasm_valtype_kind(wasm_globaltype_content(type)));
    wisp_extern item = {.kind = WISP_EXTERN_GLOBAL};
    wisp_value value;
    if (!valtype || !capi_value_to_wisp(store, val, valtype, &value) ||
        wisp_global_new(store->store, wasm_globaltype_mutability(type) == WASM_VAR, value,
                        &item.of.global, NULL) != WISP_OK)
        return NULL;
    return (wasm_global_t *)capi_extern_get(store, &item);
}

wasm_globaltype_t *wasm_global_type(const wasm_global_t *global)
{
    wisp_extern_type type = type_of(global);
    return wasm_externtype_as_globaltype(capi_externtype_of(&type));
}

void wasm_global_get(const wasm_global_t *global, wasm_val_t *out)
{
    wisp_value value = wisp_global_get(capi_ref(global)->of.global);
    if (!capi_value_of(capi_ref(global)->store, &value, out))
        *out = (wasm_val_t)WASM_INIT_VAL;
}

void wasm_global_set(wasm_global_t *global, const wasm_val_t *val)
{
    const wasm_ref_t *ref = capi_ref(global);
    wisp_value value;
    if (capi_value_to_wisp(ref->store, val, type_of(global).valtype, &value))
        wisp_global_set(ref->of.global, value, NULL);
}

/* ------------------------------------------------------------------ tables */

static bool fill(wisp_table *table, const wisp_value *value)
{
    for (uint64_t i = 0; value->of.externref && i < wisp_table_size(table); i++)
        if (wisp_table_set(table, i, *value, NULL) != WISP_OK)
            return false;
    return true;
}

wasm_table_t *wasm_table_new(wasm_store_t *store, const wasm_tabletype_t *type, wasm_ref_t *init)
{
    wisp_valtype element = capi_valtype_to_wisp(wasm_valtype_kind(wasm_tabletype_element(type)));
    wisp_limits limits = capi_limits_to_wisp(wasm_tabletype_limits(type));
    wisp_extern item = {.kind = WISP_EXTERN_TABLE};
    wisp_value value;
    if (!element || !capi_ref_to_wisp(store, init, element, &value) ||
        wisp_table_new(store->store, element, limits, &item.of.table, NULL) != WISP_OK ||
        !fill(item.of.table, &value))
        return NULL;
    return (wasm_table_t *)capi_extern_get(store, &item);
}

wasm_tabletype_t *wasm_table_type(const wasm_table_t *table)
{
    wisp_extern_type type = type_of(table);
    return wasm_externtype_as_tabletype(capi_externtype_of(&type));
}

wasm_ref_t *wasm_table_get(const wasm_table_t *table, wasm_table_size_t index)
{
    wisp_value value;
    wasm_val_t val;
    if (wisp_table_get(capi_ref(table)->of.table, index, &value, NULL) != WISP_OK ||
        !capi_value_of(capi_ref(table)->store, &value, &val))
        return NULL;
    return val.of.ref;
}

bool wasm_table_set(wasm_table_t *table, wasm_table_size_t index, wasm_ref_t *ref)
{
    wisp_value value;
    return capi_ref_to_wisp(capi_ref(table)->store, ref, type_of(table).valtype, &value) &&
           wisp_table_set(capi_ref(table)->of.table, index, value, NULL) == WISP_OK;
}

wasm_table_size_t wasm_table_size(const wasm_table_t *table)
{
    return (wasm_table_size_t)wisp_table_size(capi_ref(table)->of.table);
}

bool wasm_table_grow(wasm_table_t *table, wasm_table_size_t delta, wasm_ref_t *init)
{
    wisp_value value;
    return capi_ref_to_wisp(capi_ref(table)->store, init, type_of(table).valtype, &value) &&
           wisp_table_grow(capi_ref(table)->of.table, delta, value, NULL) == WISP_OK;
}

/* ------------------------------------------------------------------ memories */

wasm_memory_t *wasm_memory_new(wasm_store_t *store, const wasm_memorytype_t *type)
{
    wisp_limits limits = capi_limits_to_wisp(wasm_memorytype_limits(type));
    wisp_extern item = {.kind = WISP_EXTERN_MEMORY};
    if (wisp_memory_new(store->store, limits, &item.of.memory, NULL) != WISP_OK)
        return NULL;
    return (wasm_memory_t *)capi_extern_get(store, &item);
}

wasm_memorytype_t *wasm_memory_type(const wasm_memory_t *memory)
{
    wisp_extern_type type = type_of(memory);
    return wasm_externtype_as_memorytype(capi_externtype_of(&type));
}

byte_t *wasm_memory_data(wasm_memory_t *memory)
{
    return (byte_t *)wisp_memory_at(capi_ref(memory)->of.memory, 0, 0);
}

size_t wasm_memory_data_size(const wasm_memory_t *memory)
{
    return (size_t)wisp_memory_size(capi_ref(memory)->of.memory);
}

wasm_memory_pages_t wasm_memory_size(const wasm_memory_t *memory)
{
    return (wasm_memory_pages_t)type_of(memory).limits.min;
}

bool wasm_memory_grow(wasm_memory_t *memory, wasm_memory_pages_t delta)
{
    return wisp_memory_grow(capi_ref(memory)->of.memory, delta, NULL) == WISP_OK;
}
