#include "fixture.h"

#include "update/policy.h"
#include "update/report.h"

#include <jansson.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * How events reach an endpoint: what a device's life tells, at least once, with pauses after
 * failures, without ever being in the way.
 */

#define ENDPOINT_URL "http://events.example/events"

static wisp_net net; /* of the device: the repository, and the endpoint for a POST */

/* What the endpoint answers, and what it was told. */
static struct {
    wisp_status answer;
    const char *hates; /* what no body may have in it, or NULL */
    uint32_t retry_after_s;
    unsigned posts, repeats;
    char ids[256][64], lines[256][128]; /* of each event once: "committed 2 1 0 " and so on */
    size_t len;
    void (*on_post)(void);
} endpoint;

/* --- the endpoint ------------------------------------------------------------------------ */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void take_event(const json_t *event)
{
    const char *id = text_of(event, "id");
    for (size_t i = 0; i < endpoint.len; i++)
        if (strcmp(endpoint.ids[i], id) == 0) {
            endpoint.repeats++;
            return;
        }
    assert_true(endpoint.len < 256);
    snprintf(endpoint.ids[endpoint.len], sizeof endpoint.ids[0], "%s", id);
    snprintf(endpoint.lines[endpoint.len], sizeof endpoint.lines[0], "%s %d %d %s %s",
             text_of(event, "event"), (int)json_integer_value(json_object_get(event, "version")),
             (int)json_integer_value(json_object_get(event, "running")), text_of(event, "code"),
             text_of(event, "reason"));
    endpoint.len++;
}

static void take_body(wisp_bytes body)
{
    size_t index;
    json_t *event, *object = json_loadb((const char *)body.data, body.size, 0, NULL);
    assert_non_null(object);
    assert_int_equal(json_integer_value(json_object_get(object, "format")), 1);
    assert_string_equal(text_of(object, "target"), "app.wasm");
    assert_string_equal(text_of(object, "device"), device_status(&d).device_id);
    assert_true(json_array_size(json_object_get(object, "events")) <=
                WISP_UPDATE_EVENT_BATCH_MAX);
    json_array_foreach (json_object_get(object, "events"), index, event)
        take_event(event);
    json_decref(object);
}

static bool is_hated(wisp_bytes body)
{
    char text[32768];
    assert_true(body.size < sizeof text);
    memcpy(text, body.data, body.size);
    text[body.size] = '\0';
    return endpoint.hates && strstr(text, endpoint.hates);
}

/* One transfer: of the endpoint, or of the repository. */
typedef struct transfer {
    const wisp_net_request *post;
    void *inner;
} transfer;

static wisp_status start(void *user, const wisp_net_request *request, void **out, wisp_error *err)
{
    (void)user;
    transfer *t = calloc(1, sizeof *t);
    assert_non_null(t);
    *out = t;
    if (!request->content_type)
        return d.repo.net.start(d.repo.net.user, request, &t->inner, err);
    assert_string_equal(request->url, ENDPOINT_URL);
    assert_string_equal(request->content_type, "application/json");
    t->post = request;
    return WISP_OK;
}

static wisp_status step(void *user, void *transfer_, uint32_t wait_ms, wisp_error *err)
{
    (void)user;
    transfer *t = transfer_;
    if (!t->post)
        return d.repo.net.step(d.repo.net.user, t->inner, wait_ms, err);
    endpoint.posts++;
    if (endpoint.on_post)
        endpoint.on_post();
    if (endpoint.retry_after_s)
        *t->post->retry_after_s = endpoint.retry_after_s;
    wisp_status status = is_hated(t->post->body) ? WISP_INVALID : endpoint.answer;
    if (status == WISP_OK)
        take_body(t->post->body);
    else
        *err = (wisp_error){.status = status, .text = "the endpoint says no"};
    return status;
}

static void end(void *user, void *transfer_)
{
    (void)user;
    transfer *t = transfer_;
    if (!t->post)
        d.repo.net.end(d.repo.net.user, t->inner);
    free(t);
}

