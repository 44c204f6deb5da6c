#include <stdlib.h>

#include "capi/trap.h"

/* The instances in a store need the code as long as the store lives. */
static bool keep_code(wasm_store_t *store, capi_code *code)
{
    wasm_ref_t *keeper = capi_object_get(store, CAPI_CODE, code);
    if (!keeper)
        return false;
    if (!keeper->is_lasting) {
        atomic_fetch_add(&code->users, 1);
        keeper->of.code = code;
        keeper->is_lasting = true;
    }
    capi_ref_release(keeper);
    return true;
}

/* NULL and *[trap], which is not NULL then, or a handle. */
static wasm_ref_t *instantiate(wasm_store_t *store, capi_code *code,
                               const wasm_extern_vec_t *imports, wisp_extern *items,
                               wasm_trap_t **trap)
{
    wisp_instance *instance;
    wisp_error err;
    for (size_t i = 0; i < imports->size; i++)
        items[i] = capi_extern_to_wisp(imports->data[i]);
    wisp_status status = wisp_instance_new_with(store->store, code->module, items,
                                                (uint32_t)imports->size, &instance, &err);
    wasm_ref_t *ref = status ? NULL : capi_object_get(store, CAPI_INSTANCE, instance);
    if (ref)
        ref->of.instance = instance;
    else if (status)
        *trap = capi_trap_of(store, status, &err);
    else
        *trap = capi_trap_new(store, "out of memory");
    return ref;
}

wasm_instance_t *wasm_instance_new(wasm_store_t *store, const wasm_module_t *module,
                                   const wasm_extern_vec_t *imports, wasm_trap_t **trap)
{
    static const wasm_extern_vec_t nothing;
    if (!imports)
        imports = &nothing;
    capi_code *code = capi_ref(module)->of.code;
    wasm_trap_t *why = NULL;
    wasm_ref_t *ref = NULL;
    wisp_extern *items = calloc(imports->size + 1, sizeof *items);
    if (items && keep_code(store, code))
        ref = instantiate(store, code, imports, items, &why);
    else
        why = capi_trap_new(store, "out of memory");
    free(items);
    if (trap)
        *trap = why;
    else
        wasm_trap_delete(why);
    return (wasm_instance_t *)ref;
}

void wasm_instance_exports(const wasm_instance_t *handle, wasm_extern_vec_t *out)
{
    const wasm_ref_t *ref = capi_ref(handle);
    const wisp_module *module = wisp_instance_module(ref->of.instance);
    wisp_extern item;
    size_t len = 0;
    wasm_extern_vec_new_uninitialized(out, wisp_module_export_count(module));
    for (uint32_t i = 0; i < out->size && wisp_instance_export_at(ref->of.instance, i, &item);
         i++) {
        if (!capi_is_extern(item.kind))
            continue;
        out->data[len] = (wasm_extern_t *)capi_extern_get(ref->store, &item);
        if (!out->data[len++]) {
            wasm_extern_vec_delete(out);
            return;
        }
    }
    out->size = len;
}
