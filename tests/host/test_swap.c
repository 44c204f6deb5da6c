#include "rig.h"

#include <string.h>

#include "maker.h"

/* How versions take over from one another, and how they do not. */

static const wisp_guest_config short_probation = {.probation_entries = 3};

static void expect_state(const struct rig *r, wisp_guest_state state, uint32_t version)
{
    assert_int_equal(rig_status(r).state, state);
    assert_int_equal(rig_status(r).version, version);
}

/* Counts [n] messages in the running version, unheard. */
static void count(struct rig *r, int n)
{
    for (int i = 0; i < n; i++)
        assert_int_equal(rig_deliver(r, COUNT, 0, 0, 0), WISP_OK);
    r->heard_len = 0;
    r->heard[0] = '\0';
}

/* ------------------------------------------------------------------ taking over */

static void a_swap_carries_the_state_and_the_number_of_the_old_version(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    count(&r, 5);
    rig_swap(&r, "v2", WISP_OK);
    rig_expect_events(&r, "swapped 2<1; ");
    rig_expect_logs(&r, "2 restored from 1; ");
    assert_int_equal(r.last_event.state_size, 4);
    assert_string_equal(r.last_reason, "");
    expect_state(&r, WISP_GUEST_STATE_PROBATION, 2);
    assert_ptr_equal(wisp_guest_module(r.guest), rig_module("v2"));
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v2 #6 =7; ");
    rig_deinit(&r);
}

static void a_guest_that_has_done_nothing_can_be_swapped(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_swap(&r, "v2", WISP_OK);
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v2 #1 =7; ");
    rig_deinit(&r);
}

static void queued_messages_go_to_the_new_version(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    for (uint32_t i = 1; i <= 3; i++)
        rig_send(&r, COUNT, 0, i, 0);
    rig_swap(&r, "v2", WISP_OK);
    rig_step(&r);
    rig_expect(&r, "v2 #1 =1; v2 #2 =2; v2 #3 =3; ");
    rig_deinit(&r);
}

static void a_swap_can_go_back_to_a_lower_version_number(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v3");
    count(&r, 2);
    rig_swap(&r, "v1", WISP_OK);
    rig_expect_logs(&r, "2 restored from 3; ");
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v1 #3 =7; ");
    rig_deinit(&r);
}

static void the_same_module_can_take_over_from_itself(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    count(&r, 2);
    rig_swap(&r, "v1", WISP_OK);
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v1 #3 =7; ");
    rig_deinit(&r);
}

static void a_swap_on_probation_commits_the_version_that_was_on_it(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    count(&r, 1);
    rig_swap(&r, "v2", WISP_OK);
    count(&r, 1);
    rig_swap(&r, "v3", WISP_OK);
    rig_expect_events(&r, "swapped 2<1; committed 2; swapped 3<2; ");
    assert_int_equal(wisp_guest_decide(r.guest, false, "no", NULL), WISP_OK);
    rig_expect_events(&r, "reverted 3<2; ");
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v2 #3 =7; ");
    rig_deinit(&r);
}

static void a_refused_swap_on_probation_changes_nothing(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_swap(&r, "v3", WISP_OK);
    count(&r, 1);
    rig_swap(&r, "restore_says_no", WISP_MISMATCH);
    rig_expect_events(&r, "swapped 3<1; refused 2; ");
    expect_state(&r, WISP_GUEST_STATE_PROBATION, 3);
    rig_deliver(&r, TRAP, 3, 7, 0);
    rig_expect_events(&r, "reverted 3<1; ");
    rig_expect(&r, "v1 #1 =0; v1 #2 =7; ");
    rig_deinit(&r);
}

static void the_pause_of_a_swap_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_swap(&r, "v2", WISP_OK);
    assert_int_equal(r.last_event.pause_ns, 0); /* the rig's clock stands still */
    assert_int_equal(rig_status(&r).swaps, 1);
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ a new version that cannot */

