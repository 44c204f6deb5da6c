#include "../words.h"
#include "fixture.h"
#include "modules.h"

static void offer_everything(fixture *f)
{
    wisp_extern base = {.kind = WISP_EXTERN_GLOBAL}, table = {.kind = WISP_EXTERN_TABLE};
    wisp_limits limits = {2, 10};
    fixture_offer(f, "log", "(iI)f", host_nothing, NULL);
    assert_int_equal(wisp_global_new(f->store, false, wisp_i32(41), &base.of.global, NULL),
                     WISP_OK);
    assert_int_equal(wisp_table_new(f->store, WISP_EXTERNREF, limits, &table.of.table, NULL),
                     WISP_OK);
    assert_int_equal(wisp_linker_add(f->linker, "env", "base", base, NULL), WISP_OK);
    assert_int_equal(wisp_linker_add(f->linker, "env", "table", table, NULL), WISP_OK);
}

static void an_instance_begins_as_its_segments_and_start_function_say(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    offer_everything(&f);
    wisp_instance *instance = fixture_instance(&f, BYTES(everything_wasm));
    assert_ptr_equal(wisp_instance_module(instance), f.modules[0]);
    assert_ptr_equal(wisp_instance_store(instance), f.store);
    assert_int_equal(wisp_global_get(wisp_instance_global(instance, "count")).of.i32, 7);
    assert_true(wisp_global_get(wisp_instance_global(instance, "seven")).of.i64 == 7);
    wisp_memory *memory = wisp_instance_memory(instance, "memory");
    assert_memory_equal(wisp_memory_at(memory, 0, 8), "hello\0\0", 8);
    wisp_value element;
    wisp_table *dispatch = wisp_instance_table(instance, "dispatch");
    assert_int_equal(wisp_table_get(dispatch, 1, &element, NULL), WISP_OK);
    assert_ptr_equal(element.of.funcref, wisp_instance_func(instance, "twice"));
    assert_int_equal(wisp_table_get(dispatch, 0, &element, NULL), WISP_OK);
    assert_null(element.of.funcref);
    fixture_deinit(&f);
}

static void a_passive_segment_is_used_once_after_its_drop(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    offer_everything(&f);
    wisp_instance *instance = fixture_instance(&f, BYTES(everything_wasm));
    assert_int_equal(fixture_run(&f, instance, "copy", 0), WISP_OK);
    wisp_memory *memory = wisp_instance_memory(instance, "memory");
    assert_memory_equal(wisp_memory_at(memory, 8, 5), "later", 5);
    assert_int_equal(fixture_run(&f, instance, "copy", 0), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_MEMORY);
    fixture_deinit(&f);
}

static void exports_are_found_by_name_and_kind(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    offer_everything(&f);
    wisp_instance *instance = fixture_instance(&f, BYTES(everything_wasm));
    wisp_extern item;
    assert_true(wisp_instance_export(instance, "twice", &item));
    assert_int_equal(item.kind, WISP_EXTERN_FUNC);
    assert_false(wisp_instance_export(instance, "twic", &item));
    assert_false(wisp_instance_export(instance, "twice2", &item));
    assert_false(wisp_instance_export(instance, "", &item));
    assert_null(wisp_instance_func(instance, "memory"));
    assert_null(wisp_instance_memory(instance, "twice"));
    assert_null(wisp_instance_table(instance, "twice"));
    assert_null(wisp_instance_global(instance, "twice"));
    fixture_deinit(&f);
}

static void instances_of_one_module_do_not_share_state(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    offer_everything(&f);
    wisp_module *module = fixture_module(&f, BYTES(everything_wasm));
    wisp_instance *a, *b;
    assert_int_equal(wisp_instance_new(f.store, module, f.linker, &a, NULL), WISP_OK);
    assert_int_equal(wisp_instance_new(f.store, module, f.linker, &b, NULL), WISP_OK);
    wisp_memory_at(wisp_instance_memory(a, "memory"), 0, 1)[0] = 'j';
    assert_int_equal(wisp_memory_at(wisp_instance_memory(b, "memory"), 0, 1)[0], 'h');
    fixture_deinit(&f);
}

/* ------------------------------------------------------------------ linking */

static void a_missing_import_is_named(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_module *module = fixture_module(&f, BYTES(everything_wasm));
    wisp_instance *instance;
    assert_int_equal(wisp_linker_check(f.linker, module, &f.err), WISP_NOT_FOUND);
    assert_true(words_are(f.err.text, "unknown import: func env.log is not offered"));
    assert_int_equal(wisp_instance_new(f.store, module, NULL, &instance, &f.err), WISP_NOT_FOUND);
    offer_everything(&f);
    assert_int_equal(wisp_linker_check(f.linker, module, &f.err), WISP_OK);
    fixture_deinit(&f);
}

static wisp_extern make_table(fixture *f, wisp_valtype type, uint64_t min, uint64_t max)
{
    wisp_extern item = {.kind = WISP_EXTERN_TABLE};
    wisp_limits limits = {min, max};
    assert_int_equal(wisp_table_new(f->store, type, limits, &item.of.table, NULL), WISP_OK);
    return item;
}

static wisp_extern make_global(fixture *f, bool is_mutable, wisp_value value)
{
    wisp_extern item = {.kind = WISP_EXTERN_GLOBAL};
    assert_int_equal(wisp_global_new(f->store, is_mutable, value, &item.of.global, NULL),
                     WISP_OK);
    return item;
}

