#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "patch/grants.h"
#include "ration.h"

/* Ranges of memory that a patch was granted. */

static wisp_patch_grants none(void)
{
    return (wisp_patch_grants){.allocator = &wisp_allocator_default};
}

static void what_is_granted_is_had_and_nothing_else(void **state)
{
    (void)state;
    wisp_patch_grants g = none();
    assert_false(wisp_patch_grants_have(&g, 0, 1000, 1));
    assert_true(wisp_patch_grants_add(&g, 0, 1000, 10));
    assert_true(wisp_patch_grants_have(&g, 0, 1000, 10));
    assert_true(wisp_patch_grants_have(&g, 0, 1009, 1));
    assert_false(wisp_patch_grants_have(&g, 0, 999, 2));
    assert_false(wisp_patch_grants_have(&g, 0, 1009, 2));
    assert_false(wisp_patch_grants_have(&g, 0, 1010, 1));
    assert_false(wisp_patch_grants_have(&g, 0, 1001, UINT64_MAX));
    wisp_patch_grants_deinit(&g);
}

static void nothing_is_granted_of_nothing(void **state)
{
    (void)state;
    wisp_patch_grants g = none();
    assert_true(wisp_patch_grants_add(&g, 0, 0, 8));              /* NULL */
    assert_true(wisp_patch_grants_add(&g, 0, 4096, 0));           /* of unknown size */
    assert_true(wisp_patch_grants_add(&g, 0, UINT64_MAX - 4, 8)); /* round the end */
    assert_int_equal(g.len, 0);
    wisp_patch_grants_deinit(&g);
}

static void ranges_that_touch_are_one(void **state)
{
    (void)state;
    wisp_patch_grants g = none();
    wisp_patch_grants_add(&g, 0, 100, 10);
    wisp_patch_grants_add(&g, 0, 300, 10);
    wisp_patch_grants_add(&g, 0, 200, 10);
    assert_int_equal(g.len, 3);
    wisp_patch_grants_add(&g, 0, 110, 90); /* from one to the next */
    assert_int_equal(g.len, 2);
    assert_true(wisp_patch_grants_have(&g, 0, 100, 110));
    wisp_patch_grants_add(&g, 0, 50, 500); /* over all of them */
    assert_int_equal(g.len, 1);
    assert_true(wisp_patch_grants_have(&g, 0, 50, 500));
    wisp_patch_grants_add(&g, 0, 60, 5); /* within */
    assert_int_equal(g.len, 1);
    wisp_patch_grants_deinit(&g);
}

static void a_call_within_has_its_own(void **state)
{
    (void)state;
    wisp_patch_grants g = none();
    wisp_patch_grants_add(&g, 0, 1000, 10);
    wisp_patch_grants_add(&g, 1, 500, 10);
    wisp_patch_grants_add(&g, 1, 510, 10);
    assert_int_equal(g.len, 2);
    assert_true(wisp_patch_grants_have(&g, 1, 500, 20));
    assert_false(wisp_patch_grants_have(&g, 1, 1000, 10));
    g.len = 1; /* it is over */
    assert_true(wisp_patch_grants_have(&g, 0, 1000, 10));
    assert_false(wisp_patch_grants_have(&g, 0, 500, 1));
    wisp_patch_grants_deinit(&g);
}

/* Against a map of bytes. */
static void any_ranges_in_any_order_are_right(void **state)
{
    (void)state;
    enum { BYTES = 512, ROUNDS = 200, ADDED = 12 };
    uint32_t seed = 1;
    for (int round = 0; round < ROUNDS; round++) {
        wisp_patch_grants g = none();
        uint8_t map[BYTES + 64] = {0};
        for (int i = 0; i < ADDED; i++) {
            seed = seed * 1664525 + 1013904223;
            uint32_t at = 1 + (seed >> 8) % (BYTES - 1), size = (seed >> 24) % 32;
            assert_true(wisp_patch_grants_add(&g, 0, at, size));
            memset(map + at, 1, size);
        }
        for (uint32_t at = 1; at < BYTES; at++)
            for (uint32_t size = 1; size <= 16; size *= 2)
                assert_int_equal(wisp_patch_grants_have(&g, 0, at, size),
                                 memchr(map + at, 0, size) == NULL);
        wisp_patch_grants_deinit(&g);
    }
}

static void there_is_a_limit_and_memory_may_be_refused(void **state)
{
    (void)state;
    wisp_patch_grants g = none();
    for (uint64_t i = 1; i <= WISP_PATCH_RANGES_MAX; i++)
        assert_true(wisp_patch_grants_add(&g, 0, 16 * i, 8));
    assert_false(wisp_patch_grants_add(&g, 0, 8, 4));
    assert_true(wisp_patch_grants_add(&g, 0, 16, 16)); /* which makes two of them one */
    assert_true(wisp_patch_grants_add(&g, 0, 8, 4));
    wisp_patch_grants_deinit(&g);
    ration r = {0};
    wisp_allocator allocator = ration_allocator(&r);
    wisp_patch_grants poor = {.allocator = &allocator};
    ration_refuse(&r, 1);
    assert_false(wisp_patch_grants_add(&poor, 0, 8, 4));
    assert_true(wisp_patch_grants_add(&poor, 0, 8, 4));
    wisp_patch_grants_deinit(&poor);
    assert_int_equal(r.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_granted_is_had_and_nothing_else),
        cmocka_unit_test(nothing_is_granted_of_nothing),
        cmocka_unit_test(ranges_that_touch_are_one),
        cmocka_unit_test(a_call_within_has_its_own),
        cmocka_unit_test(any_ranges_in_any_order_are_right),
        cmocka_unit_test(there_is_a_limit_and_memory_may_be_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
