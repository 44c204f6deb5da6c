#include <pthread.h>

#include "fixture.h"
#include "modules.h"

static void only_a_module_validates(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f);
    wasm_byte_vec_t binary;
    wasm_byte_vec_new(&binary, sizeof traps_wasm, (const char *)traps_wasm);
    assert_true(wasm_module_validate(f.store, &binary));
    binary.data[0] = 1;
    assert_false(wasm_module_validate(f.store, &binary));
    assert_null(wasm_module_new(f.store, &binary));
    wasm_byte_vec_delete(&binary);
    assert_null(wasm_module_new(f.store, &binary));
    fixture_deinit(&f);
}

static void assert_name(const wasm_name_t *name, const char *text)
{
    assert_int_equal(name->size, strlen(text));
    assert_memory_equal(name->data, text, name->size);
}

static void a_module_tells_what_it_imports_and_exports(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f);
    LOAD(&f, items_wasm);
    wasm_importtype_vec_t imports, import_copies;
    wasm_exporttype_vec_t exports;
    wasm_module_imports(f.module, &imports);
    wasm_module_exports(f.module, &exports);
    wasm_importtype_vec_copy(&import_copies, &imports);
    wasm_importtype_vec_delete(&imports);
    assert_int_equal(import_copies.size, 2);
    assert_name(wasm_importtype_module(import_copies.data[1]), "host");
    assert_name(wasm_importtype_name(import_copies.data[1]), "var");
    const wasm_globaltype_t *global =
        wasm_externtype_as_globaltype_const(wasm_importtype_type(import_copies.data[1]));
    assert_int_equal(wasm_valtype_kind(wasm_globaltype_content(global)), WASM_F32);
    assert_int_equal(wasm_globaltype_mutability(global), WASM_VAR);
    assert_int_equal(exports.size, 8);
    wasm_exporttype_t *copy = wasm_exporttype_copy(exports.data[2]);
    assert_name(wasm_exporttype_name(copy), "table");
    const wasm_tabletype_t *table =
        wasm_externtype_as_tabletype_const(wasm_exporttype_type(copy));
    assert_int_equal(wasm_tabletype_limits(table)->min, 2);
    assert_int_equal(wasm_tabletype_limits(table)->max, 5);
    assert_null(wasm_externtype_as_functype_const(wasm_exporttype_type(copy)));
    const wasm_functype_t *call =
        wasm_externtype_as_functype_const(wasm_exporttype_type(exports.data[5]));
    assert_int_equal(wasm_functype_params(call)->size, 2);
    wasm_exporttype_delete(copy);
    wasm_importtype_vec_delete(&import_copies);
    wasm_exporttype_vec_delete(&exports);
    fixture_deinit(&f);
}

static wasm_trap_t *one(const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    (void)args;
    results->data[0] = (wasm_val_t)WASM_I32_VAL(1);
    return NULL;
}

/* Runs an instance of traps_wasm whose import does not fail. */
static int32_t run(wasm_store_t *store, const wasm_module_t *module)
{
    wasm_functype_t *type = wasm_functype_new_0_1(wasm_valtype_new_i32());
    wasm_func_t *func = wasm_func_new(store, type, one);
    wasm_extern_t *import = wasm_func_as_extern(func);
    wasm_extern_vec_t imports = {1, &import}, exports;
    wasm_instance_t *instance = wasm_instance_new(store, module, &imports, NULL);
    wasm_instance_exports(instance, &exports);
    wasm_val_t result = WASM_INIT_VAL;
    wasm_val_vec_t in = WASM_EMPTY_VEC, out = {1, &result};
    wasm_trap_t *trap = wasm_func_call(wasm_extern_as_func(exports.data[0]), &in, &out);
    wasm_extern_vec_delete(&exports);
    wasm_instance_delete(instance);
    wasm_func_delete(func);
    wasm_functype_delete(type);
    return trap ? -1 : result.of.i32;
}