static int setup(void **state)
{
    memset(&endpoint, 0, sizeof endpoint);
    setup_device(state);
    net = (wisp_net){start, step, end, NULL};
    d.config.net = &net;
    d.config.events_url = ENDPOINT_URL;
    return 0;
}

/* A check that is broken off where it would deliver what there is to tell. */
static void check_quietly(void)
{
    wisp_update_job *job;
    wisp_update_progress progress = {.phase = WISP_UPDATE_CHECKING};
    assert_int_equal(wisp_updater_begin(d.updater, NULL, &job, &d.err), WISP_OK);
    while (progress.phase < WISP_UPDATE_REPORTING) {
        wisp_update_job_step(job, 0);
        wisp_update_job_progress(job, &progress);
    }
    wisp_update_job_free(job);
}

static void update_quietly(uint64_t version, const char *content)
{
    repo_release(&d.repo, version, content);
    check_quietly();
    device_acquire(&d);
    device_commit(&d);
}

static wisp_status report(void)
{
    return wisp_updater_report(d.updater, &d.err);
}

static void expect_lines(const char *const *lines, size_t len)
{
    assert_int_equal(report(), WISP_OK);
    for (size_t i = 0; i < len && i < endpoint.len; i++)
        assert_string_equal(endpoint.lines[i], lines[i]);
    assert_int_equal(endpoint.len, len);
}

/* --- what is told ------------------------------------------------------------------------ */

static void a_life_is_told_in_its_order(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "downloaded 2 1  ", "installed 2 1  ", "checked 2 1  ", "trial 2 1  ", "committed 2 2  ",
    };
    assert_int_equal(device_open(&d), WISP_OK);
    update_quietly(2, "module two");
    expect_lines(lines, 5);
    assert_int_equal(endpoint.posts, 1);
    assert_int_equal(report(), WISP_OK); /* nothing waits */
    assert_int_equal(endpoint.posts, 1);
    assert_int_equal(device_status(&d).events_waiting, 0);
}

static void a_check_delivers_at_its_end(void **state)
{
    (void)state;
    assert_int_equal(device_open(&d), WISP_OK);
    device_update(&d, 2, "module two");
    assert_int_equal(endpoint.posts, 1);
    assert_int_equal(endpoint.len, 3);
    assert_int_equal(device_status(&d).events_waiting, 2); /* the trial and the commit */
    endpoint.answer = WISP_NETWORK;
    assert_int_equal(device_check(&d), WISP_UPDATE_UP_TO_DATE);
    endpoint.answer = WISP_OK;
    d.disk.time += WISP_BACKOFF_MAX_S;
    device_check(&d);
    assert_int_equal(device_status(&d).events_waiting, 0);
}

static void a_rejection_is_told_with_its_reason(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "downloaded 2 1  ",
        "installed 2 1  ",
        "checked 2 1  ",
        "trial 2 1  ",
        "trial-failed 2 1 rejected it said \"no\"",
        "rolled-back 2 1 rejected it said \"no\"",
    };
    assert_int_equal(device_open(&d), WISP_OK);
    repo_release(&d.repo, 2, "module two");
    check_quietly();
    device_acquire(&d);
    device_reject(&d, "it said \"no\"");
    expect_lines(lines, 6);
}

static void each_death_during_a_trial_is_told_and_then_the_return(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "downloaded 2 1  ",
        "installed 2 1  ",
        "checked 2 1  ",
        "trial 2 1  ",
        "trial-failed 2 1 no-commit it ended without a commit",
        "trial 2 1  ",
        "trial-failed 2 1 no-commit it ended without a commit",
        "trial 2 1  ",
        "trial-failed 2 1 no-commit it ended without a commit",
        "rolled-back 2 1 attempts 3 attempts ended without a commit",
    };
    assert_int_equal(device_open(&d), WISP_OK);
    repo_release(&d.repo, 2, "module two");
    check_quietly();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
        device_crash(&d, SURVIVES_SYNCED);
        assert_int_equal(device_open(&d), WISP_OK);
    }
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_BASE);
    expect_lines(lines, 10);
}

