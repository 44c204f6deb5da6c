#include "rig.h"

#include <stdlib.h>
#include <string.h>

/* A guest with one version: its life, messages, logs, tasks, and what it cannot do. */

/* ------------------------------------------------------------------ life */

static void a_new_guest_runs_nothing(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, NULL);
    wisp_guest_status status = rig_status(&r);
    assert_int_equal(status.state, WISP_GUEST_STATE_EMPTY);
    assert_int_equal(status.memory_size, 0);
    assert_null(wisp_guest_module(r.guest));
    assert_true(wisp_host_next_ns(r.host) == UINT64_MAX);
    wisp_error err;
    assert_int_equal(wisp_guest_send(r.guest, COUNT, (wisp_bytes){0}, &err), WISP_INVALID);
    assert_string_equal(err.text, "guest 'guest' runs nothing");
    assert_int_equal(wisp_guest_deliver(r.guest, COUNT, (wisp_bytes){0}, NULL), WISP_INVALID);
    assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_INVALID);
    rig_swap(&r, "v2", WISP_INVALID);
    assert_int_equal(wisp_guest_decide(r.guest, true, NULL, NULL), WISP_INVALID);
    assert_int_equal(wisp_guest_stop(r.guest), WISP_OK);
    rig_step(&r);
    rig_expect_events(&r, "");
    rig_deinit(&r);
}

static void start_runs_the_module_and_stop_ends_it(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, NULL);
    assert_int_equal(wisp_guest_start(r.guest, rig_module("v1"), NULL), WISP_OK);
    rig_expect_events(&r, "started 1; ");
    wisp_guest_status status = rig_status(&r);
    assert_int_equal(status.state, WISP_GUEST_STATE_RUNNING);
    assert_int_equal(status.version, 1);
    assert_true(status.memory_size >= WISP_PAGE_SIZE);
    assert_ptr_equal(wisp_guest_module(r.guest), rig_module("v1"));
    assert_int_equal(wisp_guest_stop(r.guest), WISP_OK);
    rig_expect(&r, "bye v1 #0 =0; ");
    rig_expect_events(&r, "stopped 1; ");
    assert_int_equal(rig_status(&r).state, WISP_GUEST_STATE_EMPTY);
    rig_deinit(&r);
}

static void a_stopped_guest_begins_anew(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_deliver(&r, COUNT, 0, 7, 0);
    assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_OK);
    rig_send(&r, COUNT, 0, 8, 0);
    wisp_guest_stop(r.guest);
    assert_int_equal(rig_status(&r).queue_len, 0);
    assert_int_equal(wisp_guest_start(r.guest, rig_module("v2"), NULL), WISP_OK);
    rig_step(&r);
    rig_deliver(&r, COUNT, 0, 9, 0);
    rig_expect(&r, "v1 #1 =7; bye v1 #1 =0; v2 #1 =9; ");
    rig_deinit(&r);
}

static void a_running_guest_is_not_started_again(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.name = "filter"}, "v1");
    wisp_error err;
    assert_int_equal(wisp_guest_start(r.guest, rig_module("v2"), &err), WISP_INVALID);
    assert_string_equal(err.text, "guest 'filter' runs version 1 already");
    assert_int_equal(rig_status(&r).version, 1);
    rig_deinit(&r);
}

