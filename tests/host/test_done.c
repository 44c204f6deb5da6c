#include "stage.h"

/* Every event is done with exactly once, whatever becomes of it: what facts there are about that
 * are the rows of this file. */

static void two(struct stage *s)
{
    stage_init(s, NULL);
    stage_add(s, NULL, "actor");
    stage_add(s, NULL, "actor");
}

static void expect_calls(const wisp_guest *guest, uint64_t called, uint64_t cancelled)
{
    assert_int_equal(stage_status(guest).callbacks_called, called);
    assert_int_equal(stage_status(guest).callbacks_cancelled, cancelled);
}

static void what_is_taken_is_done_with_after_its_delivery(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_POST, .target = 2, .type = 0x8001, .size = 8, .done = DONE_LOGS);
    POST(&s, .target = 2, .type = 0x8002, .data = "x", .size = 1);
    stage_expect(&s, "1:+ "); /* not inside the call */
    stage_settle(&s);
    stage_expect(&s, "2:e8001[8]<1 1:d8001 2:e8002[1!]<0 done 8002 ");
    expect_calls(s.guests[0], 1, 0);
    stage_deinit(&s);
}

static void what_is_refused_is_done_with_after_the_entry(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    static const struct act refused[] = {
        {.target = 77, .type = 0x8001, .done = DONE_LOGS},              /* nobody */
        {.target = 2, .type = 0x7fff, .done = DONE_LOGS},               /* the host's own */
        {.target = 2, .type = 0x80000001, .done = DONE_LOGS},           /* no topic */
        {.target = 2, .type = 0x8001, .size = 4096, .done = DONE_LOGS}, /* too large: see below */
    };
    stage_add(&s, &(wisp_guest_config){.message_size_max = 100}, "actor");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct act act = refused[i];
        if (act.size > 0)
            act.target = 3;
        stage_act(&s, s.guests[0], ACT_POST, act);
        stage_expect(&s, "1:- ");
        stage_settle(&s);
        assert_int_equal(s.heard_len, act.type > 0xffff ? 12 : 8); /* "1:dTYPE " */
        stage_forget(&s);
        expect_calls(s.guests[0], i + 1, 0);
    }
    assert_int_equal(stage_status(s.guests[0]).events_refused, 4);
    assert_int_equal(POST(&s, .target = 77, .type = 0x8001), WISP_NOT_FOUND);
    assert_int_equal(POST(&s, .target = 1, .type = 1), WISP_INVALID);
    assert_int_equal(POST(&s, .target = 3, .type = 0x8001, .data = &s, .size = 101), WISP_LIMIT);
    stage_expect(&s, "done 8001 done 1 done 8001 ");
    stage_deinit(&s);
}

static void posting_goes_on_until_it_is_refused_and_all_is_done_with_once(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, &(wisp_host_config){.events_max = 1000});
    wisp_guest *guest = stage_add(&s, &(wisp_guest_config){.posts_max = 2000}, "actor");
    ACT(&s, guest, ACT_POST_MANY, .target = 1, .type = 0x8001, .count = 1200,
        .done = DONE_COUNTS);
    stage_expect(&s, "1:taken 1000 ");
    stage_forget(&s);
    while (wisp_host_next_ns(s.host) == 0) {
        stage_step(&s);
        stage_forget(&s);
    }
    expect_calls(guest, 1200, 0);
    assert_int_equal(stage_status(guest).events_in, 1000);
    assert_int_equal(stage_status(guest).queue_len, 0);
    assert_int_equal(stage_status(guest).queue_peak, 1000);
    stage_deinit(&s);
}