static void the_same_answer_of_a_check_is_told_once_a_day(void **state)
{
    (void)state;
    assert_int_equal(device_open(&d), WISP_OK);
    repo_release(&d.repo, 1, DEVICE_BASE);
    for (int minute = 0; minute < 24 * 60; minute++, d.disk.time += 60)
        check_quietly();
    assert_int_equal(device_status(&d).events_waiting, 1);
    device_close(&d); /* also over a restart */
    assert_int_equal(device_open(&d), WISP_OK);
    check_quietly();
    check_quietly();
    assert_int_equal(device_status(&d).events_waiting, 2);
    d.repo.is_dead = true;
    check_quietly();
    check_quietly();
    assert_int_equal(device_status(&d).events_waiting, 3);
    static const char *const lines[] = {
        "checked 1 1  ",
        "checked 1 1  ",
        "failed 0 1 network 2.root.json: could not resolve host: repo",
    };
    expect_lines(lines, 3);
}

static void nothing_is_sent_without_an_endpoint_nor_later(void **state)
{
    (void)state;
    d.config.events_url = NULL;
    assert_int_equal(device_open(&d), WISP_OK);
    update_quietly(2, "module two");
    assert_int_equal(report(), WISP_OK);
    assert_int_equal(endpoint.posts, 0);
    device_close(&d);
    d.config.events_url = ENDPOINT_URL;
    assert_int_equal(device_open(&d), WISP_OK);
    assert_int_equal(report(), WISP_OK);
    assert_int_equal(endpoint.posts, 0);
    update_quietly(3, "module three");
    assert_int_equal(report(), WISP_OK);
    assert_int_equal(endpoint.len, 5);
    assert_string_equal(endpoint.lines[0], "downloaded 3 2  ");
}

/* --- at least once ----------------------------------------------------------------------- */

static void events_wait_until_the_endpoint_has_taken_them(void **state)
{
    (void)state;
    assert_int_equal(device_open(&d), WISP_OK);
    update_quietly(2, "module two");
    endpoint.answer = WISP_NETWORK;
    for (int i = 0; i < 5; i++, d.disk.time += WISP_BACKOFF_MAX_S)
        assert_int_equal(report(), WISP_NETWORK);
    assert_int_equal(device_status(&d).events_waiting, 5);
    device_crash(&d, SURVIVES_SYNCED);
    assert_int_equal(device_open(&d), WISP_OK);
    endpoint.answer = WISP_OK;
    assert_int_equal(report(), WISP_OK);
    assert_int_equal(endpoint.len, 5);
    assert_int_equal(device_status(&d).events_waiting, 0);
}

static void what_was_taken_but_not_noted_keeps_its_ids(void **state)
{
    (void)state;
    assert_int_equal(device_open(&d), WISP_OK);
    update_quietly(2, "module two");
    faulty_os_arm(&d.disk, FAULT_ENOSPC, 1);
    assert_int_equal(report(), WISP_OK);
    device_crash(&d, SURVIVES_SYNCED);
    assert_int_equal(device_open(&d), WISP_OK);
    assert_int_equal(report(), WISP_OK);
    assert_int_equal(endpoint.len, 5);
}

static void a_pause_after_a_failure_outlasts_a_restart(void **state)
{
    (void)state;
    assert_int_equal(device_open(&d), WISP_OK);
    update_quietly(2, "module two");
    endpoint.answer = WISP_NETWORK;
    assert_int_equal(report(), WISP_NETWORK);
    device_close(&d);
    endpoint.answer = WISP_OK;
    assert_int_equal(device_open(&d), WISP_OK);
    assert_int_equal(report(), WISP_BUSY);
    assert_true(says(d.err.text, "reporting failed 1 times; the next try is in"));
    assert_int_equal(endpoint.posts, 1);
    d.disk.time += WISP_BACKOFF_S;
    assert_int_equal(report(), WISP_OK);
    assert_int_equal(endpoint.len, 5);
}

