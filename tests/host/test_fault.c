#include "rig.h"

#include <stdio.h>
#include <string.h>

/* What becomes of a guest whose version fails outside of probation. */

#define MS 1000000u

static void expect_state(const struct rig *r, wisp_guest_state expected, uint32_t version)
{
    assert_int_equal(rig_status(r).state, expected);
    assert_int_equal(rig_status(r).version, version);
}

static void trap(struct rig *r)
{
    assert_int_equal(rig_deliver(r, TRAP, 0, 0, 0), WISP_TRAP);
}

static void count(struct rig *r, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++)
        assert_int_equal(rig_deliver(r, COUNT, 0, 0, 0), WISP_OK);
    r->heard_len = 0;
    r->heard[0] = '\0';
}

/* Lets time go on to the end of a pause that must be of [pause_ms]. */
static void sit_out(struct rig *r, uint32_t pause_ms)
{
    expect_state(r, WISP_GUEST_STATE_PAUSED, 0);
    assert_int_equal(wisp_host_next_ns(r->host) - r->now_ns, (uint64_t)pause_ms * MS);
    r->now_ns += (uint64_t)pause_ms * MS - 1;
    rig_step(r);
    expect_state(r, WISP_GUEST_STATE_PAUSED, 0);
    r->now_ns++;
    rig_step(r);
}

/* ------------------------------------------------------------------ restart */

static void the_first_restart_is_at_once_and_pauses_double_after_it(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.restarts_max = 4, .restart_pause_ms = 50}, "v1");
    trap(&r);
    expect_state(&r, WISP_GUEST_STATE_RUNNING, 1);
    for (uint32_t pause_ms = 50; pause_ms <= 200; pause_ms *= 2) {
        trap(&r);
        assert_non_null(strstr(r.last_reason, "unreachable"));
        assert_int_equal(r.last_trap.code, WISP_TRAP_UNREACHABLE);
        sit_out(&r, pause_ms);
        expect_state(&r, WISP_GUEST_STATE_RUNNING, 1);
        assert_non_null(strstr(r.last_reason, "unreachable"));
    }
    trap(&r);
    expect_state(&r, WISP_GUEST_STATE_DOWN, 0);
    rig_expect_events(&r, "restarted 1; paused 1; restarted 1; paused 1; restarted 1; "
                          "paused 1; restarted 1; down 1; ");
    assert_int_equal(rig_status(&r).restarts, 4);
    assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_INVALID);
    assert_true(wisp_host_next_ns(r.host) == UINT64_MAX);
    rig_deinit(&r);
}

static void a_good_entry_makes_pauses_short_again(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    for (int i = 0; i < 5; i++) {
        trap(&r);
        trap(&r);
        sit_out(&r, 100);
        count(&r, 1);
    }
    assert_int_equal(rig_status(&r).restarts, 10);
    rig_deinit(&r);
}

static void a_pause_is_an_hour_at_the_most(void **state)
{
    (void)state;
    struct rig r;
    wisp_guest_config config = {.restarts_max = 100, .restart_pause_ms = 1000000};
    rig_start(&r, &config, "v1");
    trap(&r);
    trap(&r);
    sit_out(&r, 1000000);
    trap(&r);
    sit_out(&r, 2000000);
    for (int i = 0; i < 40; i++) {
        trap(&r);
        sit_out(&r, 3600000);
        r.events_len = 0;
    }
    rig_deinit(&r);
}

static void what_is_sent_during_a_pause_waits(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    trap(&r);
    rig_send(&r, TRAP, 0, 0, 0);
    rig_send(&r, COUNT, 0, 1, 0); /* is behind the one that traps */
    rig_step(&r);
    rig_send(&r, COUNT, 0, 2, 0);
    rig_step(&r);
    assert_int_equal(rig_status(&r).queue_len, 2);
    assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_INVALID);
    r.now_ns = wisp_host_next_ns(r.host);
    rig_step(&r);
    rig_expect(&r, "v1 #1 =1; v1 #2 =2; ");
    rig_deinit(&r);
}

static void a_restart_that_fails_is_one_of_them(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "restore_says_no");
    assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_OK);
    trap(&r);
    sit_out(&r, 100);
    sit_out(&r, 200);
    rig_expect_events(&r, "paused 2; paused 2; down 2; ");
    assert_non_null(strstr(r.last_reason, "started again: wisp_restore returned 18 for the "
                                          "state of version 2, expected 0"));
    assert_int_equal(rig_status(&r).restarts, 0);
    rig_deinit(&r);
}

