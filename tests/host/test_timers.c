#include <stdio.h>

#include "stage.h"

/* Timers of modules. Times are in microseconds from the beginning. */

static void one(struct stage *s, const wisp_guest_config *config)
{
    stage_init(s, NULL);
    stage_add(s, config, "actor");
}

static void at(struct stage *s, uint64_t us)
{
    s->now_ns = 1000000000 + us * 1000;
    stage_step(s);
}

static void set(struct stage *s, int32_t after_us, int32_t every_us, uint32_t cookie)
{
    ACT(s, s->guests[0], ACT_TIMER_SET, .number = (uint32_t)after_us, .count = (uint32_t)every_us,
        .size = cookie);
}

static void cancel(struct stage *s, uint32_t id)
{
    ACT(s, s->guests[0], ACT_TIMER_CANCEL, .number = id);
}

static void a_timer_comes_once_with_its_cookie(void **state)
{
    (void)state;
    struct stage s;
    one(&s, NULL);
    static const uint32_t cookies[] = {0, 0xffffffff, 0xdeadbeef};
    for (size_t i = 0; i < 3; i++) {
        char text[64];
        set(&s, 10, 0, cookies[i]);
        stage_forget(&s);
        assert_int_equal(wisp_host_next_ns(s.host), s.now_ns + 10000);
        at(&s, i * 100 + 9);
        stage_expect(&s, "");
        at(&s, i * 100 + 10);
        snprintf(text, sizeof text, "1:e3=%u<0 ", cookies[i]);
        stage_expect(&s, text);
        assert_true(wisp_host_next_ns(s.host) == UINT64_MAX);
        assert_int_equal(stage_status(s.guests[0]).timer_count, 0);
        at(&s, (i + 1) * 100);
        stage_expect(&s, "");
    }
    stage_deinit(&s);
}

static void a_timer_repeats_without_drift(void **state)
{
    (void)state;
    struct stage s;
    one(&s, NULL);
    set(&s, 5, 10, 7);
    stage_forget(&s);
    static const struct {
        uint64_t at, next;
    } rows[] = {{5, 15}, {18, 25}, {25, 35}, {71, 75}, {75, 85}, {1000, 1005}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        at(&s, rows[i].at);
        stage_expect(&s, "1:e3=7<0 ");
        assert_int_equal(wisp_host_next_ns(s.host), 1000000000 + rows[i].next * 1000);
    }
    stage_deinit(&s);
}

static void timers_come_in_the_order_in_which_they_are_due(void **state)
{
    (void)state;
    struct stage s;
    one(&s, NULL);
    static const int32_t due[] = {50, 20, 90, 20, 10, 70, 0};
    for (uint32_t i = 0; i < 7; i++)
        set(&s, due[i], 0, i);
    stage_forget(&s);
    at(&s, 100);
    stage_expect(&s, "1:e3=6<0 1:e3=4<0 1:e3=1<0 1:e3=3<0 1:e3=0<0 1:e3=5<0 1:e3=2<0 ");
    stage_deinit(&s);
}

static void a_cancelled_timer_never_comes(void **state)
{
    (void)state;
    struct stage s;
    one(&s, NULL);
    set(&s, 10, 0, 1);
    set(&s, 10, 10, 2);
    stage_forget(&s);
    cancel(&s, 1);
    cancel(&s, 1); /* twice */
    cancel(&s, 3); /* there is none */
    cancel(&s, 0);
    stage_expect(&s, "1:+ 1:- 1:- 1:- ");
    at(&s, 10);
    stage_expect(&s, "1:e3=2<0 ");
    cancel(&s, 2);
    stage_expect(&s, "1:+ ");
    at(&s, 100);
    stage_expect(&s, "");
    set(&s, 10, 0, 3);
    at(&s, 200);
    stage_forget(&s);
    cancel(&s, 3); /* it has come */
    stage_expect(&s, "1:- ");
    stage_deinit(&s);
}

