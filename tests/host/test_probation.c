#include "rig.h"

#include <string.h>

/* What is given to an old version that comes back, and when a new one stays. */

static const wisp_guest_config long_probation = {.probation_entries = 1000};

/* Counts [from] to [to], unheard. */
static void count(struct rig *r, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i <= to; i++)
        assert_int_equal(rig_deliver(r, COUNT, 0, i, 0), WISP_OK);
    r->heard_len = 0;
    r->heard[0] = '\0';
}

static wisp_status decide(struct rig *r, bool commit)
{
    return wisp_guest_decide(r->guest, commit, NULL, NULL);
}

/* ------------------------------------------------------------------ going back */

static void all_of_a_probation_is_given_again_in_order(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &long_probation, "v1");
    count(&r, 1, 2);
    rig_swap(&r, "v2", WISP_OK);
    count(&r, 3, 7);
    rig_send(&r, TRAP, 2, 8, 0);
    rig_send(&r, COUNT, 0, 9, 0);
    rig_step(&r);
    rig_expect(&r, "v1 #3 =3; v1 #4 =4; v1 #5 =5; v1 #6 =6; v1 #7 =7; v1 #8 =8; v1 #9 =9; ");
    rig_expect_events(&r, "swapped 2<1; reverted 2<1; ");
    wisp_guest_status status = rig_status(&r);
    assert_int_equal(status.messages_in, 9);
    assert_int_equal(status.redelivered, 6);
    assert_int_equal(status.messages_dropped, 0);
    rig_deinit(&r);
}

static void thousands_of_entries_are_given_again(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.probation_entries = 10000}, "v1");
    rig_swap(&r, "v2", WISP_OK);
    for (int i = 0; i < 50; i++)
        count(&r, 1, 100);
    wisp_guest_status before = rig_status(&r);
    for (int i = 0; i < 50; i++) { /* what is heard must fit into the rig */
        rig_swap(&r, i % 2 ? "v2" : "v3", WISP_OK);
        count(&r, 1, 100);
        assert_int_equal(decide(&r, i % 2), WISP_OK);
        r.heard_len = r.events_len = r.logs_len = 0;
    }
    assert_int_equal(before.redelivered, 0);
    assert_int_equal(rig_status(&r).redelivered, 25 * 100);
    rig_deliver(&r, COUNT, 0, 7, 0);
    rig_expect(&r, "v2 #10001 =7; ");
    rig_deinit(&r);
}

static void a_decision_against_the_new_version_gives_all_again_at_once(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &long_probation, "v1");
    rig_swap(&r, "v2", WISP_OK);
    count(&r, 1, 3);
    assert_int_equal(decide(&r, false), WISP_OK);
    rig_expect(&r, "v1 #1 =1; v1 #2 =2; v1 #3 =3; ");
    assert_int_equal(decide(&r, false), WISP_INVALID);
    rig_deinit(&r);
}

static void what_waits_in_the_queue_comes_after_what_is_given_again(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &long_probation, "v1");
    rig_swap(&r, "v2", WISP_OK);
    count(&r, 1, 2);
    rig_send(&r, COUNT, 0, 3, 0);
    assert_int_equal(decide(&r, false), WISP_OK);
    rig_step(&r);
    rig_expect(&r, "v1 #1 =1; v1 #2 =2; v1 #3 =3; ");
    rig_deinit(&r);
}

static void a_probation_that_was_ended_by_another_swap_is_not_given_again(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &long_probation, "v1");
    rig_swap(&r, "v2", WISP_OK);
    count(&r, 1, 3);
    rig_swap(&r, "v3", WISP_OK);
    count(&r, 4, 4);
    assert_int_equal(decide(&r, false), WISP_OK);
    rig_expect(&r, "v2 #4 =4; ");
    rig_expect_events(&r, "swapped 2<1; committed 2; swapped 3<2; reverted 3<2; ");
    rig_deinit(&r);
}