static void a_version_that_does_not_get_there_never_stops_the_old_one(void **state)
{
    (void)state;
    static const struct {
        const char *module;
        wisp_status status;
        wisp_trap_code trap;
        const char *event;
    } cases[] = {
        {"start_traps", WISP_TRAP, WISP_TRAP_UNREACHABLE, "refused 2; "},
        {"start_loops", WISP_TRAP, WISP_TRAP_FUEL, "refused 2; "},
        {"start_says_no", WISP_UNSUPPORTED, WISP_TRAP_NONE, "refused 2; "},
        {"restore_traps", WISP_TRAP, WISP_TRAP_UNREACHABLE, "refused 2; "},
        {"restore_loops", WISP_TRAP, WISP_TRAP_FUEL, "refused 2; "},
        {"restore_says_no", WISP_MISMATCH, WISP_TRAP_NONE, "refused 2; "},
        {"buffer_outside", WISP_MISMATCH, WISP_TRAP_NONE, "refused 2; "},
        {"no_buffer", WISP_LIMIT, WISP_TRAP_NONE, "refused 2; "},
        {"needs_link", WISP_NOT_FOUND, WISP_TRAP_NONE, "refused 0; "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        rig_start(&r, NULL, "v1");
        rig_deliver(&r, REPEAT, 0, 1000, 42);
        count(&r, 2);
        rig_send(&r, COUNT, 0, 7, 0);
        size_t live_before = r.ledger.live_bytes;
        rig_swap(&r, cases[i].module, cases[i].status);
        assert_int_equal(r.ledger.live_bytes, live_before);
        rig_expect_events(&r, cases[i].event);
        assert_int_equal(r.last_trap.code, cases[i].trap);
        assert_true(strlen(r.last_reason) > 0);
        expect_state(&r, WISP_GUEST_STATE_RUNNING, 1);
        assert_int_equal(rig_status(&r).swaps, 0);
        r.now_ns += 1000000;
        rig_step(&r);
        rig_expect(&r, "v1 #4 =7; task v1 #4 =42; ");
        rig_deinit(&r);
    }
}

static void a_module_that_has_no_version_is_refused(void **state)
{
    (void)state;
    static const struct module_spec spec = {
        .exports = {{"memory", MEMORY}, {"wisp_start", ZERO}}};
    wisp_module *module = make_module(&spec);
    struct rig r;
    rig_start(&r, NULL, "v1");
    count(&r, 2);
    wisp_error err;
    assert_int_equal(wisp_guest_swap(r.guest, module, &err), WISP_NOT_FOUND);
    assert_string_equal(err.text, "the module does not export the function 'wisp_version'");
    rig_expect_events(&r, "refused 0; ");
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v1 #3 =7; ");
    rig_deinit(&r);
    wisp_module_free(module);
}

static void a_state_without_room_is_refused(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_deliver(&r, SAVE_SIZE, 0, 100, 0);
    wisp_error err;
    assert_int_equal(wisp_guest_swap(r.guest, rig_module("buffer_of_16"), &err), WISP_LIMIT);
    assert_string_equal(err.text, "the module has no room for a state of 104 bytes");
    assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_OK);
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ an old version that cannot
 */

static void an_old_version_that_cannot_save_does_not_stop_a_swap(void **state)
{
    (void)state;
    static const struct {
        const char *module;
        wisp_trap_code trap;
    } cases[] = {
        {"save_traps", WISP_TRAP_UNREACHABLE},
        {"save_loops", WISP_TRAP_FUEL},
        {"save_at_end", WISP_TRAP_HOST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        rig_start(&r, NULL, cases[i].module);
        count(&r, 5);
        rig_swap(&r, "v2", WISP_OK);
        rig_expect_events(&r, "swapped 2<1; ");
        assert_int_equal(r.last_event.state_size, 0);
        assert_int_equal(r.last_trap.code, cases[i].trap);
        assert_true(strlen(r.last_reason) > 0);
        rig_expect_logs(&r, "");
        rig_deliver(&r, COUNT, 0, 7, 0);
        rig_expect(&r, "v2 #1 =7; ");
        rig_deinit(&r);
    }
}

static void the_state_that_was_saved_last_stands_in(void **state)
{
    (void)state;
    static const char *const broken[] = {"save_traps", "save_loops"};
    for (size_t i = 0; i < 2; i++) {
        struct rig r;
        rig_start(&r, NULL, "v3");
        count(&r, 5);
        rig_swap(&r, broken[i], WISP_OK);
        count(&r, 2);
        assert_int_equal(wisp_guest_decide(r.guest, true, NULL, NULL), WISP_OK);
        rig_swap(&r, "v2", WISP_OK);
        assert_int_equal(r.last_event.state_size, 4);
        rig_expect_logs(&r, "2 restored from 3; 2 restored from 3; ");
        rig_deliver(&r, COUNT, 0, 7, 0);
        rig_expect(&r, "v2 #6 =7; ");
        rig_deinit(&r);
    }
}

static void an_old_version_whose_save_trapped_can_still_come_back(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "save_traps");
    count(&r, 5);
    rig_swap(&r, "v2", WISP_OK);
    rig_deliver(&r, TRAP, 2, 7, 0);
    rig_expect(&r, "v1 #6 =7; ");
    rig_deinit(&r);
}

static void traps_in_wisp_save_do_not_use_up_the_stack(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "save_traps"); /* with a kilobyte of stack, of 64 */
    for (int i = 0; i < 200; i++)
        assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_TRAP);
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v1 #1 =7; ");
    rig_expect_events(&r, "");
    rig_deinit(&r);
}

