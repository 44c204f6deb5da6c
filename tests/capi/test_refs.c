#include "fixture.h"
#include "modules.h"

/* References and handles. Exports of refs_wasm by their order: */
enum { GLOBAL, TABLE, SET, GET, TABLE_SET, CALL, SELF };

static int finalized;

static void finalize(void *info)
{
    finalized += *(int *)info;
}

static wasm_trap_t *same(const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    wasm_val_copy(&results->data[0], &args->data[0]);
    return NULL;
}

static void setup(fixture *f)
{
    finalized = 0;
    fixture_init(f);
    LOAD(f, refs_wasm);
    wasm_functype_t *type =
        wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
    wasm_func_t *func = wasm_func_new(f->store, type, same);
    wasm_extern_t *import = wasm_func_as_extern(func);
    fixture_instantiate(f, &import, 1);
    wasm_func_delete(func);
    wasm_functype_delete(type);
}

static wasm_ref_t *call(const fixture *f, size_t index, wasm_ref_t *ref)
{
    wasm_val_t arg = WASM_REF_VAL(ref), result = WASM_INIT_VAL;
    bool takes = wasm_func_param_arity(fixture_func(f, index)) > 0;
    bool gives = wasm_func_result_arity(fixture_func(f, index)) > 0;
    fixture_call(f, index, &arg, takes, &result, gives);
    return result.of.ref;
}

/* Takes over [actual]. */
static void assert_same(wasm_ref_t *actual, const wasm_ref_t *expected)
{
    assert_ptr_equal(actual, expected);
    assert_true(wasm_ref_same(actual, expected));
    wasm_ref_delete(actual);
}

static void a_module_holds_things_of_the_program(void **state)
{
    (void)state;
    fixture f;
    int info[2] = {1, 2};
    setup(&f);
    wasm_ref_t *a = wasm_foreign_as_ref(wasm_foreign_new(f.store));
    wasm_ref_t *b = wasm_foreign_as_ref(wasm_foreign_new(f.store));
    wasm_ref_set_host_info(a, &info[0]);
    wasm_ref_set_host_info(b, &info[1]);
    assert_same(call(&f, GET, NULL), NULL);
    call(&f, SET, a);
    assert_same(call(&f, GET, NULL), a);
    assert_same(call(&f, CALL, b), b);
    assert_same(call(&f, CALL, NULL), NULL);
    wasm_val_t val = WASM_REF_VAL(b), index_and_ref[] = {WASM_I32_VAL(3), WASM_REF_VAL(a)};
    wasm_global_set(wasm_extern_as_global(f.exports.data[GLOBAL]), &val);
    assert_same(call(&f, GET, NULL), b);
    fixture_call(&f, TABLE_SET, index_and_ref, 2, NULL, 0);
    assert_same(wasm_table_get(wasm_extern_as_table(f.exports.data[TABLE]), 3), a);
    wasm_ref_delete(a);
    wasm_ref_delete(b);
    wasm_ref_t *again = call(&f, GET, NULL);
    assert_ptr_equal(wasm_ref_get_host_info(again), &info[1]);
    assert_null(wasm_ref_as_func(again));
    assert_non_null(wasm_ref_as_foreign(again));
    wasm_ref_delete(again);
    fixture_deinit(&f);
}

static void a_function_is_a_reference_too(void **state)
{
    (void)state;
    fixture f;
    setup(&f);
    wasm_ref_t *self = call(&f, SELF, NULL);
    assert_ptr_equal(wasm_ref_as_func(self), fixture_func(&f, SELF));
    assert_ptr_equal(wasm_ref_as_extern(self), f.exports.data[SELF]);
    call(&f, SET, self); /* as an externref */
    assert_same(call(&f, GET, NULL), self);
    wasm_ref_delete(self);
    fixture_deinit(&f);
}

static void host_info_is_of_the_thing_not_of_the_handle(void **state)
{
    (void)state;
    fixture f;
    int one = 1, ten = 10;
    setup(&f);
    wasm_func_t *func = wasm_func_copy(fixture_func(&f, SELF));
    wasm_func_set_host_info_with_finalizer(func, &one, finalize);
    wasm_func_delete(func);
    wasm_extern_vec_delete(&f.exports);
    assert_int_equal(finalized, 0); /* the instance can still be called */
    LOAD(&f, traps_wasm);
    wasm_module_set_host_info_with_finalizer(f.module, &ten, finalize);
    wasm_module_set_host_info_with_finalizer(f.module, &ten, finalize);
    assert_int_equal(finalized, 10);
    wasm_module_delete(f.module);
    f.module = NULL;
    assert_int_equal(finalized, 20);
    fixture_deinit(&f);
    assert_int_equal(finalized, 21);
}