static void what_a_module_sets_up_on_probation_is_set_up_by_the_old_one_too(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &long_probation, "v1");
    rig_swap(&r, "v2", WISP_OK);
    rig_deliver(&r, REPEAT, 0, 1000, 42);
    rig_expect(&r, "v2 #1 =1; ");
    assert_int_equal(rig_deliver(&r, TRAP, 2, 0, 0), WISP_OK);
    r.now_ns += 1000000;
    rig_step(&r);
    rig_expect(&r, "v1 #1 =1; v1 #2 =0; task v1 #2 =42; ");
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ an old version that fails */

static void a_fault_in_what_is_given_again_is_a_fault_like_any_other(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &long_probation, "v1");
    count(&r, 1, 5);
    rig_swap(&r, "v2", WISP_OK);
    count(&r, 6, 6);
    rig_deliver(&r, TRAP, 1, 7, 0); /* the old one will trap in it */
    count(&r, 8, 8);
    assert_int_equal(rig_deliver(&r, TRAP, 2, 9, 0), WISP_OK);
    /* Started again with the state of the swap, it has not counted the sixth. */
    rig_expect(&r, "v1 #6 =6; v1 #6 =8; v1 #7 =9; ");
    rig_expect_events(&r, "swapped 2<1; reverted 2<1; restarted 1; ");
    wisp_guest_status status = rig_status(&r);
    assert_int_equal(status.redelivered, 4);
    assert_int_equal(status.messages_in, 9);
    assert_int_equal(status.messages_dropped, 1);
    rig_deinit(&r);
}

/* A guest whose old version fails again and again over what it is given again. */
static void start_to_fail(struct rig *r, const wisp_guest_config *config)
{
    rig_start(r, config, "v1");
    rig_swap(r, "v2", WISP_OK);
    rig_deliver(r, TRAP, 1, 1, 0);
    rig_deliver(r, TRAP, 1, 2, 0);
    count(r, 3, 3);
    r->events_len = 0;
    assert_int_equal(rig_deliver(r, TRAP, 2, 4, 0), WISP_TRAP);
}

static void what_is_left_waits_for_the_end_of_a_pause(void **state)
{
    (void)state;
    struct rig r;
    start_to_fail(&r, &long_probation);
    rig_expect_events(&r, "reverted 2<1; restarted 1; paused 1; ");
    rig_expect(&r, "");
    wisp_guest_status status = rig_status(&r);
    assert_int_equal(status.state, WISP_GUEST_STATE_PAUSED);
    assert_int_equal(status.messages_in, 3);
    assert_int_equal(status.messages_dropped, 2);
    rig_send(&r, COUNT, 0, 5, 0);
    r.now_ns += 100000000;
    rig_step(&r);
    rig_expect(&r, "v1 #1 =3; v1 #2 =4; v1 #3 =5; ");
    status = rig_status(&r);
    assert_int_equal(status.messages_in, 5);
    assert_int_equal(status.redelivered, 4);
    rig_deinit(&r);
}

static void what_is_left_waits_in_a_guest_that_is_down(void **state)
{
    (void)state;
    struct rig r;
    start_to_fail(&r, &(wisp_guest_config){.restarts_max = 1});
    rig_expect_events(&r, "reverted 2<1; restarted 1; down 1; ");
    assert_int_equal(wisp_guest_start(r.guest, rig_module("v3"), NULL), WISP_OK);
    rig_expect(&r, "v3 #1 =3; v3 #2 =4; ");
    rig_deinit(&r);
}

static void what_is_left_is_forgotten_when_the_guest_is_stopped(void **state)
{
    (void)state;
    struct rig r;
    start_to_fail(&r, &(wisp_guest_config){.restarts_max = 1});
    wisp_guest_stop(r.guest);
    assert_int_equal(wisp_guest_start(r.guest, rig_module("v3"), NULL), WISP_OK);
    rig_expect(&r, "");
    rig_deinit(&r);
}

