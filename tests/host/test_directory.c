#include "rig.h"

#include <string.h>

/* How guests are found, and when their modules are needed no longer. */

static void guests_are_found_by_id_and_in_the_order_in_which_they_were_made(void **state)
{
    struct rig r;
    wisp_guest *second;
    (void)state;
    rig_init(&r, NULL);
    wisp_guest_config config = {.name = "second", .app_id = 0xfeedfacecafebeef};
    assert_int_equal(wisp_guest_new(r.host, &config, &second, NULL), WISP_OK);
    assert_int_equal(wisp_guest_id(r.guest), 1);
    assert_int_equal(wisp_guest_id(second), 2);
    assert_string_equal(wisp_guest_name(r.guest), "guest");
    assert_string_equal(wisp_guest_name(second), "second");
    assert_true(wisp_guest_app_id(second) == 0xfeedfacecafebeef);
    assert_ptr_equal(wisp_host_guest(r.host, 2), second);
    assert_null(wisp_host_guest(r.host, 3));
    assert_ptr_equal(wisp_host_next_guest(r.host, NULL), r.guest);
    assert_ptr_equal(wisp_host_next_guest(r.host, r.guest), second);
    assert_null(wisp_host_next_guest(r.host, second));
    rig_deinit(&r);
}

static void an_id_is_not_given_again(void **state)
{
    struct rig r;
    wisp_guest *guest;
    (void)state;
    rig_init(&r, NULL);
    for (uint32_t i = 2; i < 5; i++) {
        assert_int_equal(wisp_guest_new(r.host, NULL, &guest, NULL), WISP_OK);
        assert_int_equal(wisp_guest_id(guest), i);
        wisp_guest_free(guest);
    }
    rig_deinit(&r);
}

static void an_app_id_is_had_by_one_guest_at_a_time(void **state)
{
    struct rig r;
    wisp_guest *first, *second;
    wisp_error err;
    (void)state;
    rig_init(&r, NULL);
    wisp_guest_config config = {.name = "first", .app_id = 7};
    assert_int_equal(wisp_guest_new(r.host, &config, &first, NULL), WISP_OK);
    assert_int_equal(wisp_guest_new(r.host, &config, &second, &err), WISP_INVALID);
    assert_non_null(strstr(err.text, "'first' has app id 0x0000000000000007"));
    wisp_guest_free(first);
    assert_int_equal(wisp_guest_new(r.host, &config, &second, NULL), WISP_OK);
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ modules */

static unsigned unused_v1, unused_v2;

static void count_unused(void *user, wisp_guest *guest, const wisp_module *module)
{
    (void)user;
    assert_true(wisp_guest_module(guest) != module);
    unused_v1 += module == rig_module("v1");
    unused_v2 += module == rig_module("v2");
}

static void expect_unused(unsigned v1, unsigned v2)
{
    assert_int_equal(unused_v1, v1);
    assert_int_equal(unused_v2, v2);
}

static void start_counted(struct rig *r)
{
    const wisp_guest_config config = {.on_unused = count_unused};
    rig_start(r, &config, "v1");
    unused_v1 = unused_v2 = 0;
}

static void the_old_module_is_needed_until_the_new_one_is_committed(void **state)
{
    struct rig r;
    (void)state;
    start_counted(&r);
    rig_swap(&r, "v2", WISP_OK);
    expect_unused(0, 0);
    assert_int_equal(wisp_guest_decide(r.guest, true, NULL, NULL), WISP_OK);
    expect_unused(1, 0);
    rig_deinit(&r);
    expect_unused(1, 1);
}

static void a_module_that_was_reverted_from_is_needed_no_longer(void **state)
{
    struct rig r;
    (void)state;
    start_counted(&r);
    rig_swap(&r, "v2", WISP_OK);
    assert_int_equal(wisp_guest_decide(r.guest, false, "a test", NULL), WISP_OK);
    expect_unused(0, 1);
    rig_deinit(&r);
    expect_unused(1, 1);
}

static void both_modules_of_a_probation_are_told_when_the_guest_stops(void **state)
{
    struct rig r;
    (void)state;
    start_counted(&r);
    rig_swap(&r, "v2", WISP_OK);
    assert_int_equal(wisp_guest_stop(r.guest), WISP_OK);
    expect_unused(1, 1);
    rig_deinit(&r);
    expect_unused(1, 1);
}

static void a_module_that_takes_over_from_itself_is_told_once(void **state)
{
    struct rig r;
    (void)state;
    start_counted(&r);
    rig_swap(&r, "v1", WISP_OK);
    assert_int_equal(wisp_guest_decide(r.guest, true, NULL, NULL), WISP_OK);
    expect_unused(0, 0);
    rig_deinit(&r);
    expect_unused(1, 0);
}

static void a_module_that_did_not_start_was_never_the_guests(void **state)
{
    struct rig r;
    (void)state;
    start_counted(&r);
    rig_swap(&r, "start_says_no", WISP_UNSUPPORTED);
    expect_unused(0, 0);
    rig_deinit(&r);
    expect_unused(1, 0);
}

static void a_module_that_is_started_again_is_needed_until_the_guest_is_down(void **state)
{
    struct rig r;
    (void)state;
    start_counted(&r);
    wisp_status status = rig_deliver(&r, TRAP, 0, 0, 0);
    assert_int_equal(status, WISP_TRAP);
    expect_unused(0, 0);
    rig_deinit(&r);
    expect_unused(1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guests_are_found_by_id_and_in_the_order_in_which_they_were_made),
        cmocka_unit_test(an_id_is_not_given_again),
        cmocka_unit_test(an_app_id_is_had_by_one_guest_at_a_time),
        cmocka_unit_test(the_old_module_is_needed_until_the_new_one_is_committed),
        cmocka_unit_test(a_module_that_was_reverted_from_is_needed_no_longer),
        cmocka_unit_test(both_modules_of_a_probation_are_told_when_the_guest_stops),
        cmocka_unit_test(a_module_that_takes_over_from_itself_is_told_once),
        cmocka_unit_test(a_module_that_did_not_start_was_never_the_guests),
        cmocka_unit_test(a_module_that_is_started_again_is_needed_until_the_guest_is_down),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
