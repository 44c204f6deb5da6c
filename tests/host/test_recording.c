#include "takes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wisp/event.h>
#include <wisp/native.h>

/* Recordings of a guest, read and replayed: what comes out is what was, and what was not is told.
 */

static struct take take;

static void start(struct rig *r, const char *name)
{
    wisp_error err;
    if (wisp_guest_start(r->guest, rig_module(name), &err) != WISP_OK)
        fail_msg("%s", err.text);
}

/* A guest that is recorded from its start. */
static void record_from_start(struct rig *r, const wisp_guest_config *config, const char *name)
{
    rig_init(r, config);
    take_begin(&take, r, NULL);
    start(r, name);
}

/* ------------------------------------------------------------------ of counters */

static void a_recording_has_each_entry_in_order(void **state)
{
    (void)state;
    struct rig r;
    char text[512];
    record_from_start(&r, NULL, "v1");
    rig_send(&r, COUNT, 0, 7, 0);
    rig_send(&r, NOW, 0, 0, 0);
    rig_step(&r);
    wisp_guest_stop(r.guest);
    take_end(&take, &r);
    take_list(&take, text, sizeof text);
    assert_string_equal(text, "life 1; load; start; message 1; message 15; stop; ");
    take_expect(&take, "v1", "load; start; message 1; message 15; stop; ");
    rig_deinit(&r);
}

static void a_trap_comes_again_and_the_next_life_begins(void **state)
{
    (void)state;
    struct rig r;
    char text[512];
    record_from_start(&r, NULL, "v1");
    rig_deliver(&r, COUNT, 0, 1, 0);
    rig_deliver(&r, TRAP, 0, 0, 0);
    rig_deliver(&r, COUNT, 0, 2, 0);
    take_end(&take, &r);
    take_list(&take, text, sizeof text);
    assert_string_equal(
        text, "life 1; load; start; message 1; message 2; life 2; load; start; message 1; ");
    take_expect(&take, "v1", "load; start; message 1; message 2 !unreachable; ");
    take_replay(&take, 2, "v1", text, sizeof text);
    assert_string_equal(text, "load; start; message 1; ");
    rig_deinit(&r);
}

static void fuel_that_ran_out_runs_out_again(void **state)
{
    (void)state;
    struct rig r;
    record_from_start(&r, NULL, "v1");
    rig_deliver(&r, LOOP, 0, 0, 0);
    take_end(&take, &r);
    take_expect(&take, "v1", "load; start; message 3 !all fuel consumed; ");
    rig_deinit(&r);
}

static void a_deadline_strikes_at_the_same_instruction(void **state)
{
    (void)state;
    for (uint32_t ms = 1; ms < 40; ms += 3) {
        struct rig r;
        record_from_start(
            &r, &(wisp_guest_config){.fuel = WISP_FUEL_UNLIMITED, .deadline_ms = ms}, "v1");
        r.tick_ns = 1000000;
        rig_deliver(&r, LOOP, 0, 0, 0);
        assert_int_equal(r.last_trap.code, WISP_TRAP_DEADLINE);
        take_end(&take, &r);
        take_expect(&take, "v1", "load; start; message 3 !deadline exceeded; ");
        rig_deinit(&r);
    }
}

static void tasks_run_again(void **state)
{
    (void)state;
    struct rig r;
    record_from_start(&r, NULL, "v1");
    rig_deliver(&r, REPEAT, 0, 1000, 5);
    rig_deliver(&r, REPEAT, 0, 1000, TASK_TRAPS);
    r.now_ns += 1000000;
    rig_step(&r);
    take_end(&take, &r);
    take_expect(&take, "v1", "load; start; message 4; message 4; task; task !unreachable; ");
    rig_deinit(&r);
}

