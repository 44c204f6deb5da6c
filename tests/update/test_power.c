#include "device.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/*
 * Every system call of a device's day is made to fail, one after the other and in every way, and
 * power is cut after it. Whatever happened: the device then runs a module that was verified and
 * not banned, and the next undisturbed check brings it up to date.
 */

static device d;

#define BANNED "the module that failed here"

/* A device that runs version 2, has banned version 3, and whose repository has version 4. */
static void prepare(void)
{
    device_init(&d);
    assert_int_equal(device_open(&d), WISP_OK);
    device_update(&d, 2, "module two");
    repo_release(&d.repo, 3, BANNED);
    device_check(&d);
    device_acquire(&d);
    device_reject(&d, "it failed");
    device_close(&d);
    repo_rotate(&d.repo, WISP_ROLE_TIMESTAMP, 1);
    repo_release(&d.repo, 4, "module four");
}

/* What may run at any time: never the banned one, never half of one. */
static void expect_sound_image(void)
{
    const wisp_image *image = device_acquire(&d);
    wisp_hash hash;
    assert_true(wisp_sha256(image->bytes, &hash));
    assert_memory_equal(hash.bytes, image->hash.bytes, sizeof hash.bytes);
    assert_false(device_runs(&d, BANNED));
    assert_true(device_runs(&d, DEVICE_BASE) || device_runs(&d, "module two") ||
                device_runs(&d, "module four"));
}

/* What the day was told to be done, which no crash may undo. */
static bool was_staged, was_committed, was_rejected;

static void commit(void)
{
    wisp_status status = wisp_updater_commit(d.updater, &d.image, NULL);
    if (status == WISP_OK && d.image.source == WISP_IMAGE_TRIAL)
        was_committed = true;
}

static void check(void)
{
    if (wisp_updater_check(d.updater, &d.result, NULL) == WISP_OK &&
        d.result.outcome == WISP_UPDATE_STAGED)
        was_staged = true;
}

/* A day: start, run, check, start the new one, and find that it works. Failures are part of it.
 */
static void live_a_day(void)
{
    if (device_open(&d) != WISP_OK)
        return;
    expect_sound_image();
    check();
    expect_sound_image();
    commit();
    check();
    device_close(&d);
}

/* A start with nothing in the way. */
static void expect_convergence(void)
{
    assert_int_equal(device_open(&d), WISP_OK);
    assert_true(device_has_banned(&d, BANNED));
    expect_sound_image();
    if (was_committed)
        assert_int_equal(d.image.source, WISP_IMAGE_GOOD);
    if (was_committed || was_staged)
        assert_true(device_runs(&d, "module four"));
    assert_int_not_equal(d.image.source, WISP_IMAGE_BASE); /* version 2 was there before */
    wisp_updater_commit(d.updater, &d.image, NULL);
    wisp_update_outcome outcome = device_check(&d);
    if (outcome != WISP_UPDATE_UP_TO_DATE && outcome != WISP_UPDATE_STAGED)
        print_error("%s\n", d.result.reason);
    assert_true(outcome == WISP_UPDATE_UP_TO_DATE || outcome == WISP_UPDATE_STAGED);
    device_acquire(&d);
    wisp_updater_commit(d.updater, &d.image, NULL);
    assert_int_equal(device_status(&d).good.version, 4);
    device_close(&d);
    /* No litter is left: one blob, four documents, two slots, bans, events and lock. */
    assert_int_equal(device_open(&d), WISP_OK);
    assert_string_equal(device_status(&d).trouble, "");
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/blobs/"), 1);
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/metadata/"), 4);
    assert_int_equal(faulty_os_count(&d.disk, DEVICE_DIR "/"), 1 + 4 + 2 + 2 + 3);
    device_close(&d);
}

/* Returns how many calls were made to fail. */
static uint64_t sweep(fault kind, survival kept, void (*day)(void), void (*after)(void))
{
    for (uint64_t n = 1;; n++) {
        prepare();
        was_staged = was_committed = was_rejected = false;
        faulty_os_arm(&d.disk, kind, n);
        day();
        bool struck = faulty_os_struck(&d.disk);
        device_crash(&d, kept);
        assert_int_equal(faulty_os_open_len(&d.disk), 0);
        after();
        device_deinit(&d);
        if (!struck) {
            assert_true(n > 50);
            return n - 1;
        }
    }
}

static const struct {
    const char *name;
    fault kind;
    survival kept;
} sweeps[] = {
    {"EIO, process killed", FAULT_EIO, SURVIVES_ALL},
    {"EIO, power loss", FAULT_EIO, SURVIVES_SYNCED},
    {"ENOSPC, process killed", FAULT_ENOSPC, SURVIVES_ALL},
    {"ENOSPC, power loss", FAULT_ENOSPC, SURVIVES_SYNCED},
    {"short write, power loss", FAULT_SHORT, SURVIVES_SYNCED},
    {"crash, process killed", FAULT_CRASH, SURVIVES_ALL},
    {"crash, power loss", FAULT_CRASH, SURVIVES_SYNCED},
    {"crash, power loss, names alone survive", FAULT_CRASH, SURVIVES_NAMES},
};

