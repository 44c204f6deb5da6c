#include "delta_release.h"
#include "device.h"
#include "ration.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

/*
 * Every allocation of a device's day is refused, one after the other, those of the JSON library
 * too. Nothing leaks, nothing breaks, and with memory back all is as it should be.
 */

static ration own, json;
static wisp_allocator allocator;
static device d;
static delta_release release;

/* A day in which each call may say that there is no memory, and nothing worse. */
static void live_a_day(void)
{
    wisp_status opened = device_open(&d);
    /* The JSON library may take a refusal for a mistake in the text of the shipped root. */
    assert_true(opened == WISP_OK || opened == WISP_NO_MEMORY ||
                (opened == WISP_INVALID && json.refuse_at));
    if (opened != WISP_OK)
        return;
    for (int i = 0; i < 2; i++) {
        wisp_status status = wisp_updater_check(d.updater, &d.result, &d.err);
        assert_true(status == WISP_OK || status == WISP_NO_MEMORY);
        /* The JSON library may lose a character of a text, which the signature then finds. */
        if (status == WISP_OK && d.result.outcome == WISP_UPDATE_FAILED)
            assert_true(json.refuse_at && says(d.result.reason, "needed signatures verify"));
        status = wisp_updater_acquire(d.updater, &d.image, &d.err);
        assert_true(status == WISP_OK || status == WISP_NO_MEMORY);
        if (status == WISP_OK) {
            assert_int_equal(wisp_updater_commit(d.updater, &d.image, &d.err), WISP_OK);
            wisp_image_free(d.updater, &d.image);
        }
        status = wisp_updater_report(d.updater, &d.err); /* nobody is there */
        assert_true(status == WISP_OK || status == WISP_NO_MEMORY || status == WISP_NETWORK ||
                    status == WISP_BUSY);
    }
    device_close(&d);
}

/* The repository in the test must not starve: it is all made before. */
static void prepare(void)
{
    device_init(&d);
    d.config.allocator = &allocator;
    d.config.events_url = "http://repo/events";
    assert_int_equal(device_open(&d), WISP_OK);
    device_update(&d, 2, release.base);
    device_close(&d);
    repo_rotate(&d.repo, WISP_ROLE_SNAPSHOT, 1);
    delta_release_publish(&release, &d.repo, 3);
}

static uint64_t sweep(ration *r)
{
    for (uint64_t n = 1;; n++) {
        prepare();
        int64_t own_live = own.live, json_live = json.live;
        ration_refuse(r, n);
        live_a_day();
        bool struck = ration_struck(r);
        ration_refuse(r, 0);
        assert_int_equal(own.live, own_live);
        assert_int_equal(own.live_bytes, 0);
        assert_int_equal(json.live, json_live);

        assert_int_equal(device_open(&d), WISP_OK);
        wisp_update_outcome outcome = device_check(&d);
        assert_true(outcome == WISP_UPDATE_UP_TO_DATE || outcome == WISP_UPDATE_STAGED);
        device_acquire(&d);
        assert_true(device_runs(&d, release.content));
        assert_int_equal(device_status(&d).ban_count, 0);
        device_deinit(&d);
        if (!struck)
            return n - 1;
    }
}

static int make_release(void **state)
{
    (void)state;
    delta_release_init(&release);
    return 0;
}

static int free_release(void **state)
{
    (void)state;
    delta_release_deinit(&release);
    return 0;
}

static void any_allocation_of_ours_may_be_refused(void **state)
{
    (void)state;
    uint64_t points = sweep(&own);
    print_message("# %llu points\n", (unsigned long long)points);
    assert_true(points > 20);
}

static void any_allocation_of_the_json_library_may_be_refused(void **state)
{
    (void)state;
    uint64_t points = sweep(&json);
    print_message("# %llu points\n", (unsigned long long)points);
    assert_true(points > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_allocation_of_ours_may_be_refused),
        cmocka_unit_test(any_allocation_of_the_json_library_may_be_refused),
    };
    allocator = ration_allocator(&own);
    ration_json(&json);
    return cmocka_run_group_tests(tests, make_release, free_release);
}
