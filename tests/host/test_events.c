#include <string.h>

#include "stage.h"

/* Who gets which events, in which order. */

static void two(struct stage *s)
{
    stage_init(s, NULL);
    stage_add(s, NULL, "actor");
    stage_add(s, NULL, "actor");
}

static void an_event_goes_to_the_guest_that_it_is_for(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_POST, .target = 2, .type = 0x8001, .number = 5);
    stage_expect(&s, "1:+ ");
    stage_step(&s);
    stage_expect(&s, "2:e8001=5<1 ");
    stage_deinit(&s);
}

static void the_program_posts_and_is_posted_to(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    assert_int_equal(POST(&s, .target = 2, .type = 0x8001, .number = 7), WISP_OK);
    ACT(&s, s.guests[1], ACT_POST, .target = WISP_TO_PROGRAM, .type = 0x8002, .number = 8);
    ACT(&s, s.guests[1], ACT_POST, .target = WISP_TO_PROGRAM, .type = 0x8003, .size = 100);
    stage_forget(&s);
    stage_step(&s);
    stage_expect(&s, "2:e8001=7<0 done 8001 p:e8002=8<2 p:e8003[100]<2 ");
    stage_deinit(&s);
}

static void messages_and_events_come_in_the_order_of_posting(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    struct act say = {.number = 1};
    wisp_bytes bytes = {(const uint8_t *)&say, sizeof say};
    wisp_guest_send(s.guests[1], ACT_SAY, bytes, NULL);
    POST(&s, .target = 1, .type = 0x8001);
    wisp_guest_send(s.guests[0], ACT_SAY, bytes, NULL);
    POST(&s, .target = 2, .type = 0x8002);
    stage_step(&s);
    stage_expect(&s, "2:says 1 1:e8001=0<0 done 8001 1:says 1 2:e8002=0<0 done 8002 ");
    stage_deinit(&s);
}

static void what_is_posted_in_a_step_comes_in_the_next(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_POST, .target = 1, .type = 0x8001, .done = DONE_POSTS);
    stage_forget(&s);
    stage_step(&s);
    stage_expect(&s, "1:e8001=0<1 1:d8001 1:+ ");
    assert_int_equal(wisp_host_next_ns(s.host), 0);
    stage_step(&s);
    stage_expect(&s, "1:e8002=0<1 1:d8002 ");
    assert_true(wisp_host_next_ns(s.host) == UINT64_MAX);
    stage_deinit(&s);
}

static void bytes_are_copied_for_others_and_handed_back_to_oneself(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    static const uint32_t sizes[] = {1, 64, 65, 4096};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ACT(&s, s.guests[0], ACT_POST, .target = 1, .type = 0x8001, .size = sizes[i],
            .done = DONE_LOGS);
        ACT(&s, s.guests[0], ACT_POST, .target = 2, .type = 0x8002, .size = sizes[i]);
    }
    stage_forget(&s);
    stage_step(&s);
    stage_expect(&s, "1:e8001[1]@<1 1:d8001 2:e8002[1]<1 1:e8001[64]@<1 1:d8001 2:e8002[64]<1 "
                     "1:e8001[65]@<1 1:d8001 2:e8002[65]<1 "
                     "1:e8001[4096]@<1 1:d8001 2:e8002[4096]<1 ");
    stage_deinit(&s);
}

/* Who is not told when they are done with may have them on its stack. */
static void without_done_they_are_copied_for_oneself_too(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_POST, .target = 1, .type = 0x8001, .size = 64);
    stage_forget(&s);
    stage_step(&s);
    stage_expect(&s, "1:e8001[64]<1 ");
    stage_deinit(&s);
}

static void one_hears_itself_at_the_old_address_after_memory_has_grown(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_POST, .target = 1, .type = 0x8001, .size = 100, .done = DONE_LOGS);
    ACT(&s, s.guests[0], ACT_GROW, .number = 100);
    stage_forget(&s);
    stage_step(&s);
    stage_expect(&s, "1:e8001[100]@<1 1:d8001 ");
    stage_deinit(&s);
}

static void a_number_goes_through_as_it_is(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    static const uint32_t numbers[] = {0, 0xffffffff, 0xdeadbeef, 1};
    for (size_t i = 0; i < 4; i++) {
        ACT(&s, s.guests[0], ACT_POST, .target = 1, .type = 0x8001, .number = numbers[i],
            .done = DONE_LOGS);
        ACT(&s, s.guests[0], ACT_POST, .target = 2, .type = 0x8001, .number = numbers[i]);
    }
    stage_forget(&s);
    stage_step(&s);
    stage_expect(&s, "1:e8001=0<1 1:d8001 2:e8001=0<1 1:e8001=4294967295<1 1:d8001 "
                     "2:e8001=4294967295<1 1:e8001=3735928559<1 1:d8001? 2:e8001=3735928559<1 "
                     "1:e8001=1<1 1:d8001 2:e8001=1<1 ");
    stage_deinit(&s);
}