static void a_start_that_fails_leaves_the_guest_empty(void **state)
{
    (void)state;
    static const struct {
        const char *module;
        wisp_status status;
        const char *text;
    } cases[] = {
        {"start_says_no", WISP_UNSUPPORTED, "wisp_start returned 17, expected 0"},
        {"start_traps", WISP_TRAP, NULL},
        {"start_loops", WISP_TRAP, NULL},
        {"needs_link", WISP_NOT_FOUND, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        rig_init(&r, NULL);
        wisp_error err;
        assert_int_equal(wisp_guest_start(r.guest, rig_module(cases[i].module), &err),
                         cases[i].status);
        if (cases[i].text)
            assert_string_equal(err.text, cases[i].text);
        assert_string_equal(r.last_reason, err.text);
        assert_int_equal(r.last_event.kind, WISP_GUEST_REFUSED);
        assert_int_equal(rig_status(&r).state, WISP_GUEST_STATE_EMPTY);
        assert_int_equal(wisp_guest_start(r.guest, rig_module("v1"), NULL), WISP_OK);
        rig_deinit(&r);
    }
}

static void a_trap_in_wisp_stop_is_told_and_stops_nothing(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_deliver(&r, STOP_TRAPS, 0, 0, 0);
    assert_int_equal(wisp_guest_stop(r.guest), WISP_OK);
    rig_expect_events(&r, "stopped 1; ");
    assert_int_equal(r.last_trap.code, WISP_TRAP_UNREACHABLE);
    assert_int_equal(rig_status(&r).state, WISP_GUEST_STATE_EMPTY);
    rig_deinit(&r);
}

static void freeing_a_guest_stops_it(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_send(&r, COUNT, 0, 0, 0);
    wisp_guest *empty;
    assert_int_equal(wisp_guest_new(r.host, NULL, &empty, NULL), WISP_OK);
    wisp_guest_free(empty); /* not the first in the list */
    wisp_guest_free(r.guest);
    wisp_guest_free(NULL);
    rig_expect_events(&r, "stopped 1; ");
    wisp_host_step(r.host, 0);
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ messages */

static void messages_are_answered_in_the_order_in_which_they_were_sent(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    for (uint32_t i = 10; i < 15; i++)
        rig_send(&r, COUNT, 0, i, 0);
    assert_int_equal(rig_status(&r).queue_len, 5);
    assert_int_equal(wisp_host_next_ns(r.host), 0);
    rig_expect(&r, "");
    rig_step(&r);
    rig_expect(&r, "v1 #1 =10; v1 #2 =11; v1 #3 =12; v1 #4 =13; v1 #5 =14; ");
    wisp_guest_status status = rig_status(&r);
    assert_int_equal(status.queue_len, 0);
    assert_int_equal(status.messages_in, 5);
    assert_int_equal(status.messages_out, 5);
    assert_int_equal(status.messages_dropped, 0);
    assert_true(wisp_host_next_ns(r.host) == UINT64_MAX);
    rig_deinit(&r);
}

static void deliver_passes_the_queue(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_send(&r, COUNT, 0, 1, 0);
    assert_int_equal(rig_deliver(&r, COUNT, 0, 2, 0), WISP_OK);
    rig_expect(&r, "v1 #1 =2; ");
    rig_step(&r);
    rig_expect(&r, "v1 #2 =1; ");
    rig_deinit(&r);
}

static void send_again(struct rig *r)
{
    rig_send(r, COUNT, 0, 99, 0);
}

static void what_a_handler_sends_waits_for_the_next_step(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    r.in_handler = send_again;
    rig_send(&r, COUNT, 0, 1, 0);
    rig_step(&r);
    rig_expect(&r, "v1 #1 =1; ");
    rig_step(&r);
    rig_expect(&r, "v1 #2 =99; ");
    assert_int_equal(rig_status(&r).queue_len, 1);
    r.in_handler = NULL;
    rig_deinit(&r);
}

static void try_all(struct rig *r)
{
    wisp_error err;
    assert_int_equal(wisp_guest_start(r->guest, rig_module("v2"), NULL), WISP_BUSY);
    assert_int_equal(wisp_guest_swap(r->guest, rig_module("v2"), &err), WISP_BUSY);
    assert_string_equal(err.text, "called from inside a handler of the same host");
    assert_int_equal(wisp_guest_decide(r->guest, true, NULL, NULL), WISP_BUSY);
    assert_int_equal(wisp_guest_stop(r->guest), WISP_BUSY);
    assert_int_equal(wisp_guest_save(r->guest, NULL), WISP_BUSY);
    assert_int_equal(rig_deliver(r, COUNT, 0, 0, 0), WISP_BUSY);
    rig_step(r);
}

static void a_handler_can_neither_enter_nor_change_a_guest(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    r.in_handler = try_all;
    rig_send(&r, COUNT, 0, 1, 0);
    rig_send(&r, COUNT, 0, 2, 0);
    rig_step(&r);
    rig_expect(&r, "v1 #1 =1; v1 #2 =2; ");
    r.in_handler = NULL;
    assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_OK);
    rig_deinit(&r);
}

static void a_full_queue_refuses_and_keeps_what_it_has(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.queue_len_max = 3}, "v1");
    for (uint32_t i = 1; i <= 3; i++)
        rig_send(&r, COUNT, 0, i, 0);
    wisp_error err;
    assert_int_equal(wisp_guest_send(r.guest, COUNT, (wisp_bytes){0}, &err), WISP_LIMIT);
    assert_string_equal(err.text, "3 messages wait for guest 'guest' already");
    rig_step(&r);
    rig_expect(&r, "v1 #1 =1; v1 #2 =2; v1 #3 =3; ");
    rig_send(&r, COUNT, 0, 4, 0);
    rig_deinit(&r);
}

