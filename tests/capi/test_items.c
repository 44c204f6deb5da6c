#include "fixture.h"
#include "modules.h"

/* Globals, tables and memories, from both sides. Exports of items_wasm by their order: */
enum { CONST, VAR, TABLE, MEMORY, NINE, CALL, LOAD_BYTE, BUMP };

typedef struct globals {
    wasm_global_t *constant, *variable;
} globals;

static wasm_global_t *make_global(const fixture *f, wasm_valtype_t *type, wasm_mutability_t how,
                                  wasm_val_t value)
{
    wasm_globaltype_t *globaltype = wasm_globaltype_new(type, how);
    wasm_global_t *global = wasm_global_new(f->store, globaltype, &value);
    wasm_globaltype_delete(globaltype);
    return global;
}

static void setup(fixture *f, globals *g)
{
    fixture_init(f);
    LOAD(f, items_wasm);
    g->constant = make_global(f, wasm_valtype_new_i64(), WASM_CONST, (wasm_val_t)WASM_I64_VAL(7));
    g->variable = make_global(f, wasm_valtype_new_f32(), WASM_VAR, (wasm_val_t)WASM_F32_VAL(1));
    wasm_extern_t *imports[] = {wasm_global_as_extern(g->constant),
                                wasm_global_as_extern(g->variable)};
    fixture_instantiate(f, imports, 2);
}

static void teardown(fixture *f, globals *g)
{
    wasm_global_delete(g->constant);
    wasm_global_delete(g->variable);
    fixture_deinit(f);
}

static int32_t call_1(const fixture *f, size_t index, int32_t arg)
{
    wasm_val_t value = WASM_I32_VAL(arg), result = WASM_INIT_VAL;
    fixture_call(f, index, &value, 1, &result, 1);
    return result.of.i32;
}

static void globals_are_read_and_set_by_both_sides(void **state)
{
    (void)state;
    fixture f;
    globals g;
    setup(&f, &g);
    wasm_val_t value, five = WASM_F32_VAL(5);
    wasm_global_t *constant = wasm_extern_as_global(f.exports.data[CONST]);
    wasm_global_get(constant, &value);
    assert_true(value.kind == WASM_I64 && value.of.i64 == 7);
    wasm_global_set(g.variable, &five);
    fixture_call(&f, BUMP, NULL, 0, &value, 1);
    assert_true(value.kind == WASM_F32 && value.of.f32 == 6);
    wasm_global_get(g.variable, &value);
    assert_true(value.of.f32 == 6);
    teardown(&f, &g);
}

static void a_wrong_set_changes_nothing(void **state)
{
    (void)state;
    fixture f;
    globals g;
    setup(&f, &g);
    wasm_val_t value, eight = WASM_I64_VAL(8);
    wasm_global_set(g.constant, &eight);
    wasm_global_get(g.constant, &value);
    assert_true(value.of.i64 == 7);
    wasm_global_set(g.variable, &eight);
    wasm_global_get(g.variable, &value);
    assert_true(value.kind == WASM_F32 && value.of.f32 == 1);
    assert_null(make_global(&f, wasm_valtype_new_i32(), WASM_VAR, eight));
    teardown(&f, &g);
}

static void what_is_exported_has_its_type(void **state)
{
    (void)state;
    fixture f;
    globals g;
    setup(&f, &g);
    static const wasm_externkind_t kinds[] = {
        WASM_EXTERN_GLOBAL, WASM_EXTERN_GLOBAL, WASM_EXTERN_TABLE, WASM_EXTERN_MEMORY,
        WASM_EXTERN_FUNC,   WASM_EXTERN_FUNC,   WASM_EXTERN_FUNC,  WASM_EXTERN_FUNC};
    assert_int_equal(f.exports.size, sizeof kinds);
    for (size_t i = 0; i < sizeof kinds; i++) {
        wasm_externtype_t *type = wasm_extern_type(f.exports.data[i]);
        assert_int_equal(wasm_extern_kind(f.exports.data[i]), kinds[i]);
        assert_int_equal(wasm_externtype_kind(type), kinds[i]);
        wasm_externtype_delete(type);
    }
    wasm_globaltype_t *global = wasm_global_type(wasm_extern_as_global(f.exports.data[VAR]));
    assert_int_equal(wasm_valtype_kind(wasm_globaltype_content(global)), WASM_F64);
    assert_int_equal(wasm_globaltype_mutability(global), WASM_VAR);
    wasm_globaltype_delete(global);
    assert_null(wasm_extern_as_func(f.exports.data[MEMORY]));
    assert_null(wasm_extern_as_memory(f.exports.data[NINE]));
    teardown(&f, &g);
}

