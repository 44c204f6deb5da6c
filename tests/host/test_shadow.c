#include "rig.h"

#include <stdio.h>
#include <string.h>

#include "maker.h"
#include "takes.h"

/* A candidate beside the version that runs: what is compared, what is told, what is left alone.
 */

struct watch {
    struct rig rig;
    char said[4096]; /* what was heard of the candidate */
    size_t said_len;
    wisp_shadow_difference last;
    char sent[4096]; /* what the version that runs has sent: "channel:value " */
    size_t sent_len;
};

#define say(w, ...)                                                                              \
    do {                                                                                         \
        (w)->said_len += (size_t)snprintf((w)->said + (w)->said_len,                             \
                                          sizeof(w)->said - (w)->said_len, __VA_ARGS__);         \
        assert_true((w)->said_len < sizeof(w)->said);                                            \
    } while (0)

static void on_difference(void *user, wisp_guest *guest, const wisp_shadow_difference *difference)
{
    struct watch *w = user;
    assert_ptr_equal(guest, w->rig.guest);
    say(w, "%u %s %u: %s; ", (unsigned)difference->entry, difference->kind, difference->channel,
        difference->text);
    w->last = *difference;
}

static void on_end(void *user, wisp_guest *guest, bool is_promoted, const char *reason)
{
    struct watch *w = user;
    assert_ptr_equal(guest, w->rig.guest);
    say(w, "%s%s%s; ", is_promoted ? "promoted" : "ended", *reason ? ": " : "", reason);
}

static void on_message(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    (void)guest;
    struct watch *w = user;
    uint32_t words[2] = {0};
    memcpy(words, bytes.data, bytes.size < sizeof words ? bytes.size : sizeof words);
    uint32_t value = words[bytes.size < sizeof words ? 0 : 1];
    w->sent_len += (size_t)snprintf(w->sent + w->sent_len, sizeof w->sent - w->sent_len, "%u:%u ",
                                    channel, value);
    assert_true(w->sent_len < sizeof w->sent);
}

/* The rig's own handlers do not know these modules. */
static void start(struct watch *w, const wisp_guest_config *config, const char *name)
{
    memset(w, 0, sizeof *w);
    rig_init(&w->rig, NULL);
    wisp_guest_free(w->rig.guest);
    wisp_guest_config full = config ? *config : (wisp_guest_config){0};
    full.fuel = 100000;
    full.on_message = on_message;
    full.user = w;
    assert_int_equal(wisp_guest_new(w->rig.host, &full, &w->rig.guest, NULL), WISP_OK);
    assert_int_equal(wisp_guest_start(w->rig.guest, rig_module(name), NULL), WISP_OK);
}

static wisp_status shadow(struct watch *w, const char *name, wisp_shadow_config config,
                          wisp_error *err)
{
    config.on_difference = on_difference;
    config.on_end = on_end;
    config.user = w;
    return wisp_guest_shadow(w->rig.guest, rig_module(name), &config, err);
}

static void deliver(struct watch *w, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i <= to; i++) {
        w->rig.now_ns += 1000;
        assert_int_equal(rig_deliver(&w->rig, COUNT, 0, i, 0), WISP_OK);
    }
}

static void expect_said(struct watch *w, const char *text)
{
    assert_string_equal(w->said, text);
    w->said_len = 0;
    w->said[0] = '\0';
}

static wisp_shadow_status status_of(const struct watch *w)
{
    wisp_shadow_status status;
    assert_true(wisp_guest_shadow_status(w->rig.guest, &status));
    return status;
}

static bool has_shadow(const struct watch *w)
{
    wisp_shadow_status status;
    return wisp_guest_shadow_status(w->rig.guest, &status);
}

/* ------------------------------------------------------------------ what is equal */

static void a_copy_of_the_version_that_runs_does_the_same(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    deliver(&w, 1, 20);
    assert_int_equal(shadow(&w, "shaded_1", (wisp_shadow_config){0}, NULL), WISP_OK);
    deliver(&w, 1, 20);
    for (int i = 0; i < 5; i++) {
        w.rig.now_ns += 1000000;
        rig_step(&w.rig);
    }
    expect_said(&w, "");
    wisp_shadow_status s = status_of(&w);
    assert_int_equal(s.entries, 25);
    assert_int_equal(s.differences, 0);
    assert_true(s.fuel.p50 > 0);
    assert_int_equal(s.fuel.p50, s.shadow_fuel.p50);
    assert_int_equal(s.fuel.max, s.shadow_fuel.max);
    rig_deinit(&w.rig);
}

