#include "../words.h"
#include "fixture.h"
#include "modules.h"

static wisp_instance *init(fixture *f)
{
    fixture_init(f, NULL);
    fixture_offer(f, "host", "()", host_nothing, NULL);
    return fixture_instance(f, BYTES(traps_wasm));
}

static void every_trap_has_its_words(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int32_t arg;
        wisp_trap_code code;
        const char *text;
        uint32_t offset;
    } cases[] = {
        {"unreachable", 0, WISP_TRAP_UNREACHABLE, "unreachable", 0xfa},
        {"load", 65536, WISP_TRAP_MEMORY, "out of bounds memory access", 0x100},
        {"load", -1, WISP_TRAP_MEMORY, "out of bounds memory access", 0x100},
        {"load", 65529, WISP_TRAP_MEMORY, "out of bounds memory access", 0x100},
        {"store", 65536, WISP_TRAP_MEMORY, "out of bounds memory access", 0x10a},
        {"fill", 7, WISP_TRAP_MEMORY, "out of bounds memory access", 0x157},
        {"table_get", 2, WISP_TRAP_TABLE, "out of bounds table access", 0x112},
        {"indirect", 2, WISP_TRAP_UNDEFINED_ELEMENT, "undefined element", 0x11a},
        {"indirect", 1, WISP_TRAP_UNINITIALIZED_ELEMENT, "uninitialized element", 0x11a},
        {"signature", 0, WISP_TRAP_SIGNATURE, "indirect call type mismatch", 0x122},
        {"overflow", -1, WISP_TRAP_OVERFLOW, "integer overflow", 0x134},
        {"overflow", 0, WISP_TRAP_DIVIDE_BY_ZERO, "integer divide by zero", 0x134},
    };
    fixture f;
    wisp_instance *instance = init(&f);
    const wisp_trap *trap = wisp_store_trap(f.store);
    assert_int_equal(trap->code, WISP_TRAP_NONE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wisp_func *func = wisp_instance_func(instance, cases[i].name);
        wisp_functype type = wisp_func_type(func);
        wisp_value arg = wisp_i32(cases[i].arg), result;
        assert_int_equal(
            wisp_call(func, &arg, type.param_count, &result, type.result_count, &f.err),
            WISP_TRAP);
        assert_int_equal(trap->code, cases[i].code);
        assert_true(words_are(trap->text, cases[i].text));
        assert_string_equal(wisp_trap_text(cases[i].code), cases[i].text);
        assert_int_equal(trap->frame_count, 1);
        assert_string_equal(trap->frames[0].func_name, cases[i].name);
        assert_int_equal(trap->frames[0].offset, cases[i].offset);
        assert_int_equal(f.err.offset, cases[i].offset);
        assert_true(words_say(f.err.text, cases[i].text));
    }
    fixture_deinit(&f);
}

static void what_just_fits_does_not_trap(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = init(&f);
    assert_int_equal(fixture_call(&f, instance, "load", 65528), 0);
    assert_int_equal(fixture_run(&f, instance, "store", 65535), WISP_OK);
    assert_int_equal(fixture_run(&f, instance, "fill", 6), WISP_OK);
    assert_int_equal(fixture_run(&f, instance, "indirect", 0), WISP_OK);
    fixture_deinit(&f);
}

static void conversions_tell_nan_from_overflow(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = init(&f);
    wisp_value arg = {.type = WISP_F32, .of.i32 = 0x7fc00000}, result;
    assert_int_equal(wisp_call_export(instance, "convert", &arg, 1, &result, 1, NULL), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_CONVERSION);
    arg = wisp_f32(2147483648.0f);
    assert_int_equal(wisp_call_export(instance, "convert", &arg, 1, &result, 1, NULL), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_OVERFLOW);
    arg = wisp_f32(-2147483648.0f);
    assert_int_equal(wisp_call_export(instance, "convert", &arg, 1, &result, 1, NULL), WISP_OK);
    assert_int_equal(result.of.i32, INT32_MIN);
    fixture_deinit(&f);
}

static void a_backtrace_names_functions_and_places(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t index, offset;
    } expected[] = {{"divide", 1, 0xe4}, {"middle", 2, 0xeb}, {"outer", 3, 0xf4}};
    fixture f;
    wisp_instance *instance = init(&f);
    wisp_value arg = wisp_i32(0), result;
    assert_int_equal(wisp_call_export(instance, "outer", &arg, 1, &result, 1, &f.err), WISP_TRAP);
    const wisp_trap *trap = wisp_store_trap(f.store);
    assert_int_equal(trap->frame_count, 3);
    assert_int_equal(trap->depth, 3);
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(trap->frames[i].module, wisp_instance_module(instance));
        assert_string_equal(trap->frames[i].func_name, expected[i].name);
        assert_int_equal(trap->frames[i].func_index, expected[i].index);
        assert_int_equal(trap->frames[i].offset, expected[i].offset);
    }
    assert_true(words_are(f.err.text, "integer divide by zero, in divide at byte 228"));
    fixture_deinit(&f);
}

