#include "rig.h"

#include <stdio.h>
#include <string.h>

#include <wisp/event.h>

/*
 * What becomes of events, timers, subscriptions and done functions when one version takes over
 * from another, and when it does not last. guests/shaded.c sends on what it gets: "type:value".
 */

enum { TICK_NS = 2000000, FIRST = WISP_EVENT_USER + 1, THIRD = WISP_EVENT_USER + 3 };

struct heard {
    struct rig rig;
    char text[4096];
    size_t len;
};

static void on_message(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    (void)guest;
    struct heard *h = user;
    uint32_t words[2] = {0};
    memcpy(words, bytes.data, bytes.size < sizeof words ? bytes.size : sizeof words);
    if (channel < DONE && channel != WISP_EVENT_TIMER)
        return; /* what is said of messages and tasks is heard elsewhere */
    const char *name = channel == WISP_EVENT_TIMER ? "tick" : channel == DONE ? "done" : "event";
    uint32_t type = channel == DONE ? words[0] : channel;
    h->len += (size_t)snprintf(h->text + h->len, sizeof h->text - h->len, "%s %u:%u; ", name,
                               type & 0xff, words[1]);
    assert_true(h->len < sizeof h->text);
}

static void start(struct heard *h, const wisp_guest_config *config)
{
    memset(h, 0, sizeof *h);
    rig_init(&h->rig, NULL);
    wisp_guest_free(h->rig.guest);
    wisp_guest_config full = config ? *config : (wisp_guest_config){0};
    full.fuel = 100000;
    full.on_message = on_message;
    full.user = h;
    assert_int_equal(wisp_guest_new(h->rig.host, &full, &h->rig.guest, NULL), WISP_OK);
    assert_int_equal(wisp_guest_start(h->rig.guest, rig_module("shaded_events_1"), NULL),
                     WISP_OK);
}

static void swap(struct heard *h)
{
    rig_swap(&h->rig, "shaded_events_2", WISP_OK);
}

static void revert(struct heard *h)
{
    assert_int_equal(wisp_guest_decide(h->rig.guest, false, NULL, NULL), WISP_OK);
}

static void step_after(struct heard *h, uint64_t ns)
{
    h->rig.now_ns += ns;
    rig_step(&h->rig);
}

static void expect(struct heard *h, const char *text)
{
    assert_string_equal(h->text, text);
    h->len = 0;
    h->text[0] = '\0';
}

static void publish(struct heard *h, uint32_t number)
{
    wisp_post post = {.target = WISP_TO_ALL, .type = THIRD, .number = number};
    assert_int_equal(wisp_host_post(h->rig.host, &post, NULL), WISP_OK);
}

/* ------------------------------------------------------------------ over a swap */

static void a_timer_that_both_versions_set_ticks_once_and_in_its_phase(void **state)
{
    (void)state;
    struct heard h;
    start(&h, NULL);
    step_after(&h, TICK_NS);
    expect(&h, "tick 3:5; ");
    h.rig.now_ns += TICK_NS / 2;
    swap(&h);
    assert_int_equal(rig_status(&h.rig).timer_count, 1);
    step_after(&h, TICK_NS / 2);
    expect(&h, "tick 3:5; ");
    step_after(&h, TICK_NS / 2);
    expect(&h, "");
    step_after(&h, TICK_NS / 2);
    expect(&h, "tick 3:5; ");
    rig_deinit(&h.rig);
}

static void what_waits_goes_to_the_new_version_once(void **state)
{
    (void)state;
    struct heard h;
    start(&h, NULL);
    publish(&h, 7);
    rig_deliver(&h.rig, POST, 0, 8, 0);
    swap(&h);
    publish(&h, 9);
    step_after(&h, 0);
    expect(&h, "event 3:7; event 1:8; event 2:8; event 3:9; ");
    assert_int_equal(rig_status(&h.rig).events_in, 4);
    assert_int_equal(rig_status(&h.rig).events_dropped, 0);
    rig_deinit(&h.rig);
}

static void what_waits_for_others_is_not_touched(void **state)
{
    (void)state;
    struct heard h, other;
    start(&h, NULL);
    other = h; /* the same host, another guest */
    wisp_guest_config config = {.fuel = 100000, .on_message = on_message, .user = &other};
    assert_int_equal(wisp_guest_new(h.rig.host, &config, &other.rig.guest, NULL), WISP_OK);
    assert_int_equal(wisp_guest_start(other.rig.guest, rig_module("shaded_events_1"), NULL),
                     WISP_OK);
    for (uint32_t i = 1; i <= 3; i++) {
        wisp_post post = {.target = wisp_guest_id(other.rig.guest), .type = FIRST, .number = i};
        assert_int_equal(wisp_host_post(h.rig.host, &post, NULL), WISP_OK);
    }
    swap(&h);
    revert(&h);
    swap(&h);
    step_after(&h, 0);
    expect(&other, "event 1:1; event 1:2; event 1:3; ");
    expect(&h, "");
    rig_deinit(&h.rig);
}

static void a_done_function_is_of_the_version_that_posted(void **state)
{
    (void)state;
    struct heard h;
    start(&h, NULL);
    rig_deliver(&h.rig, POST, 0, 8, 0);
    swap(&h);
    step_after(&h, 0); /* the events go to the new version, the calls wait with the old one */
    expect(&h, "event 1:8; event 2:8; ");
    assert_int_equal(rig_status(&h.rig).callbacks_called, 0);
    assert_int_equal(wisp_guest_decide(h.rig.guest, true, NULL, NULL), WISP_OK);
    step_after(&h, 0);
    expect(&h, "");
    assert_int_equal(rig_status(&h.rig).callbacks_cancelled, 2);
    rig_deinit(&h.rig);
}

