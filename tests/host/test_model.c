#include "rig.h"

#include <stdio.h>
#include <string.h>

/*
 * A guest and a model of it that is a few counters get the same random calls. After each the
 * guest must be in the model's state and have given exactly the model's answers: no message
 * is lost, none is handled twice but those of a probation that failed, and no count is off.
 */

enum { QUEUE_MAX = 16, PROBATION = 5, RESTARTS = 3, PAUSE_NS = 100000000 };

struct message {
    enum channel channel;
    uint32_t version; /* that traps or loops in it; 0: all */
    uint32_t value;
    bool was_handled; /* by a version that failed later */
};

struct version {
    uint32_t number, count;
};

struct model {
    wisp_guest_state state;
    struct version current, fallback;
    uint32_t entries_left, restarts;
    uint64_t now_ns;
    uint64_t due_ns; /* PAUSED: when it is started again */
    bool is_saved;
    uint32_t saved_count;
    struct message queue[QUEUE_MAX];
    uint32_t queue_len;
    struct message journal[PROBATION + 1]; /* given on probation, or to be given again */
    uint32_t journal_len;
    uint64_t redelivered, messages_in, messages_dropped, swaps, reverts, restart_count, traps;
    char answers[4096];
    size_t answers_len;
};

/* ------------------------------------------------------------------ the model */

static bool model_runs(const struct model *m)
{
    return m->state == WISP_GUEST_STATE_RUNNING || m->state == WISP_GUEST_STATE_PROBATION;
}

static void model_start_again(struct model *m)
{
    m->state = WISP_GUEST_STATE_RUNNING;
    m->restart_count++;
    m->current.count = m->is_saved ? m->saved_count : 0;
}

static void model_fail(struct model *m)
{
    if (m->restarts == RESTARTS) {
        m->state = WISP_GUEST_STATE_DOWN;
    } else if (m->restarts++ == 0) {
        model_start_again(m);
    } else {
        m->state = WISP_GUEST_STATE_PAUSED;
        m->due_ns = m->now_ns + PAUSE_NS * (1u << (m->restarts - 2));
    }
}

static bool model_enter(struct model *m, const struct message *message)
{
    bool is_fault = (message->channel == TRAP || message->channel == LOOP) &&
                    (message->version == 0 || message->version == m->current.number);
    m->traps += is_fault;
    if (is_fault)
        return false;
    m->current.count++;
    m->restarts = 0;
    m->answers_len +=
        (size_t)snprintf(m->answers + m->answers_len, sizeof m->answers - m->answers_len,
                         "v%u #%u =%u; ", m->current.number, m->current.count, message->value);
    return true;
}

static void model_catch_up(struct model *m)
{
    while (model_runs(m) && m->journal_len > 0) {
        struct message first = m->journal[0];
        memmove(m->journal, m->journal + 1, --m->journal_len * sizeof first);
        m->redelivered++;
        if (model_enter(m, &first)) {
            m->messages_in += !first.was_handled;
        } else {
            m->messages_dropped++;
            model_fail(m);
        }
    }
}

static void model_revert(struct model *m)
{
    m->reverts++;
    m->current = m->fallback;
    m->state = WISP_GUEST_STATE_RUNNING;
}

static void model_commit(struct model *m)
{
    m->state = WISP_GUEST_STATE_RUNNING;
    m->journal_len = 0;
}

static bool model_take(struct model *m, struct message message)
{
    bool is_on_probation = m->state == WISP_GUEST_STATE_PROBATION;
    if (model_enter(m, &message)) {
        m->messages_in++;
        message.was_handled = true;
        if (is_on_probation)
            m->journal[m->journal_len++] = message;
        if (is_on_probation && --m->entries_left == 0)
            model_commit(m);
        return true;
    }
    if (is_on_probation) { /* the old version is given what the new one was, and then this */
        model_revert(m);
        m->journal[m->journal_len++] = message;
        uint64_t handled = m->messages_in;
        model_catch_up(m);
        return m->messages_in > handled;
    }
    m->messages_dropped++;
    model_fail(m);
    return false;
}