static void another_version_that_does_the_same_is_equal(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    deliver(&w, 1, 5);
    assert_int_equal(shadow(&w, "shaded_silent", (wisp_shadow_config){0}, NULL), WISP_OK);
    for (int i = 0; i < 3; i++) {
        deliver(&w, 8, 10);
        w.rig.now_ns += 1000000;
        rig_step(&w.rig);
    }
    expect_said(&w, "");
    assert_int_equal(status_of(&w).entries, 12); /* tasks among them */
    rig_deinit(&w.rig);
}

static void nothing_that_a_candidate_does_is_performed_or_counted(void **state)
{
    (void)state;
    struct watch w[2];
    for (int is_shadowed = 0; is_shadowed < 2; is_shadowed++) {
        start(&w[is_shadowed], NULL, "shaded_1");
        deliver(&w[is_shadowed], 1, 3);
        if (is_shadowed)
            assert_int_equal(shadow(&w[1], "shaded_traps", (wisp_shadow_config){0}, NULL),
                             WISP_OK);
        deliver(&w[is_shadowed], 4, 9);
        w[is_shadowed].rig.now_ns += 1000000;
        rig_step(&w[is_shadowed].rig);
    }
    assert_true(w[1].said_len > 0);
    assert_string_equal(w[0].sent, w[1].sent);
    wisp_guest_status a = rig_status(&w[0].rig), b = rig_status(&w[1].rig);
    assert_int_equal(a.messages_in, b.messages_in);
    assert_int_equal(a.messages_out, b.messages_out);
    assert_int_equal(a.task_runs, b.task_runs);
    assert_int_equal(a.task_count, b.task_count);
    assert_int_equal(a.memory_peak, b.memory_peak);
    assert_int_equal(b.traps, 0);
    assert_int_equal(a.fuel.max, b.fuel.max);
    rig_deinit(&w[0].rig);
    rig_deinit(&w[1].rig);
}

static void a_candidate_is_told_the_same_time_however_often_it_asks(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    assert_int_equal(shadow(&w, "shaded_asks_more", (wisp_shadow_config){0}, NULL), WISP_OK);
    deliver(&w, 1, 5);
    expect_said(&w, "");
    rig_deinit(&w.rig);
}

static void what_comes_of_events_is_compared_too(void **state)
{
    (void)state;
    static const char *const candidates[] = {"shaded_events_1", "shaded_events_2"};
    for (size_t c = 0; c < 2; c++) {
        struct watch w;
        start(&w, NULL, "shaded_events_1");
        rig_deliver(&w.rig, POST, 0, 70, 0);
        rig_step(&w.rig);
        assert_int_equal(shadow(&w, candidates[c], (wisp_shadow_config){0}, NULL), WISP_OK);
        w.sent_len = 0;
        for (uint32_t i = 0; i < 3; i++) {
            rig_deliver(&w.rig, POST, 0, 80 + i, 0);
            w.rig.now_ns += 2000000;
            rig_step(&w.rig);
        }
        expect_said(&w, "");
        /* Three times: the message, two events, a timer's, two done functions, a task. */
        assert_int_equal(status_of(&w).entries, 21);
        assert_non_null(strstr(w.sent, "32769:82 "));
        assert_non_null(strstr(w.sent, "32770:82 "));
        assert_non_null(strstr(w.sent, "3:5 "));
        assert_int_equal(rig_status(&w.rig).timer_count, 1);
        assert_int_equal(rig_status(&w.rig).subscription_count, 1);
        rig_deinit(&w.rig);
    }
}

/* ------------------------------------------------------------------ what is different */