static void a_start_ends_a_pause(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    count(&r, 3);
    assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_OK);
    trap(&r);
    trap(&r);
    rig_swap(&r, "v2", WISP_INVALID);
    assert_int_equal(wisp_guest_start(r.guest, rig_module("v2"), NULL), WISP_OK);
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v2 #4 =7; ");
    r.now_ns += 1000 * MS;
    rig_step(&r);
    expect_state(&r, WISP_GUEST_STATE_RUNNING, 2);
    rig_expect_events(&r, "restarted 1; paused 1; started 2; ");
    rig_deinit(&r);
}

static void a_start_that_fails_leaves_the_pause(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    trap(&r);
    trap(&r);
    assert_int_equal(wisp_guest_start(r.guest, rig_module("start_says_no"), NULL),
                     WISP_UNSUPPORTED);
    sit_out(&r, 100);
    expect_state(&r, WISP_GUEST_STATE_RUNNING, 1);
    rig_deinit(&r);
}

static void a_stop_ends_a_pause(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    trap(&r);
    trap(&r);
    assert_int_equal(wisp_guest_stop(r.guest), WISP_OK);
    expect_state(&r, WISP_GUEST_STATE_EMPTY, 0);
    r.now_ns += 1000 * MS;
    rig_step(&r);
    expect_state(&r, WISP_GUEST_STATE_EMPTY, 0);
    rig_expect_events(&r, "restarted 1; paused 1; stopped 0; ");
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ drop, disable */

static void an_event_can_be_dropped_and_the_instance_kept(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.on_fault = WISP_ON_FAULT_DROP}, "v1");
    count(&r, 3);
    for (int i = 0; i < 10; i++)
        trap(&r);
    assert_int_equal(rig_status(&r).messages_dropped, 10);
    assert_int_equal(rig_status(&r).traps, 10);
    assert_int_equal(rig_status(&r).restarts, 0);
    r.events_len = 0;
    assert_int_equal(rig_deliver(&r, LOOP, 0, 0, 0), WISP_TRAP);
    rig_expect_events(&r, "failed 1; ");
    assert_int_equal(r.last_trap.code, WISP_TRAP_FUEL);
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v1 #4 =7; "); /* it has forgotten nothing */
    rig_deinit(&r);
}

static void a_guest_can_be_down_at_once(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.on_fault = WISP_ON_FAULT_DISABLE}, "v1");
    trap(&r);
    rig_expect_events(&r, "down 1; ");
    expect_state(&r, WISP_GUEST_STATE_DOWN, 0);
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ roll back */

static const wisp_guest_config rolls_back = {.on_fault = WISP_ON_FAULT_ROLL_BACK};

static void commit_swap(struct rig *r, const char *name)
{
    rig_swap(r, name, WISP_OK);
    assert_int_equal(wisp_guest_decide(r->guest, true, NULL, NULL), WISP_OK);
}

static void a_committed_module_that_fails_gives_way_to_the_one_before(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &rolls_back, "v1");
    count(&r, 3);
    commit_swap(&r, "v2");
    count(&r, 2);
    assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_OK); /* not for the one before */
    trap(&r);
    rig_expect_events(&r, "swapped 2<1; committed 2; reverted 2<1; ");
    assert_int_equal(r.last_trap.code, WISP_TRAP_UNREACHABLE);
    expect_state(&r, WISP_GUEST_STATE_RUNNING, 1);
    assert_ptr_equal(wisp_guest_module(r.guest), rig_module("v1"));
    assert_int_equal(rig_status(&r).reverts, 1);
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v1 #4 =7; "); /* as it was at the swap */
    rig_deinit(&r);
}

static void where_none_was_before_it_is_started_again(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &rolls_back, "v1");
    trap(&r);
    rig_expect_events(&r, "restarted 1; ");
    commit_swap(&r, "v2");
    trap(&r); /* back to v1 … */
    trap(&r); /* … which has none before it */
    rig_expect_events(&r, "swapped 2<1; committed 2; reverted 2<1; restarted 1; ");
    rig_deinit(&r);
}

static void where_that_does_not_start_any_more_it_is_started_again(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &rolls_back, "restore_says_no");
    count(&r, 3);
    commit_swap(&r, "v1");
    trap(&r);
    rig_expect_events(&r, "swapped 1<2; committed 1; refused 2; restarted 1; ");
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v1 #4 =7; ");
    rig_deinit(&r);
}

/* Every allocation of going back is refused, once or for good: the guest runs, or will, or is
 * down, and what is remembered is freed. */