static void a_swap_begins_another_life_and_a_revert_goes_back(void **state)
{
    (void)state;
    struct rig r;
    char text[512];
    record_from_start(&r, NULL, "v1");
    rig_deliver(&r, COUNT, 0, 0, 0);
    rig_swap(&r, "v2", WISP_OK);
    rig_deliver(&r, COUNT, 0, 0, 0);
    rig_deliver(&r, TRAP, 2, 0, 0);
    take_end(&take, &r);
    take_list(&take, text, sizeof text);
    assert_string_equal(text,
                        "life 1; load; start; message 1; life 2; load; start; save; restore; "
                        "message 1; message 2; message 1; message 2; ");
    take_expect(&take, "v1", "load; start; message 1; save; message 1; message 2; ");
    take_expect(&take, "v2", "load; start; restore; message 1; message 2 !unreachable; ");
    rig_deinit(&r);
}

static void a_state_region_is_filled_again(void **state)
{
    (void)state;
    struct rig r;
    char text[512];
    record_from_start(&r, NULL, "total_1");
    rig_deliver(&r, COUNT, 0, 3, 0);
    rig_swap(&r, "total_2", WISP_OK);
    rig_deliver(&r, COUNT, 0, 4, 0);
    take_end(&take, &r);
    take_replay(&take, 0, "total_2", text, sizeof text);
    assert_string_equal(text, "load; start; restore; message 1; ");
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ of everything */

static wisp_status app_fill(void *user, wisp_instance *caller, const wisp_arg *args,
                            wisp_value *results, wisp_error *err)
{
    (void)caller;
    (void)err;
    uint32_t *calls = user;
    memset(args[0].out, (int)++*calls, args[0].size / 2);
    results[0] = wisp_i32((int32_t)*calls);
    return WISP_OK;
}

static wisp_status app_mix(void *user, wisp_instance *caller, const wisp_arg *args,
                           wisp_value *results, wisp_error *err)
{
    (void)user;
    (void)caller;
    (void)err;
    if (args[5].out)
        *(uint8_t *)args[5].out += 3;
    results[0] = wisp_i64((int64_t)strlen(args[6].text) - args[0].i32 + (args[2].f32 > 1));
    return WISP_OK;
}

static wisp_status app_refuse(void *user, wisp_instance *caller, const wisp_arg *args,
                              wisp_value *results, wisp_error *err)
{
    (void)user;
    (void)caller;
    (void)results;
    snprintf(err->text, sizeof err->text, "refused with %d", args[0].i32);
    return args[0].i32 == 0 ? WISP_OK : WISP_LIMIT;
}

static uint32_t fill_calls;

static const wisp_host_func app[] = {
    {"app", "fill", "(>[1] z)i", app_fill, &fill_calls, true},
    {"app", "mix", "(iIfF <4 <>8? $)I", app_mix, NULL, false},
    {"app", "refuse", "(i)i", app_refuse, NULL, false},
};

static const wisp_guest_config witness_config = {.functions = app, .function_len = 3};

static void post(struct rig *r, uint32_t number)
{
    wisp_post event = {.target = wisp_guest_id(r->guest),
                       .type = WISP_EVENT_USER + 7,
                       .data = &number,
                       .size = sizeof number};
    assert_int_equal(wisp_host_post(r->host, &event, NULL), WISP_OK);
}

/* What the witness is told: all that there is, some of it twice. */
static void tell_all(struct rig *r)
{
    for (uint32_t round = 0; round < 3; round++) {
        rig_deliver(r, NOW, 0, round, 0);
        rig_deliver(r, REPEAT, 0, round, 0);
        rig_deliver(r, ASK, 0, 0, 0);
        rig_deliver(r, TRAP, 0, 0, 0); /* not refused */
        rig_deliver(r, LOOP, 0, 1000, 0);
        rig_deliver(r, GROW, 0, 1, 0);
        post(r, round);
        r->now_ns += 1000000;
        rig_step(r);
        rig_step(r);
    }
}

static void expect_no_difference(const char *name)
{
    static char text[16384];
    take_replay(&take, 0, name, text, sizeof text);
    if (strchr(text, '(') || strchr(text, '!'))
        fail_msg("%s", text);
    assert_non_null(strstr(text, "done; "));
    assert_non_null(strstr(text, "task; "));
    assert_non_null(strstr(text, "event 3; ")); /* a timer */
}

static void all_that_a_module_learns_comes_again(void **state)
{
    (void)state;
    struct rig r;
    record_from_start(&r, &witness_config, "witness");
    tell_all(&r);
    wisp_guest_stop(r.guest);
    take_end(&take, &r);
    expect_no_difference("witness");
    rig_deinit(&r);
}

static void it_may_begin_in_the_middle(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, &witness_config, "witness");
    tell_all(&r);
    take_begin(&take, &r, NULL);
    tell_all(&r);
    take_end(&take, &r);
    expect_no_difference("witness");
    rig_deinit(&r);
}