static void messages_up_to_the_limit_arrive_and_larger_ones_are_refused(void **state)
{
    (void)state;
    static uint8_t bytes[65537];
    struct rig r;
    rig_start(&r, NULL, "v1");
    static const size_t sizes[] = {0, 1, 4096, 4097, 65535, 65536};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        wisp_bytes message = {bytes, sizes[i]};
        assert_int_equal(wisp_guest_deliver(r.guest, ECHO, message, NULL), WISP_OK);
        assert_int_equal(r.echo_size, sizes[i]);
    }
    wisp_error err;
    wisp_bytes message = {bytes, sizeof bytes};
    assert_int_equal(wisp_guest_send(r.guest, ECHO, message, &err), WISP_LIMIT);
    assert_string_equal(err.text,
                        "the message is of 65537 bytes, guest 'guest' takes up to 65536");
    assert_int_equal(wisp_guest_deliver(r.guest, ECHO, message, NULL), WISP_LIMIT);
    rig_deinit(&r);
}

static void the_module_is_told_when_its_message_is_too_large(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.message_size_max = 100}, "v1");
    rig_deliver(&r, SEND_AT, 0, 1024, 100);
    rig_deliver(&r, SEND_AT, 0, 1024, 101);
    rig_expect(&r, "echo 100; v1 #1 =0; v1 #2 =1; ");
    rig_deinit(&r);
}

static void a_message_without_room_is_dropped_and_counted(void **state)
{
    (void)state;
    static uint8_t bytes[17];
    struct rig r;
    rig_start(&r, NULL, "buffer_of_16");
    wisp_error err;
    assert_int_equal(wisp_guest_deliver(r.guest, ECHO, (wisp_bytes){bytes, 17}, &err),
                     WISP_LIMIT);
    assert_string_equal(err.text, "the module has no room for a message of 17 bytes");
    assert_int_equal(wisp_guest_deliver(r.guest, ECHO, (wisp_bytes){bytes, 16}, NULL), WISP_OK);
    rig_expect(&r, "echo 16; ");
    assert_int_equal(rig_status(&r).messages_dropped, 1);
    assert_int_equal(rig_status(&r).restarts, 0);
    rig_deinit(&r);
}

static void a_module_without_wisp_buffer_takes_empty_messages(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "no_buffer");
    assert_int_equal(wisp_guest_deliver(r.guest, ECHO, (wisp_bytes){0}, NULL), WISP_OK);
    rig_expect(&r, "echo 0; ");
    assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_LIMIT);
    rig_deinit(&r);
}

static void a_module_without_wisp_message_lets_them_pass(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "no_message");
    wisp_error err;
    assert_int_equal(wisp_guest_deliver(r.guest, COUNT, (wisp_bytes){0}, &err), WISP_NOT_FOUND);
    assert_string_equal(err.text, "version 2 exports no 'wisp_message'");
    rig_send(&r, COUNT, 0, 0, 0);
    rig_step(&r);
    assert_int_equal(rig_status(&r).messages_dropped, 2);
    assert_int_equal(rig_status(&r).state, WISP_GUEST_STATE_RUNNING);
    rig_deinit(&r);
}

