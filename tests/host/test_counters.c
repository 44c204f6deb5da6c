#include "rig.h"

#include "maker.h"

/* What wisp_guest_status tells of a guest besides what it runs. */

static void the_heap_of_a_module_is_told_without_entering_it(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "hoarder");
    assert_int_equal(rig_status(&r).heap_size, 0);
    rig_deliver(&r, ALLOCATE, 0, 1000, 0);
    rig_deliver(&r, ALLOCATE, 0, 3000, 0);
    wisp_guest_status two = rig_status(&r);
    assert_in_range(two.heap_size, 4000, 4100);
    assert_int_equal(two.heap_peak, two.heap_size);
    rig_deliver(&r, FREE, 0, 0, 0);
    assert_int_equal(rig_status(&r).heap_size, 0);
    assert_int_equal(rig_status(&r).heap_peak, two.heap_size);
    rig_deinit(&r);
}

static void peaks_are_those_of_all_versions(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "hoarder");
    rig_deliver(&r, ALLOCATE, 0, 300000, 0);
    wisp_guest_status before = rig_status(&r);
    assert_true(before.memory_size > 300000);
    assert_int_equal(before.memory_peak, before.memory_size);
    rig_swap(&r, "v2", WISP_OK);
    wisp_guest_decide(r.guest, true, NULL, NULL);
    wisp_guest_status after = rig_status(&r);
    assert_true(after.memory_size < before.memory_size);
    assert_int_equal(after.memory_peak, before.memory_peak);
    assert_int_equal(after.heap_size, 0);
    assert_int_equal(after.heap_peak, before.heap_peak);
    wisp_guest_stop(r.guest);
    assert_int_equal(rig_status(&r).memory_size, 0);
    assert_int_equal(rig_status(&r).memory_peak, before.memory_peak);
    rig_deinit(&r);
}

static void a_heap_that_is_told_wrongly_is_only_wrong(void **state)
{
    (void)state;
    static const struct module_spec spec = {.exports = {{"memory", MEMORY},
                                                        {"wisp_version", ZERO},
                                                        {"wisp_start", ZERO},
                                                        {"wisp_heap_size", OUTSIDE},
                                                        {"wisp_heap_peak", GLOBAL}}};
    wisp_module *module = make_module(&spec);
    struct rig r;
    rig_init(&r, NULL);
    assert_int_equal(wisp_guest_start(r.guest, module, NULL), WISP_OK);
    assert_int_equal(rig_status(&r).heap_size, 0);
    assert_true(rig_status(&r).heap_peak > 0); /* whatever is written there */
    rig_deinit(&r);
    wisp_module_free(module);
}

static void the_fuel_of_entries_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    for (uint32_t i = 0; i < 200; i++) {
        rig_deliver(&r, COUNT, 0, 0, 0);
        r.heard_len = 0;
    }
    wisp_guest_status before = rig_status(&r);
    assert_in_range(before.fuel.p50, 1, 50);
    assert_int_equal(before.fuel.p50, before.fuel.p99);
    rig_deliver(&r, LOOP, 0, 0, 0); /* one in 200 */
    wisp_guest_status after = rig_status(&r);
    assert_int_equal(after.fuel.max, 100000);
    assert_in_range(after.fuel.p99, before.fuel.p99, before.fuel.p99 + before.fuel.p99 / 8);
    rig_deinit(&r);
}

static void fuel_without_a_limit_is_told_as_well(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.fuel = WISP_FUEL_UNLIMITED}, "v1");
    rig_deliver(&r, COUNT, 0, 0, 0);
    assert_in_range(rig_status(&r).fuel.max, 1, 50);
    rig_deinit(&r);
}

static void a_module_has_no_more_memory_than_its_quota(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.limits = {.memory_max = 1 << 20}}, "v1");
    uint64_t first = rig_status(&r).memory_size;
    rig_deliver(&r, GROW, 0, 100, 0);
    rig_expect(&r, "v1 #1 =4294967295; "); /* refused, and no fault */
    assert_int_equal(rig_status(&r).memory_size, first);
    rig_deliver(&r, GROW, 0, 1, 0);
    assert_int_equal(rig_status(&r).memory_peak, first + WISP_PAGE_SIZE);
    assert_int_equal(rig_status(&r).traps, 0);
    rig_deinit(&r);
}

static void a_module_that_begins_with_more_is_refused(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, &(wisp_guest_config){.limits = {.memory_max = WISP_PAGE_SIZE}});
    assert_int_equal(wisp_guest_start(r.guest, rig_module("v1"), NULL), WISP_LIMIT);
    rig_deinit(&r);
}

static void the_longest_queue_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    for (uint32_t i = 0; i < 7; i++)
        rig_send(&r, COUNT, 0, i, 0);
    rig_step(&r);
    rig_send(&r, COUNT, 0, 8, 0);
    assert_int_equal(rig_status(&r).queue_len, 1);
    assert_int_equal(rig_status(&r).queue_peak, 7);
    rig_deinit(&r);
}

/* Only some are timed: each of them takes one tick, as the clock is read before and after. */
static void the_time_of_entries_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    r.tick_ns = 7;
    for (uint32_t i = 0; i < 64; i++) {
        rig_deliver(&r, COUNT, 0, 0, 0);
        r.heard_len = 0;
    }
    wisp_guest_status status = rig_status(&r);
    assert_in_range(status.entry_ns.p50, 7, 14);
    r.tick_ns = 1000;
    rig_deliver(&r, LOOP, 0, 0, 0); /* whether it was timed from the beginning or not */
    assert_in_range(rig_status(&r).entry_ns.max, 20000, 200000);
    rig_deinit(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_heap_of_a_module_is_told_without_entering_it),
        cmocka_unit_test(peaks_are_those_of_all_versions),
        cmocka_unit_test(the_fuel_of_entries_is_told),
        cmocka_unit_test(fuel_without_a_limit_is_told_as_well),
        cmocka_unit_test(the_time_of_entries_is_told),
        cmocka_unit_test(a_module_has_no_more_memory_than_its_quota),
        cmocka_unit_test(a_module_that_begins_with_more_is_refused),
        cmocka_unit_test(the_longest_queue_is_told),
        cmocka_unit_test(a_heap_that_is_told_wrongly_is_only_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
