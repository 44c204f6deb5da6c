#include <stdlib.h>

#include "capi/object.h"

/* ------------------------------------------------------------------ loading and sharing */

void capi_code_release(capi_code *code)
{
    if (!code || atomic_fetch_sub(&code->users, 1) != 1)
        return;
    wisp_module_free(code->module);
    wasm_byte_vec_delete(&code->bytes);
    free(code);
}

static capi_code *load(const wasm_store_t *store, const wasm_byte_vec_t *binary)
{
    capi_code *code = calloc(1, sizeof *code);
    if (!code)
        return NULL;
    atomic_init(&code->users, 1);
    wisp_module_config config = store->module_config;
    config.borrow = true;
    wasm_byte_vec_copy(&code->bytes, binary);
    wisp_bytes bytes = {(const uint8_t *)code->bytes.data, code->bytes.size};
    if (bytes.size == binary->size &&
        wisp_module_load(&config, bytes, &code->module, NULL) == WISP_OK)
        return code;
    capi_code_release(code);
    return NULL;
}

/* A module of [store] that is [code], of which it takes over one use. */
static wasm_module_t *make(wasm_store_t *store, capi_code *code)
{
    wasm_ref_t *ref = code ? capi_object_new(store, CAPI_MODULE, NULL) : NULL;
    if (ref)
        ref->of.code = code;
    else
        capi_code_release(code);
    return (wasm_module_t *)ref;
}

static capi_code *use(capi_code *code)
{
    atomic_fetch_add(&code->users, 1);
    return code;
}

wasm_module_t *wasm_module_new(wasm_store_t *store, const wasm_byte_vec_t *binary)
{
    return make(store, load(store, binary));
}

bool wasm_module_validate(wasm_store_t *store, const wasm_byte_vec_t *binary)
{
    capi_code *code = load(store, binary);
    capi_code_release(code);
    return code != NULL;
}

void wasm_module_serialize(const wasm_module_t *module, wasm_byte_vec_t *out)
{
    wasm_byte_vec_copy(out, &capi_ref(module)->of.code->bytes);
}

wasm_module_t *wasm_module_deserialize(wasm_store_t *store, const wasm_byte_vec_t *bytes)
{
    return wasm_module_new(store, bytes);
}

/* A shared module is its code: there is nothing else that a store does not have for itself. */
wasm_shared_module_t *wasm_module_share(const wasm_module_t *module)
{
    return (wasm_shared_module_t *)use(capi_ref(module)->of.code);
}

void wasm_shared_module_delete(wasm_shared_module_t *shared)
{
    capi_code_release((capi_code *)shared);
}

wasm_module_t *wasm_module_obtain(wasm_store_t *store, const wasm_shared_module_t *shared)
{
    return make(store, use((capi_code *)(uintptr_t)shared));
}

/* ------------------------------------------------------------------ imports and exports */

static wasm_importtype_t *import_of(const wisp_import *import)
{
    wasm_name_t module, name;
    wasm_name_new(&module, import->module_size, import->module);
    wasm_name_new(&name, import->name_size, import->name);
    bool is_whole = module.size == import->module_size && name.size == import->name_size;
    return wasm_importtype_new(&module, &name,
                               is_whole ? capi_externtype_of(&import->type) : NULL);
}

static wasm_exporttype_t *export_of(const wisp_export *export)
{
    wasm_name_t name;
    wasm_name_new(&name, export->name_size, export->name);
    bool is_whole = name.size == export->name_size;
    return wasm_exporttype_new(&name, is_whole ? capi_externtype_of(&export->type) : NULL);
}

/* What the interface does not know (tags) is left out of both lists; without memory they are
 * empty. */
void wasm_module_imports(const wasm_module_t *module, wasm_importtype_vec_t *out)
{
    const wisp_module *from = capi_ref(module)->of.code->module;
    wisp_import import;
    size_t len = 0;
    wasm_importtype_vec_new_uninitialized(out, wisp_module_import_count(from));
    for (uint32_t i = 0; i < out->size && wisp_module_import(from, i, &import); i++) {
        if (!capi_is_extern(import.type.kind))
            continue;
        out->data[len] = import_of(&import);
        if (!out->data[len++]) {
            wasm_importtype_vec_delete(out);
            return;
        }
    }
    out->size = len;
}

void wasm_module_exports(const wasm_module_t *module, wasm_exporttype_vec_t *out)
{
    const wisp_module *from = capi_ref(module)->of.code->module;
    wisp_export export;
    size_t len = 0;
    wasm_exporttype_vec_new_uninitialized(out, wisp_module_export_count(from));
    for (uint32_t i = 0; i < out->size && wisp_module_export(from, i, &export); i++) {
        if (!capi_is_extern(export.type.kind))
            continue;
        out->data[len] = export_of(&export);
        if (!out->data[len++]) {
            wasm_exporttype_vec_delete(out);
            return;
        }
    }
    out->size = len;
}
