#include <stdio.h>
#include <string.h>

#include "stage.h"

/* Requests between modules and the program, each answered once. */

static void two(struct stage *s)
{
    stage_init(s, NULL);
    stage_add(s, NULL, "actor");
    stage_add(s, NULL, "actor");
}

/* Guest 1 asks guest 2. */
static void ask(struct stage *s)
{
    ACT(s, s->guests[0], ACT_REQUEST, .target = 2, .type = 0x8001, .number = 9, .count = 1000);
    stage_expect(s, "1:request 1 ");
}

static void a_request_is_answered_at_once_or_later(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[1], ACT_REPLY, .number = 5, .size = 100);
    ask(&s);
    stage_settle(&s);
    stage_expect(&s, "2:e8001=0<1? 2:+ 1:r0:5[100]#9 ");
    ask(&s);
    stage_settle(&s);
    stage_expect(&s, "2:e8001=0<1? ");
    ACT(&s, s.guests[1], ACT_REPLY_LATER, .number = 6);
    ACT(&s, s.guests[1], ACT_REPLY_LATER, .number = 7); /* once */
    stage_settle(&s);
    stage_expect(&s, "2:+ 2:- 1:r0:6[0]#9 ");
    stage_deinit(&s);
}

static void a_request_ends_when_its_time_is_over(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ask(&s);
    stage_step(&s);
    stage_expect(&s, "2:e8001=0<1? ");
    assert_int_equal(wisp_host_next_ns(s.host), s.now_ns + 1000000);
    s.now_ns += 1000000;
    stage_step(&s);
    stage_expect(&s, "1:r5:0[0]#9 ");
    ACT(&s, s.guests[1], ACT_REPLY_LATER, .number = 6);
    stage_expect(&s, "2:- ");
    stage_deinit(&s);
}

static void who_is_gone_or_fails_answers_too(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ask(&s); /* stopped before it gets it */
    wisp_guest_stop(s.guests[1]);
    stage_settle(&s);
    stage_expect(&s, "2:bye 1:r6:0[0]#9 ");
    wisp_guest_start(s.guests[1], rig_module("actor"), NULL);
    ask(&s); /* and after it */
    stage_settle(&s);
    wisp_guest_stop(s.guests[1]);
    stage_settle(&s);
    stage_expect(&s, "2:e8001=0<1? 2:bye 1:r6:0[0]#9 ");
    wisp_guest_start(s.guests[1], rig_module("actor"), NULL);
    ACT(&s, s.guests[1], ACT_TRAP_AT, .type = 0x8001);
    ask(&s);
    stage_settle(&s);
    stage_expect(&s, "1:r8:0[0]#9 ");
    stage_deinit(&s);
}

static void what_is_refused_is_not_answered(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_REQUEST, .target = 77, .type = 0x8001, .count = 1000);
    ACT(&s, s.guests[0], ACT_REQUEST, .target = WISP_TO_ALL, .type = 0x8001, .count = 1000);
    ACT(&s, s.guests[0], ACT_REQUEST, .target = 2, .type = 3, .count = 1000);
    ACT(&s, s.guests[0], ACT_REQUEST, .target = 2, .type = 0x8001, .count = (uint32_t)-1);
    stage_expect(&s, "1:request 0 1:request 0 1:request 0 1:request 0 ");
    stage_settle(&s);
    stage_expect(&s, "");
    stage_deinit(&s);
}

static void requests_that_wait_for_an_answer_are_limited(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    stage_add(&s, &(wisp_guest_config){.posts_max = 2}, "actor");
    stage_add(&s, NULL, "actor");
    ask(&s);
    stage_settle(&s);
    stage_forget(&s);
    ask(&s);
    stage_settle(&s);
    stage_forget(&s);
    ACT(&s, s.guests[0], ACT_REQUEST, .target = 2, .type = 0x8001, .count = 1000);
    stage_expect(&s, "1:request 0 ");
    ACT(&s, s.guests[1], ACT_REPLY_LATER, .number = 1);
    stage_settle(&s);
    stage_expect(&s, "2:+ 1:r0:1[0]#9 ");
    ask(&s);
    stage_deinit(&s);
}

static void who_asked_and_is_gone_gets_no_answer(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ask(&s);
    stage_settle(&s);
    stage_forget(&s);
    wisp_guest_stop(s.guests[0]);
    wisp_guest_start(s.guests[0], rig_module("actor"), NULL);
    stage_forget(&s);
    ACT(&s, s.guests[1], ACT_REPLY_LATER, .number = 6);
    stage_settle(&s);
    stage_expect(&s, "2:- ");
    s.now_ns += 1000000;
    stage_step(&s);
    stage_expect(&s, "");
    stage_deinit(&s);
}

static void an_answer_reaches_the_version_that_took_over(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ask(&s);
    stage_settle(&s);
    wisp_guest_swap(s.guests[0], rig_module("actor_2"), NULL);
    ACT(&s, s.guests[1], ACT_REPLY_LATER, .number = 6);
    stage_forget(&s);
    stage_settle(&s);
    stage_expect(&s, "1:r0:6[0]#9 ");
    stage_deinit(&s);
}

static void an_answer_that_is_too_large_can_be_given_smaller(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s, NULL);
    stage_add(&s, &(wisp_guest_config){.message_size_max = 50}, "actor");
    stage_add(&s, NULL, "actor");
    ask(&s);
    stage_settle(&s);
    stage_forget(&s);
    ACT(&s, s.guests[1], ACT_REPLY_LATER, .size = 35);
    ACT(&s, s.guests[1], ACT_REPLY_LATER, .size = 34);
    stage_settle(&s);
    stage_expect(&s, "2:- 2:+ 1:r0:0[34]#9 ");
    stage_deinit(&s);
}