static void messages_arrive_aligned(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_deliver(&r, ADDRESS, 0, 0, 0);
    unsigned long address = strtoul(r.heard + strlen("v1 #1 ="), NULL, 10);
    assert_int_not_equal(address, 0);
    assert_int_equal(address % 16, 0);
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ ranges from the module */

static void the_module_logs(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_deliver(&r, LOG_AT, 0, 0, 0);
    rig_expect_logs(&r, "1 ; ");
    rig_swap(&r, "v2", WISP_OK);
    rig_expect_logs(&r, "2 restored from 1; ");
    rig_deinit(&r);
}

static void an_unknown_log_level_is_taken_for_debug(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    static const uint32_t levels[] = {0, 3, 4, 0xffffffff};
    for (size_t i = 0; i < 4; i++)
        rig_deliver(&r, LOG_LEVEL, 0, levels[i], 0);
    rig_expect_logs(&r, "0 level; 3 level; 3 level; 3 level; ");
    rig_deinit(&r);
}

static void a_range_outside_its_memory_traps_the_module(void **state)
{
    (void)state;
    static const enum channel channels[] = {LOG_AT, SEND_AT};
    static const struct {
        uint32_t address, size;
        bool is_inside;
    } cases[] = {
        {0, 0, true},           {131072, 0, true},      {131071, 1, true},
        {131071, 2, false},     {131073, 0, false},     {0xffffffff, 0xffffffff, false},
        {0xffffffff, 1, false}, {1, 0xffffffff, false}, {0x80000000, 0x80000000, false},
    };
    for (size_t c = 0; c < 2; c++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct rig r;
            rig_start(&r, NULL, "v1");
            assert_int_equal(rig_status(&r).memory_size, 131072);
            assert_int_equal(rig_deliver(&r, channels[c], 0, cases[i].address, cases[i].size),
                             cases[i].is_inside ? WISP_OK : WISP_TRAP);
            rig_expect_events(&r, cases[i].is_inside ? "" : "restarted 1; ");
            if (!cases[i].is_inside) {
                assert_int_equal(r.last_trap.code, WISP_TRAP_HOST);
                assert_non_null(strstr(r.last_trap.text, "are outside the memory of 131072"));
            }
            rig_deinit(&r);
        }
    }
}

static void a_range_is_checked_against_the_memory_as_it_is_now(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_deliver(&r, GROW, 0, 1, 0);
    assert_int_equal(rig_deliver(&r, SEND_AT, 0, 131072, 65536), WISP_OK);
    rig_expect(&r, "v1 #1 =2; echo 65536; v1 #2 =0; ");
    assert_int_equal(rig_status(&r).memory_size, 3 * WISP_PAGE_SIZE);
    rig_deinit(&r);
}

static void wisp_save_state_outside_wisp_save_traps(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    assert_int_equal(rig_deliver(&r, SAVE_AT, 0, 1024, 4), WISP_TRAP);
    assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_OK);
    assert_int_equal(rig_deliver(&r, SAVE_AT, 0, 1024, 4), WISP_TRAP);
    assert_string_equal(r.last_trap.text, "wisp.save: called outside wisp_save");
    rig_deinit(&r);
}

static void a_buffer_outside_its_memory_is_a_fault_of_the_module(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.restarts_max = 1}, "buffer_outside");
    assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_MISMATCH);
    assert_string_equal(
        r.last_reason,
        "wisp_buffer gave address 4294967295, where 12 bytes are outside the memory");
    rig_expect_events(&r, "restarted 2; ");
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ tasks */

enum { MS = 1000000 }; /* ns */

static void run_at(struct rig *r, uint64_t now_ns)
{
    r->now_ns = now_ns;
    rig_step(r);
}

static void a_task_repeats_on_time_until_it_is_cancelled(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    uint64_t begin = r.now_ns;
    rig_deliver(&r, REPEAT, 0, 5000, 42);
    rig_expect(&r, "v1 #1 =1; ");
    assert_int_equal(wisp_host_next_ns(r.host), begin + 5 * MS);
    assert_int_equal(rig_status(&r).task_count, 1);
    run_at(&r, begin + 5 * MS - 1);
    rig_expect(&r, "");
    run_at(&r, begin + 5 * MS);
    rig_expect(&r, "task v1 #1 =42; ");
    run_at(&r, begin + 13 * MS); /* 3 ms late */
    rig_expect(&r, "task v1 #1 =42; ");
    assert_int_equal(wisp_host_next_ns(r.host), begin + 15 * MS);
    run_at(&r, begin + 1000 * MS + 1); /* long asleep */
    rig_expect(&r, "task v1 #1 =42; ");
    assert_int_equal(wisp_host_next_ns(r.host), begin + 1005 * MS);
    assert_int_equal(rig_status(&r).task_runs, 3);
    rig_deliver(&r, CANCEL, 0, 1, 0);
    rig_deliver(&r, CANCEL, 0, 1, 0);
    rig_expect(&r, "v1 #2 =0; v1 #3 =1; ");
    run_at(&r, begin + 2000 * MS);
    rig_expect(&r, "");
    assert_int_equal(rig_status(&r).task_count, 0);
    rig_deinit(&r);
}

static void tasks_run_after_messages_and_in_due_order(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_deliver(&r, REPEAT, 0, 3000, 3);
    rig_deliver(&r, REPEAT, 0, 1000, 1);
    rig_deliver(&r, REPEAT, 0, 2000, 2);
    rig_send(&r, COUNT, 0, 0, 0);
    r.heard_len = 0;
    run_at(&r, r.now_ns + 10 * MS);
    rig_expect(&r, "v1 #4 =0; task v1 #4 =1; task v1 #4 =2; task v1 #4 =3; ");
    rig_deinit(&r);
}