static void going_back_without_memory_harms_nothing(void **state)
{
    (void)state;
    bool was_reached = true;
    for (size_t n = 1; was_reached; n++) {
        for (int is_for_good = 0; is_for_good < 2; is_for_good++) {
            struct rig r;
            rig_start(&r, &rolls_back, "v1");
            count(&r, 3);
            rig_swap(&r, "v2", WISP_OK);
            size_t first = r.ledger.calls + n;
            r.ledger.refuse_from = first;
            r.ledger.refuse_to = is_for_good ? SIZE_MAX : first;
            wisp_guest_decide(r.guest, true, NULL, NULL);
            trap(&r);
            was_reached = r.ledger.calls >= first;
            r.ledger.refuse_from = 0;
            wisp_guest_state found = rig_status(&r).state;
            assert_true(found == WISP_GUEST_STATE_RUNNING || found == WISP_GUEST_STATE_PAUSED);
            r.now_ns += 100 * MS;
            rig_step(&r);
            assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_OK);
            rig_deinit(&r);
        }
    }
}

/* ------------------------------------------------------------------ which modules are needed */

static char unused[256];

static const char *name_of(const wisp_module *module)
{
    return module == rig_module("v1") ? "v1" : module == rig_module("v2") ? "v2" : "v3";
}

static void note_unused(void *user, wisp_guest *guest, const wisp_module *module)
{
    (void)user;
    assert_ptr_not_equal(wisp_guest_module(guest), module);
    size_t len = strlen(unused);
    snprintf(unused + len, sizeof unused - len, "%s; ", name_of(module));
}

static void expect_unused(const char *expected)
{
    assert_string_equal(unused, expected);
    unused[0] = '\0';
}

static void a_module_is_needed_as_long_as_it_may_come_back(void **state)
{
    (void)state;
    wisp_guest_config config = rolls_back;
    config.on_unused = note_unused;
    struct rig r;
    rig_start(&r, &config, "v1");
    commit_swap(&r, "v2");
    expect_unused("");
    rig_swap(&r, "v3", WISP_OK);
    expect_unused("");
    wisp_guest_decide(r.guest, true, NULL, NULL);
    expect_unused("v1; ");
    trap(&r);
    expect_unused("v3; ");
    commit_swap(&r, "v2"); /* the same again, in both places */
    expect_unused("");
    commit_swap(&r, "v1");
    expect_unused("");
    wisp_guest_stop(r.guest);
    expect_unused("v1; v2; ");
    rig_deinit(&r);
    expect_unused("");
}

static void a_module_is_needed_during_its_pause(void **state)
{
    (void)state;
    wisp_guest_config config = {.restarts_max = 2, .on_unused = note_unused};
    struct rig r;
    rig_start(&r, &config, "v1");
    trap(&r);
    trap(&r);
    expect_unused("");
    sit_out(&r, 100);
    expect_unused("");
    trap(&r);
    expect_state(&r, WISP_GUEST_STATE_DOWN, 0);
    expect_unused("v1; ");
    assert_int_equal(wisp_guest_start(r.guest, rig_module("v2"), NULL), WISP_OK);
    trap(&r);
    trap(&r);
    assert_int_equal(wisp_guest_start(r.guest, rig_module("v3"), NULL), WISP_OK);
    expect_unused("v2; ");
    trap(&r);
    trap(&r);
    wisp_guest_stop(r.guest);
    expect_unused("v3; ");
    rig_deinit(&r);
    expect_unused("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_restart_is_at_once_and_pauses_double_after_it),
        cmocka_unit_test(a_good_entry_makes_pauses_short_again),
        cmocka_unit_test(a_pause_is_an_hour_at_the_most),
        cmocka_unit_test(what_is_sent_during_a_pause_waits),
        cmocka_unit_test(a_restart_that_fails_is_one_of_them),
        cmocka_unit_test(a_start_ends_a_pause),
        cmocka_unit_test(a_start_that_fails_leaves_the_pause),
        cmocka_unit_test(a_stop_ends_a_pause),
        cmocka_unit_test(an_event_can_be_dropped_and_the_instance_kept),
        cmocka_unit_test(a_guest_can_be_down_at_once),
        cmocka_unit_test(a_committed_module_that_fails_gives_way_to_the_one_before),
        cmocka_unit_test(where_none_was_before_it_is_started_again),
        cmocka_unit_test(where_that_does_not_start_any_more_it_is_started_again),
        cmocka_unit_test(going_back_without_memory_harms_nothing),
        cmocka_unit_test(a_module_is_needed_as_long_as_it_may_come_back),
        cmocka_unit_test(a_module_is_needed_during_its_pause),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