static void the_first_difference_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *module, *said;
    } cases[] = {
        {"shaded_sends_less",
         "3 message 1: found the end of the entry, expected wisp.send(1, 8 bytes) -> 0; "
         "ended: the candidate differs; "},
        {"shaded_sends_more",
         "3 message 1: wisp.send: byte 4 of parameter 1 is 0x00, expected 0x03; "
         "ended: the candidate differs; "},
        {"shaded_sends_late", "3 message 1: found wisp.send(1, 8 bytes), expected no call; "
                              "ended: the candidate differs; "},
        {"shaded_cancels",
         "3 message 1: found wisp.cancel(1), expected wisp.send(1, 8 bytes) -> 0; "
         "ended: the candidate differs; "},
        {"shaded_traps", NULL},
        {"shaded_loops", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct watch w;
        start(&w, NULL, "shaded_1");
        assert_int_equal(shadow(&w, cases[i].module, (wisp_shadow_config){0}, NULL), WISP_OK);
        deliver(&w, 5, 8);
        if (cases[i].said)
            expect_said(&w, cases[i].said);
        assert_int_equal(w.last.entry, 3);
        assert_true(w.last.fuel > 0);
        assert_true(w.last.shadow_fuel > 0);
        assert_false(has_shadow(&w));
        assert_int_equal(rig_status(&w.rig).traps, 0);
        assert_int_equal(rig_status(&w.rig).messages_out, 8);
        rig_deinit(&w.rig);
    }
}

static void a_trap_in_the_candidate_is_told_and_ends_it(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    assert_int_equal(
        shadow(&w, "shaded_traps", (wisp_shadow_config){.differences_max = 10}, NULL), WISP_OK);
    deliver(&w, 5, 8);
    assert_non_null(strstr(w.said, "3 message 1: "));
    assert_non_null(strstr(w.said, "unreachable"));
    assert_non_null(strstr(w.said, "; ended: the candidate trapped; "));
    rig_deinit(&w.rig);
}

static void a_candidate_that_does_not_end_is_stopped_by_its_fuel(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    assert_int_equal(shadow(&w, "shaded_loops", (wisp_shadow_config){0}, NULL), WISP_OK);
    deliver(&w, 5, 8);
    assert_non_null(strstr(w.said, "fuel"));
    assert_int_equal(w.last.shadow_fuel, 100000);
    assert_true(w.last.fuel < 1000);
    assert_int_equal(rig_status(&w.rig).fuel_exhausted, 0);
    rig_deinit(&w.rig);
}

static void bytes_that_are_ignored_may_differ(void **state)
{
    (void)state;
    /* The number of the version is in front of each message, and the clock behind it. */
    static const wisp_shadow_ignore ignore[] = {
        {"send", COUNT, 0, 4}, {"send", NOW, 0, 4}, {"send", NOW, 4, 4}};
    struct watch w;
    start(&w, NULL, "shaded_1");
    assert_int_equal(
        shadow(&w, "shaded_2", (wisp_shadow_config){.ignore = ignore, .ignore_len = 2}, NULL),
        WISP_OK);
    deliver(&w, 5, 8);
    expect_said(&w, "");
    wisp_guest_shadow_end(w.rig.guest);
    expect_said(&w, "ended: ended by the program; ");

    assert_int_equal(shadow(&w, "shaded_sends_other", (wisp_shadow_config){0}, NULL), WISP_OK);
    deliver(&w, 7, 7);
    assert_int_equal(w.last.entry, 1);
    assert_non_null(strstr(w.said, "wisp.send: byte 4 of parameter 1 is "));
    w.said_len = 0;
    assert_int_equal(shadow(&w, "shaded_sends_other",
                            (wisp_shadow_config){.ignore = ignore, .ignore_len = 3}, NULL),
                     WISP_OK);
    deliver(&w, 7, 7);
    assert_int_equal(w.said_len, 0);
    rig_deinit(&w.rig);
}

static void what_to_ignore_is_copied(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    char name[] = "send";
    wisp_shadow_ignore ignore[] = {{name, COUNT, 0, 4}, {name, NOW, 0, 4}};
    assert_int_equal(
        shadow(&w, "shaded_2", (wisp_shadow_config){.ignore = ignore, .ignore_len = 2}, NULL),
        WISP_OK);
    memset(name, 'x', 4);
    memset(ignore, 0xff, sizeof ignore);
    deliver(&w, 5, 8);
    expect_said(&w, "");
    rig_deinit(&w.rig);
}

static void as_many_differences_are_told_as_are_allowed(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    assert_int_equal(
        shadow(&w, "shaded_sends_other", (wisp_shadow_config){.differences_max = 2}, NULL),
        WISP_OK);
    deliver(&w, 6, 8);
    assert_null(strstr(w.said, "ended"));
    assert_int_equal(status_of(&w).differences, 1);
    assert_int_equal(status_of(&w).entries, 3);
    deliver(&w, 7, 7);
    assert_non_null(strstr(w.said, "ended: the candidate differs; "));
    assert_int_equal(w.last.entry, 4);
    rig_deinit(&w.rig);
}

