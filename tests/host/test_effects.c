#include "rig.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "host/guest.h"

/* What an entry sends goes out when it has ended well, and then all of it. */

/* ------------------------------------------------------------------ of modules */

static void what_a_failed_entry_has_sent_is_dropped(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    assert_int_equal(rig_deliver(&r, SEND_TRAP, 0, 1, 0), WISP_TRAP);
    rig_expect(&r, "");
    rig_expect_events(&r, "restarted 1; ");
    assert_int_equal(rig_status(&r).messages_out, 0);
    rig_deliver(&r, COUNT, 0, 2, 0);
    rig_expect(&r, "v1 #1 =2; ");
    assert_int_equal(rig_status(&r).messages_out, 1);
    rig_deinit(&r);
}

static void on_probation_only_the_old_version_is_heard_of_a_failed_entry(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_swap(&r, "v2", WISP_OK);
    assert_int_equal(rig_deliver(&r, SEND_TRAP, 2, 7, 0), WISP_OK);
    rig_expect(&r, "v1 #1 =7; ");
    rig_deinit(&r);
}

static void send_from_handler(struct rig *r)
{
    assert_int_equal(wisp_guest_stop(r->guest), WISP_BUSY);
    rig_send(r, COUNT, 0, 8, 0);
}

static void a_handler_can_send_while_messages_go_out(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    r.in_handler = send_from_handler;
    rig_deliver(&r, SEND_MANY, 0, 2, 0);
    rig_expect(&r, "echo 0; echo 0; v1 #1 =2; ");
    r.in_handler = NULL;
    rig_step(&r);
    rig_expect(&r, "v1 #2 =8; v1 #3 =8; v1 #4 =8; ");
    rig_deinit(&r);
}

static bool was_told_first;

static void look_whether_told(struct rig *r)
{
    was_told_first = r->events_len > 0;
}

static void what_a_version_sends_when_it_starts_comes_after_the_word_of_it(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, NULL);
    r.in_handler = look_whether_told;
    was_told_first = false;
    assert_int_equal(wisp_guest_start(r.guest, rig_module("start_sends_1"), NULL), WISP_OK);
    assert_true(was_told_first);
    rig_expect_events(&r, "started 1; ");
    was_told_first = false;
    rig_swap(&r, "start_sends_2", WISP_OK);
    assert_true(was_told_first);
    rig_expect_events(&r, "swapped 2<1; ");
    assert_int_equal(wisp_guest_decide(r.guest, true, NULL, NULL), WISP_OK);
    rig_expect_events(&r, "committed 2; ");
    rig_expect(&r, "v1 #0 =0; v2 #0 =0; ");
    was_told_first = false;
    rig_deliver(&r, TRAP, 0, 0, 0);
    assert_true(was_told_first);
    rig_expect(&r, "v2 #0 =0; ");
    rig_deinit(&r);
}

static void what_a_refused_version_has_sent_is_dropped(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_swap(&r, "start_sends_restore_says_no", WISP_MISMATCH);
    rig_expect(&r, "");
    rig_deinit(&r);
}

static void a_message_for_which_there_is_no_memory_is_refused_at_once(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    r.ledger.refuse_from = r.ledger.calls + 1;
    r.ledger.refuse_to = SIZE_MAX;
    rig_deliver(&r, SEND_MANY, 0, 3, 2000);
    rig_expect(&r, "v1 #1 =0; "); /* for the small ones there is always room */
    r.ledger.refuse_from = 0;
    rig_deliver(&r, SEND_MANY, 0, 3, 2000);
    rig_expect(&r, "echo 2000; echo 2000; echo 2000; v1 #2 =3; ");
    rig_deinit(&r);
}

static void an_entry_that_sends_little_allocates_nothing(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    size_t calls = r.ledger.calls;
    for (int i = 0; i < 100; i++)
        rig_deliver(&r, COUNT, 0, 0, 0);
    assert_int_equal(r.ledger.calls, calls);
    rig_deinit(&r);
}