static void a_memory_is_shared_with_the_module(void **state)
{
    (void)state;
    fixture f;
    globals g;
    setup(&f, &g);
    wasm_memory_t *memory = wasm_extern_as_memory(f.exports.data[MEMORY]);
    assert_int_equal(wasm_memory_size(memory), 2);
    assert_int_equal(wasm_memory_data_size(memory), 2 * MEMORY_PAGE_SIZE);
    assert_memory_equal(wasm_memory_data(memory) + 4096, "\1\2\3\4", 4);
    wasm_memory_data(memory)[4097] = -3;
    assert_int_equal(call_1(&f, LOAD_BYTE, 4097), -3);
    assert_true(wasm_memory_grow(memory, 1));
    assert_false(wasm_memory_grow(memory, 1));
    assert_true(wasm_memory_grow(memory, 0));
    assert_int_equal(wasm_memory_size(memory), 3);
    wasm_memorytype_t *type = wasm_memory_type(memory);
    assert_int_equal(wasm_memorytype_limits(type)->max, 3);
    wasm_memorytype_delete(type);
    teardown(&f, &g);
}

static void a_memory_can_be_made(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f);
    wasm_limits_t limits = {1, wasm_limits_max_default}, wrong = {2, 1};
    wasm_memorytype_t *type = wasm_memorytype_new(&limits), *bad = wasm_memorytype_new(&wrong);
    wasm_memory_t *memory = wasm_memory_new(f.store, type);
    assert_true(wasm_memory_grow(memory, 4));
    assert_int_equal(wasm_memory_size(memory), 5);
    wasm_memorytype_t *now = wasm_memory_type(memory);
    assert_true(wasm_memorytype_limits(now)->max == wasm_limits_max_default);
    assert_null(wasm_memory_new(f.store, bad));
    wasm_memorytype_delete(now);
    wasm_memorytype_delete(bad);
    wasm_memorytype_delete(type);
    wasm_memory_delete(memory);
    fixture_deinit(&f);
}

static wasm_trap_t *negate(const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    results->data[0] = (wasm_val_t)WASM_I32_VAL(-args->data[0].of.i32);
    return NULL;
}

static void a_table_takes_functions_of_both_sides(void **state)
{
    (void)state;
    fixture f;
    globals g;
    setup(&f, &g);
    wasm_table_t *table = wasm_extern_as_table(f.exports.data[TABLE]);
    assert_int_equal(wasm_table_size(table), 2);
    assert_null(wasm_table_get(table, 0));
    wasm_ref_t *nine = wasm_table_get(table, 1);
    assert_ptr_equal(wasm_ref_as_func(nine), fixture_func(&f, NINE));
    wasm_functype_t *type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
    wasm_func_t *func = wasm_func_new(f.store, type, negate);
    assert_true(wasm_table_set(table, 0, wasm_func_as_ref(func)));
    wasm_func_delete(func);
    wasm_val_t args[] = {WASM_I32_VAL(5), WASM_I32_VAL(0)}, result;
    fixture_call(&f, CALL, args, 2, &result, 1);
    assert_int_equal(result.of.i32, -5);
    assert_true(wasm_table_grow(table, 3, nine));
    assert_int_equal(wasm_table_size(table), 5);
    args[1].of.i32 = 4;
    fixture_call(&f, CALL, args, 2, &result, 1);
    assert_int_equal(result.of.i32, 9);
    assert_false(wasm_table_grow(table, 1, NULL));
    assert_false(wasm_table_set(table, 5, nine));
    assert_null(wasm_table_get(table, 5));
    wasm_ref_delete(nine);
    wasm_functype_delete(type);
    teardown(&f, &g);
}

static void a_table_can_be_made_full(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f);
    wasm_foreign_t *thing = wasm_foreign_new(f.store);
    wasm_limits_t limits = {3, 8};
    wasm_tabletype_t *type = wasm_tabletype_new(wasm_valtype_new_externref(), &limits);
    wasm_table_t *table = wasm_table_new(f.store, type, wasm_foreign_as_ref(thing));
    wasm_ref_t *last = wasm_table_get(table, 2);
    assert_ptr_equal(wasm_ref_as_foreign(last), thing);
    wasm_tabletype_t *now = wasm_table_type(table);
    assert_int_equal(wasm_valtype_kind(wasm_tabletype_element(now)), WASM_EXTERNREF);
    assert_int_equal(wasm_tabletype_limits(now)->max, 8);
    wasm_tabletype_t *funcs = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
    assert_null(wasm_table_new(f.store, funcs, last)); /* a thing is no function */
    wasm_tabletype_delete(funcs);
    wasm_tabletype_delete(now);
    wasm_tabletype_delete(type);
    wasm_ref_delete(last);
    wasm_foreign_delete(thing);
    wasm_table_delete(table);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globals_are_read_and_set_by_both_sides),
        cmocka_unit_test(a_wrong_set_changes_nothing),
        cmocka_unit_test(what_is_exported_has_its_type),
        cmocka_unit_test(a_memory_is_shared_with_the_module),
        cmocka_unit_test(a_memory_can_be_made),
        cmocka_unit_test(a_table_takes_functions_of_both_sides),
        cmocka_unit_test(a_table_can_be_made_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