static void a_candidate_that_sends_in_another_order_differs(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    assert_int_equal(
        shadow(&w, "shaded_sends_behind", (wisp_shadow_config){.differences_max = 10}, NULL),
        WISP_OK);
    deliver(&w, 7, 9);
    assert_int_equal(status_of(&w).differences, 1);
    assert_int_equal(w.last.entry, 1);
    assert_non_null(strstr(w.said, "wisp.send: parameter 0 is "));
    rig_deinit(&w.rig);
}

/* ------------------------------------------------------------------ promotion */

static void a_candidate_is_promoted_after_enough_equal_entries(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    assert_int_equal(shadow(&w, "shaded_silent", (wisp_shadow_config){.promote_after = 3}, NULL),
                     WISP_OK);
    deliver(&w, 1, 2);
    assert_int_equal(rig_status(&w.rig).version, 1);
    deliver(&w, 3, 3);
    expect_said(&w, "promoted; ");
    wisp_guest_status status = rig_status(&w.rig);
    assert_int_equal(status.version, 2);
    assert_int_equal(status.state, WISP_GUEST_STATE_PROBATION);
    assert_int_equal(status.swaps, 1);
    assert_false(has_shadow(&w));
    w.sent_len = 0;
    deliver(&w, 4, 4);
    assert_memory_equal(w.sent, "1:4 ", 4); /* with the state of the one before */
    rig_deinit(&w.rig);
}

static void entries_must_be_equal_in_a_row(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    wisp_shadow_config config = {.promote_after = 3, .differences_max = 5};
    assert_int_equal(shadow(&w, "shaded_sends_other", config, NULL), WISP_OK);
    deliver(&w, 5, 9); /* the third of them differs */
    assert_int_equal(rig_status(&w.rig).version, 1);
    deliver(&w, 10, 10);
    assert_int_equal(rig_status(&w.rig).version, 2);
    rig_deinit(&w.rig);
}

static void a_candidate_can_be_promoted_by_a_task(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    assert_int_equal(shadow(&w, "shaded_1", (wisp_shadow_config){.promote_after = 1}, NULL),
                     WISP_OK);
    w.rig.now_ns += 1000000;
    rig_step(&w.rig);
    expect_said(&w, "promoted; ");
    w.rig.now_ns += 1000000;
    rig_step(&w.rig);
    assert_int_equal(rig_status(&w.rig).task_runs, 2);
    rig_deinit(&w.rig);
}

/* ------------------------------------------------------------------ the end */

static void a_fault_of_the_version_that_runs_ends_it(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    assert_int_equal(shadow(&w, "shaded_1", (wisp_shadow_config){0}, NULL), WISP_OK);
    assert_int_equal(rig_deliver(&w.rig, TRAP, 0, 0, 0), WISP_TRAP);
    expect_said(&w, "ended: the version that runs failed; ");
    deliver(&w, 1, 1);
    rig_deinit(&w.rig);
}

static void a_swap_ends_it_but_not_one_that_is_refused(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    assert_int_equal(shadow(&w, "shaded_1", (wisp_shadow_config){0}, NULL), WISP_OK);
    rig_swap(&w.rig, "start_traps", WISP_TRAP);
    deliver(&w, 1, 2);
    assert_int_equal(status_of(&w).entries, 2);
    expect_said(&w, "");
    rig_swap(&w.rig, "shaded_2", WISP_OK);
    expect_said(&w, "ended: another version was swapped in; ");
    assert_int_equal(wisp_guest_decide(w.rig.guest, false, NULL, NULL), WISP_OK);
    deliver(&w, 3, 3);
    rig_deinit(&w.rig);
}

static void stopping_the_guest_ends_it(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    assert_int_equal(shadow(&w, "shaded_2", (wisp_shadow_config){0}, NULL), WISP_OK);
    wisp_guest_stop(w.rig.guest);
    expect_said(&w, "ended: the guest was stopped; ");
    wisp_guest_shadow_end(w.rig.guest);
    rig_deinit(&w.rig);
}

static void free_module(void *user, wisp_guest *guest, bool is_promoted, const char *reason)
{
    (void)guest;
    (void)reason;
    assert_false(is_promoted);
    wisp_module **module = user;
    wisp_module_free(*module);
    *module = NULL;
}