static void words_of_a_function_that_fails_come_again(void **state)
{
    (void)state;
    struct rig r;
    record_from_start(&r, &witness_config, "witness");
    rig_deliver(&r, TRAP, 0, 17, 0);
    take_end(&take, &r);
    take_expect(&take, "witness", "load; start; message 2 !refused with 17; ");
    rig_deinit(&r);
}

static void a_module_that_gives_up_does_so_again(void **state)
{
    (void)state;
    struct rig r;
    record_from_start(&r, &witness_config, "witness");
    rig_deliver(&r, STOP_TRAPS, 0, 3, 0);
    take_end(&take, &r);
    take_expect(&take, "witness",
                "load; start; message 17 !wisp.abort: the module gives up with code 3; ");
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ upgrades */

static void another_module_that_does_the_same_is_no_different(void **state)
{
    (void)state;
    struct rig r;
    record_from_start(&r, &witness_config, "witness");
    tell_all(&r);
    take_end(&take, &r);
    expect_no_difference("witness_other");
    rig_deinit(&r);
}

static void another_module_takes_over_in_the_middle(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "start_repeats_1");
    rig_deliver(&r, COUNT, 0, 0, 0);
    take_begin(&take, &r, NULL);
    rig_deliver(&r, COUNT, 0, 0, 0);
    r.now_ns += 1000000;
    rig_step(&r);
    take_end(&take, &r);
    take_expect(&take, "start_repeats_1", "message 1; task; ");
    /* It has the state and the task, but says another version, whose number is in what it sends.
     */
    take_expect(&take, "start_repeats_2",
                "start; message 1 (wisp.send: byte 0 of parameter 1 is 0x02, expected 0x01); "
                "task (wisp.send: byte 0 of parameter 1 is 0x02, expected 0x01); ");
    rig_deinit(&r);
}

static void one_that_does_not_take_over_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    take_begin(&take, &r, NULL);
    take_end(&take, &r);
    take_expect(
        &take, "restore_says_no",
        "start !mismatch (it does not take over: wisp_restore returned 18 for the state of "
        "version 1, expected 0); ");
    char text[512];
    take_replay(&take, 0, "start_traps", text, sizeof text);
    assert_non_null(strstr(text, "start !unreachable (it does not take over: unreachable, in "));
    rig_deinit(&r);
}

static void a_trap_that_is_gone_is_told(void **state)
{
    (void)state;
    struct rig r;
    char text[1024];
    record_from_start(&r, NULL, "v1");
    rig_deliver(&r, TRAP, 1, 0, 0);
    take_end(&take, &r);
    take_replay(&take, 0, "v2", text, sizeof text);
    assert_non_null(strstr(text, "message 2 (found a good end, expected the trap 'unreachable'"));
    rig_deinit(&r);
}

