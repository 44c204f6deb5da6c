#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"
#include "wasm/code_layout.h"
#include "wasm/feature_set.h"

/*
 * Listings of code. Units differ between builds, so that what is compared here are the lines
 * without them.
 *
 * (module
 *   (memory 1)
 *   (func $helper (param i32) (result i32) local.get 0)
 *   (func $fused (export "loaded") (param i32 i32) (result i32)
 *     local.get 0 local.get 1 i32.add i32.load offset=16
 *     i32.const 7 i32.mul)
 *   (func $sum (export "sum") (param i32) (result i32) (local i32 i32)
 *     loop
 *       local.get 2 local.get 1 call 0 i32.xor local.set 2
 *       local.get 1 i32.const 1 i32.add local.tee 1 local.get 0 i32.lt_s br_if 0
 *     end
 *     local.get 2)
 *   (func $pick (param i32) (result i32)
 *     block block block local.get 0 br_table 0 1 2 end i32.const 10 return end
 *     i32.const 20 return end
 *     i32.const -3)
 *   (func $half (param f64) (result f64) local.get 0 f64.const 0.5 f64.mul unreachable))
 */
/* clang-format off */
static const uint8_t module_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x11, 0x03, 0x60, 0x01, 0x7f, 0x01, 0x7f,
    0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f, 0x60, 0x01, 0x7c, 0x01, 0x7c, 0x03, 0x06, 0x05, 0x00, 0x01,
    0x00, 0x00, 0x02, 0x05, 0x03, 0x01, 0x00, 0x01, 0x07, 0x10, 0x02, 0x06, 0x6c, 0x6f, 0x61, 0x64,
    0x65, 0x64, 0x00, 0x01, 0x03, 0x73, 0x75, 0x6d, 0x00, 0x02, 0x0a, 0x5e, 0x05, 0x04, 0x00, 0x20,
    0x00, 0x0b, 0x0d, 0x00, 0x20, 0x00, 0x20, 0x01, 0x6a, 0x28, 0x02, 0x10, 0x41, 0x07, 0x6c, 0x0b,
    0x1e, 0x01, 0x02, 0x7f, 0x03, 0x40, 0x20, 0x02, 0x20, 0x01, 0x10, 0x00, 0x73, 0x21, 0x02, 0x20,
    0x01, 0x41, 0x01, 0x6a, 0x22, 0x01, 0x20, 0x00, 0x48, 0x0d, 0x00, 0x0b, 0x20, 0x02, 0x0b, 0x1a,
    0x00, 0x02, 0x40, 0x02, 0x40, 0x02, 0x40, 0x20, 0x00, 0x0e, 0x02, 0x00, 0x01, 0x02, 0x0b, 0x41,
    0x0a, 0x0f, 0x0b, 0x41, 0x14, 0x0f, 0x0b, 0x41, 0x7d, 0x0b, 0x0f, 0x00, 0x20, 0x00, 0x44, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0xe0, 0x3f, 0xa2, 0x00, 0x0b, 0x00, 0x35, 0x04, 0x6e, 0x61, 0x6d,
    0x65, 0x01, 0x21, 0x05, 0x00, 0x06, 0x68, 0x65, 0x6c, 0x70, 0x65, 0x72, 0x01, 0x05, 0x66, 0x75,
    0x73, 0x65, 0x64, 0x02, 0x03, 0x73, 0x75, 0x6d, 0x03, 0x04, 0x70, 0x69, 0x63, 0x6b, 0x04, 0x04,
    0x68, 0x61, 0x6c, 0x66, 0x02, 0x0b, 0x05, 0x00, 0x00, 0x01, 0x00, 0x02, 0x00, 0x03, 0x00, 0x04,
    0x00,
};

/* (module
 *   (memory 1)
 *   (func $vector (param i32) (result i32)
 *     local.get 0 v128.load offset=16 v128.const i32x4 1 2 3 4 i32x4.add i32x4.extract_lane 2)) */
static const uint8_t vector_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f,
    0x03, 0x02, 0x01, 0x00, 0x05, 0x03, 0x01, 0x00, 0x01, 0x0a, 0x22, 0x01, 0x20, 0x00, 0x20, 0x00,
    0xfd, 0x00, 0x04, 0x10, 0xfd, 0x0c, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x03, 0x00,
    0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0xfd, 0xae, 0x01, 0xfd, 0x1b, 0x02, 0x0b, 0x00, 0x15, 0x04,
    0x6e, 0x61, 0x6d, 0x65, 0x01, 0x09, 0x01, 0x00, 0x06, 0x76, 0x65, 0x63, 0x74, 0x6f, 0x72, 0x02,
    0x03, 0x01, 0x00, 0x00,
};