static void an_import_of_another_type_is_refused(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    offer_everything(&f);
    wisp_module *module = fixture_module(&f, BYTES(everything_wasm));
    struct {
        const char *name;
        wisp_extern item;
        const char *text;
    } cases[] = {
        {"base", make_global(&f, true, wisp_i32(1)),
         "env.base is mutable global i32, expected immutable global i32"},
        {"base", make_global(&f, false, wisp_i64(1)),
         "env.base is immutable global i64, expected immutable global i32"},
        {"base", make_table(&f, WISP_FUNCREF, 1, 1), "env.base is funcref table of 1 to 1"},
        {"base", make_global(&f, false, wisp_i32(41)), NULL},
        {"table", make_table(&f, WISP_FUNCREF, 1, 10), "expected externref table of 1 to 10"},
        {"table", make_table(&f, WISP_EXTERNREF, 0, 10), "externref table of 0 to 10"},
        {"table", make_table(&f, WISP_EXTERNREF, 1, 11), "externref table of 1 to 11"},
        {"table", make_table(&f, WISP_EXTERNREF, 1, UINT64_MAX), "of at least 1"},
        {"table", make_table(&f, WISP_EXTERNREF, 5, 5), NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(wisp_linker_add(f.linker, "env", cases[i].name, cases[i].item, NULL),
                         WISP_OK);
        wisp_status status = wisp_linker_check(f.linker, module, &f.err);
        assert_int_equal(status, cases[i].text ? WISP_MISMATCH : WISP_OK);
        if (cases[i].text)
            assert_true(words_say(f.err.text, cases[i].text));
    }
    fixture_offer(&f, "log", "(ii)f", host_nothing, NULL);
    assert_int_equal(wisp_linker_check(f.linker, module, &f.err), WISP_MISMATCH);
    assert_true(words_are(f.err.text, "incompatible import type: env.log is func (i32 i32) -> "
                                      "(f32), expected func (i32 i64) -> (f32)"));
    fixture_deinit(&f);
}

static void a_bad_signature_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "i", "(i", "i)i", "(y)", "()y", "(i)(i)", " ()"};
    fixture f;
    fixture_init(&f, NULL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(
            wisp_linker_add_func(f.linker, "env", "f", bad[i], host_nothing, NULL, &f.err),
            WISP_INVALID);
    assert_int_equal(wisp_linker_add_func(f.linker, "env", "f", "()", NULL, NULL, &f.err),
                     WISP_INVALID);
    assert_int_equal(wisp_linker_add_func(f.linker, "env", "f", "(iIfFvcex)iIfFvcex",
                                          host_nothing, NULL, &f.err),
                     WISP_OK);
    fixture_deinit(&f);
}

static void things_of_another_store_are_refused(void **state)
{
    (void)state;
    fixture f, other;
    fixture_init(&f, NULL);
    fixture_init(&other, NULL);
    wisp_extern item = make_global(&other, false, wisp_i32(1));
    assert_int_equal(wisp_linker_add(f.linker, "env", "g", item, &f.err), WISP_INVALID);
    wisp_instance *lib = fixture_instance(&other, BYTES(exporter_wasm));
    assert_int_equal(wisp_linker_add_instance(f.linker, "lib", lib, &f.err), WISP_INVALID);
    wisp_module *module = fixture_module(&f, BYTES(exporter_wasm));
    assert_int_equal(wisp_instance_new(f.store, module, other.linker, &lib, &f.err),
                     WISP_INVALID);
    fixture_deinit(&other);
    fixture_deinit(&f);
}

/* ------------------------------------------------------------------ failing */

static void a_segment_that_does_not_fit_traps_and_earlier_ones_stay(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *lib = fixture_instance(&f, BYTES(exporter_wasm)), *bad;
    assert_int_equal(wisp_linker_add_instance(f.linker, "lib", lib, NULL), WISP_OK);
    wisp_module *module = fixture_module(&f, BYTES(bad_segment_wasm));
    assert_int_equal(wisp_instance_new(f.store, module, f.linker, &bad, &f.err), WISP_TRAP);
    assert_true(words_are(f.err.text, "out of bounds memory access"));
    assert_memory_equal(wisp_memory_at(wisp_instance_memory(lib, "memory"), 100, 4), "kept", 4);
    module = fixture_module(&f, BYTES(bad_element_wasm));
    assert_int_equal(wisp_instance_new(f.store, module, NULL, &bad, &f.err), WISP_TRAP);
    assert_true(words_are(f.err.text, "out of bounds table access"));
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_TABLE);
    fixture_deinit(&f);
}

static void a_trapping_start_function_fails_the_instance(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *instance;
    wisp_module *module = fixture_module(&f, BYTES(bad_start_wasm));
    assert_int_equal(wisp_instance_new(f.store, module, NULL, &instance, &f.err), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_UNREACHABLE);
    assert_string_equal(wisp_store_trap(f.store)->frames[0].func_name, "s");
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instance_begins_as_its_segments_and_start_function_say),
        cmocka_unit_test(a_passive_segment_is_used_once_after_its_drop),
        cmocka_unit_test(exports_are_found_by_name_and_kind),
        cmocka_unit_test(instances_of_one_module_do_not_share_state),
        cmocka_unit_test(a_missing_import_is_named),
        cmocka_unit_test(an_import_of_another_type_is_refused),
        cmocka_unit_test(a_bad_signature_is_refused),
        cmocka_unit_test(things_of_another_store_are_refused),
        cmocka_unit_test(a_segment_that_does_not_fit_traps_and_earlier_ones_stay),
        cmocka_unit_test(a_trapping_start_function_fails_the_instance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
