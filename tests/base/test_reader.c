#include "base/reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#define BYTES(...) {__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__})

/* Every width's reader behind one face; the value is widened to 64 bits. */
typedef enum width { U32, U64, S32, S33, S64 } width;

static bool read_leb(wisp_reader *r, width of, uint64_t *out)
{
    uint32_t u32;
    int32_t s32;
    int64_t s64;
    bool is_read = false;
    switch (of) {
    case U32:
        is_read = wisp_read_leb_u32(r, &u32);
        *out = is_read ? u32 : 0;
        break;
    case U64:
        return wisp_read_leb_u64(r, out);
    case S32:
        is_read = wisp_read_leb_s32(r, &s32);
        *out = is_read ? (uint64_t)s32 : 0;
        break;
    case S33:
        is_read = wisp_read_leb_s33(r, &s64);
        *out = is_read ? (uint64_t)s64 : 0;
        break;
    case S64:
        is_read = wisp_read_leb_s64(r, &s64);
        *out = is_read ? (uint64_t)s64 : 0;
        break;
    }
    return is_read;
}

static const char *const WIDTHS[] = {"u32", "u64", "s32", "s33", "s64"};

static void numbers_at_the_bounds_are_read(void **state)
{
    (void)state;
    static const struct {
        width width;
        uint8_t bytes[12];
        size_t size;
        uint64_t value;
    } cases[] = {
        {U32, BYTES(0x00), 0},
        {U32, BYTES(0x7f), 127},
        {U32, BYTES(0x80, 0x01), 128},
        {U32, BYTES(0xe5, 0x8e, 0x26), 624485},
        {U32, BYTES(0xff, 0xff, 0xff, 0xff, 0x0f), UINT32_MAX},
        {U32, BYTES(0x80, 0x80, 0x80, 0x80, 0x00), 0}, /* longer than needed is legal */
        {U32, BYTES(0x83, 0x80, 0x00), 3},
        {U64, BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), UINT64_MAX},
        {U64, BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01),
         UINT64_C(1) << 63},
        {S32, BYTES(0x00), 0},
        {S32, BYTES(0x3f), 63},
        {S32, BYTES(0x40), (uint64_t)-64},
        {S32, BYTES(0x7f), (uint64_t)-1},
        {S32, BYTES(0xc0, 0x00), 64},
        {S32, BYTES(0xbf, 0x7f), (uint64_t)-65},
        {S32, BYTES(0xff, 0xff, 0xff, 0xff, 0x07), INT32_MAX},
        {S32, BYTES(0x80, 0x80, 0x80, 0x80, 0x78), (uint64_t)INT32_MIN},
        {S32, BYTES(0xff, 0xff, 0xff, 0xff, 0x7f), (uint64_t)-1},
        {S33, BYTES(0x40), (uint64_t)-64},
        {S33, BYTES(0xff, 0xff, 0xff, 0xff, 0x0f), UINT32_MAX},
        {S33, BYTES(0x80, 0x80, 0x80, 0x80, 0x70), (uint64_t)(-(INT64_C(1) << 32))},
        {S64, BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00), INT64_MAX},
        {S64, BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f),
         (uint64_t)INT64_MIN},
        {S64, BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x40), (uint64_t)(-(INT64_C(1) << 41))},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_reader r = wisp_reader_of((wisp_bytes){cases[i].bytes, cases[i].size});
        uint64_t value = 0;
        if (!read_leb(&r, cases[i].width, &value) || value != cases[i].value)
            fail_msg("case %zu, %s: read 0x%" PRIx64 ", expected 0x%" PRIx64, i,
                     WIDTHS[cases[i].width], value, cases[i].value);
        assert_int_equal(wisp_reader_left(&r), 0);
    }
}