/* (module (import "env" "f" (func))) */
static const uint8_t import_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x02, 0x09,
    0x01, 0x03, 0x65, 0x6e, 0x76, 0x01, 0x66, 0x00, 0x00,
};
/* clang-format on */

enum { UNITS_MAX = 200 };

/* What a listing says: its lines without units and without the plus signs of joined instructions,
 * the units where instructions begin, and those that jumps go to. */
typedef struct heard {
    char text[4000];
    size_t size;
    uint32_t units[UNITS_MAX], targets[UNITS_MAX];
    int unit_count, target_count, joined_count;
} heard;

/* Adds [text] up to its "->", and what follows the number behind that. */
static void hear_text(heard *h, const char *text)
{
    const char *arrow = strstr(text, "-> ");
    const char *behind = arrow && strstr(text, ": ") == NULL ? arrow + 3 : NULL;
    int size = behind ? (int)(behind - text) : (int)strlen(text);
    char *end = NULL;
    if (behind) {
        assert_in_range(h->target_count, 0, UNITS_MAX - 1);
        h->targets[h->target_count++] = (uint32_t)strtoul(behind, &end, 10);
        assert_ptr_not_equal(end, behind);
    }
    int added = snprintf(h->text + h->size, sizeof h->text - h->size, "%.*s%s\n", size, text,
                         behind ? end : "");
    h->size += (size_t)added;
    assert_in_range(h->size, 1, sizeof h->text - 1);
}

static void hear(void *user, const char *line)
{
    heard *h = user;
    const char *plus = strstr(line, " +  ");
    if (plus) {
        h->joined_count++;
        hear_text(h, plus + 2);
        return;
    }
    char *behind;
    unsigned long unit = strtoul(line, &behind, 10);
    if (strncmp(line, "      ", 6) != 0 || strncmp(behind, "  ", 2) != 0) {
        hear_text(h, line);
        return;
    }
    assert_in_range(h->unit_count, 0, UNITS_MAX - 1);
    h->units[h->unit_count++] = (uint32_t)unit;
    hear_text(h, behind);
}

/* What is said of function [index] of the module in [bytes]. */
static heard listing_of(wisp_bytes bytes, uint32_t index)
{
    heard h = {.size = 0};
    fixture f;
    fixture_init(&f, NULL);
    wisp_module *module = fixture_module(&f, bytes);
    assert_int_equal(wisp_module_list_code(module, NULL, index, hear, &h, &f.err), WISP_OK);
    fixture_deinit(&f);
    return h;
}