static void the_module_may_be_freed_when_it_ends(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    const struct module_spec spec = {.exports = {{"memory", MEMORY},
                                                 {"wisp_version", ZERO},
                                                 {"wisp_start", ZERO},
                                                 {"wisp_message", I32X3_TO_NONE}}};
    wisp_module *module = make_module(&spec);
    wisp_shadow_config config = {.on_end = free_module, .user = &module};
    assert_int_equal(wisp_guest_shadow(w.rig.guest, module, &config, NULL), WISP_OK);
    deliver(&w, 1, 1);
    assert_null(module);
    rig_deinit(&w.rig);
}

static void it_may_end_with_the_host(void **state)
{
    (void)state;
    struct watch w;
    start(&w, NULL, "shaded_1");
    assert_int_equal(shadow(&w, "shaded_2", (wisp_shadow_config){0}, NULL), WISP_OK);
    rig_deinit(&w.rig);
}

static void a_guest_can_be_recorded_and_shadowed_at_once(void **state)
{
    (void)state;
    static struct take take;
    struct watch w;
    char text[512];
    start(&w, NULL, "shaded_1");
    assert_int_equal(shadow(&w, "shaded_silent", (wisp_shadow_config){0}, NULL), WISP_OK);
    take_begin(&take, &w.rig, NULL);
    deliver(&w, 1, 2);
    take_end(&take, &w.rig);
    deliver(&w, 3, 4); /* the shadow still has its tape */
    assert_int_equal(status_of(&w).entries, 4);
    expect_said(&w, "");
    take_list(&take, text, sizeof text); /* of the version that runs alone */
    assert_string_equal(text, "life 1; message 1; message 1; ");
    take_begin(&take, &w.rig, NULL);
    wisp_guest_shadow_end(w.rig.guest);
    deliver(&w, 5, 5); /* and so has the recording */
    take_end(&take, &w.rig);
    take_expect(&take, "shaded_1", "message 1; ");
    rig_deinit(&w.rig);
}

/* ------------------------------------------------------------------ what cannot be shadowed */

static void there_must_be_one_version_that_runs(void **state)
{
    (void)state;
    struct watch w;
    wisp_error err;
    start(&w, NULL, "shaded_1");
    assert_int_equal(shadow(&w, "shaded_1", (wisp_shadow_config){0}, NULL), WISP_OK);
    assert_int_equal(shadow(&w, "shaded_1", (wisp_shadow_config){0}, &err), WISP_INVALID);
    assert_string_equal(err.text, "guest 'guest' has a shadow already");
    rig_swap(&w.rig, "shaded_2", WISP_OK);
    assert_int_equal(shadow(&w, "shaded_1", (wisp_shadow_config){0}, &err), WISP_INVALID);
    assert_string_equal(err.text, "guest 'guest' is on probation");
    wisp_guest_stop(w.rig.guest);
    assert_int_equal(shadow(&w, "shaded_1", (wisp_shadow_config){0}, &err), WISP_INVALID);
    assert_string_equal(err.text, "guest 'guest' runs nothing");
    rig_deinit(&w.rig);
}

static void a_candidate_that_does_not_get_there_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *module;
        wisp_status status;
    } cases[] = {
        {"start_traps", WISP_TRAP},       {"start_says_no", WISP_UNSUPPORTED},
        {"restore_traps", WISP_TRAP},     {"restore_says_no", WISP_MISMATCH},
        {"total_outside", WISP_MISMATCH}, {"needs_link", WISP_UNSUPPORTED},
        {"restore_loops", WISP_TRAP},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct watch w;
        start(&w, NULL, "shaded_1");
        size_t live_before = w.rig.ledger.live_bytes;
        wisp_error err = {.text = ""};
        wisp_status status = shadow(&w, cases[i].module, (wisp_shadow_config){0}, &err);
        if (status != cases[i].status)
            fail_msg("%s: %s", cases[i].module, err.text);
        assert_true(strlen(err.text) > 0);
        assert_int_equal(w.rig.ledger.live_bytes, live_before);
        assert_int_equal(rig_status(&w.rig).traps, 0);
        expect_said(&w, "");
        deliver(&w, 1, 1);
        rig_deinit(&w.rig);
    }
}

static wisp_status twice(void *user, wisp_instance *caller, const wisp_value *args,
                         wisp_value *results, wisp_error *err)
{
    (void)user;
    (void)caller;
    (void)err;
    results[0] = wisp_i32(2 * args[0].of.i32);
    return WISP_OK;
}

