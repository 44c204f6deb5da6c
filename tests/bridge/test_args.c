#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "../words.h"
#include "bridge/args.h"

/* The arguments of calls, at every edge of a memory of one page. */

enum { END = WISP_PAGE_SIZE };

typedef struct fixture {
    wisp_store *store;
    wisp_memory *memory;
    uint8_t *data;
    wisp_arg args[WISP_BRIDGE_PARAMS_MAX];
    wisp_error err;
} fixture;

static void init(fixture *f, uint64_t pages)
{
    wisp_limits limits = {.min = pages, .max = UINT64_MAX};
    assert_int_equal(wisp_store_new(NULL, &f->store, &f->err), WISP_OK);
    assert_int_equal(wisp_memory_new(f->store, limits, &f->memory, &f->err), WISP_OK);
    f->data = wisp_memory_at(f->memory, 0, 0);
}

static wisp_status check(fixture *f, const char *text, char address, const wisp_value *values)
{
    wisp_signature signature;
    f->err.text[0] = '\0';
    assert_int_equal(wisp_signature_parse(text, address, &signature, &f->err), WISP_OK);
    return wisp_args_check(&signature, f->memory, values, f->args, &f->err);
}

/* Checks up to two numbers, as both kinds of module give them. */
static wisp_status check_both(fixture *f, const char *text, uint32_t first, uint32_t second)
{
    wisp_value narrow[] = {wisp_i32((int32_t)first), wisp_i32((int32_t)second)};
    wisp_value wide[] = {wisp_i64(first), wisp_i64(second)};
    wisp_status status = check(f, text, 'i', narrow);
    assert_int_equal(check(f, text, 'I', wide), status);
    return status;
}

static void numbers_arrive_as_they_are(void **state)
{
    (void)state;
    fixture f;
    init(&f, 1);
    wisp_value values[] = {wisp_i32(-1), wisp_i64(INT64_MIN), wisp_f32(1.5f), wisp_f64(-2.5),
                           wisp_i32(-1)};
    assert_int_equal(check(&f, "(iIfFz)", 'i', values), WISP_OK);
    assert_int_equal(f.args[0].i32, -1);
    assert_true(f.args[1].i64 == INT64_MIN);
    assert_true(f.args[2].f32 == 1.5f);
    assert_true(f.args[3].f64 == -2.5);
    assert_true(f.args[4].length == UINT32_MAX);
    static const uint8_t lanes[WISP_V128_SIZE] = {1, 2,  3,  4,  5,  6,  7,  8,
                                                  9, 10, 11, 12, 13, 14, 15, 16};
    wisp_value vector = wisp_v128_value(lanes);
    assert_int_equal(check(&f, "(v)", 'i', &vector), WISP_OK);
    assert_memory_equal(f.args[0].v128, lanes, sizeof lanes);
    int thing;
    wisp_value refs[] = {{.type = WISP_EXTERNREF}, {.type = WISP_FUNCREF}};
    refs[0].of.externref = &thing;
    refs[1].of.funcref = NULL;
    assert_int_equal(check(&f, "(ec)", 'i', refs), WISP_OK);
    assert_ptr_equal(f.args[0].ref, &thing);
    assert_null(f.args[1].func);
    wisp_store_free(f.store);
}

static void a_range_is_taken_exactly_if_it_is_inside(void **state)
{
    (void)state;
    static const struct {
        const char *signature;
        uint32_t address, count;
        bool is_inside;
    } cases[] = {
        {"(<16 i)", 0, 0, true},
        {"(<16 i)", END - 16, 0, true},
        {"(<16 i)", END - 15, 0, false},
        {"(<16 i)", END, 0, false},
        {"(<16 i)", UINT32_MAX, 0, false},
        {"(<16 i)", UINT32_MAX - 15, 0, false}, /* wraps to 0 in 32 bits */
        {"(<65536 i)", 0, 0, true},
        {"(<65537 i)", 0, 0, false},
        {"(>[1] z)", 0, 0, true},
        {"(>[1] z)", 0, END, true},
        {"(>[1] z)", 0, END + 1, false},
        {"(>[1] z)", 1, END, false},
        {"(>[1] z)", END, 0, true},
        {"(>[1] z)", END, 1, false},
        {"(>[1] z)", END + 1, 0, false},
        {"(>[1] z)", END - 1, 1, true},
        {"(>[1] z)", END - 1, UINT32_MAX, false},
        {"(>[1] z)", UINT32_MAX, UINT32_MAX, false},
        {"(>[1] z)", 1, UINT32_MAX, false},
        {"(<>8[1] z)", END - 24, 3, true},
        {"(<>8[1] z)", END - 24, 4, false},
        {"(<>8[1] z)", 0, 0x20000000, false}, /* 4 GiB: 0 in 32 bits */
        {"(<>8[1] z)", 0, 0x20000001, false},
        {"(<>8[1] z)", END, 0, true},
        {"(<999999999[1] z)", 0, UINT32_MAX, false},
        {"(<4[1]@4 z)", END - 4, 1, true},
    };
    fixture f;
    init(&f, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_status status = check_both(&f, cases[i].signature, cases[i].address, cases[i].count);
        if (status != (cases[i].is_inside ? WISP_OK : WISP_LIMIT))
            fail_msg("%s at %u, %u: %s", cases[i].signature, cases[i].address, cases[i].count,
                     f.err.text);
    }
    wisp_store_free(f.store);
}