static void a_task_may_cancel_a_task(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_deliver(&r, REPEAT, 0, 1000, TASK_CANCELS_FIRST);
    rig_deliver(&r, REPEAT, 0, 1000, 2);
    r.heard_len = 0;
    run_at(&r, r.now_ns + MS);
    run_at(&r, r.now_ns + MS);
    rig_expect(&r, "task v1 #2 =1002; task v1 #2 =2; task v1 #2 =2; ");
    rig_deinit(&r);
}

static void a_task_that_adds_tasks_cannot_hold_up_a_step(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.tasks_max = 5}, "v1");
    rig_deliver(&r, REPEAT, 0, 1000, TASK_REPEATS);
    r.heard_len = 0;
    wisp_host_step(r.host, r.now_ns + 1000 * MS); /* ahead of the clock, so all is due */
    assert_int_equal(rig_status(&r).task_runs, 1);
    wisp_host_step(r.host, r.now_ns + 2000 * MS);
    assert_int_equal(rig_status(&r).task_runs, 3);
    rig_deinit(&r);
}

static void more_tasks_than_allowed_are_refused(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.tasks_max = 2}, "v1");
    for (int i = 0; i < 3; i++)
        rig_deliver(&r, REPEAT, 0, 1000, 0);
    rig_deliver(&r, CANCEL, 0, 1, 0);
    rig_deliver(&r, REPEAT, 0, 1000, 0);
    rig_expect(&r, "v1 #1 =1; v1 #2 =2; v1 #3 =0; v1 #4 =0; v1 #5 =3; ");
    rig_deinit(&r);
}

static void an_interval_out_of_range_is_refused(void **state)
{
    (void)state;
    static const struct {
        int64_t interval_us;
        bool is_taken;
    } cases[] = {{0, false},
                 {-1, false},
                 {INT64_MIN, false},
                 {INT64_MAX, false},
                 {INT64_MAX / 1000 + 1, false},
                 {INT64_MAX / 1000, true},
                 {1, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        rig_start(&r, NULL, "v1");
        uint64_t bits = (uint64_t)cases[i].interval_us;
        rig_deliver(&r, REPEAT_LONG, 0, (uint32_t)(bits >> 32), (uint32_t)bits);
        rig_expect(&r, cases[i].is_taken ? "v1 #1 =1; " : "v1 #1 =0; ");
        if (cases[i].is_taken)
            assert_true(wisp_host_next_ns(r.host) == r.now_ns + bits * 1000);
        rig_deinit(&r);
    }
}

static void every_entry_has_its_own_fuel(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.fuel = 1000}, "v1");
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_OK);
        r.heard_len = 0;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(wisp_guest_save(r.guest, NULL), WISP_OK);
    rig_deliver(&r, REPEAT, 0, 1000, 0);
    for (int i = 0; i < 1000; i++) {
        r.heard_len = 0;
        run_at(&r, r.now_ns + MS);
    }
    rig_expect(&r, "task v1 #1001 =0; ");
    assert_int_equal(rig_status(&r).traps, 0);
    rig_deinit(&r);
}

