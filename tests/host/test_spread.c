#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "host/measure/spread.h"

static wisp_spread_counts counts; /* too large for the stacks of some systems */

static int clear(void **state)
{
    (void)state;
    counts = (wisp_spread_counts){0};
    return 0;
}

static void expect(uint64_t p50, uint64_t p99, uint64_t max)
{
    wisp_spread spread = wisp_spread_of(&counts);
    assert_int_equal(spread.p50, p50);
    assert_int_equal(spread.p99, p99);
    assert_int_equal(spread.max, max);
}

static void nothing_measured_is_zero(void **state)
{
    (void)state;
    expect(0, 0, 0);
}

static void one_value_is_all_three(void **state)
{
    static const uint64_t values[] = {0,
                                      1,
                                      7,
                                      8,
                                      9,
                                      1000,
                                      65535,
                                      65536,
                                      UINT64_C(1) << 47,
                                      (UINT64_C(1) << 48) - 1,
                                      UINT64_C(1) << 48,
                                      UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        clear(state);
        wisp_spread_add(&counts, values[i]);
        expect(values[i], values[i], values[i]);
    }
}

static void one_in_a_hundred_is_left_out(void **state)
{
    (void)state;
    for (int i = 0; i < 99; i++)
        wisp_spread_add(&counts, 3);
    wisp_spread_add(&counts, 1000000);
    expect(3, 3, 1000000);
    wisp_spread_add(&counts, 1000000);
    assert_true(wisp_spread_of(&counts).p99 == 1000000);
}

static uint64_t next(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void assert_within_an_eighth(uint64_t found, uint64_t exact)
{
    assert_true(found >= exact);
    assert_true(found - exact <= exact / 8);
}

/* Values of every magnitude: the answer is never under what sorting says, nor an eighth above. */
static void what_it_tells_is_within_one_eighth(void **state)
{
    enum { COUNT = 1999 };
    static uint64_t values[COUNT];
    uint64_t random = 0x9e3779b97f4a7c15;
    for (int round = 0; round < 200; round++) {
        clear(state);
        uint32_t shift = 16 + (uint32_t)(next(&random) % 48);
        for (int i = 0; i < COUNT; i++) {
            values[i] = next(&random) >> (shift + next(&random) % (64 - shift));
            wisp_spread_add(&counts, values[i]);
        }
        qsort(values, COUNT, sizeof *values, compare);
        wisp_spread spread = wisp_spread_of(&counts);
        assert_within_an_eighth(spread.p50, values[COUNT / 2]);
        assert_within_an_eighth(spread.p99, values[COUNT - 1 - COUNT / 100]);
        assert_true(spread.max == values[COUNT - 1]);
    }
}

static void a_full_count_halves_them_all(void **state)
{
    (void)state;
    counts.counts[5] = UINT32_MAX;
    counts.counts[6] = 10;
    wisp_spread_add(&counts, 5);
    assert_int_equal(counts.counts[5], UINT32_MAX / 2 + 1);
    assert_int_equal(counts.counts[6], 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_measured_is_zero, clear),
        cmocka_unit_test_setup(one_value_is_all_three, clear),
        cmocka_unit_test_setup(one_in_a_hundred_is_left_out, clear),
        cmocka_unit_test_setup(what_it_tells_is_within_one_eighth, clear),
        cmocka_unit_test_setup(a_full_count_halves_them_all, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