static void a_posted_range_outside_the_memory_breaks_the_module_off(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    static const struct {
        uint32_t address, size;
    } bad[] = {{0xffffffff, 1}, {0xfffffff0, 0x20}, {65536 * 1000u, 1}, {16, 0xffffffff}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint64_t traps = stage_status(s.guests[0]).traps;
        wisp_guest_stop(s.guests[0]);
        wisp_guest_start(s.guests[0], rig_module("actor"), NULL);
        assert_int_equal(ACT(&s, s.guests[0], ACT_AT, .target = 2, .type = 0x8001,
                             .number = bad[i].address, .size = bad[i].size),
                         WISP_TRAP);
        assert_int_equal(stage_status(s.guests[0]).traps, traps + 1);
    }
    stage_settle(&s);
    assert_null(strstr(s.heard, "2:e8001"));
    stage_deinit(&s);
}

/* ------------------------------------------------------------------ to all */

static void an_event_to_all_goes_to_whoever_has_subscribed(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    stage_add(&s, NULL, "actor");
    ACT(&s, s.guests[2], ACT_SUBSCRIBE, .type = 0x8001);
    ACT(&s, s.guests[0], ACT_SUBSCRIBE, .type = 0x8001);
    ACT(&s, s.guests[1], ACT_SUBSCRIBE, .type = 0x8002);
    stage_forget(&s);
    POST(&s, .target = WISP_TO_ALL, .type = 0x8001, .number = 3);
    stage_step(&s);
    stage_expect(&s, "1:e8001=3<0 3:e8001=3<0 done 8001 ");
    ACT(&s, s.guests[0], ACT_POST, .target = WISP_TO_ALL, .type = 0x8001, .size = 10,
        .done = DONE_LOGS);
    stage_forget(&s);
    stage_step(&s);
    stage_expect(&s, "1:e8001[10]@<1 3:e8001[10]<1 1:d8001 ");
    ACT(&s, s.guests[2], ACT_UNSUBSCRIBE, .type = 0x8001);
    ACT(&s, s.guests[2], ACT_UNSUBSCRIBE, .type = 0x8001);
    stage_expect(&s, "3:+ 3:- ");
    POST(&s, .target = WISP_TO_ALL, .type = 0x8001);
    stage_step(&s);
    stage_expect(&s, "1:e8001=0<0 done 8001 ");
    stage_deinit(&s);
}

static void groups_choose_among_subscribers(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_SUBSCRIBE, .type = 0x8001, .groups = 1);
    ACT(&s, s.guests[0], ACT_SUBSCRIBE, .type = 0x8001, .groups = 4);
    ACT(&s, s.guests[1], ACT_SUBSCRIBE, .type = 0x8001, .groups = 2);
    assert_int_equal(stage_status(s.guests[0]).subscription_count, 1);
    stage_forget(&s);
    POST(&s, .target = WISP_TO_ALL, .type = 0x8001, .groups = 4);
    POST(&s, .target = WISP_TO_ALL, .type = 0x8001, .groups = 3);
    POST(&s, .target = WISP_TO_ALL, .type = 0x8001, .groups = 8);
    POST(&s, .target = WISP_TO_ALL, .type = 0x8001);
    stage_step(&s);
    stage_expect(&s, "1:e8001=0<0 done 8001 1:e8001=0<0 2:e8001=0<0 done 8001 done 8001 "
                     "1:e8001=0<0 2:e8001=0<0 done 8001 ");
    ACT(&s, s.guests[0], ACT_UNSUBSCRIBE, .type = 0x8001, .groups = 1);
    stage_forget(&s);
    POST(&s, .target = WISP_TO_ALL, .type = 0x8001, .groups = 1);
    POST(&s, .target = WISP_TO_ALL, .type = 0x8001, .groups = 4);
    stage_step(&s);
    stage_expect(&s, "done 8001 1:e8001=0<0 done 8001 ");
    stage_deinit(&s);
}