static void a_clock_that_was_wrong_does_not_end_reporting(void **state)
{
    (void)state;
    assert_int_equal(device_open(&d), WISP_OK);
    update_quietly(2, "module two");
    endpoint.answer = WISP_NETWORK;
    d.disk.time += 40ll * 365 * 24 * 3600;
    assert_int_equal(report(), WISP_NETWORK);
    d.disk.time -= 40ll * 365 * 24 * 3600;
    endpoint.answer = WISP_OK;
    assert_int_equal(report(), WISP_OK);
}

static void the_endpoint_may_ask_for_a_longer_pause(void **state)
{
    (void)state;
    assert_int_equal(device_open(&d), WISP_OK);
    update_quietly(2, "module two");
    endpoint.answer = WISP_NETWORK;
    endpoint.retry_after_s = 3000;
    assert_int_equal(report(), WISP_NETWORK);
    d.disk.time += 2999;
    assert_int_equal(report(), WISP_BUSY);
    d.disk.time += WISP_BACKOFF_S;
    assert_int_equal(report(), WISP_NETWORK);
}

static void pauses_grow_within_bounds(void **state)
{
    (void)state;
    static const uint32_t all[] = {60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600, 21600};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        wisp_update_event_delivery before = {.batch_len = 16, .failures = (uint32_t)i}, after;
        for (int n = 0; n < 100; n++) {
            char id[16];
            snprintf(id, sizeof id, "device %d", n);
            after = wisp_report_settle(&before, WISP_NETWORK, 5, 9, id, 1000, 0);
            assert_in_range(after.next_try - 1000, all[i] / 2, all[i]);
            assert_int_equal(after.failures, i + 1);
            assert_int_equal(after.acknowledged, 0);
        }
        after = wisp_report_settle(&before, WISP_NETWORK, 5, 9, "d", 1000, UINT32_MAX);
        assert_int_equal(after.next_try - 1000, WISP_WAIT_MAX_S);
    }
}

static void a_success_ends_the_pauses(void **state)
{
    (void)state;
    wisp_update_event_delivery before = {
        .batch_len = 4, .failures = 9, .refusals = 2, .next_try = 5000, .acknowledged = 3};
    wisp_update_event_delivery after = wisp_report_settle(&before, WISP_OK, 4, 7, "d", 1000, 0);
    assert_int_equal(after.acknowledged, 7);
    assert_int_equal(after.batch_len, 8);
    assert_int_equal(after.failures + after.refusals + (uint32_t)after.next_try, 0);
}

/* --- what the endpoint will not take ----------------------------------------------------- */

static void an_event_that_is_refused_is_dropped_alone(void **state)
{
    (void)state;
    assert_int_equal(device_open(&d), WISP_OK);
    repo_release(&d.repo, 2, "module two");
    check_quietly();
    device_acquire(&d);
    device_reject(&d, "a reason that the endpoint hates");
    update_quietly(3, "module three");
    uint32_t events = device_status(&d).events_waiting;
    endpoint.hates = "hates";
    for (int i = 0; i < 40 && device_status(&d).events_waiting; i++) {
        report();
        d.disk.time += WISP_BACKOFF_MAX_S;
    }
    assert_int_equal(device_status(&d).events_refused, 2); /* trial-failed and rolled-back */
    assert_int_equal(endpoint.len, events - 2);
    assert_int_equal(endpoint.repeats, 0);
    assert_true(endpoint.posts < 25);
}

static void an_endpoint_that_is_missing_for_a_while_costs_nothing(void **state)
{
    (void)state;
    assert_int_equal(device_open(&d), WISP_OK);
    update_quietly(2, "module two");
    endpoint.answer = WISP_NOT_FOUND;
    for (int i = 0; i < WISP_REPORT_TRIES - 1; i++, d.disk.time += WISP_BACKOFF_MAX_S) {
        assert_int_equal(report(), WISP_NETWORK);
        assert_true(says(d.err.text, "does not take events"));
    }
    endpoint.answer = WISP_OK;
    assert_int_equal(report(), WISP_OK);
    assert_int_equal(endpoint.len, 5);
    assert_int_equal(device_status(&d).events_refused, 0);
}