static void memory_for_much_is_given_back(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.fuel = 1000000}, "v1");
    size_t live = r.ledger.live_bytes;
    rig_deliver(&r, SEND_MANY, 0, 50, 60000);
    assert_int_equal(r.ledger.live_bytes, live);
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ without modules */

struct heard {
    char text[256];
};

static void hear(struct heard *heard, const char *what, const void *data, size_t size)
{
    char line[64];
    snprintf(line, sizeof line, "%s %.*s; ", what, (int)size, (const char *)data);
    strcat(heard->text, line);
}

static void on_message(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    (void)guest;
    hear(user, channel == 1 ? "one" : "other", bytes.data, bytes.size);
}

static void release(wisp_guest *guest, void *object)
{
    hear(guest->config.user, "released", object, strlen(object));
}

static void drop(wisp_guest *guest, void *object)
{
    hear(guest->config.user, "dropped", object, strlen(object));
}

static const wisp_effect_ops ops = {release, drop};

static wisp_status send(wisp_effects *effects, uint64_t size_max, uint32_t channel,
                        const char *text)
{
    wisp_bytes bytes = {(const uint8_t *)text, strlen(text)};
    return wisp_effects_send(effects, &wisp_allocator_default, size_max, channel, bytes);
}

static void all_of_it_goes_out_in_order_or_nothing(void **state)
{
    (void)state;
    static const char *const expected[] = {"one a; released b; other ; one cd; ", "dropped b; "};
    for (int is_failed = 0; is_failed < 2; is_failed++) {
        struct heard heard = {.text = ""};
        wisp_host host = {.allocator = &wisp_allocator_default};
        wisp_guest guest = {.host = &host, .config = {.on_message = on_message, .user = &heard}};
        wisp_effects effects = {0};
        assert_int_equal(send(&effects, 1000, 1, "a"), WISP_OK);
        assert_true(wisp_effects_add(&effects, host.allocator, &ops, (void *)"b"));
        assert_int_equal(send(&effects, 1000, 2, ""), WISP_OK);
        assert_int_equal(send(&effects, 1000, 1, "cd"), WISP_OK);
        assert_string_equal(heard.text, "");
        for (int again = 0; again < 2; again++) /* the second time there is nothing left */
            (is_failed ? wisp_effects_drop : wisp_effects_release)(&effects, &guest);
        assert_string_equal(heard.text, expected[is_failed]);
        wisp_effects_deinit(&effects, host.allocator);
    }
}

static void messages_over_the_limit_are_refused(void **state)
{
    (void)state;
    wisp_host host = {.allocator = &wisp_allocator_default};
    wisp_guest guest = {.host = &host};
    wisp_effects effects = {0};
    uint64_t size_max = 2 * sizeof(wisp_effect) + 6;
    assert_int_equal(send(&effects, size_max, 1, "1234"), WISP_OK);
    assert_int_equal(send(&effects, size_max, 1, "123"), WISP_LIMIT);
    assert_int_equal(send(&effects, size_max, 1, "12"), WISP_OK);
    assert_int_equal(send(&effects, size_max, 1, ""), WISP_LIMIT);
    wisp_effects_release(&effects, &guest);
    assert_int_equal(guest.counts.messages_out, 2);
    assert_int_equal(send(&effects, size_max, 1, "1234"), WISP_OK);
    wisp_effects_drop(&effects, &guest);
    wisp_effects_deinit(&effects, host.allocator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_failed_entry_has_sent_is_dropped),
        cmocka_unit_test(on_probation_only_the_old_version_is_heard_of_a_failed_entry),
        cmocka_unit_test(a_handler_can_send_while_messages_go_out),
        cmocka_unit_test(what_a_version_sends_when_it_starts_comes_after_the_word_of_it),
        cmocka_unit_test(what_a_refused_version_has_sent_is_dropped),
        cmocka_unit_test(a_message_for_which_there_is_no_memory_is_refused_at_once),
        cmocka_unit_test(an_entry_that_sends_little_allocates_nothing),
        cmocka_unit_test(memory_for_much_is_given_back),
        cmocka_unit_test(all_of_it_goes_out_in_order_or_nothing),
        cmocka_unit_test(messages_over_the_limit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