static void a_trap_that_is_new_is_told(void **state)
{
    (void)state;
    struct rig r;
    char text[1024];
    record_from_start(&r, NULL, "v1");
    rig_deliver(&r, TRAP, 2, 0, 0);
    take_end(&take, &r);
    take_replay(&take, 0, "v2", text, sizeof text);
    assert_non_null(strstr(text, "message 2 !unreachable (found the trap 'unreachable'"));
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ what cannot be recorded */

static wisp_status on_link(void *user, wisp_linker *linker, wisp_error *err)
{
    static const wisp_bridge_func twice[] = {{"twice", "(i)i", app_refuse}};
    return wisp_bridge_add(linker, "app", twice, 1, user, err);
}

static void an_import_that_on_link_adds_is_named(void **state)
{
    (void)state;
    struct rig r;
    wisp_error err;
    rig_start(&r, &(wisp_guest_config){.on_link = on_link}, "needs_link");
    wisp_record_config config = take_config(&take);
    memset(&take, 0, sizeof take);
    assert_int_equal(wisp_guest_record(r.guest, &config, &err), WISP_UNSUPPORTED);
    assert_string_equal(err.text, "the import app.twice cannot be recorded: on_link offers it");
    assert_false(take.is_closed);
    rig_deinit(&r);
}

static void a_module_that_cannot_be_recorded_ends_the_recording(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, &(wisp_guest_config){.on_link = on_link});
    take_begin(&take, &r, NULL);
    start(&r, "needs_link");
    assert_int_equal(take.ends, 1);
    assert_int_equal(take.end_status, WISP_UNSUPPORTED);
    rig_deliver(&r, COUNT, 0, 1, 0);
    rig_expect(&r, "v1 #1 =1; ");
    rig_deinit(&r);
}

static int start_native(void)
{
    return 0;
}

static wisp_native_link native_link;
static const wisp_native native = {.version = 9, .link = &native_link, .start = start_native};

static void a_native_version_cannot_be_recorded(void **state)
{
    (void)state;
    struct rig r;
    wisp_error err;
    rig_init(&r, NULL);
    assert_int_equal(wisp_guest_start_native(r.guest, &native, NULL), WISP_OK);
    wisp_record_config config = take_config(&take);
    memset(&take, 0, sizeof take);
    assert_int_equal(wisp_guest_record(r.guest, &config, &err), WISP_UNSUPPORTED);
    assert_string_equal(err.text, "version 9 is native and cannot be recorded");
    rig_deinit(&r);
}

static void a_swap_to_a_native_version_ends_the_recording(void **state)
{
    (void)state;
    struct rig r;
    record_from_start(&r, NULL, "v1");
    rig_deliver(&r, COUNT, 0, 0, 0);
    assert_int_equal(wisp_guest_swap_native(r.guest, &native, NULL), WISP_OK);
    assert_int_equal(take.ends, 1);
    assert_int_equal(take.end_status, WISP_UNSUPPORTED);
    take_expect(&take, "v1", "load; start; message 1; ");
    rig_deinit(&r);
}

static void a_guest_is_recorded_once_at_a_time(void **state)
{
    (void)state;
    struct rig r;
    wisp_record_status status;
    rig_start(&r, NULL, "v1");
    assert_false(wisp_guest_record_status(r.guest, &status));
    take_begin(&take, &r, NULL);
    wisp_record_config config = take_config(&take);
    assert_int_equal(wisp_guest_record(r.guest, &config, NULL), WISP_INVALID);
    rig_deliver(&r, COUNT, 0, 0, 0);
    assert_true(wisp_guest_record_status(r.guest, &status));
    assert_int_equal(status.entries, 1);
    assert_int_equal(status.segments, 1);
    assert_int_equal(status.size, take.size);
    take_end(&take, &r);
    wisp_guest_record_end(r.guest);
    assert_int_equal(take.ends, 1);
    rig_deinit(&r);
}

static void freeing_a_guest_ends_its_recording(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    take_begin(&take, &r, NULL);
    rig_deinit(&r);
    assert_true(take.is_closed);
    assert_int_equal(take.ends, 1);
    take_expect(&take, "v1", "stop; ");
}

/* ------------------------------------------------------------------ sinks that fail */