static void what_is_no_task_function_traps(void **state)
{
    (void)state;
    static const struct {
        enum channel channel;
        uint32_t index;
        const char *text;
    } cases[] = {
        {REPEAT_INDEX, 0, "wisp.repeat: function 0 is null"},
        {REPEAT_INDEX, 1000, "wisp.repeat: function 1000 is outside the table of "},
        {REPEAT_INDEX, 0xffffffff, "wisp.repeat: function 4294967295 is outside the table of "},
        {REPEAT_TYPED, 0, "has type (i32 i32) -> (), expected (i32) -> ()"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        rig_start(&r, NULL, "v1");
        assert_int_equal(rig_deliver(&r, cases[i].channel, 0, cases[i].index, 0), WISP_TRAP);
        assert_int_equal(r.last_trap.code, WISP_TRAP_HOST);
        if (!strstr(r.last_trap.text, cases[i].text))
            fail_msg("'%s' is not in '%s'", cases[i].text, r.last_trap.text);
        rig_deinit(&r);
    }
}

static void the_module_reads_the_clock_of_the_host(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    r.now_ns = 123456789;
    rig_deliver(&r, NOW, 0, 0, 0);
    rig_expect(&r, "v1 #1 =123456; ");
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ the program's own functions
 */

static wisp_status twice(void *user, wisp_instance *caller, const wisp_value *args,
                         wisp_value *results, wisp_error *err)
{
    (void)user;
    (void)caller;
    (void)err;
    results[0] = wisp_i32(2 * args[0].of.i32);
    return WISP_OK;
}

static wisp_status link_twice(void *user, wisp_linker *linker, wisp_error *err)
{
    (void)user;
    return wisp_linker_add_func(linker, "app", "twice", "(i)i", twice, NULL, err);
}

static void a_module_can_call_what_on_link_adds(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &(wisp_guest_config){.on_link = link_twice}, "needs_link");
    rig_deliver(&r, ASK, 0, 21, 0);
    rig_expect(&r, "v1 #1 =42; ");
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ several guests */

static void guests_take_turns_in_the_order_in_which_they_were_made(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    wisp_guest *other;
    assert_int_equal(wisp_guest_new(r.host, NULL, &other, NULL), WISP_OK);
    assert_int_equal(wisp_guest_start(other, rig_module("v2"), NULL), WISP_OK);
    assert_int_equal(wisp_guest_send(other, TRAP, (wisp_bytes){0}, NULL), WISP_OK);
    rig_send(&r, COUNT, 0, 1, 0);
    rig_step(&r);
    rig_expect(&r, "v1 #1 =1; ");
    wisp_guest_status status;
    wisp_guest_status_get(other, &status);
    assert_int_equal(status.restarts, 1);
    assert_int_equal(rig_status(&r).traps, 0);
    rig_deinit(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_guest_runs_nothing),
        cmocka_unit_test(start_runs_the_module_and_stop_ends_it),
        cmocka_unit_test(a_stopped_guest_begins_anew),
        cmocka_unit_test(a_running_guest_is_not_started_again),
        cmocka_unit_test(a_start_that_fails_leaves_the_guest_empty),
        cmocka_unit_test(a_trap_in_wisp_stop_is_told_and_stops_nothing),
        cmocka_unit_test(freeing_a_guest_stops_it),
        cmocka_unit_test(messages_are_answered_in_the_order_in_which_they_were_sent),
        cmocka_unit_test(deliver_passes_the_queue),
        cmocka_unit_test(what_a_handler_sends_waits_for_the_next_step),
        cmocka_unit_test(a_handler_can_neither_enter_nor_change_a_guest),
        cmocka_unit_test(a_full_queue_refuses_and_keeps_what_it_has),
        cmocka_unit_test(messages_up_to_the_limit_arrive_and_larger_ones_are_refused),
        cmocka_unit_test(the_module_is_told_when_its_message_is_too_large),
        cmocka_unit_test(a_message_without_room_is_dropped_and_counted),
        cmocka_unit_test(a_module_without_wisp_buffer_takes_empty_messages),
        cmocka_unit_test(a_module_without_wisp_message_lets_them_pass),
        cmocka_unit_test(messages_arrive_aligned),
        cmocka_unit_test(the_module_logs),
        cmocka_unit_test(an_unknown_log_level_is_taken_for_debug),
        cmocka_unit_test(a_range_outside_its_memory_traps_the_module),
        cmocka_unit_test(a_range_is_checked_against_the_memory_as_it_is_now),
        cmocka_unit_test(wisp_save_state_outside_wisp_save_traps),
        cmocka_unit_test(a_buffer_outside_its_memory_is_a_fault_of_the_module),
        cmocka_unit_test(a_task_repeats_on_time_until_it_is_cancelled),
        cmocka_unit_test(tasks_run_after_messages_and_in_due_order),
        cmocka_unit_test(a_task_may_cancel_a_task),
        cmocka_unit_test(a_task_that_adds_tasks_cannot_hold_up_a_step),
        cmocka_unit_test(more_tasks_than_allowed_are_refused),
        cmocka_unit_test(an_interval_out_of_range_is_refused),
        cmocka_unit_test(every_entry_has_its_own_fuel),
        cmocka_unit_test(what_is_no_task_function_traps),
        cmocka_unit_test(the_module_reads_the_clock_of_the_host),
        cmocka_unit_test(a_module_can_call_what_on_link_adds),
        cmocka_unit_test(guests_take_turns_in_the_order_in_which_they_were_made),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