static void a_trap_prints_as_text(void **state)
{
    (void)state;
    static const char expected[] = "trap: integer divide by zero\n"
                                   "  at divide (function 1, byte 228)\n"
                                   "  at middle (function 2, byte 235)\n"
                                   "  at outer (function 3, byte 244)\n";
    fixture f;
    wisp_instance *instance = init(&f);
    wisp_value arg = wisp_i32(0), result;
    wisp_call_export(instance, "outer", &arg, 1, &result, 1, &f.err);
    char text[512], cut[40];
    assert_int_equal(wisp_trap_print(wisp_store_trap(f.store), text, sizeof text),
                     sizeof expected - 1);
    assert_string_equal(text, expected);
    assert_int_equal(wisp_trap_print(wisp_store_trap(f.store), cut, sizeof cut),
                     sizeof expected - 1);
    assert_int_equal(strlen(cut), sizeof cut - 1);
    assert_memory_equal(cut, expected, sizeof cut - 1);
    assert_int_equal(wisp_trap_print(wisp_store_trap(f.store), NULL, 0), sizeof expected - 1);
    fixture_deinit(&f);
}

static void endless_recursion_exhausts_the_stack(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = init(&f);
    assert_int_equal(fixture_run(&f, instance, "recurse", 0), WISP_TRAP);
    const wisp_trap *trap = wisp_store_trap(f.store);
    assert_int_equal(trap->code, WISP_TRAP_STACK);
    assert_int_equal(trap->frame_count, WISP_TRAP_FRAMES_MAX);
    assert_true(trap->depth > 1000);
    assert_string_equal(trap->frames[31].func_name, "forever");
    assert_int_equal(trap->frames[31].offset, 0x13e);
    char text[4096];
    wisp_trap_print(trap, text, sizeof text);
    assert_non_null(strstr(text, " more\n"));
    fixture_deinit(&f);
}

static void a_backtrace_crosses_instances(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *lib = fixture_instance(&f, BYTES(exporter_wasm));
    assert_int_equal(wisp_linker_add_instance(f.linker, "lib", lib, NULL), WISP_OK);
    wisp_instance *user = fixture_instance(&f, BYTES(importer_wasm));
    wisp_value result;
    assert_int_equal(wisp_call_export(user, "fail", NULL, 0, &result, 1, NULL), WISP_TRAP);
    const wisp_trap *trap = wisp_store_trap(f.store);
    assert_int_equal(trap->frame_count, 2);
    assert_ptr_equal(trap->frames[0].module, wisp_instance_module(lib));
    assert_int_equal(trap->frames[0].offset, 0x7d);
    assert_ptr_equal(trap->frames[1].module, wisp_instance_module(user));
    assert_string_equal(trap->frames[1].func_name, "failing");
    assert_int_equal(trap->frames[1].offset, 0xfb);
    fixture_deinit(&f);
}

static wisp_status host_call_outer(void *user, wisp_instance *caller, const wisp_value *args,
                                   wisp_value *results, wisp_error *err)
{
    wisp_value zero = wisp_i32(0), result;
    wisp_trap *copy = user;
    (void)args;
    (void)results;
    assert_int_equal(wisp_call_export(caller, "outer", &zero, 1, &result, 1, err), WISP_TRAP);
    *copy = *wisp_store_trap(wisp_instance_store(caller));
    return WISP_OK;
}

static void a_backtrace_goes_through_the_program(void **state)
{
    (void)state;
    wisp_trap inner = {0};
    fixture f;
    fixture_init(&f, NULL);
    fixture_offer(&f, "host", "()", host_call_outer, &inner);
    wisp_instance *instance = fixture_instance(&f, BYTES(traps_wasm));
    assert_int_equal(fixture_run(&f, instance, "call_host", 0), WISP_OK);
    assert_int_equal(inner.frame_count, 5);
    assert_int_equal(inner.frames[2].func_index, 3);
    assert_null(inner.frames[3].module);
    assert_int_equal(inner.frames[4].func_index, 14);
    assert_int_equal(inner.frames[4].offset, 0x143);
    fixture_deinit(&f);
}

static void a_store_goes_on_after_a_trap(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = init(&f);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(fixture_run(&f, instance, "unreachable", 0), WISP_TRAP);
        assert_int_equal(fixture_call(&f, instance, "outer", 1), 6);
    }
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_UNREACHABLE);
    fixture_deinit(&f);
}

static void a_function_without_a_name_has_that_of_its_export(void **state)
{
    (void)state;
    /* (func (export "boom") unreachable) without a name section */
    static const uint8_t bytes[] = "\0asm\1\0\0\0"
                                   "\x01\x04\x01\x60\x00\x00"
                                   "\x03\x02\x01\x00"
                                   "\x07\x08\x01\x04"
                                   "boom\x00\x00"
                                   "\x0a\x05\x01\x03\x00\x00\x0b";
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *instance = fixture_instance(&f, (wisp_bytes){bytes, sizeof bytes - 1});
    assert_int_equal(fixture_run(&f, instance, "boom", 0), WISP_TRAP);
    assert_string_equal(wisp_store_trap(f.store)->frames[0].func_name, "boom");
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_trap_has_its_words),
        cmocka_unit_test(what_just_fits_does_not_trap),
        cmocka_unit_test(conversions_tell_nan_from_overflow),
        cmocka_unit_test(a_backtrace_names_functions_and_places),
        cmocka_unit_test(a_trap_prints_as_text),
        cmocka_unit_test(endless_recursion_exhausts_the_stack),
        cmocka_unit_test(a_backtrace_crosses_instances),
        cmocka_unit_test(a_backtrace_goes_through_the_program),
        cmocka_unit_test(a_store_goes_on_after_a_trap),
        cmocka_unit_test(a_function_without_a_name_has_that_of_its_export),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
