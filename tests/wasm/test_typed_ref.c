#include "../words.h"
#include "fixture.h"

/* Typed function references: calls, and which values and imports match which types. The modules
 * are written by hand, as wat2wasm does not know these types yet. */

/* clang-format off */

/*
 * (module
 *   (type $unary (func (param i32) (result i32)))
 *   (type $again (func (param i32) (result i32)))
 *   (type $self (func (param (ref null $self)) (result i32)))
 *   (type $apply (func (param (ref null $unary) i32) (result i32)))
 *   (type $get (func (result (ref $unary))))
 *   (type $self_again (func (param (ref null $self_again)) (result i32)))
 *   (table (export "table") 2 (ref $unary) (ref.func $inc))
 *   (global (export "hook") (mut (ref null $unary)) (ref.null $unary))
 *   (func $inc (export "inc") (type $again) (i32.add (local.get 0) (i32.const 1)))
 *   (func (export "apply") (type $apply) (call_ref $unary (local.get 1) (local.get 0)))
 *   (func (export "get") (type $get) (ref.func $inc))
 *   (func (export "self") (type $self) (ref.is_null (local.get 0)))
 *   (func (export "self_again") (type $self_again) (ref.is_null (local.get 0)))
 *   (func (export "tail") (type $apply) (return_call_ref $unary (local.get 1) (local.get 0)))
 *   (func (export "or_zero") (type $apply)
 *     (block $null
 *       (return (call_ref $unary (local.get 1) (br_on_null $null (local.get 0)))))
 *     (i32.const 0)))
 */
static const uint8_t typed_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x23, 0x06, 0x60, 0x01, 0x7f, 0x01, 0x7f,
    0x60, 0x01, 0x7f, 0x01, 0x7f, 0x60, 0x01, 0x63, 0x02, 0x01, 0x7f, 0x60, 0x02, 0x63, 0x00, 0x7f,
    0x01, 0x7f, 0x60, 0x00, 0x01, 0x64, 0x00, 0x60, 0x01, 0x63, 0x05, 0x01, 0x7f, 0x03, 0x08, 0x07,
    0x01, 0x03, 0x04, 0x02, 0x05, 0x03, 0x03, 0x04, 0x0a, 0x01, 0x40, 0x00, 0x64, 0x00, 0x00, 0x02,
    0xd2, 0x00, 0x0b, 0x06, 0x07, 0x01, 0x63, 0x00, 0x01, 0xd0, 0x00, 0x0b, 0x07, 0x49, 0x09, 0x03,
    0x69, 0x6e, 0x63, 0x00, 0x00, 0x05, 0x61, 0x70, 0x70, 0x6c, 0x79, 0x00, 0x01, 0x03, 0x67, 0x65,
    0x74, 0x00, 0x02, 0x04, 0x73, 0x65, 0x6c, 0x66, 0x00, 0x03, 0x0a, 0x73, 0x65, 0x6c, 0x66, 0x5f,
    0x61, 0x67, 0x61, 0x69, 0x6e, 0x00, 0x04, 0x04, 0x74, 0x61, 0x69, 0x6c, 0x00, 0x05, 0x07, 0x6f,
    0x72, 0x5f, 0x7a, 0x65, 0x72, 0x6f, 0x00, 0x06, 0x05, 0x74, 0x61, 0x62, 0x6c, 0x65, 0x01, 0x00,
    0x04, 0x68, 0x6f, 0x6f, 0x6b, 0x03, 0x00, 0x0a, 0x3d, 0x07, 0x07, 0x00, 0x20, 0x00, 0x41, 0x01,
    0x6a, 0x0b, 0x08, 0x00, 0x20, 0x01, 0x20, 0x00, 0x14, 0x00, 0x0b, 0x04, 0x00, 0xd2, 0x00, 0x0b,
    0x05, 0x00, 0x20, 0x00, 0xd1, 0x0b, 0x05, 0x00, 0x20, 0x00, 0xd1, 0x0b, 0x08, 0x00, 0x20, 0x01,
    0x20, 0x00, 0x15, 0x00, 0x0b, 0x10, 0x00, 0x02, 0x40, 0x20, 0x01, 0x20, 0x00, 0xd5, 0x00, 0x14,
    0x00, 0x0f, 0x0b, 0x41, 0x00, 0x0b, 0x00, 0x3a, 0x04, 0x6e, 0x61, 0x6d, 0x65, 0x01, 0x33, 0x07,
    0x00, 0x03, 0x69, 0x6e, 0x63, 0x01, 0x05, 0x61, 0x70, 0x70, 0x6c, 0x79, 0x02, 0x03, 0x67, 0x65,
    0x74, 0x03, 0x04, 0x73, 0x65, 0x6c, 0x66, 0x04, 0x0a, 0x73, 0x65, 0x6c, 0x66, 0x5f, 0x61, 0x67,
    0x61, 0x69, 0x6e, 0x05, 0x04, 0x74, 0x61, 0x69, 0x6c, 0x06, 0x07, 0x6f, 0x72, 0x5f, 0x7a, 0x65,
    0x72, 0x6f,
};

