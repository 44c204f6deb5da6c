#include "fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* A second process on the folder of the device, which has it as long as it is open. */

static wisp_updater *follower;
static wisp_image running; /* in the follower */

static void open_follower(void)
{
    wisp_updater_config config = d.config;
    config.follows = true;
    if (wisp_updater_open(&config, &follower, &d.err))
        fail_msg("wisp_updater_open: %s", d.err.text);
}

static int teardown(void **state)
{
    if (follower)
        wisp_image_free(follower, &running);
    wisp_updater_close(follower);
    follower = NULL;
    return teardown_device(state);
}

static bool look(void)
{
    d.disk.monotonic += 1000000000;
    return wisp_updater_follow(follower);
}

/* What the follower is to run. */
static bool runs(const char *content, wisp_image_source source)
{
    wisp_image_free(follower, &running);
    assert_int_equal(wisp_updater_acquire(follower, &running, &d.err), WISP_OK);
    return running.source == source && running.bytes.size == strlen(content) &&
           memcmp(running.bytes.data, content, running.bytes.size) == 0;
}

/* ------------------------------------------------------------------ claims */

static void a_follower_runs_what_was_proved_good(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    open_follower();
    assert_true(wisp_updater_is_follower(follower));
    assert_false(wisp_updater_is_follower(d.updater));
    assert_true(runs("module two", WISP_IMAGE_GOOD));
    wisp_update_status status;
    wisp_updater_status(follower, &status);
    assert_string_equal(status.trouble, "");
}

static void what_is_proved_good_later_is_seen_and_nothing_on_trial(void **state)
{
    (void)state;
    open_device();
    open_follower();
    assert_true(runs(DEVICE_BASE, WISP_IMAGE_BASE));
    repo_release(&d.repo, 2, "module two");
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    assert_false(look());
    device_acquire(&d);
    assert_false(look());
    assert_true(runs(DEVICE_BASE, WISP_IMAGE_BASE));
    device_commit(&d);
    assert_true(look());
    assert_true(runs("module two", WISP_IMAGE_GOOD));
    assert_false(look());
}

static void a_follower_that_comes_during_a_trial_does_not_end_it(void **state)
{
    (void)state;
    d.config.attempts_max = 1;
    open_device();
    repo_release(&d.repo, 2, "module two");
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    device_acquire(&d);
    open_follower();
    assert_true(runs(DEVICE_BASE, WISP_IMAGE_BASE));
    device_commit(&d);
    assert_true(look());
    assert_true(runs("module two", WISP_IMAGE_GOOD));
}

static void it_looks_once_a_second(void **state)
{
    (void)state;
    open_device();
    open_follower();
    assert_false(look());
    device_update(&d, 2, "module two");
    d.disk.monotonic += 999999999;
    assert_false(wisp_updater_follow(follower));
    d.disk.monotonic += 1;
    assert_true(wisp_updater_follow(follower));
}

static void what_is_taken_back_goes_from_the_follower(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    device_update(&d, 3, "module three");
    open_follower();
    assert_true(runs("module three", WISP_IMAGE_GOOD));
    device_acquire(&d);
    device_reject(&d, "it was slow");
    assert_true(look());
    assert_true(runs(DEVICE_BASE, WISP_IMAGE_BASE));
}

static void a_follower_neither_checks_nor_writes(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    open_follower();
    repo_release(&d.repo, 3, "module three");
    const wisp_update_status before = device_status(&d);
    wisp_update_result result;
    assert_int_equal(wisp_updater_check(follower, &result, &d.err), WISP_OK);
    assert_int_equal(result.outcome, WISP_UPDATE_UNAVAILABLE);
    assert_true(says(result.reason, "another process has the folder"));
    device_close(&d);
    open_device();
    wisp_update_status after = device_status(&d);
    assert_true(device_is_same(&before, &after));
}

static void what_a_follower_rejects_it_does_not_run_again(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    open_follower();
    assert_true(runs("module two", WISP_IMAGE_GOOD));
    assert_int_equal(wisp_updater_reject(follower, &running, "it failed here", &d.err),
                     WISP_BUSY);
    assert_true(runs(DEVICE_BASE, WISP_IMAGE_BASE));
    assert_false(device_has_banned(&d, "module two"));
    device_acquire(&d);
    assert_true(device_runs(&d, "module two"));
    device_update(&d, 3, "module three");
    assert_true(look());
    assert_true(runs("module three", WISP_IMAGE_GOOD));
}

static void it_has_the_folder_when_the_other_has_ended(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    open_follower();
    repo_release(&d.repo, 3, "module three");
    device_close(&d);
    assert_true(look());
    assert_false(wisp_updater_is_follower(follower));
    assert_false(look());
    wisp_update_result result;
    assert_int_equal(wisp_updater_check(follower, &result, &d.err), WISP_OK);
    assert_int_equal(result.outcome, WISP_UPDATE_STAGED);
    assert_true(runs("module three", WISP_IMAGE_TRIAL));
    assert_int_equal(wisp_updater_commit(follower, &running, &d.err), WISP_OK);
    assert_int_equal(device_open(&d), WISP_BUSY);
}

static void a_trial_that_ended_the_other_is_not_made_again(void **state)
{
    (void)state;
    d.config.attempts_max = 1;
    open_device();
    device_update(&d, 2, "module two");
    repo_release(&d.repo, 3, "module three");
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    device_acquire(&d);
    open_follower();
    device_close(&d); /* as if it had been killed */
    assert_true(look());
    assert_true(runs("module two", WISP_IMAGE_GOOD));
    wisp_update_status status;
    wisp_updater_status(follower, &status);
    assert_int_equal(status.ban_count, 1);
}

static void a_folder_that_cannot_be_read_for_a_while_changes_nothing(void **state)
{
    (void)state;
    open_device();
    device_update(&d, 2, "module two");
    open_follower();
    device_update(&d, 3, "module three");
    for (uint64_t n = 1;; n++) {
        faulty_os_arm(&d.disk, FAULT_EIO, n);
        bool is_changed = look();
        bool has_failed = faulty_os_struck(&d.disk);
        faulty_os_arm(&d.disk, FAULT_NONE, 0);
        assert_true(runs(is_changed ? "module three" : "module two", WISP_IMAGE_GOOD));
        if (!has_failed)
            break;
        if (is_changed)
            return; /* the fault came too late to matter */
    }
    assert_true(runs("module three", WISP_IMAGE_GOOD));
}

int main(void)
{
#define CASE(claim) cmocka_unit_test_setup_teardown(claim, setup_device, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_follower_runs_what_was_proved_good),
        CASE(what_is_proved_good_later_is_seen_and_nothing_on_trial),
        CASE(a_follower_that_comes_during_a_trial_does_not_end_it),
        CASE(it_looks_once_a_second),
        CASE(what_is_taken_back_goes_from_the_follower),
        CASE(a_follower_neither_checks_nor_writes),
        CASE(what_a_follower_rejects_it_does_not_run_again),
        CASE(it_has_the_folder_when_the_other_has_ended),
        CASE(a_trial_that_ended_the_other_is_not_made_again),
        CASE(a_folder_that_cannot_be_read_for_a_while_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