static void the_program_subscribes_too_and_comes_first(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[1], ACT_SUBSCRIBE, .type = 0x8001);
    stage_forget(&s);
    assert_int_equal(wisp_host_subscribe(s.host, 0x8001, 2, NULL), WISP_OK);
    POST(&s, .target = WISP_TO_ALL, .type = 0x8001, .groups = 1);
    POST(&s, .target = WISP_TO_ALL, .type = 0x8001, .groups = 2);
    stage_step(&s);
    stage_expect(&s, "2:e8001=0<0 done 8001 p:e8001=0<0 2:e8001=0<0 done 8001 ");
    wisp_host_unsubscribe(s.host, 0x8001, 0);
    POST(&s, .target = WISP_TO_ALL, .type = 0x8001, .groups = 2);
    stage_step(&s);
    stage_expect(&s, "2:e8001=0<0 done 8001 ");
    stage_deinit(&s);
}

static void subscriptions_are_limited(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    wisp_guest *guest = stage_add(&s, &(wisp_guest_config){.subscriptions_max = 2}, "actor");
    ACT(&s, guest, ACT_SUBSCRIBE, .type = 0x8001, .groups = 1);
    ACT(&s, guest, ACT_SUBSCRIBE, .type = 0x8002);
    ACT(&s, guest, ACT_SUBSCRIBE, .type = 0x8003);
    ACT(&s, guest, ACT_SUBSCRIBE, .type = 0x8001, .groups = 2);
    stage_expect(&s, "1:+ 1:+ 1:- 1:+ ");
    stage_deinit(&s);
}

/* ------------------------------------------------------------------ topics */

static void a_topic_is_the_same_type_for_everybody(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, &(wisp_host_config){.topics_max = 2});
    wisp_guest *guest = stage_add(&s, NULL, "actor");
    uint32_t a, b, again;
    wisp_error err;
    assert_int_equal(wisp_host_topic(s.host, "b", &b, NULL), WISP_OK);
    ACT(&s, guest, ACT_TOPIC, 0);
    assert_int_equal(wisp_host_topic(s.host, "a", &a, NULL), WISP_OK);
    assert_int_equal(wisp_host_topic(s.host, "b", &again, NULL), WISP_OK);
    assert_int_equal(again, b);
    assert_int_equal(a, WISP_EVENT_TOPIC | 2);
    stage_expect(&s, "1:topic 80000002 ");
    assert_int_equal(wisp_host_topic(s.host, "c", &again, &err), WISP_LIMIT);
    assert_int_equal(wisp_host_topic(s.host, "", &again, &err), WISP_LIMIT);

    ACT(&s, guest, ACT_SUBSCRIBE, .type = a);
    stage_forget(&s);
    POST(&s, .target = WISP_TO_ALL, .type = a, .number = 4);
    stage_step(&s);
    stage_expect(&s, "1:e80000002=4<0 done 80000002 ");
    stage_deinit(&s);
}

/* ------------------------------------------------------------------ who is there */

static void modules_find_each_other_by_app_id(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_SELF, 0);
    ACT(&s, s.guests[1], ACT_SELF, 0);
    ACT(&s, s.guests[0], ACT_FIND, .number = 102);
    ACT(&s, s.guests[0], ACT_FIND, .number = 999);
    ACT(&s, s.guests[0], ACT_FIND, .number = 0);
    ACT(&s, s.guests[0], ACT_INFO, .number = 2);
    ACT(&s, s.guests[0], ACT_INFO, .number = 3);
    stage_expect(&s, "1:self 1 2:self 2 1:found 2 1:found 0 1:found 0 1:app 102 v1 1:- ");
    wisp_guest_swap(s.guests[1], rig_module("actor_2"), NULL);
    ACT(&s, s.guests[1], ACT_SELF, 0);
    ACT(&s, s.guests[0], ACT_INFO, .number = 2);
    stage_expect(&s, "2:self 2 1:app 102 v2 ");
    wisp_guest_stop(s.guests[1]);
    stage_forget(&s);
    ACT(&s, s.guests[0], ACT_FIND, .number = 102);
    ACT(&s, s.guests[0], ACT_INFO, .number = 2);
    stage_expect(&s, "1:found 0 1:- ");
    stage_deinit(&s);
}

static void starting_and_stopping_is_told_once_each_and_in_this_order(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    wisp_guest *watcher = stage_add(&s, NULL, "actor");
    ACT(&s, watcher, ACT_SUBSCRIBE, .type = WISP_EVENT_STARTED);
    ACT(&s, watcher, ACT_SUBSCRIBE, .type = WISP_EVENT_STOPPED);
    stage_forget(&s);
    wisp_guest *other = stage_add(&s, NULL, "actor");
    stage_settle(&s);
    stage_expect(&s, "1:e1[16]<0 ");
    wisp_guest_swap(other, rig_module("actor_2"), NULL);
    wisp_guest_decide(other, true, NULL, NULL);
    ACT(&s, other, ACT_ABORT, .number = 1); /* is started again */
    stage_settle(&s);
    stage_expect(&s, "");
    wisp_guest_stop(other);
    wisp_guest_stop(other);
    stage_settle(&s);
    stage_expect(&s, "2:bye 1:e2[16]<0 ");
    assert_int_not_equal(wisp_guest_start(other, rig_module("start_says_no"), NULL), WISP_OK);
    stage_settle(&s);
    stage_expect(&s, "");
    stage_deinit(&s);
}

