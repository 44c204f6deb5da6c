#include "rig.h"

#include <string.h>

/*
 * Every allocation that a guest's life needs is refused once, and then all from there on:
 * nothing leaks, nothing is lost without a word, and the version that runs runs on.
 */

/* What came of each step of the scenario. */
struct outcome {
    uint32_t count; /* that the module has told last */
    bool has_guest;
    wisp_status start, send[3], repeat, save, swap;
};

static wisp_status send(struct rig *r, uint32_t a)
{
    struct command c = {0, a, 0};
    return wisp_guest_send(r->guest, COUNT, (wisp_bytes){(const uint8_t *)&c, sizeof c}, NULL);
}

static void note_count(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    (void)guest;
    (void)channel;
    struct answer a;
    assert_int_equal(bytes.size, sizeof a);
    memcpy(&a, bytes.data, sizeof a);
    ((struct outcome *)user)->count = a.count;
}

static void live(struct rig *r, struct outcome *o)
{
    memset(o, 0, sizeof *o);
    wisp_host_config host_config = {.allocator = &r->ledger.allocator, .os = &r->os};
    if (wisp_host_new(&host_config, &r->host, NULL) != WISP_OK)
        return;
    static const char *const capabilities[] = {"wisp.*", NULL};
    wisp_guest_config config = {
        .on_message = note_count, .capabilities = capabilities, .user = o};
    if (wisp_guest_new(r->host, &config, &r->guest, NULL) != WISP_OK)
        return;
    o->has_guest = true;
    o->start = wisp_guest_start(r->guest, rig_module("v1"), NULL);
    if (o->start != WISP_OK)
        return;
    for (uint32_t i = 0; i < 3; i++)
        o->send[i] = send(r, i);
    wisp_host_step(r->host, r->now_ns);
    o->save = wisp_guest_save(r->guest, NULL);
    struct command repeat = {0, 1000, 1};
    o->repeat = wisp_guest_deliver(r->guest, REPEAT,
                                   (wisp_bytes){(const uint8_t *)&repeat, sizeof repeat}, NULL);
    o->swap = wisp_guest_swap(r->guest, rig_module("v2"), NULL);
}

static void check(struct rig *r, const struct outcome *o)
{
    assert_true(o->start == WISP_OK || o->start == WISP_NO_MEMORY);
    assert_true(o->save == WISP_OK || o->save == WISP_NO_MEMORY);
    assert_true(o->swap == WISP_OK || o->swap == WISP_NO_MEMORY);
    if (!o->has_guest)
        return;
    wisp_guest_status status = rig_status(r);
    if (o->start != WISP_OK) {
        assert_int_equal(status.state, WISP_GUEST_STATE_EMPTY);
        return;
    }
    uint64_t taken = 1; /* the one that repeats */
    for (int i = 0; i < 3; i++)
        taken += o->send[i] == WISP_OK;
    assert_int_equal(o->repeat, WISP_OK); /* the module is told 0 if there is no memory */
    assert_int_equal(status.messages_in, taken);
    assert_int_equal(status.traps, 0);
    assert_int_equal(status.state,
                     o->swap == WISP_OK ? WISP_GUEST_STATE_PROBATION : WISP_GUEST_STATE_RUNNING);
    assert_int_equal(rig_deliver(r, COUNT, 0, 0, 0), WISP_OK);
    assert_int_equal(rig_status(r).version, o->swap == WISP_OK ? 2 : 1);
    assert_int_equal(o->count, taken + 1); /* no swap without the state, if it can be had */
}

static void sweep(bool is_once)
{
    struct rig r;
    struct outcome o;
    size_t n = 0;
    do {
        n++;
        memset(&r, 0, sizeof r);
        ledger_init(&r.ledger);
        r.os = *wisp_os_posix();
        r.ledger.refuse_from = n;
        r.ledger.refuse_to = is_once ? n : SIZE_MAX;
        live(&r, &o);
        check(&r, &o);
        wisp_host_free(r.host);
        assert_int_equal(r.ledger.live_blocks, 0);
        assert_int_equal(r.ledger.live_bytes, 0);
    } while (r.ledger.calls >= n);
    assert_int_equal(o.swap, WISP_OK);
    assert_true(n > 10);
}

static void one_refused_allocation_harms_nothing(void **state)
{
    (void)state;
    sweep(true);
}

static void no_more_memory_harms_nothing(void **state)
{
    (void)state;
    sweep(false);
}

static void without_memory_for_a_restart_the_guest_waits_until_there_is_some(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    r.ledger.refuse_from = r.ledger.calls + 1;
    r.ledger.refuse_to = SIZE_MAX;
    assert_int_equal(rig_deliver(&r, TRAP, 0, 0, 0), WISP_TRAP);
    rig_expect_events(&r, "paused 0; ");
    r.ledger.refuse_from = 0;
    r.now_ns = wisp_host_next_ns(r.host);
    rig_step(&r);
    rig_expect_events(&r, "restarted 1; ");
    assert_int_equal(rig_deliver(&r, COUNT, 0, 0, 0), WISP_OK);
    rig_deinit(&r);
}

static void going_back_works_without_memory(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, NULL, "v1");
    rig_swap(&r, "v2", WISP_OK);
    r.ledger.refuse_from = r.ledger.calls + 1;
    r.ledger.refuse_to = SIZE_MAX;
    assert_int_equal(rig_deliver(&r, TRAP, 2, 7, 0), WISP_OK);
    rig_expect(&r, "v1 #1 =7; ");
    rig_deinit(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_refused_allocation_harms_nothing),
        cmocka_unit_test(no_more_memory_harms_nothing),
        cmocka_unit_test(without_memory_for_a_restart_the_guest_waits_until_there_is_some),
        cmocka_unit_test(going_back_works_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