static void a_count_in_front_or_shared_is_found(void **state)
{
    (void)state;
    fixture f;
    init(&f, 1);
    wisp_value values[] = {wisp_i32(8), wisp_i32(100), wisp_i32(END - 16)};
    assert_int_equal(check(&f, "(z <[0] <>2[0])", 'i', values), WISP_OK);
    assert_ptr_equal(f.args[1].in, f.data + 100);
    assert_null(f.args[1].out);
    assert_int_equal(f.args[1].size, 8);
    assert_ptr_equal(f.args[2].in, f.data + END - 16);
    assert_ptr_equal(f.args[2].out, f.data + END - 16);
    assert_int_equal(f.args[2].size, 16);
    assert_int_equal(f.args[2].address, END - 16);
    values[2] = wisp_i32(END - 15);
    assert_int_equal(check(&f, "(z <[0] <>2[0])", 'i', values), WISP_LIMIT);
    assert_true(words_are(f.err.text, "parameter 2: 16 bytes at address 65521 are outside the "
                                      "memory of 65536 bytes"));
    wisp_store_free(f.store);
}

static void an_i64_can_count_without_overflow(void **state)
{
    (void)state;
    static const int64_t counts[] = {INT64_MIN, -1, INT64_MAX, INT64_MIN / 4, 1ll << 61};
    fixture f;
    init(&f, 1);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        wisp_value values[] = {wisp_i64(0), wisp_i64(counts[i])};
        assert_int_equal(check(&f, "(<8[1] I)", 'I', values), WISP_LIMIT);
        values[0] = wisp_i64(-1);
        assert_int_equal(check(&f, "(<8[1] I)", 'I', values), WISP_LIMIT);
    }
    wisp_value values[] = {wisp_i64(0), wisp_i64(1ll << 61)};
    assert_int_equal(check(&f, "(<8[1] I)", 'I', values), WISP_LIMIT);
    assert_true(words_are(f.err.text, "parameter 0: 2305843009213693952 elements of 8 bytes at "
                                      "address 0 are outside the memory of 65536 bytes"));
    wisp_store_free(f.store);
}

static void a_direction_decides_which_pointer_there_is(void **state)
{
    (void)state;
    fixture f;
    init(&f, 1);
    wisp_value values[] = {wisp_i32(1), wisp_i32(2), wisp_i32(3)};
    assert_int_equal(check(&f, "(<4 >4 <>4)", 'i', values), WISP_OK);
    assert_ptr_equal(f.args[0].in, f.data + 1);
    assert_null(f.args[0].out);
    assert_null(f.args[1].in);
    assert_ptr_equal(f.args[1].out, f.data + 2);
    assert_ptr_equal(f.args[2].in, f.data + 3);
    assert_ptr_equal(f.args[2].out, f.data + 3);
    wisp_store_free(f.store);
}

static void null_is_what_the_signature_says(void **state)
{
    (void)state;
    fixture f;
    init(&f, 1);
    f.data[0] = '\0';
    assert_int_equal(check_both(&f, "(<4 z)", 0, 0), WISP_OK);
    assert_ptr_equal(f.args[0].in, f.data);
    assert_int_equal(check_both(&f, "(<4? z)", 0, 0), WISP_OK);
    assert_null(f.args[0].in);
    assert_int_equal(f.args[0].size, 0);
    assert_int_equal(check_both(&f, "(<[1]? z)", 0, UINT32_MAX), WISP_OK);
    assert_null(f.args[0].in);
    assert_int_equal(check_both(&f, "(<4? z)", END, 0), WISP_LIMIT);
    assert_int_equal(check_both(&f, "($? z)", 0, 0), WISP_OK);
    assert_null(f.args[0].text);
    assert_int_equal(check_both(&f, "(z <4!)", 1, 0), WISP_INVALID);
    assert_true(words_are(f.err.text, "parameter 1: null"));
    assert_int_equal(check_both(&f, "($! z)", 0, 0), WISP_INVALID);
    assert_int_equal(check_both(&f, "(<4! z)", 1, 0), WISP_OK);
    wisp_store_free(f.store);
}

static void an_address_is_as_aligned_as_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *signature;
        uint32_t alignment;
    } cases[] = {{"(<1@2 z)", 2}, {"(<1@4 z)", 4}, {"(<1@8 z)", 8}, {"(<1@16 z)", 16}};
    fixture f;
    init(&f, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint32_t at = 0; at < 64; at++)
            assert_int_equal(check_both(&f, cases[i].signature, at, 0),
                             at % cases[i].alignment ? WISP_INVALID : WISP_OK);
    assert_int_equal(check_both(&f, "(<4@4 z)", 6, 0), WISP_INVALID);
    assert_true(words_are(f.err.text,
                          "parameter 0: address 6 is not a multiple of 4, in a memory "
                          "of 65536 bytes"));
    wisp_store_free(f.store);
}