/*
 * (module
 *   (type $spare (func))
 *   (type $spare_apply (func (param (ref null $spare) i32) (result i32)))
 *   (type $unary (func (param i32) (result i32)))
 *   (type $apply (func (param (ref null $unary) i32) (result i32)))
 *   (import "base" "apply" (func $apply (type $apply)))
 *   (import "base" "hook" (global $hook (mut (ref null $unary))))
 *   (import "base" "inc" (func $inc (type $unary)))
 *   (func (export "through") (type $unary) (call $apply (ref.func $inc) (local.get 0)))
 *   (elem declare func $inc))
 */
static const uint8_t importer_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x17, 0x04, 0x60, 0x00, 0x00, 0x60, 0x02,
    0x63, 0x00, 0x7f, 0x01, 0x7f, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x60, 0x02, 0x63, 0x02, 0x7f, 0x01,
    0x7f, 0x02, 0x27, 0x03, 0x04, 0x62, 0x61, 0x73, 0x65, 0x05, 0x61, 0x70, 0x70, 0x6c, 0x79, 0x00,
    0x03, 0x04, 0x62, 0x61, 0x73, 0x65, 0x04, 0x68, 0x6f, 0x6f, 0x6b, 0x03, 0x63, 0x02, 0x01, 0x04,
    0x62, 0x61, 0x73, 0x65, 0x03, 0x69, 0x6e, 0x63, 0x00, 0x02, 0x03, 0x02, 0x01, 0x02, 0x07, 0x0b,
    0x01, 0x07, 0x74, 0x68, 0x72, 0x6f, 0x75, 0x67, 0x68, 0x00, 0x02, 0x09, 0x05, 0x01, 0x03, 0x00,
    0x01, 0x01, 0x0a, 0x0a, 0x01, 0x08, 0x00, 0xd2, 0x01, 0x20, 0x00, 0x10, 0x00, 0x0b,
};

/* clang-format on */

static wisp_value func_value(wisp_instance *instance, const char *name)
{
    wisp_value value = {.type = WISP_FUNCREF};
    value.of.funcref = wisp_instance_func(instance, name);
    assert_non_null(value.of.funcref);
    return value;
}

static wisp_value null_value(wisp_valtype type)
{
    wisp_value value = {.type = type};
    return value;
}

/* Calls [name] with [ref] and [number]. */
static wisp_status apply(wisp_instance *in, const char *name, wisp_value ref, int32_t number,
                         int32_t *result)
{
    wisp_value args[] = {ref, wisp_i32(number)}, value = wisp_i32(0);
    wisp_status status = wisp_call_export(in, name, args, 2, &value, 1, NULL);
    *result = value.of.i32;
    return status;
}

static void a_typed_reference_is_called(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *typed = fixture_instance(&f, BYTES(typed_wasm));
    wisp_value got;
    int32_t result;
    assert_int_equal(wisp_call_export(typed, "get", NULL, 0, &got, 1, NULL), WISP_OK);
    assert_int_equal(wisp_valtype_code(got.type), WISP_TYPED_FUNCREF);
    assert_true(got.type & WISP_NON_NULL);
    assert_ptr_equal(got.of.funcref, wisp_instance_func(typed, "inc"));
    const char *const names[] = {"apply", "tail", "or_zero"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(apply(typed, names[i], got, 41 + i, &result), WISP_OK);
        assert_int_equal(result, 42 + i);
    }
    fixture_deinit(&f);
}