static void an_entry_for_which_there_is_no_room_to_wait_is_dropped(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.restarts_max = 1, .journal_size_max = 600}, "v1");
    rig_swap(&r, "v2", WISP_OK);
    rig_deliver(&r, TRAP, 1, 1, 0);
    rig_deliver(&r, TRAP, 1, 2, 0);
    static const uint8_t large[1000];
    assert_int_equal(wisp_guest_deliver(r.guest, TRAP, (wisp_bytes){large, sizeof large}, NULL),
                     WISP_TRAP);
    rig_expect_events(&r, "swapped 2<1; reverted 2<1; restarted 1; down 1; ");
    assert_int_equal(rig_status(&r).messages_dropped, 3);
    rig_deinit(&r);
}

static void the_old_version_that_goes_on_as_it_is_gets_the_rest(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.on_fault = WISP_ON_FAULT_DROP}, "v1");
    rig_swap(&r, "v2", WISP_OK);
    rig_deliver(&r, TRAP, 1, 1, 0);
    count(&r, 2, 2);
    assert_int_equal(rig_deliver(&r, TRAP, 2, 3, 0), WISP_OK);
    rig_expect_events(&r, "swapped 2<1; reverted 2<1; failed 1; ");
    rig_expect(&r, "v1 #1 =2; v1 #2 =3; ");
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ the journal */

static void a_journal_that_is_full_commits_the_new_version(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.journal_size_max = 1000}, "v1");
    rig_swap(&r, "v2", WISP_OK);
    int taken = 0;
    while (rig_status(&r).state == WISP_GUEST_STATE_PROBATION) {
        count(&r, 1, 1);
        assert_true(++taken < 100);
    }
    assert_in_range(taken, 5, 20);
    rig_expect_events(&r, "swapped 2<1; committed 2; ");
    assert_string_equal(r.last_reason, "what it was given on probation is more than 1000 bytes");
    rig_deliver(&r, COUNT, 0, 7, 0);
    assert_int_equal(rig_status(&r).messages_in, taken + 1);
    rig_deinit(&r);
}

static void without_memory_for_the_journal_the_new_version_is_committed(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_swap(&r, "v2", WISP_OK);
    r.ledger.refuse_from = r.ledger.calls + 1;
    r.ledger.refuse_to = SIZE_MAX;
    rig_deliver(&r, COUNT, 0, 7, 0);
    r.ledger.refuse_from = 0;
    rig_expect(&r, "v2 #1 =7; ");
    rig_expect_events(&r, "swapped 2<1; committed 2; ");
    assert_string_equal(r.last_reason, "no memory for what it was given on probation");
    rig_deinit(&r);
}

static void whatever_allocation_fails_no_message_is_lost_without_a_word(void **state)
{
    (void)state;
    for (int is_once = 0; is_once < 2; is_once++) {
        size_t n = 0, calls;
        do {
            struct rig r;
            rig_start(&r, NULL, "v1");
            count(&r, 1, 2);
            r.ledger.calls = 0;
            r.ledger.refuse_from = ++n;
            r.ledger.refuse_to = is_once ? n : SIZE_MAX;
            wisp_status status = wisp_guest_swap(r.guest, rig_module("v2"), NULL);
            assert_true(status == WISP_OK || status == WISP_NO_MEMORY);
            count(&r, 3, 5);
            bool is_committed =
                rig_status(&r).state == WISP_GUEST_STATE_RUNNING && rig_status(&r).version == 2;
            if (!is_committed)
                assert_int_equal(rig_deliver(&r, TRAP, 2, 6, 0), WISP_OK);
            calls = r.ledger.calls;
            r.ledger.refuse_from = 0;
            r.heard_len = 0;
            rig_deliver(&r, COUNT, 0, 7, 0);
            rig_expect(&r, is_committed ? "v2 #6 =7; " : "v1 #7 =7; ");
            assert_int_equal(rig_status(&r).messages_in, is_committed ? 6 : 7);
            assert_int_equal(rig_status(&r).messages_dropped, 0);
            rig_deinit(&r);
        } while (calls >= n);
        assert_true(n > 10);
    }
}