static void model_step(struct model *m)
{
    if (m->state == WISP_GUEST_STATE_PAUSED && m->due_ns <= m->now_ns) {
        model_start_again(m);
        model_catch_up(m);
    }
    uint32_t taken = 0;
    while (taken < m->queue_len && model_runs(m))
        model_take(m, m->queue[taken++]);
    m->queue_len -= taken;
    memmove(m->queue, m->queue + taken, m->queue_len * sizeof *m->queue);
}

/* ------------------------------------------------------------------ both at once */

struct pair {
    struct rig rig;
    struct model model;
    uint64_t random; /* xorshift */
    uint32_t next_value;
};

static uint32_t pick(struct pair *p, uint32_t below)
{
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return (uint32_t)(p->random >> 33) % below;
}

static const char *pick_good(struct pair *p, uint32_t *number)
{
    static const char *const names[] = {"v1", "v2", "v3"};
    *number = 1 + pick(p, 3);
    return names[*number - 1];
}

static struct message pick_message(struct pair *p)
{
    struct message message = {.channel = COUNT, .value = p->next_value++};
    uint32_t kind = pick(p, 20);
    if (kind == 0)
        message.channel = TRAP;
    else if (kind == 1)
        message.channel = LOOP;
    if (message.channel != COUNT && pick(p, 4) > 0)
        message.version = 1 + pick(p, 3);
    return message;
}

static void do_send(struct pair *p)
{
    struct model *m = &p->model;
    struct message message = pick_message(p);
    struct command c = {message.version, message.value, 0};
    wisp_status status = wisp_guest_send(p->rig.guest, message.channel,
                                         (wisp_bytes){(const uint8_t *)&c, sizeof c}, NULL);
    if (!model_runs(m) && m->state != WISP_GUEST_STATE_PAUSED) {
        assert_int_equal(status, WISP_INVALID);
    } else if (m->queue_len == QUEUE_MAX) {
        assert_int_equal(status, WISP_LIMIT);
    } else {
        assert_int_equal(status, WISP_OK);
        m->queue[m->queue_len++] = message;
    }
}

static void do_step(struct pair *p)
{
    p->rig.now_ns += pick(p, PAUSE_NS);
    p->model.now_ns = p->rig.now_ns;
    model_step(&p->model);
    rig_step(&p->rig);
}

static void do_deliver(struct pair *p)
{
    struct message message = pick_message(p);
    wisp_status expected = WISP_INVALID;
    if (model_runs(&p->model))
        expected = model_take(&p->model, message) ? WISP_OK : WISP_TRAP;
    assert_int_equal(rig_deliver(&p->rig, message.channel, message.version, message.value, 0),
                     expected);
}

static void do_swap_good(struct pair *p)
{
    struct model *m = &p->model;
    uint32_t number;
    const char *name = pick_good(p, &number);
    if (!model_runs(m)) {
        rig_swap(&p->rig, name, WISP_INVALID);
        return;
    }
    rig_swap(&p->rig, name, WISP_OK);
    m->fallback = m->current;
    m->current.number = number;
    m->is_saved = true;
    m->saved_count = m->fallback.count;
    m->state = WISP_GUEST_STATE_PROBATION;
    m->journal_len = 0;
    m->entries_left = PROBATION;
    m->restarts = 0;
    m->swaps++;
}

static void do_swap_bad(struct pair *p)
{
    static const struct {
        const char *name;
        wisp_status status;
    } bad[] = {{"start_traps", WISP_TRAP},          {"start_loops", WISP_TRAP},
               {"start_says_no", WISP_UNSUPPORTED}, {"restore_traps", WISP_TRAP},
               {"restore_says_no", WISP_MISMATCH},  {"needs_link", WISP_NOT_FOUND}};
    uint32_t i = pick(p, sizeof bad / sizeof *bad);
    bool runs = model_runs(&p->model);
    rig_swap(&p->rig, bad[i].name, runs ? bad[i].status : WISP_INVALID);
    if (runs)
        p->model.traps += bad[i].status == WISP_TRAP;
}

static void do_decide(struct pair *p)
{
    struct model *m = &p->model;
    bool commit = pick(p, 2);
    wisp_status expected = WISP_INVALID;
    if (m->state == WISP_GUEST_STATE_PROBATION) {
        expected = WISP_OK;
        if (commit) {
            model_commit(m);
        } else {
            model_revert(m);
            model_catch_up(m);
        }
    }
    assert_int_equal(wisp_guest_decide(p->rig.guest, commit, "model", NULL), expected);
}