/* ------------------------------------------------------------------ back again */

static void bytes_are_at_their_place_in_the_version_that_posted_them(void **state)
{
    (void)state;
    struct heard h;
    start(&h, NULL);
    rig_deliver(&h.rig, ADDRESS, 0, 0, 0);
    step_after(&h, 0);
    expect(&h, "event 4:1; done 4:0; ");
    rig_deliver(&h.rig, ADDRESS, 0, 0, 0);
    swap(&h);
    step_after(&h, 0);
    expect(&h, "event 4:0; "); /* a copy */
    revert(&h);
    expect(&h, "event 4:1; ");
    step_after(&h, 0);
    expect(&h, "done 4:0; ");
    rig_deinit(&h.rig);
}

static void timers_and_subscriptions_are_what_they_were(void **state)
{
    (void)state;
    struct heard h;
    start(&h, NULL);
    swap(&h);
    rig_deliver(&h.rig, CANCEL, 2, 1, 0);
    publish(&h, 7);
    step_after(&h, TICK_NS / 2);
    expect(&h, "tick 3:6; ");
    revert(&h);
    expect(&h, "tick 3:6; "); /* it was given that, whoever has set the timer */
    publish(&h, 8);
    assert_int_equal(rig_status(&h.rig).timer_count, 1);
    assert_int_equal(rig_status(&h.rig).subscription_count, 1);
    step_after(&h, TICK_NS / 2);
    expect(&h, "event 3:8; tick 3:5; ");
    rig_deinit(&h.rig);
}

static void a_tick_on_probation_is_given_again_and_does_not_come_twice(void **state)
{
    (void)state;
    struct heard h;
    start(&h, NULL);
    swap(&h);
    step_after(&h, TICK_NS);
    publish(&h, 7);
    step_after(&h, 0);
    expect(&h, "tick 3:5; event 3:7; ");
    revert(&h);
    expect(&h, "tick 3:5; event 3:7; ");
    step_after(&h, 0);
    expect(&h, "");
    step_after(&h, TICK_NS);
    expect(&h, "tick 3:5; ");
    rig_deinit(&h.rig);
}

static void a_tick_that_nobody_has_had_comes_after_it(void **state)
{
    (void)state;
    struct heard h;
    start(&h, NULL);
    swap(&h);
    rig_deliver(&h.rig, CANCEL, 2, 1, 0); /* so that it never comes to the new version */
    h.rig.now_ns += TICK_NS;
    revert(&h);
    step_after(&h, 0);
    expect(&h, "tick 3:5; ");
    rig_deinit(&h.rig);
}

static void done_functions_of_the_old_version_are_called_when_it_is_back(void **state)
{
    (void)state;
    struct heard h;
    start(&h, NULL);
    rig_deliver(&h.rig, POST, 0, 8, 0);
    swap(&h);
    step_after(&h, 0);
    expect(&h, "event 1:8; event 2:8; ");
    revert(&h);
    step_after(&h, 0);
    expect(&h, "event 1:8; event 2:8; done 1:8; done 2:8; ");
    assert_int_equal(rig_status(&h.rig).callbacks_called, 2);
    assert_int_equal(rig_status(&h.rig).callbacks_cancelled, 0);
    rig_deinit(&h.rig);
}

static void what_the_failed_version_posted_remains_but_not_of_the_entry_it_failed_in(void **state)
{
    (void)state;
    struct heard h;
    start(&h, NULL);
    swap(&h);
    rig_deliver(&h.rig, POST, 0, 8, 0);      /* posted by the new version, and again by the old */
    rig_deliver(&h.rig, SEND_TRAP, 2, 9, 0); /* posts and traps */
    step_after(&h, 0);
    expect(&h, "event 1:8; event 2:8; event 1:8; done 1:8; event 2:8; done 2:8; ");
    wisp_guest_status status = rig_status(&h.rig);
    assert_int_equal(status.reverts, 1);
    assert_int_equal(status.callbacks_called, 2);
    assert_int_equal(status.callbacks_cancelled, 4);
    rig_deinit(&h.rig);
}

static void a_refused_version_leaves_no_timer_behind(void **state)
{
    (void)state;
    struct heard h;
    start(&h, NULL);
    rig_swap(&h.rig, "shaded_events_refuses", WISP_MISMATCH);
    assert_int_equal(rig_status(&h.rig).timer_count, 1);
    step_after(&h, TICK_NS);
    expect(&h, "tick 3:5; ");
    rig_deinit(&h.rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_that_both_versions_set_ticks_once_and_in_its_phase),
        cmocka_unit_test(what_waits_goes_to_the_new_version_once),
        cmocka_unit_test(what_waits_for_others_is_not_touched),
        cmocka_unit_test(a_done_function_is_of_the_version_that_posted),
        cmocka_unit_test(bytes_are_at_their_place_in_the_version_that_posted_them),
        cmocka_unit_test(timers_and_subscriptions_are_what_they_were),
        cmocka_unit_test(a_tick_on_probation_is_given_again_and_does_not_come_twice),
        cmocka_unit_test(a_tick_that_nobody_has_had_comes_after_it),
        cmocka_unit_test(done_functions_of_the_old_version_are_called_when_it_is_back),
        cmocka_unit_test(
            what_the_failed_version_posted_remains_but_not_of_the_entry_it_failed_in),
        cmocka_unit_test(a_refused_version_leaves_no_timer_behind),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