static void a_state_over_the_limit_is_not_used(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.state_size_max = 2000}, "v1");
    count(&r, 4);
    assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_OK);
    rig_deliver(&r, SAVE_SIZE, 0, 5000, 0);
    wisp_error err;
    assert_int_equal(wisp_guest_save(r.guest, &err), WISP_LIMIT);
    assert_string_equal(err.text, "the state is of more than 2000 bytes");
    rig_swap(&r, "v2", WISP_OK);
    assert_string_equal(r.last_reason, "the state is of more than 2000 bytes");
    assert_int_equal(r.last_event.state_size, 4);
    assert_int_equal(r.last_trap.code, WISP_TRAP_NONE);
    r.heard_len = 0;
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v2 #5 =7; ");
    rig_deinit(&r);
}

static void a_state_of_exactly_the_limit_is_carried(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.state_size_max = 100000}, "v1");
    rig_deliver(&r, SAVE_SIZE, 0, 99996, 0);
    rig_swap(&r, "v2", WISP_OK);
    assert_int_equal(r.last_event.state_size, 100000);
    assert_string_equal(r.last_reason, "");
    rig_deliver(&r, SAVE_SIZE, 0, 99997, 0);
    rig_swap(&r, "v3", WISP_OK);
    assert_string_equal(r.last_reason, "the state is of more than 100000 bytes");
    rig_deinit(&r);
}

static void a_version_without_wisp_save_hands_over_nothing(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "no_save");
    count(&r, 5);
    wisp_error err;
    assert_int_equal(wisp_guest_save(r.guest, &err), WISP_NOT_FOUND);
    assert_string_equal(err.text, "version 1 exports neither 'wisp_save' nor 'wisp_state'");
    rig_swap(&r, "v2", WISP_OK);
    rig_expect_logs(&r, "");
    assert_string_equal(r.last_reason, "");
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v2 #1 =7; ");
    rig_deinit(&r);
}

static void a_version_without_wisp_restore_begins_anew(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    count(&r, 5);
    rig_swap(&r, "no_restore", WISP_OK);
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v2 #1 =7; ");
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ probation */

static void probation_ends_after_its_entries(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &short_probation, "v1");
    rig_swap(&r, "v2", WISP_OK);
    assert_int_equal(rig_status(&r).entries_left, 3);
    count(&r, 2);
    rig_expect_events(&r, "swapped 2<1; ");
    assert_int_equal(rig_status(&r).entries_left, 1);
    count(&r, 1);
    rig_expect_events(&r, "committed 2; ");
    expect_state(&r, WISP_GUEST_STATE_RUNNING, 2);
    assert_int_equal(rig_status(&r).entries_left, 0);
    rig_deinit(&r);
}

static void tasks_count_as_entries(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &short_probation, "v1");
    rig_swap(&r, "start_repeats_2", WISP_OK);
    for (int i = 0; i < 3; i++) {
        expect_state(&r, WISP_GUEST_STATE_PROBATION, 2);
        r.now_ns += 1000000;
        rig_step(&r);
    }
    expect_state(&r, WISP_GUEST_STATE_RUNNING, 2);
    rig_deinit(&r);
}

static void commit_frees_the_old_version(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &short_probation, "v1");
    static const char *const next[] = {"v2", "v1"};
    size_t live_before = 0;
    for (int i = 0; i < 20; i++) {
        rig_swap(&r, next[i % 2], WISP_OK);
        size_t live_on_probation = r.ledger.live_bytes;
        count(&r, 3);
        expect_state(&r, WISP_GUEST_STATE_RUNNING, i % 2 ? 1 : 2);
        assert_true(live_on_probation - r.ledger.live_bytes >= 2 * WISP_PAGE_SIZE);
        if (i > 0)
            assert_int_equal(r.ledger.live_bytes, live_before);
        live_before = r.ledger.live_bytes;
    }
    rig_deinit(&r);
}