static void every_limit_refuses_and_gives_way_again(void **state)
{
    (void)state;
    static const struct {
        wisp_host_config host;
        wisp_guest_config sender, receiver;
        uint32_t size, taken;
    } rows[] = {
        {{.events_max = 3}, {0}, {0}, 0, 3},          {{.event_bytes_max = 100}, {0}, {0}, 30, 3},
        {{0}, {.posts_max = 4}, {0}, 0, 4},           {{0}, {0}, {.queue_len_max = 5}, 0, 5},
        {{0}, {0}, {.message_size_max = 40}, 40, 10}, {{0}, {0}, {.message_size_max = 40}, 41, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stage s;
        stage_init(&s, &rows[i].host);
        stage_add(&s, &rows[i].sender, "actor");
        stage_add(&s, &rows[i].receiver, "actor");
        for (int k = 1; k <= 2; k++) {
            /* Of its refusals no more are noted than of its posts: no done for that row. */
            bool has_done = rows[i].sender.posts_max == 0;
            ACT(&s, s.guests[0], ACT_POST_MANY, .target = 2, .type = 0x8001, .size = rows[i].size,
                .count = 10, .done = has_done ? DONE_COUNTS : DONE_NONE);
            stage_settle(&s);
            assert_int_equal(stage_status(s.guests[1]).events_in, k * rows[i].taken);
            if (has_done)
                expect_calls(s.guests[0], (uint64_t)k * 10, 0);
        }
        stage_deinit(&s);
    }
}

static void who_goes_on_posting_although_refused_is_broken_off(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    wisp_guest *guest = stage_add(&s, &(wisp_guest_config){.posts_max = 10}, "actor");
    assert_int_equal(ACT(&s, guest, ACT_POST_MANY, .target = 77, .type = 0x8001, .count = 10,
                         .done = DONE_COUNTS),
                     WISP_OK);
    stage_settle(&s);
    expect_calls(guest, 10, 0);
    assert_int_equal(ACT(&s, guest, ACT_POST_MANY, .target = 77, .type = 0x8001, .count = 11,
                         .done = DONE_COUNTS),
                     WISP_TRAP);
    stage_settle(&s);
    expect_calls(guest, 10, 10);
    assert_int_equal(ACT(&s, guest, ACT_POST_MANY, .target = 77, .type = 0x8001, .count = 11),
                     WISP_OK); /* without done there is no record */
    stage_deinit(&s);
}

static void a_post_while_stopping_is_refused_and_done_with(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_AT_STOP, .target = 2, .type = 0x8001, .done = DONE_LOGS);
    wisp_guest_stop(s.guests[0]);
    stage_expect(&s, "1:- 1:bye 1:d8001 ");
    stage_settle(&s);
    stage_expect(&s, "");
    expect_calls(s.guests[0], 1, 0);
    stage_deinit(&s);
}

static void what_waits_for_a_guest_that_is_stopped_is_dropped_and_done_with(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[1], ACT_POST, .target = 1, .type = 0x8001, .done = DONE_LOGS);
    POST(&s, .target = 1, .type = 0x8002);
    ACT(&s, s.guests[0], ACT_POST, .target = 1, .type = 0x8003, .done = DONE_LOGS);
    stage_forget(&s);
    wisp_guest_stop(s.guests[0]);
    stage_expect(&s, "done 8002 1:d8003 1:bye "); /* while it can be entered */
    stage_settle(&s);
    stage_expect(&s, "2:d8001 ");
    assert_int_equal(stage_status(s.guests[0]).events_dropped, 3);
    expect_calls(s.guests[0], 1, 0);
    expect_calls(s.guests[1], 1, 0);
    wisp_guest_start(s.guests[0], rig_module("actor"), NULL);
    stage_settle(&s);
    stage_expect(&s, "");
    stage_deinit(&s);
}

static void the_events_of_a_sender_that_is_gone_are_delivered_but_it_is_not_called(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_POST, .target = 2, .type = 0x8001, .size = 70, .done = DONE_LOGS);
    stage_forget(&s);
    wisp_guest_stop(s.guests[0]);
    wisp_guest_start(s.guests[0], rig_module("actor"), NULL); /* another generation */
    stage_forget(&s);
    stage_settle(&s);
    stage_expect(&s, "2:e8001[70]<1 ");
    expect_calls(s.guests[0], 0, 1);

    ACT(&s, s.guests[0], ACT_POST, .target = 2, .type = 0x8002, .done = DONE_LOGS);
    wisp_guest_free(s.guests[0]);
    stage_forget(&s);
    stage_settle(&s);
    stage_expect(&s, "2:e8002=0<1 ");
    stage_deinit(&s);
}