static wisp_status add_twice(void *user, wisp_linker *linker, wisp_error *err)
{
    return wisp_linker_add_func(linker, "app", "twice", "(i)i", twice, user, err);
}

static void a_module_that_imports_what_on_link_adds_cannot_be_shadowed(void **state)
{
    (void)state;
    struct watch w;
    wisp_error err;
    start(&w, &(wisp_guest_config){.on_link = add_twice}, "shaded_1");
    assert_int_equal(shadow(&w, "needs_link", (wisp_shadow_config){0}, &err), WISP_UNSUPPORTED);
    assert_non_null(strstr(err.text, "twice"));
    rig_swap(&w.rig, "needs_link", WISP_OK);
    assert_int_equal(wisp_guest_decide(w.rig.guest, true, NULL, NULL), WISP_OK);
    assert_int_equal(shadow(&w, "shaded_1", (wisp_shadow_config){0}, &err), WISP_UNSUPPORTED);
    rig_deinit(&w.rig);
}

/* ------------------------------------------------------------------ without memory */

static void without_memory_only_the_shadow_suffers(void **state)
{
    (void)state;
    static const char *const candidates[] = {"shaded_1", "shaded_silent"};
    for (size_t c = 0; c < 2; c++) {
        for (int is_once = 0; is_once < 2; is_once++) {
            size_t n = 0, calls;
            do {
                struct watch w;
                start(&w, NULL, "shaded_1");
                deliver(&w, 1, 3);
                struct ledger *ledger = &w.rig.ledger;
                ledger->calls = 0;
                ledger->refuse_from = ++n;
                ledger->refuse_to = is_once ? n : SIZE_MAX;
                wisp_status status =
                    shadow(&w, candidates[c], (wisp_shadow_config){.promote_after = 6}, NULL);
                assert_true(status == WISP_OK || status == WISP_NO_MEMORY);
                deliver(&w, 4, 6);
                w.rig.now_ns += 1000000;
                rig_step(&w.rig);
                deliver(&w, 8, 10);
                calls = ledger->calls;
                ledger->refuse_from = 0;
                assert_int_equal(rig_status(&w.rig).messages_in, 9);
                assert_int_equal(rig_status(&w.rig).messages_out, 19);
                assert_int_equal(rig_status(&w.rig).traps, 0);
                assert_null(strstr(w.said, "expected"));
                rig_deinit(&w.rig);
            } while (calls >= n);
            assert_true(n > 10);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_of_the_version_that_runs_does_the_same),
        cmocka_unit_test(another_version_that_does_the_same_is_equal),
        cmocka_unit_test(nothing_that_a_candidate_does_is_performed_or_counted),
        cmocka_unit_test(a_candidate_is_told_the_same_time_however_often_it_asks),
        cmocka_unit_test(what_comes_of_events_is_compared_too),
        cmocka_unit_test(the_first_difference_is_told),
        cmocka_unit_test(a_trap_in_the_candidate_is_told_and_ends_it),
        cmocka_unit_test(a_candidate_that_does_not_end_is_stopped_by_its_fuel),
        cmocka_unit_test(bytes_that_are_ignored_may_differ),
        cmocka_unit_test(what_to_ignore_is_copied),
        cmocka_unit_test(as_many_differences_are_told_as_are_allowed),
        cmocka_unit_test(a_candidate_that_sends_in_another_order_differs),
        cmocka_unit_test(a_candidate_is_promoted_after_enough_equal_entries),
        cmocka_unit_test(entries_must_be_equal_in_a_row),
        cmocka_unit_test(a_candidate_can_be_promoted_by_a_task),
        cmocka_unit_test(a_fault_of_the_version_that_runs_ends_it),
        cmocka_unit_test(a_swap_ends_it_but_not_one_that_is_refused),
        cmocka_unit_test(stopping_the_guest_ends_it),
        cmocka_unit_test(the_module_may_be_freed_when_it_ends),
        cmocka_unit_test(it_may_end_with_the_host),
        cmocka_unit_test(a_guest_can_be_recorded_and_shadowed_at_once),
        cmocka_unit_test(there_must_be_one_version_that_runs),
        cmocka_unit_test(a_candidate_that_does_not_get_there_changes_nothing),
        cmocka_unit_test(a_module_that_imports_what_on_link_adds_cannot_be_shadowed),
        cmocka_unit_test(without_memory_only_the_shadow_suffers),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