static void a_sink_that_fails_ends_the_recording_and_nothing_else(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    for (size_t n = 1; n < 12; n++) {
        wisp_record_config config = take_config(&take);
        memset(&take, 0, sizeof take);
        take.fail_at = n;
        wisp_status status = wisp_guest_record(r.guest, &config, NULL);
        for (int i = 0; i < 12; i++)
            assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_OK);
        if (status == WISP_OK) {
            assert_int_equal(take.ends, 1);
            assert_int_equal(take.end_status, WISP_IO);
            assert_string_equal(take.end_reason, "the sink is full");
        } else {
            assert_int_equal(status, WISP_IO);
            assert_int_equal(take.ends, 0);
            assert_false(take.is_closed);
        }
    }
    assert_int_equal(rig_status(&r).traps, 0);
    r.heard_len = 0;
    rig_deinit(&r);
}

static void a_sink_that_does_not_begin_is_told(void **state)
{
    (void)state;
    struct rig r;
    wisp_error err;
    rig_start(&r, NULL, "v1");
    wisp_record_config config = take_config(&take);
    memset(&take, 0, sizeof take);
    take.begin_fails = true;
    assert_int_equal(wisp_guest_record(r.guest, &config, &err), WISP_IO);
    assert_string_equal(err.text, "no room for a segment");
    rig_deinit(&r);
}

static void it_ends_at_the_size_that_was_set(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, NULL);
    take_begin(&take, &r, &(wisp_record_config){.size_max = 2000});
    start(&r, "v1");
    for (int i = 0; take.ends == 0; i++) {
        rig_deliver(&r, COUNT, 0, (uint32_t)i, 0);
        assert_true(i < 500);
        r.heard_len = 0;
    }
    assert_int_equal(take.end_status, WISP_LIMIT);
    assert_in_range(take.size, 1900, 2000);
    rig_deliver(&r, COUNT, 0, 0, 0);
    r.heard_len = 0;
    rig_deinit(&r);
}

static void a_ring_keeps_the_last_of_it(void **state)
{
    (void)state;
    struct rig r;
    static char text[16384];
    rig_init(&r, NULL);
    take_begin(&take, &r, &(wisp_record_config){.size_max = 60000, .is_ring = true});
    start(&r, "v1");
    for (uint32_t i = 0; take.segments < 4; i++) {
        rig_deliver(&r, COUNT, 0, i * 0x9e3779b9u, i);
        assert_true(i < 100000);
        assert_true(take.size + take.older_size < 61000);
        r.heard_len = 0;
    }
    rig_deliver(&r, TRAP, 0, 0, 0);
    assert_int_equal(take.ends, 0);
    take_end(&take, &r);
    assert_in_range(take.older_size, 30000, 31000);
    take_replay(&take, 0, "v1", text, sizeof text);
    assert_string_equal(text, "message 1; message 2 !unreachable; ");
    rig_deinit(&r);
}

static void on_response(void *user, wisp_status status, int32_t code, wisp_bytes answer)
{
    (void)user, (void)status, (void)code, (void)answer;
}

/* Where a segment begins, the module is asked for its state before it gets the event. */
static void a_segment_may_begin_with_a_request(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, NULL);
    take_begin(&take, &r, &(wisp_record_config){.size_max = 60000, .is_ring = true});
    start(&r, "actor");
    wisp_post post = {.target = wisp_guest_id(r.guest), .type = 0x8001};
    while (take.segments < 4) {
        wisp_host_request(r.host, &post, 0, on_response, NULL, NULL);
        rig_step(&r);
        rig_expect_logs(&r, "2 e8001=0<0?; ");
    }
    take_end(&take, &r);
    rig_deinit(&r);
}

