#include "rig.h"

#include <string.h>

#include <wisp/event.h>

#include "guests/acts.h"

/*
 * A module that does not end is stopped by the clock, in whichever entry it hangs and however
 * much fuel it has. The clock of these tests goes on by a millisecond each time that it is read.
 */

static const wisp_guest_config endless = {.fuel = WISP_FUEL_UNLIMITED};

static void start(struct rig *r, const wisp_guest_config *config, const char *name)
{
    rig_start(r, config, name);
    r->tick_ns = 1000000;
}

static void assert_overdue(const struct rig *r, uint64_t times)
{
    assert_int_equal(r->last_trap.code, WISP_TRAP_DEADLINE);
    assert_int_equal(rig_status(r).deadlines_missed, times);
    assert_int_equal(rig_status(r).traps, times);
    assert_int_equal(rig_status(r).fuel_exhausted, 0);
}

static void a_message_that_hangs_is_ended(void **state)
{
    (void)state;
    struct rig r;
    start(&r, &endless, "v1");
    uint64_t began_ns = r.now_ns;
    assert_int_equal(rig_deliver(&r, LOOP, 0, 0, 0), WISP_TRAP);
    assert_in_range(r.now_ns - began_ns, 1000000000, 1100000000); /* by default a second */
    rig_expect_events(&r, "restarted 1; ");
    assert_overdue(&r, 1);
    assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_OK);
    rig_deinit(&r);
}

static void a_buffer_that_hangs_is_ended(void **state)
{
    (void)state;
    struct rig r;
    start(&r, &endless, "buffer_loops");
    assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_TRAP);
    assert_overdue(&r, 1);
    rig_deinit(&r);
}

static void a_task_that_hangs_is_ended(void **state)
{
    (void)state;
    struct rig r;
    start(&r, &endless, "v1");
    rig_deliver(&r, REPEAT, 0, 1, TASK_LOOPS);
    r.now_ns += 1000000;
    rig_step(&r);
    assert_overdue(&r, 1);
    rig_deinit(&r);
}

static uint64_t ticking_clock(void *user)
{
    return *(uint64_t *)user += 1000000;
}

static void a_done_that_hangs_is_ended(void **state)
{
    (void)state;
    uint64_t now_ns = 0;
    wisp_os os = *wisp_os_posix();
    os.monotonic_ns = ticking_clock;
    os.user = &now_ns;
    wisp_host *host;
    wisp_guest *guest;
    assert_int_equal(wisp_host_new(&(wisp_host_config){.os = &os}, &host, NULL), WISP_OK);
    assert_int_equal(wisp_guest_new(host, &endless, &guest, NULL), WISP_OK);
    assert_int_equal(wisp_guest_start(guest, rig_module("actor"), NULL), WISP_OK);
    struct act act = {.target = WISP_TO_PROGRAM, .type = WISP_EVENT_USER, .done = DONE_LOOPS};
    wisp_bytes bytes = {(const uint8_t *)&act, sizeof act};
    assert_int_equal(wisp_guest_deliver(guest, ACT_POST, bytes, NULL), WISP_OK);
    wisp_host_step(host, now_ns);
    wisp_guest_status status;
    wisp_guest_status_get(guest, &status);
    assert_int_equal(status.callbacks_called, 1);
    assert_int_equal(status.deadlines_missed, 1);
    wisp_host_free(host);
}

static void a_start_that_hangs_is_ended(void **state)
{
    (void)state;
    struct rig r;
    start(&r, &endless, "v1");
    rig_swap(&r, "start_loops", WISP_TRAP);
    rig_expect_events(&r, "refused 2; ");
    assert_overdue(&r, 1);
    assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_OK);
    rig_deinit(&r);
}

static void a_restore_that_hangs_is_ended(void **state)
{
    (void)state;
    struct rig r;
    start(&r, &endless, "v1");
    rig_swap(&r, "restore_loops", WISP_TRAP);
    assert_overdue(&r, 1);
    assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_OK);
    rig_deinit(&r);
}

static void a_save_that_hangs_delays_a_swap_and_no_more(void **state)
{
    (void)state;
    struct rig r;
    start(&r, &endless, "save_loops");
    rig_swap(&r, "v2", WISP_OK);
    assert_overdue(&r, 1);
    rig_deinit(&r);
}

static void a_stop_that_hangs_is_ended(void **state)
{
    (void)state;
    struct rig r;
    start(&r, &endless, "v1");
    rig_deliver(&r, STOP_LOOPS, 0, 0, 0);
    assert_int_equal(wisp_guest_stop(r.guest), WISP_OK);
    rig_expect_events(&r, "stopped 1; ");
    assert_overdue(&r, 1);
    rig_deinit(&r);
}

static void the_deadline_is_that_of_the_config(void **state)
{
    (void)state;
    wisp_guest_config config = endless;
    config.deadline_ms = 20;
    struct rig r;
    start(&r, &config, "v1");
    uint64_t began_ns = r.now_ns;
    rig_deliver(&r, LOOP, 0, 0, 0);
    assert_in_range(r.now_ns - began_ns, 20000000, 30000000);
    assert_overdue(&r, 1);
    rig_deinit(&r);
}

static void what_runs_out_of_fuel_first_is_told_so(void **state)
{
    (void)state;
    struct rig r;
    start(&r, NULL, "v1");
    rig_deliver(&r, LOOP, 0, 0, 0);
    assert_int_equal(r.last_trap.code, WISP_TRAP_FUEL);
    assert_int_equal(rig_status(&r).fuel_exhausted, 1);
    assert_int_equal(rig_status(&r).deadlines_missed, 0);
    assert_int_equal(rig_status(&r).traps, 1);
    rig_deinit(&r);
}

/* Fuel ends it, long after any deadline. */
static void without_a_deadline_the_clock_does_not_matter(void **state)
{
    (void)state;
    struct rig r;
    start(&r, &(wisp_guest_config){.fuel = 1000000, .deadline_ms = WISP_NO_DEADLINE}, "v1");
    r.tick_ns = 1000000000;
    rig_deliver(&r, LOOP, 0, 0, 0);
    assert_int_equal(r.last_trap.code, WISP_TRAP_FUEL);
    rig_deinit(&r);
}

/* Many short entries: each has a deadline of its own. */
static void time_does_not_add_up_over_entries(void **state)
{
    (void)state;
    struct rig r;
    start(&r, &(wisp_guest_config){.deadline_ms = 10}, "v1");
    for (uint32_t i = 0; i < 200; i++) {
        assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_OK);
        r.now_ns += 50000000;
        r.heard_len = 0;
    }
    assert_int_equal(rig_status(&r).deadlines_missed, 0);
    rig_deinit(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_that_hangs_is_ended),
        cmocka_unit_test(a_buffer_that_hangs_is_ended),
        cmocka_unit_test(a_task_that_hangs_is_ended),
        cmocka_unit_test(a_done_that_hangs_is_ended),
        cmocka_unit_test(a_start_that_hangs_is_ended),
        cmocka_unit_test(a_restore_that_hangs_is_ended),
        cmocka_unit_test(a_save_that_hangs_delays_a_swap_and_no_more),
        cmocka_unit_test(a_stop_that_hangs_is_ended),
        cmocka_unit_test(the_deadline_is_that_of_the_config),
        cmocka_unit_test(what_runs_out_of_fuel_first_is_told_so),
        cmocka_unit_test(without_a_deadline_the_clock_does_not_matter),
        cmocka_unit_test(time_does_not_add_up_over_entries),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