static void tasks_take_no_room_in_the_journal(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.journal_size_max = 1}, "v1");
    rig_swap(&r, "start_repeats_2", WISP_OK);
    for (int i = 0; i < 10; i++) {
        r.now_ns += 1000000;
        rig_step(&r);
    }
    assert_int_equal(rig_status(&r).entries_left, 90);
    assert_int_equal(decide(&r, false), WISP_OK);
    assert_int_equal(rig_status(&r).redelivered, 0);
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ time */

static void a_probation_lasts_as_long_as_it_must(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.probation_entries = 2, .probation_ms = 50}, "v1");
    uint64_t ends_ns = r.now_ns + 50000000;
    rig_swap(&r, "v2", WISP_OK);
    count(&r, 1, 1);
    assert_true(wisp_host_next_ns(r.host) == UINT64_MAX); /* an entry is missing as well */
    count(&r, 2, 5);
    assert_int_equal(rig_status(&r).state, WISP_GUEST_STATE_PROBATION);
    assert_int_equal(rig_status(&r).entries_left, 0);
    assert_true(wisp_host_next_ns(r.host) == ends_ns);
    r.now_ns = ends_ns - 1;
    rig_step(&r);
    assert_int_equal(rig_status(&r).state, WISP_GUEST_STATE_PROBATION);
    r.now_ns = ends_ns;
    rig_step(&r);
    rig_expect_events(&r, "swapped 2<1; committed 2; ");
    assert_string_equal(r.last_reason, "");
    assert_true(wisp_host_next_ns(r.host) == UINT64_MAX);
    rig_deinit(&r);
}

static void time_alone_does_not_end_a_probation(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.probation_entries = 2, .probation_ms = 50}, "v1");
    rig_swap(&r, "v2", WISP_OK);
    r.now_ns += 60000000;
    rig_step(&r);
    count(&r, 1, 1);
    assert_int_equal(rig_status(&r).state, WISP_GUEST_STATE_PROBATION);
    count(&r, 2, 2);
    rig_expect_events(&r, "swapped 2<1; committed 2; ");
    rig_deinit(&r);
}

static void a_fault_at_any_time_of_a_probation_gives_all_again(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.probation_entries = 2, .probation_ms = 50}, "v1");
    rig_swap(&r, "v2", WISP_OK);
    count(&r, 1, 4);
    assert_int_equal(rig_deliver(&r, TRAP, 2, 5, 0), WISP_OK);
    rig_expect(&r, "v1 #1 =1; v1 #2 =2; v1 #3 =3; v1 #4 =4; v1 #5 =5; ");
    rig_deinit(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_a_probation_is_given_again_in_order),
        cmocka_unit_test(thousands_of_entries_are_given_again),
        cmocka_unit_test(a_decision_against_the_new_version_gives_all_again_at_once),
        cmocka_unit_test(what_waits_in_the_queue_comes_after_what_is_given_again),
        cmocka_unit_test(a_probation_that_was_ended_by_another_swap_is_not_given_again),
        cmocka_unit_test(what_a_module_sets_up_on_probation_is_set_up_by_the_old_one_too),
        cmocka_unit_test(a_fault_in_what_is_given_again_is_a_fault_like_any_other),
        cmocka_unit_test(what_is_left_waits_for_the_end_of_a_pause),
        cmocka_unit_test(what_is_left_waits_in_a_guest_that_is_down),
        cmocka_unit_test(what_is_left_is_forgotten_when_the_guest_is_stopped),
        cmocka_unit_test(an_entry_for_which_there_is_no_room_to_wait_is_dropped),
        cmocka_unit_test(the_old_version_that_goes_on_as_it_is_gets_the_rest),
        cmocka_unit_test(a_journal_that_is_full_commits_the_new_version),
        cmocka_unit_test(without_memory_for_the_journal_the_new_version_is_committed),
        cmocka_unit_test(whatever_allocation_fails_no_message_is_lost_without_a_word),
        cmocka_unit_test(tasks_take_no_room_in_the_journal),
        cmocka_unit_test(a_probation_lasts_as_long_as_it_must),
        cmocka_unit_test(time_alone_does_not_end_a_probation),
        cmocka_unit_test(a_fault_at_any_time_of_a_probation_gives_all_again),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
