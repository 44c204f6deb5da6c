#include <stdlib.h>

#include "fixture.h"
#include "modules.h"

/*
 * Every allocation of the library and the engine beneath is refused in turn. The linker puts
 * these functions in front of the C library's (--wrap), for this program alone.
 */

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);

static int until_refusal = -1; /* allocations that are still granted; -1: all */
static bool has_refused;

static bool is_refused(void)
{
    if (until_refusal < 0 || until_refusal-- > 0)
        return false;
    has_refused = true;
    until_refusal = -1;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return is_refused() ? NULL : __real_realloc(old, size);
}

static wasm_trap_t *fail_back(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    (void)args;
    (void)results;
    wasm_message_t message;
    wasm_name_new_from_string_nt(&message, "callback");
    wasm_trap_t *trap = message.data ? wasm_trap_new(env, &message) : NULL;
    wasm_byte_vec_delete(&message);
    return trap;
}

static void call_all(const wasm_extern_vec_t *exports)
{
    wasm_val_vec_t in = WASM_EMPTY_VEC, out = WASM_EMPTY_VEC;
    for (size_t i = 0; i < exports->size; i++) {
        wasm_trap_t *trap = wasm_func_call(wasm_extern_as_func(exports->data[i]), &in, &out);
        wasm_frame_vec_t frames;
        if (!trap)
            continue; /* the callback had no memory for its trap */
        wasm_trap_trace(trap, &frames);
        wasm_frame_vec_delete(&frames);
        wasm_trap_delete(trap);
    }
}

static void use_instance(wasm_store_t *store, const wasm_module_t *module, wasm_func_t *func)
{
    wasm_extern_t *import = wasm_func_as_extern(func);
    wasm_extern_vec_t imports = {1, &import}, exports;
    wasm_trap_t *trap;
    wasm_instance_t *instance = wasm_instance_new(store, module, &imports, &trap);
    if (!instance) {
        assert_non_null(trap);
        wasm_trap_delete(trap);
        return;
    }
    wasm_instance_exports(instance, &exports);
    call_all(&exports);
    wasm_extern_vec_delete(&exports);
    wasm_instance_delete(instance);
}

static void use_store(wasm_store_t *store)
{
    wasm_byte_vec_t binary;
    wasm_byte_vec_new(&binary, sizeof traps_wasm, (const char *)traps_wasm);
    wasm_module_t *module = wasm_module_new(store, &binary);
    wasm_byte_vec_delete(&binary);
    wasm_functype_t *type = wasm_functype_new_0_1(wasm_valtype_new_i32());
    wasm_func_t *func = type ? wasm_func_new_with_env(store, type, fail_back, store, NULL) : NULL;
    wasm_functype_delete(type);
    if (module) {
        wasm_exporttype_vec_t exports;
        wasm_importtype_vec_t imports, copy;
        wasm_module_exports(module, &exports);
        assert_true(exports.size == 2 || exports.size == 0);
        wasm_module_imports(module, &imports);
        assert_true(imports.size == 1 || imports.size == 0);
        wasm_importtype_vec_copy(&copy, &imports);
        wasm_importtype_vec_delete(&copy);
        wasm_importtype_vec_delete(&imports);
        wasm_exporttype_vec_delete(&exports);
    }
    if (module && func)
        use_instance(store, module, func);
    wasm_func_delete(func);
    wasm_module_delete(module);
}

static void every_refused_allocation_is_survived(void **state)
{
    (void)state;
    int refusals = 0;
    for (int n = 0;; n++, refusals++) {
        has_refused = false;
        until_refusal = n;
        wasm_engine_t *engine = wasm_engine_new();
        wasm_store_t *store = engine ? wasm_store_new(engine) : NULL;
        if (store)
            use_store(store);
        wasm_store_delete(store);
        wasm_engine_delete(engine);
        until_refusal = -1;
        if (!has_refused)
            break;
    }
    assert_true(refusals > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_refused_allocation_is_survived)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