static void numbers_that_break_off_or_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const struct {
        width width;
        uint8_t bytes[12];
        size_t size;
    } cases[] = {
        {U32, BYTES(0x80)},
        {U32, BYTES(0xff, 0xff)},
        {U32, BYTES(0xff, 0xff, 0xff, 0xff, 0x1f)},       /* bit 32 */
        {U32, BYTES(0x80, 0x80, 0x80, 0x80, 0x10)},       /* bit 32 alone */
        {U32, BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x00)}, /* six bytes */
        {U32, BYTES(0x80, 0x80, 0x80, 0x80, 0x40)},
        {U64, BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02)},
        {U64, BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00)},
        {S32, BYTES(0xff)},
        {S32, BYTES(0xff, 0xff, 0xff, 0xff, 0x0f)}, /* positive, but bit 31 set */
        {S32, BYTES(0x80, 0x80, 0x80, 0x80, 0x70)}, /* negative, but bit 31 clear */
        {S32, BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x00)},
        {S33, BYTES(0xff, 0xff, 0xff, 0xff, 0x1f)},
        {S33, BYTES(0x80, 0x80, 0x80, 0x80, 0x60)},
        {S33, BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x00)},
        {S64, BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)},
        {S64, BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7e)},
        {S64, BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_reader r = wisp_reader_of((wisp_bytes){cases[i].bytes, cases[i].size});
        uint64_t value = 0;
        if (read_leb(&r, cases[i].width, &value))
            fail_msg("case %zu, %s: read 0x%" PRIx64 ", expected a refusal", i,
                     WIDTHS[cases[i].width], value);
        assert_ptr_equal(r.at, r.start);
    }
}

static void nothing_is_read_from_no_bytes(void **state)
{
    (void)state;
    wisp_reader r = wisp_reader_of((wisp_bytes){(const uint8_t *)"", 0});
    uint8_t byte;
    uint32_t narrow;
    uint64_t wide;
    assert_false(wisp_read_u8(&r, &byte));
    assert_false(wisp_read_u32le(&r, &narrow));
    assert_false(wisp_read_u64le(&r, &wide));
    for (width of = U32; of <= S64; of++)
        assert_false(read_leb(&r, of, &wide));
    assert_int_equal(wisp_reader_left(&r), 0);
}

static void fixed_width_numbers_are_little_endian(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10};
    wisp_reader r = wisp_reader_of((wisp_bytes){bytes, sizeof bytes});
    uint64_t wide;
    uint32_t narrow;
    uint8_t byte;
    assert_true(wisp_read_u64le(&r, &wide));
    assert_true(wide == UINT64_C(0xefcdab8967452301));
    assert_true(wisp_read_u8(&r, &byte));
    assert_int_equal(byte, 0x10);
    r.at = r.start;
    assert_true(wisp_read_u32le(&r, &narrow));
    assert_int_equal(narrow, 0x67452301);
}

static void a_fixed_width_number_cut_short_moves_nothing(void **state)
{
    (void)state;
    static const uint8_t bytes[7] = {1, 2, 3, 4, 5, 6, 7};
    uint64_t wide;
    uint32_t narrow;
    for (size_t size = 0; size < sizeof bytes; size++) {
        wisp_reader r = wisp_reader_of((wisp_bytes){bytes, size});
        assert_false(wisp_read_u64le(&r, &wide));
        assert_ptr_equal(r.at, r.start);
        assert_int_equal(wisp_read_u32le(&r, &narrow), size >= 4);
        assert_int_equal(r.at - r.start, size >= 4 ? 4 : 0);
    }
}

static void bytes_are_given_in_place_and_never_past_the_end(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1, 2, 3};
    wisp_reader r = wisp_reader_of((wisp_bytes){bytes, sizeof bytes});
    const uint8_t *at;
    assert_false(wisp_read_bytes(&r, 4, &at));
    assert_false(wisp_read_bytes(&r, SIZE_MAX, &at));
    assert_ptr_equal(r.at, bytes);
    assert_true(wisp_read_bytes(&r, 2, &at));
    assert_ptr_equal(at, bytes);
    assert_true(wisp_read_bytes(&r, 1, &at));
    assert_ptr_equal(at, bytes + 2);
    assert_true(wisp_read_bytes(&r, 0, &at));
    assert_false(wisp_read_bytes(&r, 1, &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_at_the_bounds_are_read),
        cmocka_unit_test(numbers_that_break_off_or_do_not_fit_are_refused),
        cmocka_unit_test(nothing_is_read_from_no_bytes),
        cmocka_unit_test(fixed_width_numbers_are_little_endian),
        cmocka_unit_test(a_fixed_width_number_cut_short_moves_nothing),
        cmocka_unit_test(bytes_are_given_in_place_and_never_past_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