static void a_thing_that_no_module_saw_goes_with_its_last_handle(void **state)
{
    (void)state;
    fixture f;
    int one = 1;
    setup(&f);
    wasm_foreign_t *seen = wasm_foreign_new(f.store), *unseen = wasm_foreign_new(f.store);
    wasm_foreign_set_host_info_with_finalizer(seen, &one, finalize);
    wasm_foreign_set_host_info_with_finalizer(unseen, &one, finalize);
    call(&f, SET, wasm_foreign_as_ref(seen));
    wasm_foreign_t *copy = wasm_foreign_copy(unseen);
    wasm_foreign_delete(seen);
    wasm_foreign_delete(unseen);
    assert_int_equal(finalized, 0);
    wasm_foreign_delete(copy);
    assert_int_equal(finalized, 1);
    fixture_deinit(&f);
    assert_int_equal(finalized, 2);
}

static void each_instance_has_its_own_info_until_the_store_goes(void **state)
{
    (void)state;
    enum { INSTANCES = 1000 };
    fixture f;
    int one = 1;
    setup(&f);
    LOAD(&f, traps_wasm);
    wasm_functype_t *type = wasm_functype_new_0_1(wasm_valtype_new_i32());
    wasm_func_t *func = wasm_func_new(f.store, type, same);
    wasm_extern_t *import = wasm_func_as_extern(func);
    wasm_extern_vec_t vec = {1, &import};
    for (int i = 0; i < INSTANCES; i++) {
        wasm_instance_t *instance = wasm_instance_new(f.store, f.module, &vec, NULL);
        assert_null(wasm_instance_get_host_info(instance));
        wasm_instance_set_host_info_with_finalizer(instance, &one, finalize);
        wasm_instance_delete(instance);
    }
    assert_int_equal(finalized, 0);
    wasm_functype_delete(type);
    wasm_func_delete(func);
    fixture_deinit(&f);
    assert_int_equal(finalized, INSTANCES);
}

static void a_store_lives_as_long_as_a_handle_into_it(void **state)
{
    (void)state;
    fixture f;
    setup(&f);
    wasm_foreign_t *thing = wasm_foreign_new(f.store);
    wasm_store_delete(f.store);
    f.store = NULL;
    call(&f, SET, wasm_foreign_as_ref(thing));
    assert_same(call(&f, GET, NULL), wasm_foreign_as_ref(thing));
    wasm_foreign_delete(thing);
    fixture_deinit(&f);
}

static void a_thing_of_another_store_is_refused(void **state)
{
    (void)state;
    fixture f, other;
    setup(&f);
    setup(&other);
    wasm_foreign_t *thing = wasm_foreign_new(other.store);
    wasm_table_t *table = wasm_extern_as_table(f.exports.data[TABLE]);
    assert_false(wasm_table_set(table, 0, wasm_foreign_as_ref(thing)));
    wasm_val_t arg = WASM_REF_VAL(wasm_foreign_as_ref(thing));
    wasm_val_vec_t in = {1, &arg}, out = WASM_EMPTY_VEC;
    wasm_trap_t *trap = wasm_func_call(fixture_func(&f, SET), &in, &out);
    assert_non_null(trap);
    wasm_trap_delete(trap);
    wasm_foreign_delete(thing);
    fixture_deinit(&other);
    fixture_deinit(&f);
}

static void a_vector_of_values_owns_its_references(void **state)
{
    (void)state;
    fixture f;
    int one = 1;
    setup(&f);
    wasm_foreign_t *thing = wasm_foreign_new(f.store);
    wasm_foreign_set_host_info_with_finalizer(thing, &one, finalize);
    wasm_val_t values[] = {WASM_REF_VAL(wasm_foreign_as_ref(thing)), WASM_I32_VAL(1)};
    wasm_val_vec_t vec, copy;
    wasm_val_vec_new(&vec, 2, values);
    wasm_val_vec_copy(&copy, &vec);
    wasm_val_vec_delete(&vec);
    assert_int_equal(finalized, 0);
    wasm_val_vec_delete(&copy);
    assert_int_equal(finalized, 1);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_holds_things_of_the_program),
        cmocka_unit_test(a_function_is_a_reference_too),
        cmocka_unit_test(host_info_is_of_the_thing_not_of_the_handle),
        cmocka_unit_test(a_thing_that_no_module_saw_goes_with_its_last_handle),
        cmocka_unit_test(each_instance_has_its_own_info_until_the_store_goes),
        cmocka_unit_test(a_store_lives_as_long_as_a_handle_into_it),
        cmocka_unit_test(a_thing_of_another_store_is_refused),
        cmocka_unit_test(a_vector_of_values_owns_its_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
