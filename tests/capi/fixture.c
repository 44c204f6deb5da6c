#include "fixture.h"

void fixture_init(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->engine = wasm_engine_new();
    f->store = wasm_store_new(f->engine);
    assert_non_null(f->store);
}

void fixture_deinit(fixture *f)
{
    wasm_extern_vec_delete(&f->exports);
    wasm_module_delete(f->module);
    wasm_store_delete(f->store);
    wasm_engine_delete(f->engine);
}

void fixture_load(fixture *f, const uint8_t *bytes, size_t size)
{
    wasm_byte_vec_t binary;
    wasm_byte_vec_new(&binary, size, (const char *)bytes);
    wasm_module_delete(f->module);
    f->module = wasm_module_new(f->store, &binary);
    wasm_byte_vec_delete(&binary);
    assert_non_null(f->module);
}

void fixture_instantiate(fixture *f, wasm_extern_t **imports, size_t count)
{
    wasm_extern_vec_t vec = {count, imports};
    wasm_instance_t *instance = wasm_instance_new(f->store, f->module, &vec, NULL);
    assert_non_null(instance);
    wasm_extern_vec_delete(&f->exports);
    wasm_instance_exports(instance, &f->exports);
    wasm_instance_delete(instance);
}

wasm_func_t *fixture_func(const fixture *f, size_t index)
{
    assert_true(index < f->exports.size);
    wasm_func_t *func = wasm_extern_as_func(f->exports.data[index]);
    assert_non_null(func);
    return func;
}

void fixture_call(const fixture *f, size_t index, const wasm_val_t *args, size_t arg_count,
                  wasm_val_t *results, size_t result_count)
{
    wasm_val_vec_t in = {arg_count, (wasm_val_t *)(uintptr_t)args}, out = {result_count, results};
    assert_null(wasm_func_call(fixture_func(f, index), &in, &out));
}