static void a_guest_that_goes_down_is_told_as_stopped(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    wisp_guest_config fragile = {.on_fault = WISP_ON_FAULT_DISABLE};
    wisp_guest *other = stage_add(&s, &fragile, "actor");
    wisp_host_subscribe(s.host, WISP_EVENT_STOPPED, 0, NULL);
    ACT(&s, other, ACT_ABORT, .number = 1);
    stage_settle(&s);
    stage_expect(&s, "p:e2[16]<0 ");
    assert_int_equal(POST(&s, .target = 1, .type = 0x8001), WISP_NOT_FOUND);
    stage_deinit(&s);
}

static void randomness_comes_from_the_system(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_RANDOM, 0);
    s.random_fails = true;
    ACT(&s, s.guests[0], ACT_RANDOM, 0);
    stage_expect(&s, "1:filled + 1:zero - ");
    stage_deinit(&s);
}

static void abort_is_a_fault_of_one_version_alone(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_POST, .target = 2, .type = 0x8001, .done = DONE_LOGS);
    stage_forget(&s);
    assert_int_equal(ACT(&s, s.guests[0], ACT_ABORT, .number = 3), WISP_TRAP);
    stage_settle(&s);
    stage_expect(&s, "2:e8001=0<1 "); /* neither "bye" nor "d8001" */
    assert_int_equal(stage_status(s.guests[0]).callbacks_cancelled, 1);
    assert_int_equal(stage_status(s.guests[0]).restarts, 1);
    stage_deinit(&s);
}

/* ------------------------------------------------------------------ a busy start */

static void a_start_may_do_a_lot(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    stage_add(&s, NULL, "actor_start_posts");
    stage_step(&s);
    assert_int_equal(stage_status(s.guests[0]).events_in, 20);
    assert_int_equal(stage_status(s.guests[0]).callbacks_called, 20);
    stage_deinit(&s);
}

static void a_start_that_fails_leaves_nothing_behind(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    wisp_guest *guest = stage_add_empty(&s, NULL);
    assert_int_equal(wisp_guest_start(guest, rig_module("actor_start_refuses"), NULL),
                     WISP_UNSUPPORTED);
    assert_int_equal(stage_status(guest).timer_count, 0);
    assert_int_equal(stage_status(guest).subscription_count, 0);
    assert_int_equal(stage_status(guest).queue_len, 0);
    stage_settle(&s);
    stage_expect(&s, "");
    assert_true(wisp_host_next_ns(s.host) == UINT64_MAX);
    stage_deinit(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_goes_to_the_guest_that_it_is_for),
        cmocka_unit_test(the_program_posts_and_is_posted_to),
        cmocka_unit_test(messages_and_events_come_in_the_order_of_posting),
        cmocka_unit_test(what_is_posted_in_a_step_comes_in_the_next),
        cmocka_unit_test(bytes_are_copied_for_others_and_handed_back_to_oneself),
        cmocka_unit_test(without_done_they_are_copied_for_oneself_too),
        cmocka_unit_test(one_hears_itself_at_the_old_address_after_memory_has_grown),
        cmocka_unit_test(a_number_goes_through_as_it_is),
        cmocka_unit_test(a_posted_range_outside_the_memory_breaks_the_module_off),
        cmocka_unit_test(an_event_to_all_goes_to_whoever_has_subscribed),
        cmocka_unit_test(groups_choose_among_subscribers),
        cmocka_unit_test(the_program_subscribes_too_and_comes_first),
        cmocka_unit_test(subscriptions_are_limited),
        cmocka_unit_test(a_topic_is_the_same_type_for_everybody),
        cmocka_unit_test(modules_find_each_other_by_app_id),
        cmocka_unit_test(starting_and_stopping_is_told_once_each_and_in_this_order),
        cmocka_unit_test(a_guest_that_goes_down_is_told_as_stopped),
        cmocka_unit_test(randomness_comes_from_the_system),
        cmocka_unit_test(abort_is_a_fault_of_one_version_alone),
        cmocka_unit_test(a_start_may_do_a_lot),
        cmocka_unit_test(a_start_that_fails_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
