#include "program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What clients may say and do, the hostile ones too. */

static const wisp_bytes NOTHING = {0};

#define LIST        "{\"command\":\"list\"}"
#define INSTALL     "{\"command\":\"install\",\"name\":\"a\"}"
#define STAT        "{\"command\":\"stat\",\"name\":\"a\"}"
#define SWAP        "{\"command\":\"swap\",\"name\":\"a\"}"
#define IS_OK(text) (strstr(text, "\"status\":\"ok\"") != NULL)

static void expect_failure(const char *answer, const char *status, const char *words)
{
    char member[64];
    snprintf(member, sizeof member, "\"status\":\"%s\"", status);
    if (!strstr(answer, member) || !strstr(answer, words))
        fail_msg("%s, expected %s and '%s'", answer, status, words);
}

static void expect_served(program *p)
{
    wire_client *client = wire_connect(&p->wire);
    assert_true(IS_OK(program_ask(p, client, LIST, NOTHING)));
    client->has_hung_up = true;
    program_step(p, 1);
    assert_false(client->is_open);
}

/* ------------------------------------------------------------------ orders */

static void each_order_is_performed_and_answered(void **state)
{
    program p;
    (void)state;
    program_init(&p, NULL);
    wire_client *c = wire_connect(&p.wire);
    assert_string_equal(program_ask(&p, c, LIST, NOTHING), "{\"guests\":[],\"status\":\"ok\"}");
    const char *answer = program_ask(&p, c, INSTALL, program_module("v1"));
    assert_true(IS_OK(answer) && strstr(answer, "\"version\":1"));
    assert_non_null(strstr(answer, "\"state\":\"running\""));
    program_deliver(&p, COUNT);
    answer = program_ask(&p, c, STAT, NOTHING);
    assert_non_null(strstr(answer, "\"messages_in\":1"));
    assert_non_null(strstr(answer, "\"fuel\":{\"max\":"));
    answer = program_ask(&p, c, SWAP, program_module("v2"));
    assert_non_null(strstr(answer, "\"state\":\"probation\""));
    assert_non_null(strstr(answer, "\"entries_left\":100"));
    answer = program_ask(&p, c, LIST, NOTHING);
    assert_non_null(strstr(answer, "\"guests\":[{"));
    answer = program_ask(&p, c, "{\"command\":\"remove\",\"name\":\"a\"}", NOTHING);
    assert_string_equal(answer, "{\"status\":\"ok\"}");
    expect_failure(program_ask(&p, c, STAT, NOTHING), "not-found", "no guest 'a'");
    program_deinit(&p);
}

static void a_shadow_is_begun_shown_and_ended(void **state)
{
    static const char *const shadow =
        "{\"command\":\"shadow\",\"name\":\"a\",\"promote_after\":9,\"differences_max\":2}";
    static const char *const end = "{\"command\":\"shadow-end\",\"name\":\"a\"}";
    program p;
    (void)state;
    program_init(&p, NULL);
    wire_client *c = wire_connect(&p.wire);
    program_install(&p, "v1", WISP_OK);
    const char *answer = program_ask(&p, c, shadow, program_module("v2"));
    assert_true(IS_OK(answer) && strstr(answer, "\"shadow\":{"));
    assert_int_equal(p.asked_action, WISP_MANAGE_SHADOW);
    program_deliver(&p, COUNT);
    answer = program_ask(&p, c, STAT, NOTHING);
    assert_non_null(strstr(answer, "\"differences\":1,"));
    assert_non_null(strstr(answer, "\"shadow_said\":\"entry 1, message 1: "));
    assert_true(IS_OK(program_ask(&p, c, end, NOTHING)));
    expect_failure(program_ask(&p, c, end, NOTHING), "invalid", "no shadow");
    program_deinit(&p);
}