static void a_fault_on_probation_loses_no_message(void **state)
{
    (void)state;
    static const struct {
        enum channel fault;
        wisp_trap_code code;
    } cases[] = {{TRAP, WISP_TRAP_UNREACHABLE}, {LOOP, WISP_TRAP_FUEL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        rig_start(&r, NULL, "v1");
        count(&r, 5);
        rig_swap(&r, "v2", WISP_OK);
        rig_send(&r, COUNT, 0, 1, 0);
        rig_send(&r, cases[i].fault, 2, 2, 0);
        rig_send(&r, COUNT, 0, 3, 0);
        rig_step(&r);
        rig_expect(&r, "v2 #6 =1; v1 #6 =1; v1 #7 =2; v1 #8 =3; ");
        rig_expect_events(&r, "swapped 2<1; reverted 2<1; ");
        assert_int_equal(r.last_trap.code, cases[i].code);
        assert_true(r.last_trap.frame_count > 0);
        expect_state(&r, WISP_GUEST_STATE_RUNNING, 1);
        wisp_guest_status status = rig_status(&r);
        assert_int_equal(status.reverts, 1);
        assert_int_equal(status.traps, 1);
        assert_int_equal(status.restarts, 0);
        assert_int_equal(status.redelivered, 2);
        assert_int_equal(status.messages_in, 8);
        assert_int_equal(status.messages_dropped, 0);
        rig_deinit(&r);
    }
}

static void deliver_returns_when_the_old_version_has_handled_it(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_swap(&r, "v2", WISP_OK);
    assert_int_equal(rig_deliver(&r, TRAP, 2, 7, 0), WISP_OK);
    rig_expect(&r, "v1 #1 =7; ");
    rig_deinit(&r);
}

static void a_new_version_without_room_for_a_message_is_taken_back(void **state)
{
    (void)state;
    static uint8_t bytes[17];
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_swap(&r, "buffer_of_16", WISP_OK);
    assert_int_equal(wisp_guest_deliver(r.guest, ECHO, (wisp_bytes){bytes, 17}, NULL), WISP_OK);
    rig_expect(&r, "echo 17; ");
    rig_expect_events(&r, "swapped 2<1; reverted 2<1; ");
    assert_string_equal(r.last_reason, "the module has no room for a message of 17 bytes");
    rig_deinit(&r);
}

static void a_message_that_both_versions_trap_in_restarts_the_old_one(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    count(&r, 5);
    rig_swap(&r, "v2", WISP_OK);
    assert_int_equal(rig_deliver(&r, TRAP, 0, 7, 0), WISP_TRAP);
    rig_expect_events(&r, "swapped 2<1; reverted 2<1; restarted 1; ");
    rig_deliver(&r, COUNT, 0, 8, 0);
    rig_expect(&r, "v1 #6 =8; ");
    assert_int_equal(rig_status(&r).messages_dropped, 1);
    rig_deinit(&r);
}

static void only_the_tasks_of_the_running_version_run(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "start_repeats_1");
    r.now_ns += 1000000;
    rig_step(&r);
    rig_expect(&r, "task v1 #0 =1; ");
    rig_swap(&r, "start_repeats_2", WISP_OK);
    assert_int_equal(rig_status(&r).task_count, 1);
    r.now_ns += 1000000;
    rig_step(&r);
    rig_expect(&r, "task v2 #0 =2; ");
    assert_int_equal(wisp_guest_decide(r.guest, false, "no", NULL), WISP_OK);
    r.now_ns += 500000;
    rig_step(&r); /* the old version's task was due during probation */
    r.now_ns += 500000;
    rig_step(&r); /* and keeps its phase */
    rig_expect(&r, "task v1 #0 =1; task v1 #0 =1; ");
    rig_deinit(&r);
}

static void a_fault_in_a_task_on_probation_brings_the_old_version_back(void **state)
{
    (void)state;
    static const uint32_t faults[] = {TASK_TRAPS, TASK_LOOPS};
    for (size_t i = 0; i < 2; i++) {
        struct rig r;
        rig_start(&r, NULL, "start_repeats_1");
        rig_swap(&r, "v2", WISP_OK);
        rig_deliver(&r, REPEAT, 0, 1000, faults[i]);
        r.heard_len = 0;
        r.now_ns += 1000000;
        rig_step(&r);
        rig_expect_events(&r, "swapped 2<1; reverted 2<1; ");
        rig_expect(&r, "v1 #1 =2; "); /* what set up the task is given to the old version too */
        rig_step(&r);
        rig_expect(&r, "task v1 #1 =1; ");
        rig_deinit(&r);
    }
}