/* --- never in the way -------------------------------------------------------------------- */

static void live_on(void)
{
    endpoint.on_post = NULL;
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
    device_commit(&d);
    wisp_error err;
    assert_int_equal(wisp_updater_report(d.updater, &err), WISP_BUSY);
}

static void a_device_lives_on_while_it_reports(void **state)
{
    (void)state;
    assert_int_equal(device_open(&d), WISP_OK);
    repo_release(&d.repo, 2, "module two");
    check_quietly();
    endpoint.on_post = live_on;
    assert_int_equal(report(), WISP_OK);
    assert_int_equal(endpoint.len, 5);
    assert_int_equal(device_status(&d).good.version, 2);
}

static void a_report_may_be_broken_off(void **state)
{
    (void)state;
    wisp_report r;
    assert_int_equal(device_open(&d), WISP_OK);
    update_quietly(2, "module two");
    assert_int_equal(wisp_report_begin(d.updater, &r, &d.err), WISP_OK);
    wisp_report_end(&r);
    assert_int_equal(endpoint.posts, 0);
    assert_int_equal(report(), WISP_OK);
    assert_int_equal(endpoint.len, 5);
}

/* Each system call of a day with reports fails: the update goes its way, and nothing that was
 * noted is lost or told twice. */
static void any_call_of_a_reporting_day_may_fail(void **state)
{
    static const fault kinds[] = {FAULT_EIO, FAULT_ENOSPC, FAULT_SHORT, FAULT_CRASH};
    uint64_t points = 0;
    for (size_t k = 0; k < 4; k++) {
        bool struck = true;
        for (uint64_t n = 1; struck; n++, points++) {
            teardown_device(state);
            setup(state);
            assert_int_equal(device_open(&d), WISP_OK);
            update_quietly(2, "module two");
            faulty_os_arm(&d.disk, kinds[k], n);
            report();
            wisp_updater_commit(d.updater, &d.image, NULL);
            report();
            struck = faulty_os_struck(&d.disk);
            device_crash(&d, SURVIVES_SYNCED);
            assert_int_equal(device_open(&d), WISP_OK);
            assert_int_equal(device_acquire(&d)->version, 2);
            d.disk.time += WISP_BACKOFF_MAX_S;
            assert_int_equal(report(), WISP_OK);
            assert_int_equal(endpoint.len, 5);
            assert_int_equal(device_status(&d).events_lost, 0);
        }
    }
    print_message("# %llu points\n", (unsigned long long)points);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown_device)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_life_is_told_in_its_order),
        CASE(a_check_delivers_at_its_end),
        CASE(a_rejection_is_told_with_its_reason),
        CASE(each_death_during_a_trial_is_told_and_then_the_return),
        CASE(the_same_answer_of_a_check_is_told_once_a_day),
        CASE(nothing_is_sent_without_an_endpoint_nor_later),
        CASE(events_wait_until_the_endpoint_has_taken_them),
        CASE(what_was_taken_but_not_noted_keeps_its_ids),
        CASE(a_pause_after_a_failure_outlasts_a_restart),
        CASE(a_clock_that_was_wrong_does_not_end_reporting),
        CASE(the_endpoint_may_ask_for_a_longer_pause),
        cmocka_unit_test(pauses_grow_within_bounds),
        cmocka_unit_test(a_success_ends_the_pauses),
        CASE(an_event_that_is_refused_is_dropped_alone),
        CASE(an_endpoint_that_is_missing_for_a_while_costs_nothing),
        CASE(a_device_lives_on_while_it_reports),
        CASE(a_report_may_be_broken_off),
        CASE(any_call_of_a_reporting_day_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