static void what_makes_no_sense_is_refused_with_words(void **state)
{
    static const struct {
        const char *json;
        bool has_module;
        const char *status, *words;
    } cases[] = {
        {"", false, "malformed", "JSON"},
        {"[]", false, "malformed", "array"},
        {"{}", false, "malformed", "'command' is missing"},
        {"{\"command\":7}", false, "malformed", "a number"},
        {"{\"command\":\"explode\"}", false, "unsupported", "explode"},
        {"{\"command\":\"list\",\"name\":\"a\"}", false, "unsupported", "no 'name'"},
        {"{\"command\":\"stat\"}", false, "malformed", "'name' is missing"},
        {"{\"command\":\"stat\",\"name\":\"a b\"}", false, "invalid", "no name"},
        {"{\"command\":\"stat\",\"name\":\"a\",\"force\":true}", false, "unsupported", "force"},
        {"{\"command\":\"stat\",\"command\":\"list\"}", false, "malformed", "duplicate"},
        {"{\"command\":\"list\"}", true, "malformed", "with a module"},
        {INSTALL, false, "malformed", "module of 0"},
        {"{\"command\":\"install\",\"name\":\"a\",\"app_id\":7}", true, "malformed", "string"},
        {"{\"command\":\"install\",\"name\":\"a\",\"app_id\":\"0x\"}", true, "malformed", "0x"},
        {"{\"command\":\"install\",\"name\":\"a\",\"app_id\":\"0x10000000000000000\"}", true,
         "malformed", "0x"},
        {"{\"command\":\"shadow\",\"name\":\"a\",\"promote_after\":-1}", true, "malformed",
         "expected 0"},
        {"{\"command\":\"swap\",\"name\":\"a\",\"promote_after\":1}", true, "unsupported",
         "promote_after"},
    };
    program p;
    (void)state;
    program_init(&p, NULL);
    wire_client *c = wire_connect(&p.wire);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_bytes module = cases[i].has_module ? program_module("v1") : NOTHING;
        expect_failure(program_ask(&p, c, cases[i].json, module), cases[i].status,
                       cases[i].words);
    }
    assert_int_equal(p.asked, 0);
    assert_true(IS_OK(program_ask(&p, c, LIST, NOTHING)));
    program_deinit(&p);
}

static void an_order_may_come_byte_by_byte_and_its_answer_go_so(void **state)
{
    program p;
    (void)state;
    program_init(&p, NULL);
    wire_client *c = wire_connect(&p.wire);
    c->chunk = 1;
    wire_order(c, INSTALL, program_module("v1"));
    wire_order(c, LIST, NOTHING);
    program_step(&p, 2000);
    assert_true(IS_OK(wire_answer(c)));
    assert_true(IS_OK(wire_answer(c)));
    program_deinit(&p);
}

static void all_that_is_told_is_fit_to_be_shown(void **state)
{
    program p;
    wisp_guest *own;
    (void)state;
    program_init(&p, NULL);
    wisp_guest_config config = {.name = "\033[2J\xff"};
    assert_int_equal(wisp_guest_new(p.host, &config, &own, NULL), WISP_OK);
    const char *answer = program_ask(&p, wire_connect(&p.wire), LIST, NOTHING);
    assert_non_null(strstr(answer, "\"name\":\"?[2J?\""));
    program_deinit(&p);
}

/* ------------------------------------------------------------------ trust */