static void a_ring_without_room_for_a_snapshot_is_told(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    wisp_record_config config = take_config(&take);
    memset(&take, 0, sizeof take);
    config.size_max = 1000;
    config.is_ring = true;
    assert_int_equal(wisp_guest_record(r.guest, &config, NULL), WISP_LIMIT);
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ memory that is refused */

static wisp_status record_a_little(struct rig *r)
{
    wisp_record_config config = take_config(&take);
    memset(&take, 0, sizeof take);
    wisp_status status = wisp_guest_record(r->guest, &config, NULL);
    rig_deliver(r, ASK, 0, 0, 0);
    rig_deliver(r, NOW, 0, 0, 0);
    wisp_guest_record_end(r->guest);
    return status;
}

static void memory_that_is_refused_ends_the_recording_at_most(void **state)
{
    (void)state;
    bool is_whole = false;
    for (size_t n = 1; !is_whole; n++) {
        struct rig r;
        rig_start(&r, &witness_config, "witness");
        r.ledger.refuse_from = r.ledger.calls + n;
        r.ledger.refuse_to = SIZE_MAX;
        wisp_status status = record_a_little(&r);
        is_whole = r.ledger.calls < r.ledger.refuse_from;
        r.ledger.refuse_from = 0;
        assert_int_equal(rig_status(&r).traps, 0);
        assert_true(status == WISP_OK || status == WISP_NO_MEMORY);
        assert_int_equal(take.is_closed, status == WISP_OK);
        assert_true(n < 200);
        r.heard_len = 0;
        rig_deinit(&r);
    }
}

/* Reads and replays with an allocator of its own; the first failure. */
static wisp_status use_take(const struct ledger *ledger)
{
    wisp_recording *recording = NULL;
    wisp_replay *replay = NULL;
    wisp_replay_step step;
    wisp_bytes bytes = {take.bytes, take.size};
    wisp_replay_config config = {.allocator = &ledger->allocator};
    wisp_status status = wisp_recording_open(&ledger->allocator, bytes, &recording, NULL);
    if (status == WISP_OK)
        status = wisp_replay_new(&config, recording, rig_module("witness_other"), &replay, NULL);
    while (status == WISP_OK)
        status = wisp_replay_next(replay, &step, NULL);
    wisp_replay_free(replay);
    wisp_recording_close(recording);
    return status;
}

static void memory_that_is_refused_ends_a_replay(void **state)
{
    (void)state;
    struct rig r;
    record_from_start(&r, &witness_config, "witness");
    tell_all(&r);
    take_end(&take, &r);
    bool is_whole = false;
    for (size_t n = 1; !is_whole; n++) {
        struct ledger ledger;
        ledger_init(&ledger);
        ledger.refuse_from = ledger.refuse_to = n;
        wisp_status status = use_take(&ledger);
        is_whole = ledger.calls < n;
        /* One is the module's own, which wants to grow, and is told that it cannot. */
        assert_true(status == WISP_NO_MEMORY || status == WISP_NOT_FOUND);
        assert_true(status == WISP_NOT_FOUND || !is_whole);
        assert_int_equal(ledger.live_blocks, 0);
        assert_true(n < 1000);
    }
    rig_deinit(&r);
}

/* ------------------------------------------------------------------ damage */

/* How many entries can be read of [bytes]; each is whole. */
static size_t count_entries(wisp_bytes bytes)
{
    wisp_recording *recording;
    wisp_recorded item;
    wisp_error err;
    size_t count = 0;
    if (wisp_recording_open(NULL, bytes, &recording, &err) != WISP_OK) {
        assert_true(err.status == WISP_MALFORMED || err.status == WISP_UNSUPPORTED);
        return 0;
    }
    while (wisp_recording_next(recording, &item, &err) == WISP_OK)
        count += item.kind == WISP_RECORDED_ENTRY;
    assert_true(err.status == WISP_NOT_FOUND);
    wisp_recording_close(recording);
    return count;
}

static void make_short_take(void)
{
    struct rig r;
    record_from_start(&r, NULL, "v1");
    for (uint32_t i = 0; i < 8; i++)
        rig_deliver(&r, COUNT, 0, i, 0);
    take_end(&take, &r);
    rig_deinit(&r);
}

static void one_that_was_cut_off_is_read_to_its_last_frame(void **state)
{
    (void)state;
    make_short_take();
    size_t last = 0;
    for (size_t size = 0; size <= take.size; size++) {
        size_t count = count_entries((wisp_bytes){take.bytes, size});
        assert_true(count >= last);
        last = count;
    }
    assert_int_equal(last, 10);
}

static void flipped_bits_never_pass_for_something_else(void **state)
{
    (void)state;
    make_short_take();
    for (size_t at = 0; at < take.size; at++) {
        take.bytes[at] ^= (uint8_t)(1u << at % 8);
        assert_true(count_entries((wisp_bytes){take.bytes, take.size}) < 10);
        take.bytes[at] ^= (uint8_t)(1u << at % 8);
    }
    assert_int_equal(count_entries((wisp_bytes){take.bytes, take.size}), 10);
}

static void a_life_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    wisp_recording *recording;
    wisp_replay *replay;
    make_short_take();
    assert_int_equal(
        wisp_recording_open(NULL, (wisp_bytes){take.bytes, take.size}, &recording, NULL),
        WISP_OK);
    assert_int_equal(wisp_replay_new(&(wisp_replay_config){.life = 2}, recording,
                                     rig_module("v1"), &replay, NULL),
                     WISP_NOT_FOUND);
    wisp_recording_close(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_has_each_entry_in_order),
        cmocka_unit_test(a_trap_comes_again_and_the_next_life_begins),
        cmocka_unit_test(fuel_that_ran_out_runs_out_again),
        cmocka_unit_test(a_deadline_strikes_at_the_same_instruction),
        cmocka_unit_test(tasks_run_again),
        cmocka_unit_test(a_swap_begins_another_life_and_a_revert_goes_back),
        cmocka_unit_test(a_state_region_is_filled_again),
        cmocka_unit_test(all_that_a_module_learns_comes_again),
        cmocka_unit_test(it_may_begin_in_the_middle),
        cmocka_unit_test(words_of_a_function_that_fails_come_again),
        cmocka_unit_test(a_module_that_gives_up_does_so_again),
        cmocka_unit_test(another_module_that_does_the_same_is_no_different),
        cmocka_unit_test(another_module_takes_over_in_the_middle),
        cmocka_unit_test(one_that_does_not_take_over_is_told),
        cmocka_unit_test(a_trap_that_is_gone_is_told),
        cmocka_unit_test(a_trap_that_is_new_is_told),
        cmocka_unit_test(an_import_that_on_link_adds_is_named),
        cmocka_unit_test(a_module_that_cannot_be_recorded_ends_the_recording),
        cmocka_unit_test(a_native_version_cannot_be_recorded),
        cmocka_unit_test(a_swap_to_a_native_version_ends_the_recording),
        cmocka_unit_test(a_guest_is_recorded_once_at_a_time),
        cmocka_unit_test(freeing_a_guest_ends_its_recording),
        cmocka_unit_test(a_sink_that_fails_ends_the_recording_and_nothing_else),
        cmocka_unit_test(a_sink_that_does_not_begin_is_told),
        cmocka_unit_test(it_ends_at_the_size_that_was_set),
        cmocka_unit_test(a_ring_keeps_the_last_of_it),
        cmocka_unit_test(a_segment_may_begin_with_a_request),
        cmocka_unit_test(a_ring_without_room_for_a_snapshot_is_told),
        cmocka_unit_test(memory_that_is_refused_ends_the_recording_at_most),
        cmocka_unit_test(memory_that_is_refused_ends_a_replay),
        cmocka_unit_test(one_that_was_cut_off_is_read_to_its_last_frame),
        cmocka_unit_test(flipped_bits_never_pass_for_something_else),
        cmocka_unit_test(a_life_that_is_not_there_is_not_found),
    };
    return cmocka_run_group_tests_name("host/recording", tests, NULL, rig_free_modules);
}