static void a_text_ends_inside_the_memory(void **state)
{
    (void)state;
    fixture f;
    init(&f, 1);
    memcpy(f.data + END - 4, "abc", 4);
    assert_int_equal(check_both(&f, "($ z)", END - 4, 0), WISP_OK);
    assert_string_equal(f.args[0].text, "abc");
    assert_int_equal(f.args[0].size, 3);
    assert_int_equal(check_both(&f, "($ z)", END - 1, 0), WISP_OK);
    assert_int_equal(f.args[0].size, 0);
    assert_int_equal(check_both(&f, "($ z)", END, 0), WISP_LIMIT);
    assert_int_equal(check_both(&f, "($ z)", UINT32_MAX, 0), WISP_LIMIT);
    f.data[END - 1] = 'd';
    assert_int_equal(check_both(&f, "($ z)", END - 4, 0), WISP_LIMIT);
    assert_true(words_are(f.err.text,
                          "parameter 0: the text at address 65532 has no end within 4 "
                          "bytes, in a memory of 65536 bytes"));
    wisp_store_free(f.store);
}

static void a_text_ends_within_its_bound(void **state)
{
    (void)state;
    fixture f;
    init(&f, 1);
    memcpy(f.data + 8, "12345678", 9);
    assert_int_equal(check_both(&f, "($9 z)", 8, 0), WISP_OK);
    assert_int_equal(f.args[0].size, 8);
    assert_int_equal(check_both(&f, "($8 z)", 8, 0), WISP_LIMIT);
    assert_int_equal(check_both(&f, "($99999999 z)", END - 1, 0), WISP_OK);
    wisp_store_free(f.store);
}

static void a_text_is_not_to_be_filled_over(void **state)
{
    (void)state;
    static const struct {
        int32_t address, count;
        bool is_fine;
    } cases[] = {{0, 8, true}, {0, 9, false}, {12, 1, false}, {13, 9, true}, {10, 0, true}};
    fixture f;
    init(&f, 1);
    memcpy(f.data + 8, "text", 5);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_value values[] = {wisp_i32(8), wisp_i32(cases[i].address), wisp_i32(cases[i].count)};
        assert_int_equal(check(&f, "($ >[2] z)", 'i', values),
                         cases[i].is_fine ? WISP_OK : WISP_INVALID);
        assert_int_equal(check(&f, "($ <[2] z)", 'i', values), WISP_OK);
    }
    wisp_store_free(f.store);
}

static void a_memory_of_nothing_has_room_for_nothing(void **state)
{
    (void)state;
    fixture f;
    init(&f, 0);
    assert_int_equal(check_both(&f, "(<>[1] z)", 0, 0), WISP_OK);
    assert_non_null(f.args[0].in);
    assert_non_null(f.args[0].out);
    assert_int_equal(f.args[0].size, 0);
    assert_int_equal(check_both(&f, "(<[1] z)", 0, 1), WISP_LIMIT);
    assert_int_equal(check_both(&f, "(<[1] z)", 1, 0), WISP_LIMIT);
    assert_int_equal(check_both(&f, "($ z)", 0, 0), WISP_LIMIT);
    wisp_store_free(f.store);
}

static void without_a_memory_only_numbers_and_nulls_pass(void **state)
{
    (void)state;
    fixture f;
    init(&f, 0);
    f.memory = NULL;
    assert_int_equal(check(&f, "(iz)", 'i', (wisp_value[]){wisp_i32(1), wisp_i32(2)}), WISP_OK);
    assert_int_equal(check_both(&f, "(<4? z)", 0, 0), WISP_OK);
    assert_int_equal(check_both(&f, "(<[1] z)", 0, 0), WISP_NOT_FOUND);
    assert_true(words_are(f.err.text, "parameter 0: address 0, and the caller has no memory"));
    wisp_store_free(f.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_arrive_as_they_are),
        cmocka_unit_test(a_range_is_taken_exactly_if_it_is_inside),
        cmocka_unit_test(a_count_in_front_or_shared_is_found),
        cmocka_unit_test(an_i64_can_count_without_overflow),
        cmocka_unit_test(a_direction_decides_which_pointer_there_is),
        cmocka_unit_test(null_is_what_the_signature_says),
        cmocka_unit_test(an_address_is_as_aligned_as_asked_for),
        cmocka_unit_test(a_text_ends_inside_the_memory),
        cmocka_unit_test(a_text_ends_within_its_bound),
        cmocka_unit_test(a_text_is_not_to_be_filled_over),
        cmocka_unit_test(a_memory_of_nothing_has_room_for_nothing),
        cmocka_unit_test(without_a_memory_only_numbers_and_nulls_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