static void an_event_that_a_receiver_traps_in_reaches_the_others_and_is_done_with(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    stage_add(&s, NULL, "actor");
    ACT(&s, s.guests[0], ACT_SUBSCRIBE, .type = 0x8001);
    ACT(&s, s.guests[1], ACT_SUBSCRIBE, .type = 0x8001);
    ACT(&s, s.guests[2], ACT_SUBSCRIBE, .type = 0x8001);
    ACT(&s, s.guests[1], ACT_TRAP_AT, .type = 0x8001);
    ACT(&s, s.guests[0], ACT_POST, .target = WISP_TO_ALL, .type = 0x8001, .done = DONE_LOGS);
    stage_forget(&s);
    stage_settle(&s);
    stage_expect(&s, "1:e8001=0<1 3:e8001=0<1 1:d8001 ");
    assert_int_equal(stage_status(s.guests[1]).events_dropped, 1);
    assert_int_equal(stage_status(s.guests[1]).restarts, 1);
    stage_deinit(&s);
}

static void an_entry_that_traps_has_posted_nothing(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_TRAP, .target = 2, .type = 0x8001, .done = DONE_LOGS);
    stage_settle(&s);
    stage_expect(&s, "");
    expect_calls(s.guests[0], 0, 1);
    stage_deinit(&s);

    /* The same instance goes on, and is called. */
    stage_init(&s, NULL);
    stage_add(&s, &(wisp_guest_config){.on_fault = WISP_ON_FAULT_DROP}, "actor_no_guard");
    ACT(&s, s.guests[0], ACT_TRAP, .target = 1, .type = 0x8001, .done = DONE_LOGS);
    stage_settle(&s);
    stage_expect(&s, "1:d8001 ");
    expect_calls(s.guests[0], 1, 0);
    stage_deinit(&s);
}

static void a_receiver_that_is_swapped_gets_what_waits(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_POST, .target = 2, .type = 0x8001, .done = DONE_LOGS);
    POST(&s, .target = 2, .type = 0x8002);
    stage_forget(&s);
    assert_int_equal(wisp_guest_swap(s.guests[1], rig_module("actor_2"), NULL), WISP_OK);
    stage_settle(&s);
    stage_expect(&s, "2:e8001=0<1 1:d8001 2:e8002=0<0 done 8002 ");
    stage_deinit(&s);
}

static void a_sender_that_is_swapped_is_not_called_in_its_new_version(void **state)
{
    (void)state;
    for (int commit = 0; commit < 2; commit++) {
        struct stage s;
        two(&s);
        ACT(&s, s.guests[0], ACT_POST, .target = 2, .type = 0x8001, .done = DONE_LOGS);
        stage_forget(&s);
        wisp_guest_swap(s.guests[0], rig_module("actor_2"), NULL);
        stage_settle(&s);
        stage_expect(&s, "2:e8001=0<1 ");
        expect_calls(s.guests[0], 0, 0); /* it may come back */
        wisp_guest_decide(s.guests[0], commit, "test", NULL);
        stage_settle(&s);
        stage_expect(&s, commit ? "" : "1:d8001 ");
        expect_calls(s.guests[0], !commit, commit);
        stage_deinit(&s);
    }
}

static void done_may_post_and_may_trap(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_POST, .target = 2, .type = 0x8001, .done = DONE_POSTS);
    stage_forget(&s);
    stage_settle(&s);
    stage_expect(&s, "2:e8001=0<1 1:d8001 1:+ 1:e8002=0<1 1:d8002 ");
    ACT(&s, s.guests[0], ACT_POST, .target = 2, .type = 0x8001, .done = DONE_TRAPS);
    ACT(&s, s.guests[0], ACT_POST, .target = 2, .type = 0x8002, .done = DONE_LOGS);
    stage_forget(&s);
    stage_settle(&s);
    stage_expect(&s, "2:e8001=0<1 2:e8002=0<1 ");
    expect_calls(s.guests[0], 3, 1);
    stage_deinit(&s);
}

