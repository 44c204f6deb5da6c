#include "fixture.h"
#include "modules.h"

/* The program's functions, called by a module. */

static int printed;

static wasm_trap_t *print(const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    printed = args->data[0].of.i32;
    wasm_val_copy(&results->data[0], &args->data[0]);
    return NULL;
}

static wasm_trap_t *closure(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    assert_int_equal(args->size, 0);
    results->data[0] = (wasm_val_t)WASM_I32_VAL(*(int *)env);
    return NULL;
}

static wasm_trap_t *turn(const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    for (size_t i = 0; i < args->size; i++)
        wasm_val_copy(&results->data[args->size - 1 - i], &args->data[i]);
    return NULL;
}

static wasm_functype_t *turn_type(void)
{
    static const wasm_valkind_t kinds[] = {WASM_I32, WASM_I64, WASM_F32, WASM_F64};
    wasm_valtype_vec_t params, results;
    wasm_valtype_vec_new_uninitialized(&params, 4);
    wasm_valtype_vec_new_uninitialized(&results, 4);
    for (size_t i = 0; i < 4; i++) {
        params.data[i] = wasm_valtype_new(kinds[i]);
        results.data[3 - i] = wasm_valtype_new(kinds[i]);
    }
    return wasm_functype_new(&params, &results);
}

static int finalized;

static void finalize(void *env)
{
    finalized += *(int *)env;
}

static void setup(fixture *f, int *env)
{
    fixture_init(f);
    LOAD(f, calls_wasm);
    wasm_functype_t *one = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
    wasm_functype_t *none = wasm_functype_new_0_1(wasm_valtype_new_i32());
    wasm_functype_t *four = turn_type();
    wasm_func_t *funcs[] = {
        wasm_func_new(f->store, one, print),
        wasm_func_new_with_env(f->store, none, closure, env, finalize),
        wasm_func_new(f->store, four, turn),
    };
    wasm_extern_t *imports[3];
    for (int i = 0; i < 3; i++)
        imports[i] = wasm_func_as_extern(funcs[i]);
    fixture_instantiate(f, imports, 3);
    for (int i = 0; i < 3; i++)
        wasm_func_delete(funcs[i]);
    wasm_functype_delete(one);
    wasm_functype_delete(none);
    wasm_functype_delete(four);
}

static void a_module_calls_back_with_an_environment(void **state)
{
    (void)state;
    fixture f;
    int env = 42;
    setup(&f, &env);
    wasm_val_t args[] = {WASM_I32_VAL(3), WASM_I32_VAL(4)}, result = WASM_INIT_VAL;
    fixture_call(&f, 0, args, 2, &result, 1);
    assert_int_equal(printed, 7);
    assert_int_equal(result.kind, WASM_I32);
    assert_int_equal(result.of.i32, 49);
    finalized = 0;
    fixture_deinit(&f);
    assert_int_equal(finalized, 42);
}

static void several_results_come_back_in_order(void **state)
{
    (void)state;
    fixture f;
    int env = 0;
    setup(&f, &env);
    wasm_val_t args[] = {WASM_I32_VAL(1), WASM_I64_VAL(2), WASM_F32_VAL(3), WASM_F64_VAL(4)};
    wasm_val_t results[4] = {WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL};
    fixture_call(&f, 1, args, 4, results, 4);
    assert_true(results[0].kind == WASM_F64 && results[0].of.f64 == 4);
    assert_true(results[1].kind == WASM_F32 && results[1].of.f32 == 3);
    assert_true(results[2].kind == WASM_I64 && results[2].of.i64 == 2);
    assert_true(results[3].kind == WASM_I32 && results[3].of.i32 == 1);
    results[2].of.i64 = 0;
    fixture_call(&f, 1, args, 4, results, 2); /* fewer are fine */
    assert_true(results[2].of.i64 == 0);
    fixture_deinit(&f);
}

static void a_function_of_the_program_can_be_called_directly(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f);
    wasm_functype_t *type = turn_type();
    wasm_func_t *func = wasm_func_new(f.store, type, turn);
    wasm_functype_t *same = wasm_func_type(func);
    assert_int_equal(wasm_functype_params(same)->size, 4);
    assert_int_equal(wasm_valtype_kind(wasm_functype_results(same)->data[0]), WASM_F64);
    assert_int_equal(wasm_func_param_arity(func), 4);
    assert_int_equal(wasm_func_result_arity(func), 4);
    wasm_val_t values[] = {WASM_I32_VAL(1), WASM_I64_VAL(2), WASM_F32_VAL(3), WASM_F64_VAL(4)};
    wasm_val_t results[4] = {WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL};
    wasm_val_vec_t in = WASM_ARRAY_VEC(values), out = WASM_ARRAY_VEC(results);
    assert_null(wasm_func_call(func, &in, &out));
    assert_true(results[0].of.f64 == 4);
    wasm_functype_delete(same);
    wasm_functype_delete(type);
    wasm_func_delete(func);
    fixture_deinit(&f);
}

static void assert_trap(wasm_trap_t *trap, const char *text)
{
    wasm_message_t message;
    assert_non_null(trap);
    wasm_trap_message(trap, &message);
    assert_string_equal(message.data, text);
    wasm_byte_vec_delete(&message);
    wasm_trap_delete(trap);
}

static void a_wrong_call_traps(void **state)
{
    (void)state;
    fixture f;
    int env = 0;
    setup(&f, &env);
    wasm_val_t args[] = {WASM_I32_VAL(1), WASM_I64_VAL(1)}, results[2];
    wasm_val_vec_t in = {2, args}, few = {1, args}, out = {1, results}, many = {2, results};
    const wasm_func_t *run = fixture_func(&f, 0);
    assert_trap(wasm_func_call(run, &in, &out),
                "an argument of another type than the function's");
    assert_trap(wasm_func_call(run, &few, &out),
                "another number of arguments than the function's");
    assert_trap(wasm_func_call(run, &in, &many), "more results than the function's");
    fixture_deinit(&f);
}

static wasm_trap_t *lie(const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    (void)args;
    results->data[0] = (wasm_val_t)WASM_I64_VAL(1);
    return NULL;
}

static void a_result_of_another_type_traps(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f);
    wasm_functype_t *type = wasm_functype_new_0_1(wasm_valtype_new_i32());
    wasm_func_t *func = wasm_func_new(f.store, type, lie);
    wasm_val_t result;
    wasm_val_vec_t in = WASM_EMPTY_VEC, out = {1, &result};
    assert_trap(wasm_func_call(func, &in, &out), "a result of another type than the function's");
    wasm_functype_delete(type);
    wasm_func_delete(func);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_calls_back_with_an_environment),
        cmocka_unit_test(several_results_come_back_in_order),
        cmocka_unit_test(a_function_of_the_program_can_be_called_directly),
        cmocka_unit_test(a_wrong_call_traps),
        cmocka_unit_test(a_result_of_another_type_traps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