static void the_program_can_end_probation_itself(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    wisp_error err;
    assert_int_equal(wisp_guest_decide(r.guest, true, NULL, &err), WISP_INVALID);
    assert_string_equal(err.text, "guest 'guest' is not on probation");
    rig_swap(&r, "v2", WISP_OK);
    assert_int_equal(wisp_guest_decide(r.guest, false, "answers are slow", NULL), WISP_OK);
    assert_string_equal(r.last_reason, "answers are slow");
    rig_swap(&r, "v3", WISP_OK);
    assert_int_equal(wisp_guest_decide(r.guest, true, NULL, NULL), WISP_OK);
    rig_expect_events(&r, "swapped 2<1; reverted 2<1; swapped 3<1; committed 3; ");
    expect_state(&r, WISP_GUEST_STATE_RUNNING, 3);
    rig_deinit(&r);
}

static void stop_on_probation_ends_both_versions(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    size_t live_before = r.ledger.live_blocks;
    rig_swap(&r, "v2", WISP_OK);
    wisp_guest_stop(r.guest);
    rig_expect(&r, "bye v2 #0 =0; ");
    rig_expect_events(&r, "swapped 2<1; stopped 2; ");
    assert_true(r.ledger.live_blocks < live_before);
    rig_deinit(&r);
}

static void nothing_is_saved_on_probation(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_swap(&r, "v2", WISP_OK);
    assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_INVALID);
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ restarts */

static void a_version_that_traps_is_started_again_with_the_state_saved_last(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    count(&r, 5);
    assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_OK);
    count(&r, 2);
    rig_send(&r, TRAP, 0, 1, 0);
    rig_send(&r, COUNT, 0, 2, 0);
    rig_step(&r);
    rig_expect_events(&r, "restarted 1; ");
    assert_int_equal(r.last_trap.code, WISP_TRAP_UNREACHABLE);
    rig_expect(&r, "v1 #6 =2; ");
    assert_int_equal(rig_status(&r).restarts, 1);
    assert_int_equal(rig_status(&r).messages_dropped, 1);
    rig_deinit(&r);
}

static void a_good_entry_between_them_forgives_restarts(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.restarts_max = 1}, "v1");
    for (int i = 0; i < 10; i++) {
        assert_int_equal(rig_deliver(&r, TRAP, 0, 0, 0), WISP_TRAP);
        count(&r, 1);
    }
    assert_int_equal(rig_status(&r).restarts, 10);
    rig_deinit(&r);
}

static void a_guest_that_is_down_goes_on_with_the_module_it_is_given(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.restarts_max = 1}, "v1");
    count(&r, 5);
    assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_OK);
    rig_send(&r, TRAP, 1, 1, 0);
    rig_send(&r, TRAP, 1, 2, 0);
    rig_send(&r, COUNT, 0, 3, 0);
    rig_step(&r);
    expect_state(&r, WISP_GUEST_STATE_DOWN, 0);
    assert_int_equal(rig_status(&r).queue_len, 1);
    assert_true(wisp_host_next_ns(r.host) == UINT64_MAX);
    rig_swap(&r, "v2", WISP_INVALID);
    assert_int_equal(wisp_guest_start(r.guest, rig_module("v2"), NULL), WISP_OK);
    rig_expect_events(&r, "restarted 1; down 1; started 2; ");
    rig_step(&r);
    rig_expect(&r, "v2 #6 =3; ");
    rig_deinit(&r);
}

static void
a_module_that_does_not_accept_the_state_of_a_guest_that_is_down_starts_without(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.restarts_max = 1}, "v1");
    count(&r, 5);
    assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_OK);
    rig_deliver(&r, TRAP, 0, 0, 0);
    rig_deliver(&r, TRAP, 0, 0, 0);
    assert_int_equal(wisp_guest_start(r.guest, rig_module("restore_says_no"), NULL), WISP_OK);
    rig_deliver(&r, COUNT, 0, 3, 0);
    rig_expect(&r, "v2 #1 =3; ");
    rig_deinit(&r);
}

static void stopping_a_guest_that_is_down_lets_it_begin_anew(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.restarts_max = 1}, "v1");
    count(&r, 5);
    assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_OK);
    for (int i = 0; i < 3; i++)
        rig_send(&r, TRAP, 0, 0, 0);
    rig_step(&r);
    assert_int_equal(rig_status(&r).queue_len, 1);
    wisp_guest_stop(r.guest);
    rig_expect_events(&r, "restarted 1; down 1; ");
    expect_state(&r, WISP_GUEST_STATE_EMPTY, 0);
    assert_int_equal(rig_status(&r).queue_len, 0);
    assert_int_equal(wisp_guest_start(r.guest, rig_module("v1"), NULL), WISP_OK);
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v1 #1 =7; ");
    rig_deinit(&r);
}