static void the_program_is_asked_before_anything_runs(void **state)
{
    program p;
    (void)state;
    program_init(&p, NULL);
    wire_client *c = wire_connect(&p.wire);
    p.verdict = WISP_UNTRUSTED;
    p.verdict_text = "not on the list";
    const char *order = "{\"command\":\"install\",\"name\":\"a\",\"app_id\":\"0xff\"}";
    expect_failure(program_ask(&p, c, order, program_module("v1")), "untrusted",
                   "not on the list");
    assert_null(wisp_manager_guest(p.manager, "a"));
    assert_string_equal(p.events, "");
    assert_int_equal(p.asked_action, WISP_MANAGE_INSTALL);
    assert_string_equal(p.asked_name, "a");
    assert_true(p.asked_app_id == 255);
    assert_int_equal(strlen(p.asked_sha256), 64);

    program_install(&p, "v1", WISP_OK); /* its own decision */
    assert_int_equal(p.asked, 1);
    p.verdict_text = NULL;
    expect_failure(program_ask(&p, c, SWAP, program_module("v2")), "untrusted",
                   "does not accept");
    assert_int_equal(p.asked_action, WISP_MANAGE_SWAP);
    const char *shadow = "{\"command\":\"shadow\",\"name\":\"a\"}";
    expect_failure(program_ask(&p, c, shadow, program_module("v2")), "untrusted",
                   "does not accept");
    assert_int_equal(p.asked_action, WISP_MANAGE_SHADOW);
    p.verdict = WISP_OK;
    assert_true(IS_OK(program_ask(&p, c, SWAP, program_module("v2"))));
    program_deinit(&p);
}

static void without_accept_nothing_from_outside_runs(void **state)
{
    program p;
    (void)state;
    program_init(&p, &(wisp_manager_config){.guests_max = 4});
    program_install(&p, "v1", WISP_OK);
    wire_client *c = wire_connect(&p.wire);
    expect_failure(program_ask(&p, c, SWAP, program_module("v2")), "untrusted", "no accept");
    const char *other = "{\"command\":\"install\",\"name\":\"b\"}";
    expect_failure(program_ask(&p, c, other, program_module("v2")), "untrusted", "no accept");
    assert_true(IS_OK(program_ask(&p, c, LIST, NOTHING)));
    assert_true(IS_OK(program_ask(&p, c, STAT, NOTHING)));
    program_deinit(&p);
}

static void another_user_is_not_let_in_and_root_is(void **state)
{
    program p;
    (void)state;
    program_init(&p, NULL);
    wire_client *other = wire_connect(&p.wire);
    other->uid = 1001;
    wire_order(other, LIST, NOTHING);
    program_step(&p, 3);
    assert_false(other->is_open);
    assert_int_equal(other->heard, 0);
    wire_client *root = wire_connect(&p.wire);
    root->uid = 0;
    assert_true(IS_OK(program_ask(&p, root, LIST, NOTHING)));
    program_deinit(&p);
}

/* ------------------------------------------------------------------ hostile clients */

static void a_client_that_breaks_off_anywhere_leaves_nothing(void **state)
{
    program p;
    (void)state;
    program_init(&p, NULL);
    wire_client *whole = wire_connect(&p.wire);
    wire_order(whole, INSTALL, program_module("v1"));
    for (size_t size = 0; size < whole->said_size; size += size < 100 ? 1 : 977) {
        program q;
        program_init(&q, NULL);
        wire_client *c = wire_connect(&q.wire);
        wire_say(c, whole->said, size);
        c->has_hung_up = true;
        program_step(&q, 5);
        assert_false(c->is_open);
        assert_null(wisp_host_next_guest(q.host, NULL));
        expect_served(&q);
        program_deinit(&q);
    }
    program_deinit(&p);
}

