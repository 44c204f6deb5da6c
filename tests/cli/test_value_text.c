#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "value_text.h"

#include <string.h>

static void numbers_are_read_and_printed(void **state)
{
    (void)state;
    const struct {
        wisp_valtype type;
        const char *text, *printed;
    } cases[] = {
        {WISP_I32, "0", "0"},
        {WISP_I32, "-1", "-1"},
        {WISP_I32, "+7", "7"},
        {WISP_I32, "2147483647", "2147483647"},
        {WISP_I32, "-2147483648", "-2147483648"},
        {WISP_I32, "4294967295", "-1"},
        {WISP_I32, "0xffffffff", "-1"},
        {WISP_I32, "-0x80000000", "-2147483648"},
        {WISP_I32, "010", "10"},
        {WISP_I64, "18446744073709551615", "-1"},
        {WISP_I64, "-9223372036854775808", "-9223372036854775808"},
        {WISP_I64, "0X7fffffffffffffff", "9223372036854775807"},
        {WISP_F32, "1.5", "1.5"},
        {WISP_F32, "-0", "-0"},
        {WISP_F32, ".25", "0.25"},
        {WISP_F32, "0x1.8p1", "3"},
        {WISP_F32, "16777217", "16777216"},
        {WISP_F32, "1e99", "inf"},
        {WISP_F32, "-inf", "-inf"},
        {WISP_F32, "nan", "nan"},
        {WISP_F32, "-nan", "-nan"},
        {WISP_F32, "nan:0x1", "nan:0x1"},
        {WISP_F32, "nan:0x7fffff", "nan:0x7fffff"},
        {WISP_F64, "0.1", "0.10000000000000001"},
        {WISP_F64, "1e-320", "9.9998886718268301e-321"},
        {WISP_F64, "inf", "inf"},
        {WISP_F64, "nan:0x8000000000000", "nan"},
        {WISP_F64, "-nan:0xfffffffffffff", "-nan:0xfffffffffffff"},
        {WISP_V128, "i32x4 1 -2 0x30 4", "i32x4 0x00000001 0xfffffffe 0x00000030 0x00000004"},
        {WISP_FUNCREF, "null", "null"},
        {WISP_EXTERNREF, "null", "null"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_value value, again;
        wisp_error err;
        char text[VALUE_TEXT_SIZE];
        if (value_parse(cases[i].type, cases[i].text, &value, &err))
            fail_msg("%s: %s", cases[i].text, err.text);
        assert_string_equal(value_print(&value, text), cases[i].printed);
        assert_int_equal(value_parse(cases[i].type, text, &again, NULL), WISP_OK);
        assert_memory_equal(&value, &again, sizeof value);
    }
}

static void what_is_no_number_of_the_type_is_refused(void **state)
{
    (void)state;
    const struct {
        wisp_valtype type;
        const char *text;
    } cases[] = {
        {WISP_I32, ""},
        {WISP_I32, "-"},
        {WISP_I32, "x"},
        {WISP_I32, "1.0"},
        {WISP_I32, "4294967296"},
        {WISP_I32, "-2147483649"},
        {WISP_I32, "0x"},
        {WISP_I32, "0x1g"},
        {WISP_I32, " 1"},
        {WISP_I32, "1 "},
        {WISP_I32, "--1"},
        {WISP_I32, "null"},
        {WISP_I64, "1e3"},
        {WISP_I64, "18446744073709551616"},
        {WISP_I64, "-9223372036854775809"},
        {WISP_I64, "0x10000000000000000"},
        {WISP_F32, ""},
        {WISP_F32, "abc"},
        {WISP_F32, "1.5x"},
        {WISP_F32, "nan:"},
        {WISP_F32, "nan:0x0"},
        {WISP_F32, "nan:0x800000"},
        {WISP_F32, "nan:1"},
        {WISP_F32, "nan(1)"},
        {WISP_F32, "infinity"},
        {WISP_F32, " 1"},
        {WISP_F64, "nan:0x10000000000000"},
        {WISP_F64, "."},
        {WISP_V128, "1 2 3 4"},
        {WISP_V128, "i32x4 1 2 3"},
        {WISP_V128, "i32x4 1 2 3 4 5"},
        {WISP_V128, "i32x4 1 2 3 x"},
        {WISP_FUNCREF, "0"},
        {WISP_EXTERNREF, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_value value;
        wisp_error err;
        if (value_parse(cases[i].type, cases[i].text, &value, &err) != WISP_INVALID)
            fail_msg("'%s' was taken for an %s", cases[i].text, wisp_valtype_name(cases[i].type));
        assert_non_null(strstr(err.text, "expected"));
    }
}

static void types_are_printed(void **state)
{
    (void)state;
    static const wisp_valtype params[] = {WISP_I32, WISP_F64},
                              results[] = {WISP_I64, WISP_FUNCREF};
    const struct {
        wisp_extern_type type;
        const char *expected;
    } cases[] = {
        {{.kind = WISP_EXTERN_FUNC}, "() -> ()"},
        {{.kind = WISP_EXTERN_FUNC, .func = {params, results, 2, 1}}, "(i32, f64) -> i64"},
        {{.kind = WISP_EXTERN_FUNC, .func = {params, results, 1, 2}}, "(i32) -> (i64, funcref)"},
        {{.kind = WISP_EXTERN_MEMORY, .limits = {1, UINT64_MAX}}, "1 page"},
        {{.kind = WISP_EXTERN_MEMORY, .limits = {2, 65536}}, "2 pages, at most 65536"},
        {{.kind = WISP_EXTERN_MEMORY, .limits = {2, 9}, .page_size = 1, .is_64 = true},
         "2 bytes, at most 9, 64-bit"},
        {{.kind = WISP_EXTERN_MEMORY, .limits = {1, 2}, .is_shared = true},
         "1 page, at most 2, shared"},
        {{.kind = WISP_EXTERN_TABLE, .limits = {2, 2}, .valtype = WISP_FUNCREF},
         "2 funcrefs, at most 2"},
        {{.kind = WISP_EXTERN_GLOBAL, .valtype = WISP_F32}, "f32"},
        {{.kind = WISP_EXTERN_GLOBAL, .valtype = wisp_typed_funcref(3)}, "(ref null 3)"},
        {{.kind = WISP_EXTERN_GLOBAL, .valtype = WISP_F32, .is_mutable = true}, "mut f32"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[TYPE_TEXT_SIZE];
        assert_string_equal(type_print(&cases[i].type, text), cases[i].expected);
    }
}

static void a_type_too_long_to_print_is_cut(void **state)
{
    (void)state;
    wisp_valtype params[1000];
    char text[TYPE_TEXT_SIZE];
    for (size_t i = 0; i < sizeof params / sizeof *params; i++)
        params[i] = WISP_EXTERNREF;
    wisp_extern_type type = {.kind = WISP_EXTERN_FUNC, .func = {params, params, 1000, 1000}};
    assert_int_equal(strlen(type_print(&type, text)), TYPE_TEXT_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_and_printed),
        cmocka_unit_test(what_is_no_number_of_the_type_is_refused),
        cmocka_unit_test(types_are_printed),
        cmocka_unit_test(a_type_too_long_to_print_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
