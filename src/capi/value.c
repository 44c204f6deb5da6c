#include "capi/value.h"

void wasm_val_delete(wasm_val_t *val)
{
    if (wasm_valkind_is_ref(val->kind))
        capi_ref_release(val->of.ref);
}

void wasm_val_copy(wasm_val_t *out, const wasm_val_t *from)
{
    *out = *from;
    if (wasm_valkind_is_ref(from->kind))
        capi_ref_copy(from->of.ref);
}

bool capi_ref_to_wisp(const wasm_store_t *store, wasm_ref_t *ref, wisp_valtype type,
                      wisp_value *out)
{
    *out = (wisp_value){.type = type & ~(wisp_valtype)WISP_NON_NULL};
    if (ref && ref->store != store)
        return false;
    switch (capi_valkind_of(type)) {
    case WASM_EXTERNREF:
        if (ref)
            ref->is_lasting = true;
        out->of.externref = ref;
        return true;
    case WASM_FUNCREF:
        if (ref && ref->kind != CAPI_FUNC)
            return false;
        out->of.funcref = ref ? ref->of.func : NULL;
        return true;
    default:
        return false;
    }
}

bool capi_value_to_wisp(const wasm_store_t *store, const wasm_val_t *val, wisp_valtype type,
                        wisp_value *out)
{
    if (wasm_valkind_is_ref(val->kind))
        return capi_ref_to_wisp(store, val->of.ref, type, out);
    *out = (wisp_value){.type = type};
    switch (val->kind) {
    case WASM_I32:
    case WASM_F32: /* bits, so that no NaN changes on the way */
        out->of.i32 = val->of.i32;
        break;
    case WASM_I64:
    case WASM_F64:
        out->of.i64 = val->of.i64;
        break;
    default:
        return false;
    }
    return capi_valtype_to_wisp(val->kind) == type;
}

bool capi_value_of(wasm_store_t *store, const wisp_value *value, wasm_val_t *out)
{
    out->kind = capi_valkind_of(value->type);
    switch (out->kind) {
    case WASM_I32:
    case WASM_F32:
        out->of.i32 = value->of.i32;
        return true;
    case WASM_I64:
    case WASM_F64:
        out->of.i64 = value->of.i64;
        return true;
    case WASM_EXTERNREF:
        out->of.ref = capi_ref_copy(value->of.externref);
        return true;
    case WASM_FUNCREF:
        out->of.ref = value->of.funcref ? capi_func_get(store, value->of.funcref) : NULL;
        return out->of.ref || !value->of.funcref;
    default:
        out->of.ref = NULL;
        return false;
    }
}