static void cancelling_takes_out_the_event_that_waits(void **state)
{
    (void)state;
    struct stage s;
    one(&s, NULL);
    /* The message waits before the event of the timer. */
    for (int32_t every = 0; every <= 10; every += 10) {
        set(&s, 10, every, 1);
        struct act act = {.number = every == 0 ? 1 : 2};
        wisp_guest_send(s.guests[0], ACT_TIMER_CANCEL,
                        (wisp_bytes){(const uint8_t *)&act, sizeof act}, NULL);
        stage_forget(&s);
        s.now_ns += 50000;
        stage_step(&s);
        stage_expect(&s, "1:+ ");
        stage_settle(&s);
        stage_expect(&s, "");
        assert_int_equal(stage_status(s.guests[0]).queue_len, 0);
    }
    stage_deinit(&s);
}

static void timers_are_limited_and_give_way_again(void **state)
{
    (void)state;
    struct stage s;
    one(&s, &(wisp_guest_config){.timers_max = 3});
    for (int32_t i = 0; i < 4; i++)
        set(&s, 10, 0, 0);
    stage_expect(&s, "1:timer 1 1:timer 2 1:timer 3 1:timer 0 ");
    cancel(&s, 2);
    set(&s, 10, 0, 0);
    stage_expect(&s, "1:+ 1:timer 4 ");
    set(&s, -1, 0, 0);
    cancel(&s, 1);
    set(&s, -1, 0, 0);
    set(&s, 1, -1, 0);
    stage_expect(&s, "1:timer 0 1:+ 1:timer 0 1:timer 0 ");
    stage_deinit(&s);
}

static void the_event_of_one_timer_waits_once(void **state)
{
    (void)state;
    struct stage s;
    one(&s, &(wisp_guest_config){.queue_len_max = 1});
    set(&s, 10, 10, 1);
    stage_forget(&s);
    POST(&s, .target = 1, .type = 0x8001); /* full: a timer comes nevertheless */
    at(&s, 10);
    stage_expect(&s, "1:e8001=0<0 done 8001 1:e3=1<0 ");
    stage_deinit(&s);
}

static void timers_of_others_are_their_own(void **state)
{
    (void)state;
    struct stage s;
    one(&s, NULL);
    stage_add(&s, NULL, "actor");
    set(&s, 10, 0, 1);
    ACT(&s, s.guests[1], ACT_TIMER_CANCEL, .number = 1);
    stage_expect(&s, "1:timer 1 2:- ");
    stage_deinit(&s);
}

static void timers_and_subscriptions_survive_a_swap(void **state)
{
    (void)state;
    struct stage s;
    one(&s, NULL);
    set(&s, 10, 10, 5);
    ACT(&s, s.guests[0], ACT_SUBSCRIBE, .type = 0x8001);
    stage_forget(&s);
    assert_int_equal(wisp_guest_swap(s.guests[0], rig_module("actor_2"), NULL), WISP_OK);
    POST(&s, .target = WISP_TO_ALL, .type = 0x8001);
    at(&s, 10);
    stage_expect(&s, "1:e8001=0<0 done 8001 1:e3=5<0 ");
    stage_deinit(&s);
}

static void a_swap_that_is_refused_leaves_them_as_they_were(void **state)
{
    (void)state;
    struct stage s;
    one(&s, NULL);
    set(&s, 10, 0, 5);
    stage_forget(&s);
    assert_int_not_equal(wisp_guest_swap(s.guests[0], rig_module("actor_start_refuses"), NULL),
                         WISP_OK);
    assert_int_equal(stage_status(s.guests[0]).timer_count, 1);
    assert_int_equal(stage_status(s.guests[0]).subscription_count, 0);
    at(&s, 10);
    stage_expect(&s, "1:e3=5<0 ");
    stage_deinit(&s);
}

