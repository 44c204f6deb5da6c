#include "rig.h"

#include <string.h>

#include "maker.h"

/* The state that the host itself copies from one version to the next. */

static void count(struct rig *r, int n)
{
    for (int i = 0; i < n; i++)
        assert_int_equal(rig_deliver(r, COUNT, 0, 0, 0), WISP_OK);
    r->heard_len = 0;
    r->heard[0] = '\0';
}

static void the_region_goes_to_the_new_version(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "total_1");
    count(&r, 5);
    rig_swap(&r, "total_2", WISP_OK);
    assert_int_equal(r.last_event.state_size, 64);
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v2 #6 =7; ");
    rig_deinit(&r);
}

static void the_region_of_a_version_that_trapped_is_the_one_saved_last(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "total_1");
    count(&r, 5);
    assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_OK);
    count(&r, 2);
    assert_int_equal(rig_deliver(&r, TRAP, 0, 0, 0), WISP_TRAP);
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v1 #6 =7; ");
    rig_deinit(&r);
}

static void the_old_version_comes_back_with_its_region_as_it_was(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "total_1");
    count(&r, 5);
    rig_swap(&r, "total_2", WISP_OK);
    assert_int_equal(rig_deliver(&r, TRAP, 2, 7, 0), WISP_OK);
    rig_expect(&r, "v1 #6 =7; ");
    rig_deinit(&r);
}

static void a_region_of_another_size_is_refused(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "total_1");
    count(&r, 5);
    wisp_error err;
    assert_int_equal(wisp_guest_swap(r.guest, rig_module("total_larger"), &err), WISP_MISMATCH);
    assert_string_equal(err.text, "the state of version 1 is of 64 bytes, 'wisp_state' of 128");
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v1 #6 =7; ");
    rig_deinit(&r);
}

static void a_version_with_wisp_restore_can_take_a_region_of_another_size(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "total_1");
    count(&r, 5);
    rig_swap(&r, "total_larger_restores", WISP_OK);
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v3 #6 =7; ");
    rig_deinit(&r);
}

static void a_region_over_the_limit_is_not_carried(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.state_size_max = 63}, "total_1");
    count(&r, 5);
    rig_swap(&r, "total_2", WISP_OK);
    assert_string_equal(r.last_reason, "the state is of more than 63 bytes");
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v2 #1 =7; ");
    rig_deinit(&r);
}

static void a_region_outside_of_the_memory_keeps_a_module_out(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, NULL);
    wisp_error err;
    assert_int_equal(wisp_guest_start(r.guest, rig_module("total_outside"), &err), WISP_MISMATCH);
    assert_non_null(strstr(err.text, "where 131072 bytes are outside the memory"));
    rig_deinit(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_region_goes_to_the_new_version),
        cmocka_unit_test(the_region_of_a_version_that_trapped_is_the_one_saved_last),
        cmocka_unit_test(the_old_version_comes_back_with_its_region_as_it_was),
        cmocka_unit_test(a_region_of_another_size_is_refused),
        cmocka_unit_test(a_version_with_wisp_restore_can_take_a_region_of_another_size),
        cmocka_unit_test(a_region_over_the_limit_is_not_carried),
        cmocka_unit_test(a_region_outside_of_the_memory_keeps_a_module_out),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