static void a_committed_version_restarts_from_the_state_it_was_given(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &short_probation, "v1");
    count(&r, 5);
    rig_swap(&r, "v2", WISP_OK);
    count(&r, 3);
    assert_int_equal(rig_deliver(&r, TRAP, 0, 0, 0), WISP_TRAP);
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v2 #6 =7; ");
    rig_expect_logs(&r, "2 restored from 1; 2 restored from 1; ");
    rig_deinit(&r);
}

static void a_restart_starts_the_tasks_again(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "start_repeats_1");
    rig_deliver(&r, REPEAT, 0, 2000, TASK_TRAPS);
    r.now_ns += 2000000;
    r.heard_len = 0;
    rig_step(&r);
    rig_expect(&r, "task v1 #1 =1; ");
    rig_expect_events(&r, "restarted 1; ");
    assert_int_equal(rig_status(&r).task_count, 1);
    r.now_ns += 1000000;
    rig_step(&r);
    rig_expect(&r, "task v1 #0 =1; ");
    rig_deinit(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_swap_carries_the_state_and_the_number_of_the_old_version),
        cmocka_unit_test(a_guest_that_has_done_nothing_can_be_swapped),
        cmocka_unit_test(queued_messages_go_to_the_new_version),
        cmocka_unit_test(a_swap_can_go_back_to_a_lower_version_number),
        cmocka_unit_test(the_same_module_can_take_over_from_itself),
        cmocka_unit_test(a_swap_on_probation_commits_the_version_that_was_on_it),
        cmocka_unit_test(a_refused_swap_on_probation_changes_nothing),
        cmocka_unit_test(the_pause_of_a_swap_is_told),
        cmocka_unit_test(a_version_that_does_not_get_there_never_stops_the_old_one),
        cmocka_unit_test(a_module_that_has_no_version_is_refused),
        cmocka_unit_test(a_state_without_room_is_refused),
        cmocka_unit_test(an_old_version_that_cannot_save_does_not_stop_a_swap),
        cmocka_unit_test(the_state_that_was_saved_last_stands_in),
        cmocka_unit_test(an_old_version_whose_save_trapped_can_still_come_back),
        cmocka_unit_test(traps_in_wisp_save_do_not_use_up_the_stack),
        cmocka_unit_test(a_state_over_the_limit_is_not_used),
        cmocka_unit_test(a_state_of_exactly_the_limit_is_carried),
        cmocka_unit_test(a_version_without_wisp_save_hands_over_nothing),
        cmocka_unit_test(a_version_without_wisp_restore_begins_anew),
        cmocka_unit_test(probation_ends_after_its_entries),
        cmocka_unit_test(tasks_count_as_entries),
        cmocka_unit_test(commit_frees_the_old_version),
        cmocka_unit_test(a_fault_on_probation_loses_no_message),
        cmocka_unit_test(deliver_returns_when_the_old_version_has_handled_it),
        cmocka_unit_test(a_new_version_without_room_for_a_message_is_taken_back),
        cmocka_unit_test(a_message_that_both_versions_trap_in_restarts_the_old_one),
        cmocka_unit_test(only_the_tasks_of_the_running_version_run),
        cmocka_unit_test(a_fault_in_a_task_on_probation_brings_the_old_version_back),
        cmocka_unit_test(the_program_can_end_probation_itself),
        cmocka_unit_test(stop_on_probation_ends_both_versions),
        cmocka_unit_test(nothing_is_saved_on_probation),
        cmocka_unit_test(a_version_that_traps_is_started_again_with_the_state_saved_last),
        cmocka_unit_test(a_good_entry_between_them_forgives_restarts),
        cmocka_unit_test(a_guest_that_is_down_goes_on_with_the_module_it_is_given),
        cmocka_unit_test(
            a_module_that_does_not_accept_the_state_of_a_guest_that_is_down_starts_without),
        cmocka_unit_test(stopping_a_guest_that_is_down_lets_it_begin_anew),
        cmocka_unit_test(a_committed_version_restarts_from_the_state_it_was_given),
        cmocka_unit_test(a_restart_starts_the_tasks_again),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
