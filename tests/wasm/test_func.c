#include "../words.h"
#include "fixture.h"
#include "modules.h"

/* What a program makes in a store and hands to modules without a linker. */

static wisp_status add(void *user, wisp_instance *caller, const wisp_value *args,
                       wisp_value *results, wisp_error *err)
{
    (void)caller;
    (void)err;
    results[0] = wisp_i64(args[0].of.i32 + args[1].of.i64 + *(int *)user);
    return WISP_OK;
}

static const wisp_valtype params[] = {WISP_I32, WISP_I64}, results[] = {WISP_I64};

static wisp_func *make_add(fixture *f, int *user)
{
    wisp_func *func = NULL;
    wisp_functype type = {params, results, 2, 1};
    assert_int_equal(wisp_func_new(f->store, "add", type, add, user, &func, &f->err), WISP_OK);
    return func;
}

static void a_function_can_be_made_and_called(void **state)
{
    (void)state;
    fixture f;
    int user = 30;
    fixture_init(&f, NULL);
    wisp_func *func = make_add(&f, &user);
    wisp_value args[] = {wisp_i32(5), wisp_i64(7)}, result;
    assert_int_equal(wisp_call(func, args, 2, &result, 1, &f.err), WISP_OK);
    assert_true(result.type == WISP_I64 && result.of.i64 == 42);
    assert_int_equal(wisp_call(func, args, 1, &result, 1, &f.err), WISP_MISMATCH);
    wisp_extern item = {.kind = WISP_EXTERN_FUNC, .of.func = func};
    wisp_extern_type type = wisp_extern_type_of(&item);
    assert_int_equal(type.kind, WISP_EXTERN_FUNC);
    assert_int_equal(type.func.param_count, 2);
    assert_int_equal(type.func.params[1], WISP_I64);
    fixture_deinit(&f);
}

static void what_is_no_function_is_refused(void **state)
{
    (void)state;
    static const wisp_valtype bad[] = {WISP_TYPED_FUNCREF};
    fixture f;
    wisp_func *func;
    fixture_init(&f, NULL);
    wisp_functype type = {params, results, 2, 1};
    assert_int_equal(wisp_func_new(f.store, NULL, type, NULL, NULL, &func, &f.err), WISP_INVALID);
    type = (wisp_functype){bad, NULL, 1, 0};
    assert_int_equal(wisp_func_new(f.store, NULL, type, add, NULL, &func, &f.err), WISP_INVALID);
    type = (wisp_functype){NULL, bad, 0, 1};
    assert_int_equal(wisp_func_new(f.store, NULL, type, add, NULL, &func, &f.err), WISP_INVALID);
    type = (wisp_functype){params, results, 1001, 1};
    assert_int_equal(wisp_func_new(f.store, NULL, type, add, NULL, &func, &f.err), WISP_INVALID);
    fixture_deinit(&f);
}

enum { IMPORTS = 7 };

/* What importer_wasm imports, from an instance of exporter_wasm, in the importer's order. */
static void take_imports(fixture *f, wisp_extern imports[IMPORTS])
{
    static const char *const names[IMPORTS] = {"memory", "table", "global", "store",
                                               "fail",   "pair",  "grow"};
    wisp_instance *exporter = fixture_instance(f, BYTES(exporter_wasm));
    for (int i = 0; i < IMPORTS; i++)
        assert_true(wisp_instance_export(exporter, names[i], &imports[i]));
}

static void imports_can_be_handed_over_in_order(void **state)
{
    (void)state;
    fixture f;
    wisp_extern imports[IMPORTS];
    wisp_instance *instance;
    fixture_init(&f, NULL);
    take_imports(&f, imports);
    wisp_module *module = fixture_module(&f, BYTES(importer_wasm));
    assert_int_equal(wisp_instance_new_with(f.store, module, imports, IMPORTS, &instance, &f.err),
                     WISP_OK);
    assert_int_equal(fixture_call(&f, instance, "bump", 0), 6);
    fixture_deinit(&f);
}

static void imports_of_another_number_type_or_store_are_refused(void **state)
{
    (void)state;
    fixture f, other;
    int user = 0;
    wisp_extern imports[IMPORTS];
    wisp_instance *instance;
    fixture_init(&f, NULL);
    fixture_init(&other, NULL);
    take_imports(&f, imports);
    wisp_module *module = fixture_module(&f, BYTES(importer_wasm));
    assert_int_equal(
        wisp_instance_new_with(f.store, module, imports, IMPORTS - 1, &instance, &f.err),
        WISP_MISMATCH);
    assert_true(words_are(f.err.text, "6 imports given, the module has 7"));
    assert_int_equal(
        wisp_instance_new_with(other.store, module, imports, IMPORTS, &instance, &f.err),
        WISP_INVALID);
    assert_true(words_are(f.err.text, "import 0 is of another store"));
    imports[5].of.func = make_add(&f, &user);
    assert_int_equal(wisp_instance_new_with(f.store, module, imports, IMPORTS, &instance, &f.err),
                     WISP_MISMATCH);
    assert_true(words_say(f.err.text, "lib.pair is func (i32 i64) -> (i64)"));
    fixture_deinit(&f);
    fixture_deinit(&other);
}

static void a_table_grows_by_values_of_its_type(void **state)
{
    (void)state;
    fixture f;
    wisp_table *table;
    int thing;
    fixture_init(&f, NULL);
    wisp_limits limits = {.min = 1, .max = 4};
    assert_int_equal(wisp_table_new(f.store, WISP_EXTERNREF, limits, &table, &f.err), WISP_OK);
    wisp_value value = {.type = WISP_EXTERNREF}, found;
    value.of.externref = &thing;
    assert_int_equal(wisp_table_grow(table, 3, value, &f.err), WISP_OK);
    assert_int_equal(wisp_table_get(table, 3, &found, &f.err), WISP_OK);
    assert_ptr_equal(found.of.externref, &thing);
    assert_int_equal(wisp_table_grow(table, 1, value, &f.err), WISP_LIMIT);
    assert_int_equal(wisp_table_grow(table, 0, wisp_i32(1), &f.err), WISP_MISMATCH);
    wisp_extern item = {.kind = WISP_EXTERN_TABLE, .of.table = table};
    wisp_extern_type type = wisp_extern_type_of(&item);
    assert_true(type.limits.min == 4 && type.limits.max == 4);
    assert_int_equal(type.valtype, WISP_EXTERNREF);
    fixture_deinit(&f);
}

static void a_frame_knows_its_instance(void **state)
{
    (void)state;
    fixture f;
    wisp_value result;
    fixture_init(&f, NULL);
    wisp_instance *exporter = fixture_instance(&f, BYTES(exporter_wasm));
    assert_int_equal(wisp_linker_add_instance(f.linker, "lib", exporter, &f.err), WISP_OK);
    wisp_instance *importer = fixture_instance(&f, BYTES(importer_wasm));
    assert_int_equal(wisp_call_export(importer, "fail", NULL, 0, &result, 1, &f.err), WISP_TRAP);
    const wisp_trap *trap = wisp_store_trap(f.store);
    assert_int_equal(trap->frame_count, 2);
    assert_ptr_equal(trap->frames[0].instance, exporter);
    assert_ptr_equal(trap->frames[1].instance, importer);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_can_be_made_and_called),
        cmocka_unit_test(what_is_no_function_is_refused),
        cmocka_unit_test(imports_can_be_handed_over_in_order),
        cmocka_unit_test(imports_of_another_number_type_or_store_are_refused),
        cmocka_unit_test(a_table_grows_by_values_of_its_type),
        cmocka_unit_test(a_frame_knows_its_instance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