static void do_save(struct pair *p)
{
    struct model *m = &p->model;
    wisp_status expected = WISP_INVALID;
    if (m->state == WISP_GUEST_STATE_RUNNING) {
        expected = WISP_OK;
        m->is_saved = true;
        m->saved_count = m->current.count;
    }
    assert_int_equal(wisp_guest_save(p->rig.guest, NULL), expected);
}

static void do_start(struct pair *p)
{
    struct model *m = &p->model;
    uint32_t number;
    const char *name = pick_good(p, &number);
    wisp_status expected = WISP_INVALID;
    if (!model_runs(m)) {
        expected = WISP_OK;
        m->current = (struct version){number, m->is_saved ? m->saved_count : 0};
        m->state = WISP_GUEST_STATE_RUNNING;
        m->restarts = 0;
        model_catch_up(m);
    }
    assert_int_equal(wisp_guest_start(p->rig.guest, rig_module(name), NULL), expected);
}

static void do_stop(struct pair *p)
{
    struct model *m = &p->model;
    if (model_runs(m))
        m->answers_len +=
            (size_t)snprintf(m->answers + m->answers_len, sizeof m->answers - m->answers_len,
                             "bye v%u #%u =0; ", m->current.number, m->current.count);
    m->state = WISP_GUEST_STATE_EMPTY;
    m->is_saved = false;
    m->queue_len = 0;
    m->journal_len = 0;
    assert_int_equal(wisp_guest_stop(p->rig.guest), WISP_OK);
}

static void compare(struct pair *p)
{
    struct model *m = &p->model;
    wisp_guest_status s = rig_status(&p->rig);
    assert_int_equal(s.state, m->state);
    assert_int_equal(s.version, model_runs(m) ? m->current.number : 0);
    assert_int_equal(s.queue_len, m->queue_len);
    assert_int_equal(s.messages_in, m->messages_in);
    assert_int_equal(s.redelivered, m->redelivered);
    assert_int_equal(s.messages_dropped, m->messages_dropped);
    assert_int_equal(s.swaps, m->swaps);
    assert_int_equal(s.reverts, m->reverts);
    assert_int_equal(s.restarts, m->restart_count);
    assert_int_equal(s.traps, m->traps);
    assert_int_equal(s.entries_left,
                     m->state == WISP_GUEST_STATE_PROBATION ? m->entries_left : 0);
    m->answers[m->answers_len] = '\0';
    rig_expect(&p->rig, m->answers);
    m->answers_len = 0;
    p->rig.events_len = p->rig.logs_len = 0;
}

/* How often each call is made, in hundreds. */
static const struct {
    void (*call)(struct pair *p);
    uint32_t weight;
} calls[] = {
    {do_send, 50},  {do_step, 15}, {do_deliver, 15}, {do_swap_good, 6}, {do_swap_bad, 4},
    {do_decide, 2}, {do_save, 3},  {do_start, 4},    {do_stop, 1},
};

static void walk(uint64_t seed, int operations)
{
    static struct pair p;
    memset(&p, 0, sizeof p);
    p.random = seed;
    wisp_guest_config config = {.fuel = 5000,
                                .probation_entries = PROBATION,
                                .restarts_max = RESTARTS,
                                .queue_len_max = QUEUE_MAX};
    rig_init(&p.rig, &config);
    p.model.now_ns = p.rig.now_ns;
    for (int i = 0; i < operations; i++) {
        uint32_t at = pick(&p, 100);
        size_t c = 0;
        for (; at >= calls[c].weight; c++)
            at -= calls[c].weight;
        calls[c].call(&p);
        compare(&p);
    }
    assert_true(p.model.swaps > 0 && p.model.reverts > 0 && p.model.restart_count > 0);
    assert_true(p.model.redelivered > p.model.reverts);
    assert_true(p.model.messages_in > (uint64_t)operations / 10);
    rig_deinit(&p.rig);
}

static void a_guest_behaves_as_its_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++)
        walk(seed * 0x9e3779b97f4a7c15u, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_guest_behaves_as_its_model)};
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