static void what_is_no_packet_is_told_and_ends_the_connection(void **state)
{
    static const struct {
        const char *head;
        const char *status, *words;
    } cases[] = {
        {"GET / HTTP/1.1\r\n\r\n", "malformed", "wmng"},
        {"wmng\2\0\0\0\2\0\0\0\0\0\0\0", "unsupported", "format 2"},
        {"wmng\1\0\0\0\1\20\0\0\0\0\0\0", "malformed", "4097 bytes of JSON"},
        {"wmng\1\0\0\0\377\377\377\377\0\0\0\0", "malformed", "4294967295 bytes"},
        {"wmng\1\0\0\0\2\0\0\0\1\0\0\1", "limit", "16777217 bytes"},
        {"wmng\1\0\0\0\2\0\0\0\377\377\377\377", "limit", "4294967295 bytes"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        program p;
        program_init(&p, NULL);
        wire_client *c = wire_connect(&p.wire);
        wire_say(c, cases[i].head, 16);
        wire_say(c, LIST, strlen(LIST));
        program_step(&p, 3);
        expect_failure(wire_answer(c), cases[i].status, cases[i].words);
        assert_false(c->is_open);
        expect_served(&p);
        program_deinit(&p);
    }
}

static void a_claim_of_much_costs_nothing(void **state)
{
    program p;
    (void)state;
    program_init(&p, NULL);
    program_step(&p, 1);
    int64_t before = p.memory.live_bytes;
    wire_client *c = wire_connect(&p.wire);
    uint8_t head[WISP_PACKET_HEAD_SIZE];
    wisp_packet_write(&(wisp_packet){2, 16u << 20}, head);
    wire_say(c, head, sizeof head);
    wire_say(c, "{}", 2);
    wire_say(c, "abc", 3);
    program_step(&p, 10);
    assert_true(c->is_open);
    assert_true(p.memory.live_bytes < before + 140000);
    program_deinit(&p);
}

static void a_client_that_is_too_slow_is_closed(void **state)
{
    static const char head[] = "wmng\1\0\0\0\2\0\0\0";
    program p;
    (void)state;
    program_init(&p, NULL);
    wire_client *idle = wire_connect(&p.wire), *slow = wire_connect(&p.wire);
    wire_client *deaf = wire_connect(&p.wire);
    deaf->is_deaf = true;
    wire_order(deaf, LIST, NOTHING);
    program_step(&p, 1);
    assert_true(wisp_manager_next_ns(p.manager) == p.now_ns + UINT64_C(10000000000));
    for (int i = 0; i < 10; i++) { /* a byte a second keeps nobody alive */
        assert_true(idle->is_open && slow->is_open && deaf->is_open);
        wire_say(slow, &head[i], 1);
        p.now_ns += 1000000000;
        program_step(&p, 1);
    }
    p.now_ns += 1000000000;
    program_step(&p, 1);
    assert_false(idle->is_open || slow->is_open || deaf->is_open);
    assert_true(wisp_manager_next_ns(p.manager) == UINT64_MAX);
    expect_served(&p);
    program_deinit(&p);
}

static void further_clients_wait_until_there_is_a_place(void **state)
{
    program p;
    (void)state;
    program_init(&p, &(wisp_manager_config){.clients_max = 2});
    wire_client *a = wire_connect(&p.wire), *b = wire_connect(&p.wire);
    wire_client *third = wire_connect(&p.wire);
    wire_order(third, LIST, NOTHING);
    program_step(&p, 5);
    assert_true(a->is_open && b->is_open && !third->is_open);
    assert_false(p.wire.watches_listener); /* or the program's poll would never sleep */
    a->has_hung_up = true;
    program_step(&p, 1);
    assert_true(p.wire.watches_listener);
    program_step(&p, 3);
    assert_true(IS_OK(wire_answer(third)));
    program_deinit(&p);
}

static void two_clients_are_served_in_turns(void **state)
{
    program p;
    (void)state;
    program_init(&p, NULL);
    wire_client *a = wire_connect(&p.wire), *b = wire_connect(&p.wire);
    for (int i = 0; i < 20; i++)
        wire_order(a, LIST, NOTHING); /* does not keep the other one waiting */
    wire_order(b, INSTALL, program_module("v1"));
    program_step(&p, 1);
    assert_true(IS_OK(wire_answer(a)) && !wire_answer(a));
    assert_true(IS_OK(wire_answer(b)));
    program_step(&p, 20);
    for (int i = 0; i < 19; i++)
        assert_non_null(wire_answer(a));
    program_deinit(&p);
}

/* ------------------------------------------------------------------ faults */

/* Has a client install and look, whatever fails on the way. */
static void work(program *p)
{
    wire_client *c = wire_connect(&p->wire);
    wire_order(c, INSTALL, program_module("v1"));
    wire_order(c, STAT, NOTHING);
    program_step(p, 6);
    c->has_hung_up = true;
    program_step(p, 2);
}

static void any_system_call_may_fail(void **state)
{
    static const int errors[] = {-EIO, -EINTR, -EAGAIN, -ECONNRESET, -EMFILE};
    (void)state;
    for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
        program p;
        uint64_t n = 0, calls;
        do {
            program_prepare(&p);
            p.wire.fail_at = ++n;
            p.wire.fail_with = errors[e];
            wisp_status status = program_open(&p, NULL, NULL);
            assert_true(status == WISP_OK || status == WISP_IO);
            if (status == WISP_OK)
                work(&p);
            calls = p.wire.call_count;
            p.wire.fail_at = 0;
            if (status == WISP_OK)
                expect_served(&p);
            program_deinit(&p);
        } while (calls >= n);
        assert_true(n > 20);
    }
}