static void a_serialized_module_is_the_same_again(void **state)
{
    (void)state;
    fixture f;
    wasm_byte_vec_t bytes;
    fixture_init(&f);
    LOAD(&f, traps_wasm);
    wasm_module_serialize(f.module, &bytes);
    wasm_module_delete(f.module);
    f.module = wasm_module_deserialize(f.store, &bytes);
    wasm_byte_vec_delete(&bytes);
    assert_int_equal(run(f.store, f.module), 1);
    fixture_deinit(&f);
}

enum { THREADS = 8, RUNS = 20 };

typedef struct sharer {
    pthread_t thread;
    wasm_engine_t *engine;
    const wasm_shared_module_t *shared;
    int ones;
} sharer;

static void *share(void *user)
{
    sharer *s = user;
    wasm_store_t *store = wasm_store_new(s->engine);
    wasm_module_t *module = wasm_module_obtain(store, s->shared);
    for (int i = 0; i < RUNS; i++)
        s->ones += run(store, module);
    wasm_module_delete(module);
    wasm_store_delete(store);
    return NULL;
}

static void threads_obtain_a_shared_module(void **state)
{
    (void)state;
    fixture f;
    sharer sharers[THREADS];
    fixture_init(&f);
    LOAD(&f, traps_wasm);
    wasm_shared_module_t *shared = wasm_module_share(f.module);
    wasm_module_delete(f.module);
    f.module = NULL;
    for (int i = 0; i < THREADS; i++) {
        sharers[i] = (sharer){.engine = f.engine, .shared = shared};
        assert_int_equal(pthread_create(&sharers[i].thread, NULL, share, &sharers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(sharers[i].thread, NULL);
        assert_int_equal(sharers[i].ones, RUNS);
    }
    wasm_shared_module_delete(shared);
    fixture_deinit(&f);
}

static void a_config_limits_stores_and_denies_features(void **state)
{
    (void)state;
    wasm_config_t *config = wasm_config_new();
    wisp_wasm_config_set_store(config,
                               &(wisp_store_config){.memory_max = WISP_PAGE_SIZE, .fuel = 5});
    wisp_wasm_config_deny(config, WISP_FEATURE_REFERENCE_TYPES);
    wasm_engine_t *engine = wasm_engine_new_with_config(config);
    wasm_store_t *store = wasm_store_new(engine);
    assert_int_equal(wisp_store_fuel(wisp_wasm_store(store)), 5);
    wasm_limits_t limits = {2, 2};
    wasm_memorytype_t *type = wasm_memorytype_new(&limits);
    assert_null(wasm_memory_new(store, type));
    wasm_byte_vec_t binary;
    wasm_byte_vec_new(&binary, sizeof refs_wasm, (const char *)refs_wasm);
    assert_false(wasm_module_validate(store, &binary));
    wasm_byte_vec_delete(&binary);
    wasm_memorytype_delete(type);
    wasm_store_delete(store);
    wasm_engine_delete(engine);
}

static void types_are_copied_whole(void **state)
{
    (void)state;
    wasm_functype_t *type = wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_f64(),
                                                  wasm_valtype_new_externref());
    wasm_externtype_t *copy = wasm_externtype_copy(wasm_functype_as_externtype(type));
    wasm_functype_delete(type);
    const wasm_functype_t *func = wasm_externtype_as_functype(copy);
    assert_int_equal(wasm_valtype_kind(wasm_functype_params(func)->data[1]), WASM_F64);
    assert_true(wasm_valtype_is_ref(wasm_functype_results(func)->data[0]));
    assert_true(wasm_valtype_is_num(wasm_functype_params(func)->data[0]));
    wasm_externtype_delete(copy);
    assert_null(wasm_functype_new_1_0(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_module_validates),
        cmocka_unit_test(a_module_tells_what_it_imports_and_exports),
        cmocka_unit_test(a_serialized_module_is_the_same_again),
        cmocka_unit_test(threads_obtain_a_shared_module),
        cmocka_unit_test(a_config_limits_stores_and_denies_features),
        cmocka_unit_test(types_are_copied_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