static void an_old_version_that_comes_back_has_what_it_had(void **state)
{
    (void)state;
    struct stage s;
    one(&s, NULL);
    set(&s, 100, 0, 1); /* not due on probation */
    set(&s, 20, 10, 2); /* due once on it */
    set(&s, 20, 0, 3);  /* likewise, and over then */
    ACT(&s, s.guests[0], ACT_SUBSCRIBE, .type = 0x8001);
    stage_forget(&s);
    assert_int_equal(wisp_guest_swap(s.guests[0], rig_module("actor_start_timers"), NULL),
                     WISP_OK);
    ACT(&s, s.guests[0], ACT_UNSUBSCRIBE, .type = 0x8001);
    cancel(&s, 1);
    assert_int_equal(stage_status(s.guests[0]).timer_count, 5);
    at(&s, 20);
    stage_expect(&s, "1:+ 1:+ 1:e3=2<0 1:e3=3<0 ");
    wisp_guest_decide(s.guests[0], false, "test", NULL);
    stage_forget(&s); /* what it is given again */
    assert_int_equal(stage_status(s.guests[0]).timer_count, 1);
    assert_int_equal(stage_status(s.guests[0]).subscription_count, 0);
    at(&s, 30);
    stage_expect(&s, "1:e3=2<0 ");
    stage_deinit(&s);
}

static void a_restart_and_a_stop_end_them(void **state)
{
    (void)state;
    struct stage s;
    one(&s, NULL);
    for (int stops = 0; stops < 2; stops++) {
        set(&s, 10, 10, 1);
        ACT(&s, s.guests[0], ACT_SUBSCRIBE, .type = 0x8001);
        if (stops)
            wisp_guest_stop(s.guests[0]);
        else
            ACT(&s, s.guests[0], ACT_ABORT, .number = 1);
        assert_int_equal(stage_status(s.guests[0]).timer_count, 0);
        assert_int_equal(stage_status(s.guests[0]).subscription_count, 0);
        assert_true(wisp_host_next_ns(s.host) == UINT64_MAX);
    }
    stage_deinit(&s);
}

static void thousands_of_timers_come_in_order(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    wisp_guest_config config = {.timers_max = 1000};
    for (int i = 0; i < 10; i++)
        stage_add(&s, &config, "actor");
    uint32_t random = 1;
    for (int i = 0; i < 10 * 1000; i++) {
        random = random * 1664525 + 1013904223;
        ACT(&s, s.guests[i % 10], ACT_TIMER_SET, .number = random >> 20, .size = random >> 20);
        stage_forget(&s);
    }
    uint64_t last_ns = 0, seen = 0;
    for (uint64_t next_ns; (next_ns = wisp_host_next_ns(s.host)) != UINT64_MAX;) {
        assert_true(next_ns > last_ns);
        last_ns = s.now_ns = next_ns;
        stage_step(&s);
        stage_forget(&s);
    }
    for (int i = 0; i < 10; i++)
        seen += stage_status(s.guests[i]).events_in;
    assert_int_equal(seen, 10000);
    stage_deinit(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_comes_once_with_its_cookie),
        cmocka_unit_test(a_timer_repeats_without_drift),
        cmocka_unit_test(timers_come_in_the_order_in_which_they_are_due),
        cmocka_unit_test(a_cancelled_timer_never_comes),
        cmocka_unit_test(cancelling_takes_out_the_event_that_waits),
        cmocka_unit_test(timers_are_limited_and_give_way_again),
        cmocka_unit_test(the_event_of_one_timer_waits_once),
        cmocka_unit_test(timers_of_others_are_their_own),
        cmocka_unit_test(timers_and_subscriptions_survive_a_swap),
        cmocka_unit_test(a_swap_that_is_refused_leaves_them_as_they_were),
        cmocka_unit_test(an_old_version_that_comes_back_has_what_it_had),
        cmocka_unit_test(a_restart_and_a_stop_end_them),
        cmocka_unit_test(thousands_of_timers_come_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