static void what_cannot_be_called_is_no_done(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    static const uint32_t indexes[] = {100000, 0xffffffff}; /* outside of the table */
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++)
        assert_int_equal(
            ACT(&s, s.guests[0], ACT_FUNC, .target = 2, .type = 0x8001, .number = indexes[i]),
            WISP_TRAP);
    wisp_guest_stop(s.guests[0]); /* it would be paused */
    wisp_guest_start(s.guests[0], rig_module("actor"), NULL);
    assert_int_equal(ACT(&s, s.guests[0], ACT_TYPED, .target = 2, .type = 0x8001), WISP_TRAP);
    ACT(&s, s.guests[1], ACT_FUNC, .target = 2, .type = 0x8001, .number = 0); /* no done */
    stage_forget(&s);
    stage_settle(&s);
    stage_expect(&s, "2:e8001=0<2 ");
    stage_deinit(&s);
}

static void a_guest_can_be_stopped_under_the_load_of_a_spammer(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    uint64_t sent = 0;
    for (int round = 0; round < 50; round++) {
        ACT(&s, s.guests[0], ACT_POST_MANY, .target = 2, .type = 0x8001, .count = 100,
            .done = DONE_COUNTS);
        sent += 100;
        if (round % 3 == 0)
            stage_step(&s);
        if (round % 5 == 0)
            wisp_guest_stop(s.guests[1]);
        if (round % 5 == 2)
            wisp_guest_start(s.guests[1], rig_module("actor"), NULL);
        stage_forget(&s);
        stage_settle(&s);
        stage_forget(&s);
    }
    expect_calls(s.guests[0], sent, 0);
    wisp_guest_status to = stage_status(s.guests[1]), from = stage_status(s.guests[0]);
    assert_int_equal(to.events_in + to.events_dropped + from.events_refused, sent);
    stage_deinit(&s);
}

static void what_still_waits_when_the_host_ends_is_done_with(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    POST(&s, .target = 1, .type = 0x8001);
    POST(&s, .target = WISP_TO_PROGRAM, .type = 0x8002);
    POST(&s, .target = WISP_TO_ALL, .type = 0x8003);
    stage_deinit(&s);
    assert_int_equal(s.done_calls, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_is_done_with_after_its_delivery),
        cmocka_unit_test(what_is_refused_is_done_with_after_the_entry),
        cmocka_unit_test(posting_goes_on_until_it_is_refused_and_all_is_done_with_once),
        cmocka_unit_test(every_limit_refuses_and_gives_way_again),
        cmocka_unit_test(who_goes_on_posting_although_refused_is_broken_off),
        cmocka_unit_test(a_post_while_stopping_is_refused_and_done_with),
        cmocka_unit_test(what_waits_for_a_guest_that_is_stopped_is_dropped_and_done_with),
        cmocka_unit_test(the_events_of_a_sender_that_is_gone_are_delivered_but_it_is_not_called),
        cmocka_unit_test(an_event_that_a_receiver_traps_in_reaches_the_others_and_is_done_with),
        cmocka_unit_test(an_entry_that_traps_has_posted_nothing),
        cmocka_unit_test(a_receiver_that_is_swapped_gets_what_waits),
        cmocka_unit_test(a_sender_that_is_swapped_is_not_called_in_its_new_version),
        cmocka_unit_test(done_may_post_and_may_trap),
        cmocka_unit_test(what_cannot_be_called_is_no_done),
        cmocka_unit_test(a_guest_can_be_stopped_under_the_load_of_a_spammer),
        cmocka_unit_test(what_still_waits_when_the_host_ends_is_done_with),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