static void any_allocation_may_fail(void **state)
{
    program p;
    uint64_t n = 0;
    (void)state;
    program_module("v1");
    do {
        program_prepare(&p);
        ration_json(&p.memory);
        ration_refuse(&p.memory, ++n);
        wisp_status status = program_open(&p, NULL, NULL);
        assert_true(status == WISP_OK || status == WISP_NO_MEMORY);
        if (status == WISP_OK) {
            work(&p);
            bool is_over = !ration_struck(&p.memory);
            ration_refuse(&p.memory, 0);
            expect_served(&p);
            program_deinit(&p);
            if (is_over)
                break;
        } else {
            program_deinit(&p);
        }
    } while (true);
    ration_json(NULL);
    assert_true(n > 50);
}

static void where_it_cannot_listen_it_says_why(void **state)
{
    static const struct {
        int rc;
        wisp_status status;
        const char *words;
    } cases[] = {
        {-EADDRINUSE, WISP_BUSY, "another process"},
        {-ENOTSOCK, WISP_INVALID, "no socket"},
        {-ENAMETOOLONG, WISP_INVALID, "too long"},
        {-EAFNOSUPPORT, WISP_UNSUPPORTED, "no local sockets"},
        {-EACCES, WISP_IO, "Permission denied"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        program p;
        wisp_error err;
        program_prepare(&p);
        p.wire.fail_at = 1;
        p.wire.fail_with = cases[i].rc;
        assert_int_equal(program_open(&p, NULL, &err), cases[i].status);
        assert_non_null(strstr(err.text, cases[i].words));
        program_deinit(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_order_is_performed_and_answered),
        cmocka_unit_test(a_shadow_is_begun_shown_and_ended),
        cmocka_unit_test(what_makes_no_sense_is_refused_with_words),
        cmocka_unit_test(an_order_may_come_byte_by_byte_and_its_answer_go_so),
        cmocka_unit_test(all_that_is_told_is_fit_to_be_shown),
        cmocka_unit_test(the_program_is_asked_before_anything_runs),
        cmocka_unit_test(without_accept_nothing_from_outside_runs),
        cmocka_unit_test(another_user_is_not_let_in_and_root_is),
        cmocka_unit_test(a_client_that_breaks_off_anywhere_leaves_nothing),
        cmocka_unit_test(what_is_no_packet_is_told_and_ends_the_connection),
        cmocka_unit_test(a_claim_of_much_costs_nothing),
        cmocka_unit_test(a_client_that_is_too_slow_is_closed),
        cmocka_unit_test(further_clients_wait_until_there_is_a_place),
        cmocka_unit_test(two_clients_are_served_in_turns),
        cmocka_unit_test(any_system_call_may_fail),
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(where_it_cannot_listen_it_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