static void a_listing_shows_what_instructions_became(void **state)
{
    (void)state;
    if (!WISP_HAS_ACCUMULATORS)
        skip();
    static const struct {
        uint32_t function;
        const char *expected;
    } cases[] = {{1, "  0x000044  local.get 0\n"
                     "  0x000046  local.get 1\n"
                     "  0x000048  i32.add\n"
                     "  0x000049  i32.load offset=16\n"
                     "  I32_LOAD_X_ACC  acc = s0, s1, +16\n"
                     "  0x00004c  i32.const 7\n"
                     "  0x00004e  i32.mul\n"
                     "  I32_MUL_AI_ACC  acc = acc, 7\n"
                     "  0x00004f  end\n"
                     "  RETURN_32_A  s2, acc\n"},
                 {2, "  CLEAR  s3, 2\n"
                     "  0x000054  loop\n"
                     "  0x000056  local.get 2\n"
                     "  0x000058  local.get 1\n"
                     "  0x00005a  call 0\n"
                     "  COPY_32  s6 = s3\n"
                     "  CALL  s6, func 0\n"
                     "  0x00005c  i32.xor\n"
                     "  I32_XOR_RA  s4 = s4, acc\n"
                     "  0x00005d  local.set 2\n"
                     "  0x00005f  local.get 1\n"
                     "  0x000061  i32.const 1\n"
                     "  0x000063  i32.add\n"
                     "  0x000064  local.tee 1\n"
                     "  0x000066  local.get 0\n"
                     "  0x000068  i32.lt_s\n"
                     "  0x000069  br_if 0\n"
                     "  I32_ADD_LT_S_LOOP_R  s3 = s3, 1, s0, -> , fuel 1\n"
                     "  0x00006b  end\n"
                     "  0x00006c  local.get 2\n"
                     "  0x00006e  end\n"
                     "  RETURN_32  s1, s4\n"},
                 {4, "  0x00008c  local.get 0\n"
                     "  0x00008e  f64.const 0.5\n"
                     "  0x000097  f64.mul\n"
                     "  F64_MUL_RI  s3 = s0, 0.5\n"
                     "  0x000098  unreachable\n"
                     "  UNREACHABLE\n"
                     "  0x000099  end\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        heard h = listing_of(BYTES(module_wasm), cases[i].function);
        assert_string_equal(strchr(h.text, '\n') + 1, cases[i].expected);
    }
}

static void a_table_of_jumps_has_a_line_for_each(void **state)
{
    (void)state;
    heard h = listing_of(BYTES(module_wasm), 3);
    assert_non_null(strstr(h.text, "br_table 0 1 2\n"));
    assert_non_null(strstr(h.text, " 0 -> \n"));
    assert_non_null(strstr(h.text, " 1 -> \n"));
    assert_non_null(strstr(h.text, " else -> \n"));
    assert_int_equal(h.target_count, 3);
}

static void jumps_go_where_instructions_begin(void **state)
{
    (void)state;
    for (uint32_t function = 0; function < 5; function++) {
        heard h = listing_of(BYTES(module_wasm), function);
        assert_int_not_equal(h.unit_count, 0);
        for (int i = 0; i < h.target_count; i++) {
            int k = 0;
            while (k < h.unit_count && h.units[k] != h.targets[i])
                k++;
            assert_int_not_equal(k, h.unit_count);
        }
    }
}

static void vectors_are_listed(void **state)
{
    (void)state;
    if (!(wisp_features_built_in() & WISP_FEATURE_SIMD))
        skip();
    heard h = listing_of(BYTES(vector_wasm), 0);
    assert_non_null(strstr(h.text, "v128.load 4 16\n  V128_LOAD  s3 = s0, +16\n"));
    assert_non_null(strstr(h.text, "v128.const 01000000020000000300000004000000\n"));
    assert_non_null(strstr(h.text, "i32x4.add\n  V128_i32x4_add  s3 = s3, s5\n"));
}

static void a_listing_begins_with_the_function(void **state)
{
    (void)state;
    heard h = listing_of(BYTES(module_wasm), 1);
    assert_memory_equal(h.text, "func 1 fused (i32 i32) -> (i32): ", 33);
}

static void every_instruction_has_a_layout_of_its_length(void **state)
{
    (void)state;
    static const struct {
        uint32_t code, units;
    } known[] = {
#define X(name, function, units) {WISP_CODE_##name, units},
        WISP_CODE_SLOW(X)
#ifndef WISP_WITHOUT_SIMD
            WISP_CODE_VECTOR_CALL(X)
#endif
#undef X
    };
    static const uint16_t zeros[64];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(wisp_code_units(known[i].code, zeros),
                         known[i].units - 1 + WISP_UNITS_HEAD);
    for (uint32_t code = 0; code < WISP_CODE_COUNT; code++) {
        uint32_t first, second;
        bool is_never_in_code =
            code == WISP_CODE_RESUME || code == WISP_CODE_ENTRY || code == WISP_CODE_EXIT;
        if (!wisp_code_layout(code) !=
            (is_never_in_code || wisp_code_is_joined(code, &first, &second)))
            fail_msg("%s: wrong layout", wisp_code_name(code));
    }
}

static void functions_without_code_are_refused(void **state)
{
    (void)state;
    heard h = {.size = 0};
    fixture f;
    fixture_init(&f, NULL);
    wisp_module *module = fixture_module(&f, BYTES(import_wasm));
    assert_int_equal(wisp_module_list_code(module, NULL, 0, hear, &h, &f.err), WISP_INVALID);
    assert_string_equal(f.err.text, "function 0 is imported: it has no code");
    assert_int_equal(wisp_module_list_code(module, NULL, 1, hear, &h, &f.err), WISP_INVALID);
    assert_string_equal(f.err.text, "no function 1: the module has 1");
    assert_int_equal(h.size, 0);
    fixture_deinit(&f);
}

static void functions_are_found_by_export_and_by_name(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_module *module = fixture_module(&f, BYTES(module_wasm));
    uint32_t index;
    assert_true(wisp_module_find_func(module, "loaded", &index));
    assert_int_equal(index, 1);
    assert_true(wisp_module_find_func(module, "fused", &index));
    assert_int_equal(index, 1);
    assert_true(wisp_module_find_func(module, "half", &index));
    assert_int_equal(index, 4);
    assert_false(wisp_module_find_func(module, "hal", &index));
    assert_int_equal(wisp_module_func_count(module), 5);
    assert_int_equal(wisp_module_imported_func_count(module), 0);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listing_shows_what_instructions_became),
        cmocka_unit_test(a_table_of_jumps_has_a_line_for_each),
        cmocka_unit_test(jumps_go_where_instructions_begin),
        cmocka_unit_test(vectors_are_listed),
        cmocka_unit_test(a_listing_begins_with_the_function),
        cmocka_unit_test(every_instruction_has_a_layout_of_its_length),
        cmocka_unit_test(functions_without_code_are_refused),
        cmocka_unit_test(functions_are_found_by_export_and_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