static void calling_null_traps(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *typed = fixture_instance(&f, BYTES(typed_wasm));
    wisp_value null = null_value(WISP_FUNCREF);
    int32_t result;
    assert_int_equal(apply(typed, "apply", null, 1, &result), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_NULL_FUNCTION);
    assert_int_equal(apply(typed, "tail", null, 1, &result), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_NULL_FUNCTION);
    assert_int_equal(apply(typed, "or_zero", null, 1, &result), WISP_OK);
    assert_int_equal(result, 0);
    fixture_deinit(&f);
}

static void a_reference_is_judged_by_its_function(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *typed = fixture_instance(&f, BYTES(typed_wasm));
    wisp_table *table = wisp_instance_table(typed, "table");
    wisp_global *hook = wisp_instance_global(typed, "hook");
    wisp_value good = func_value(typed, "inc"), bad = func_value(typed, "apply");
    int32_t result;
    assert_int_equal(apply(typed, "apply", good, 1, &result), WISP_OK);
    assert_int_equal(apply(typed, "apply", bad, 1, &result), WISP_MISMATCH);
    assert_int_equal(apply(typed, "apply", null_value(WISP_EXTERNREF), 1, &result),
                     WISP_MISMATCH);
    assert_int_equal(wisp_table_set(table, 0, good, NULL), WISP_OK);
    assert_int_equal(wisp_table_set(table, 0, bad, NULL), WISP_MISMATCH);
    assert_int_equal(wisp_table_set(table, 0, null_value(WISP_FUNCREF), NULL), WISP_MISMATCH);
    assert_int_equal(wisp_global_set(hook, good, NULL), WISP_OK);
    assert_int_equal(wisp_global_set(hook, bad, NULL), WISP_MISMATCH);
    assert_int_equal(wisp_global_set(hook, null_value(WISP_NULLFUNCREF), NULL), WISP_OK);
    fixture_deinit(&f);
}

static void a_table_begins_as_its_initial_value(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *typed = fixture_instance(&f, BYTES(typed_wasm));
    wisp_table *table = wisp_instance_table(typed, "table");
    for (uint64_t i = 0; i < 2; i++) {
        wisp_value value;
        assert_int_equal(wisp_table_get(table, i, &value, NULL), WISP_OK);
        assert_ptr_equal(value.of.funcref, wisp_instance_func(typed, "inc"));
    }
    fixture_deinit(&f);
}

static void types_that_refer_to_themselves_alike_are_equal(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *first = fixture_instance(&f, BYTES(typed_wasm));
    wisp_instance *second = fixture_instance(&f, BYTES(typed_wasm));
    wisp_value self = func_value(second, "self_again"), result;
    assert_int_equal(wisp_call_export(first, "self", &self, 1, &result, 1, NULL), WISP_OK);
    assert_int_equal(result.of.i32, 0);
    wisp_value other = func_value(first, "get");
    assert_int_equal(wisp_call_export(first, "self", &other, 1, &result, 1, NULL), WISP_MISMATCH);
    fixture_deinit(&f);
}

static void imports_match_by_structure(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_module *importer = fixture_module(&f, BYTES(importer_wasm));
    assert_int_equal(wisp_linker_check(f.linker, importer, NULL), WISP_NOT_FOUND);
    wisp_instance *typed = fixture_instance(&f, BYTES(typed_wasm)), *instance;
    assert_int_equal(wisp_linker_add_instance(f.linker, "base", typed, NULL), WISP_OK);
    assert_int_equal(wisp_linker_check(f.linker, importer, NULL), WISP_OK);
    assert_int_equal(wisp_instance_new(f.store, importer, f.linker, &instance, NULL), WISP_OK);
    assert_int_equal(fixture_call(&f, instance, "through", 9), 10);
    wisp_extern wrong = {.kind = WISP_EXTERN_FUNC};
    wrong.of.func = wisp_instance_func(typed, "self");
    assert_int_equal(wisp_linker_add(f.linker, "base", "apply", wrong, NULL), WISP_OK);
    assert_int_equal(wisp_linker_check(f.linker, importer, &f.err), WISP_MISMATCH);
    assert_true(words_say(f.err.text, "expected func ((ref null 2) i32) -> (i32)"));
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_typed_reference_is_called),
        cmocka_unit_test(calling_null_traps),
        cmocka_unit_test(a_reference_is_judged_by_its_function),
        cmocka_unit_test(a_table_begins_as_its_initial_value),
        cmocka_unit_test(types_that_refer_to_themselves_alike_are_equal),
        cmocka_unit_test(imports_match_by_structure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