/* ------------------------------------------------------------------ the program */

static char told[256];

static void on_response(void *user, wisp_status status, int32_t code, wisp_bytes answer)
{
    assert_ptr_equal(user, told);
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s:%d[%zu] ",
             wisp_status_name(status), code, answer.size);
}

static void expect_told(const char *text)
{
    assert_string_equal(told, text);
    told[0] = '\0';
}

static wisp_status ask_guest(struct stage *s, uint32_t target)
{
    wisp_post post = {.target = target, .type = 0x8001};
    return wisp_host_request(s->host, &post, 1000000, on_response, told, NULL);
}

static void the_program_asks(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[1], ACT_REPLY, .number = 5, .size = 100);
    assert_int_equal(ask_guest(&s, 2), WISP_OK);
    stage_settle(&s);
    expect_told("ok:5[100] ");
    assert_int_equal(ask_guest(&s, 77), WISP_NOT_FOUND);
    assert_int_equal(ask_guest(&s, WISP_TO_ALL), WISP_INVALID);
    stage_settle(&s);
    expect_told("");
    assert_int_equal(ask_guest(&s, 1), WISP_OK);
    stage_settle(&s);
    s.now_ns += 1000000;
    stage_step(&s);
    expect_told("limit:0[0] ");
    ask_guest(&s, 1);
    ask_guest(&s, 2);
    stage_deinit(&s); /* before they are delivered */
    expect_told("not-found:0[0] not-found:0[0] ");
}

static void the_program_answers(void **state)
{
    (void)state;
    struct stage s;
    two(&s);
    ACT(&s, s.guests[0], ACT_REQUEST, .target = WISP_TO_PROGRAM, .type = 0x8001, .number = 9,
        .count = 1000);
    stage_settle(&s);
    stage_expect(&s, "1:request 1 p:e8001=0<1? ");
    wisp_bytes answer = {(const uint8_t *)"abc", 3};
    assert_int_equal(wisp_host_reply(s.host, s.request + 1, 3, answer, NULL), WISP_NOT_FOUND);
    assert_int_equal(wisp_host_reply(s.host, s.request, 3, answer, NULL), WISP_OK);
    assert_int_equal(wisp_host_reply(s.host, s.request, 3, answer, NULL), WISP_NOT_FOUND);
    stage_settle(&s);
    stage_expect(&s, "1:r0:3[3]#9 ");
    stage_deinit(&s);
}

/* ------------------------------------------------------------------ without memory */

/* Everything once, with allocation [refused] refused; each guest then still answers. */
static bool sweep(size_t refused)
{
    struct stage s;
    two(&s);
    s.ledger.calls = 0;
    s.ledger.refuse_from = s.ledger.refuse_to = refused;
    ACT(&s, s.guests[1], ACT_REPLY, .number = 5, .size = 100);
    ACT(&s, s.guests[0], ACT_SUBSCRIBE, .type = 0x8002);
    ACT(&s, s.guests[0], ACT_TIMER_SET, .number = 10, .count = 10);
    ACT(&s, s.guests[0], ACT_TOPIC, 0);
    ACT(&s, s.guests[0], ACT_REQUEST, .target = 2, .type = 0x8001, .count = 1000);
    ACT(&s, s.guests[0], ACT_POST_MANY, .target = 2, .type = 0x8001, .size = 100, .count = 30,
        .done = DONE_COUNTS);
    ask_guest(&s, 1);
    POST(&s, .target = WISP_TO_ALL, .type = 0x8002, .data = &s, .size = 2000);
    s.now_ns += 20000;
    stage_step(&s);
    wisp_guest_swap(s.guests[0], rig_module("actor_2"), NULL);
    s.now_ns += 20000;
    stage_step(&s);
    wisp_guest_decide(s.guests[0], false, "test", NULL);
    stage_settle(&s);
    bool is_over = s.ledger.calls < refused;
    s.ledger.refuse_from = 0;
    assert_int_equal(s.done_calls, 1);
    wisp_guest_status from = stage_status(s.guests[0]);
    if (from.traps == 0) /* which a refusal whose done cannot be noted is */
        assert_int_equal(from.callbacks_called + from.callbacks_cancelled, 30);
    stage_deinit(&s);
    told[0] = '\0';
    return is_over;
}

static void a_refused_allocation_loses_nothing_that_was_taken(void **state)
{
    (void)state;
    size_t refused = 1;
    while (!sweep(refused))
        refused++;
    assert_true(refused > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_answered_at_once_or_later),
        cmocka_unit_test(a_request_ends_when_its_time_is_over),
        cmocka_unit_test(who_is_gone_or_fails_answers_too),
        cmocka_unit_test(what_is_refused_is_not_answered),
        cmocka_unit_test(requests_that_wait_for_an_answer_are_limited),
        cmocka_unit_test(who_asked_and_is_gone_gets_no_answer),
        cmocka_unit_test(an_answer_reaches_the_version_that_took_over),
        cmocka_unit_test(an_answer_that_is_too_large_can_be_given_smaller),
        cmocka_unit_test(the_program_asks),
        cmocka_unit_test(the_program_answers),
        cmocka_unit_test(a_refused_allocation_loses_nothing_that_was_taken),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