static void any_call_of_a_day_may_fail(void **state)
{
    (void)state;
    uint64_t total = 0;
    for (size_t i = 0; i < sizeof sweeps / sizeof *sweeps; i++)
        total += sweep(sweeps[i].kind, sweeps[i].kept, live_a_day, expect_convergence);
    print_message("# %llu points\n", (unsigned long long)total);
}

/* --- a module that fails ----------------------------------------------------------------- */

static void reject_for_a_day(void)
{
    if (device_open(&d) != WISP_OK)
        return;
    check();
    if (device_acquire(&d)->source == WISP_IMAGE_TRIAL)
        was_rejected = wisp_updater_reject(d.updater, &d.image, "no good", NULL) == WISP_OK;
    expect_sound_image();
    /* Rejected is rejected for this process, even if it could not be written. */
    if (d.image.source == WISP_IMAGE_TRIAL)
        assert_false(was_rejected);
    device_close(&d);
}

static void expect_ban(void)
{
    assert_int_equal(device_open(&d), WISP_OK);
    assert_true(device_has_banned(&d, BANNED));
    if (was_rejected) {
        assert_true(device_has_banned(&d, "module four"));
        assert_int_equal(device_check(&d), WISP_UPDATE_REFUSED);
        assert_int_equal(d.result.status, WISP_BANNED);
        assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD);
    }
    /* The fix comes through in any case, after at most the attempts that the bad one has. */
    repo_release(&d.repo, 5, "module two, mended");
    device_check(&d);
    device_acquire(&d);
    wisp_updater_commit(d.updater, &d.image, NULL);
    assert_true(device_runs(&d, "module two, mended"));
}

static void any_call_around_a_rejection_may_fail(void **state)
{
    (void)state;
    uint64_t total = 0;
    for (size_t i = 0; i < sizeof sweeps / sizeof *sweeps; i++)
        total += sweep(sweeps[i].kind, sweeps[i].kept, reject_for_a_day, expect_ban);
    print_message("# %llu points\n", (unsigned long long)total);
}

/* --- a module that takes its process down with it ---------------------------------------- */

static void start_and_die(void)
{
    if (device_open(&d) != WISP_OK)
        return;
    check();
    device_acquire(&d);
}

/* It dies at each start, and all the time something else fails too: it gets no more starts than
 * its attempts, and one for each that the fault hid. */
static void expect_few_starts(void)
{
    int starts = 0;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(device_open(&d), WISP_OK);
        assert_false(device_runs(&d, BANNED));
        starts += device_acquire(&d)->source == WISP_IMAGE_TRIAL;
        device_check(&d);
        device_crash(&d, SURVIVES_SYNCED);
    }
    assert_in_range(starts, 0, 3);
    assert_int_equal(device_open(&d), WISP_OK);
    assert_true(device_has_banned(&d, "module four"));
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_GOOD);
}

static void a_module_that_kills_its_process_gets_no_more_than_its_attempts(void **state)
{
    (void)state;
    uint64_t total = 0;
    for (size_t i = 0; i < sizeof sweeps / sizeof *sweeps; i++)
        total += sweep(sweeps[i].kind, sweeps[i].kept, start_and_die, expect_few_starts);
    print_message("# %llu points\n", (unsigned long long)total);
}

/* --- a new device ------------------------------------------------------------------------ */

static void the_first_start_of_a_device_may_fail_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sweeps / sizeof *sweeps; i++) {
        bool struck = true;
        for (uint64_t n = 1; struck; n++) {
            device_init(&d);
            repo_release(&d.repo, 2, "module two");
            was_staged = was_committed = false;
            faulty_os_arm(&d.disk, sweeps[i].kind, n);
            live_a_day();
            struck = faulty_os_struck(&d.disk);
            device_crash(&d, sweeps[i].kept);
            assert_int_equal(device_open(&d), WISP_OK);
            expect_sound_image();
            if (was_staged || was_committed)
                assert_true(device_runs(&d, "module two"));
            device_check(&d);
            device_acquire(&d);
            assert_true(device_runs(&d, "module two"));
            device_deinit(&d);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_call_of_a_day_may_fail),
        cmocka_unit_test(any_call_around_a_rejection_may_fail),
        cmocka_unit_test(a_module_that_kills_its_process_gets_no_more_than_its_attempts),
        cmocka_unit_test(the_first_start_of_a_device_may_fail_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
