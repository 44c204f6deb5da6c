#include "rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/*
 * A host with four guests and a model of it (model.h) get the same random calls: posts to one and
 * to all, subscriptions, timers, requests, traps, aborts, swaps, shadows, stops, restarts. After
 * each call both must have let the same be seen, in the same order, and counted the same; in the
 * end each function done was called once, each request had one response, and no memory is left.
 *
 * WISP_TEST_SEED=n runs one walk of seed n, WISP_TEST_WALKS=n so many of them.
 */

enum { OPERATIONS = 4000, WALKS = 12, SERIALS_MAX = OPERATIONS + 1 };

struct request {
    uint32_t value, responses;
    wisp_status status; /* of asking */
    wisp_status answer;
};

struct pair {
    model model;
    struct ledger ledger;
    wisp_os os;
    wisp_host *host;
    wisp_guest *guests[MODEL_GUESTS + 1];
    char heard[1 << 16];
    size_t heard_len;
    uint64_t random; /* xorshift */
    uint32_t last_serial, last_value;
    uint8_t done[SERIALS_MAX]; /* how often each post of the program was done with */
    struct puppet_event posted[SERIALS_MAX];
    int operation;
    struct request requests[OPERATIONS];
    uint32_t request_len;
    uint32_t shadows;
    bool is_over; /* the rest is not compared */
};

static struct pair pair; /* too large for a stack */

__attribute__((format(printf, 2, 3))) static void hear(struct pair *p, const char *format, ...)
{
    va_list args;
    if (p->is_over)
        return;
    va_start(args, format);
    p->heard_len +=
        (size_t)vsnprintf(p->heard + p->heard_len, sizeof p->heard - p->heard_len, format, args);
    va_end(args);
    assert_true(p->heard_len < sizeof p->heard);
}

/* ------------------------------------------------------------------ what the host lets be seen
 */

static uint64_t read_clock(void *user)
{
    return ((struct pair *)user)->model.now_ns;
}

static void on_post(void *user, wisp_host *host, const wisp_event *event)
{
    (void)host;
    struct puppet_event it = {.value = (uint32_t)event->number};
    if (event->size > 0) {
        assert_int_equal(event->size, sizeof it);
        memcpy(&it, event->data, sizeof it);
    }
    hear(user, "[%u %x =%u] ", event->sender, (unsigned)event->type, it.value);
}

static void on_message(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    struct puppet_report r;
    uint32_t id = wisp_guest_id(guest);
    assert_int_equal(channel, PUPPET_REPORT);
    assert_int_equal(bytes.size, sizeof r);
    memcpy(&r, bytes.data, sizeof r);
    hear(user, "%u v%u #%u ", id, r.version, r.count);
    if (r.what == PUPPET_STARTED)
        hear(user, "started; ");
    else if (r.what == PUPPET_DID)
        hear(user, "did %u =%u; ", r.a, r.b);
    else if (r.what == PUPPET_HANDLED)
        hear(user, "got %u %x =%u; ", r.a, (unsigned)r.b, r.c);
    else if (r.what == PUPPET_WAS_DONE)
        hear(user, "done %x =%u %u; ", (unsigned)r.a, r.b, r.c);
    else
        hear(user, "stopped =%u; ", r.a);
}

static void on_event(void *user, wisp_guest *guest, const wisp_guest_event *event)
{
    hear(user, "[%u %s %u] ", wisp_guest_id(guest), wisp_guest_event_name(event->kind),
         event->version);
}

static void on_done(void *user, uint32_t type, const void *data)
{
    (void)type;
    struct pair *p = user;
    const struct puppet_event *posted = data;
    size_t serial = (size_t)(posted - p->posted);
    p->done[serial]++;
    hear(p, "[done %zu] ", serial);
}

/* ------------------------------------------------------------------ choices */

static uint32_t pick(struct pair *p, uint32_t below)
{
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return (uint32_t)(p->random >> 33) % below;
}

static uint32_t pick_guest(struct pair *p)
{
    return 1 + pick(p, MODEL_GUESTS);
}

static uint32_t pick_type(struct pair *p)
{
    return pick(p, 50) == 0 ? WISP_EVENT_TIMER : WISP_EVENT_USER + pick(p, MODEL_TYPES);
}

static uint32_t pick_groups(struct pair *p)
{
    return pick(p, 4); /* 0: all of them */
}

static uint32_t pick_target(struct pair *p)
{
    uint32_t kind = pick(p, 12);
    return kind == 0 ? WISP_TO_PROGRAM : kind == 1 ? MODEL_GUESTS + 7 : pick_guest(p);
}

static uint32_t pick_value(struct pair *p)
{
    return p->last_value = (p->last_value + 1) % PUPPET_NUMBER_MAX;
}

static struct puppet_event pick_event(struct pair *p)
{
    struct puppet_event event = {.value = pick_value(p)};
    if (pick(p, 12) == 0)
        event.traps_in = pick(p, 3) == 0 ? PUPPET_EACH : 1 + pick(p, 3);
    return event;
}

static struct puppet_step pick_step(struct pair *p)
{
    struct puppet_step step = {.op = pick(p, PUPPET_OP_COUNT), .d = pick(p, 4)};
    switch (step.op) {
    case PUPPET_POST:
        step.a = pick_target(p);
        step.b = pick_type(p);
        step.c = pick_value(p);
        break;
    case PUPPET_POST_ALL:
        step.a = pick_groups(p);
        step.b = pick_type(p);
        step.c = pick_value(p);
        break;
    case PUPPET_TIMER: /* no two are due at the same time: order would be by chance */
        step.a = 1 + pick(p, 300) * 1000 + pick_value(p);
        step.b = pick(p, 2) == 0 ? 0 : 1 + pick(p, 200) * 1000 + pick_value(p);
        step.c = pick_value(p);
        break;
    case PUPPET_CANCEL:
        step.a = 1 + pick(p, 20);
        break;
    case PUPPET_TRAP:
    case PUPPET_ABORT:
        step.op = pick(p, 6) > 0 ? PUPPET_SUBSCRIBE : step.op;
        step.a = pick(p, 4);
        break;
    }
    if (step.op == PUPPET_SUBSCRIBE || step.op == PUPPET_UNSUBSCRIBE) {
        step.a = WISP_EVENT_USER + pick(p, MODEL_TYPES);
        step.b = pick_groups(p);
    }
    return step;
}

/* ------------------------------------------------------------------ calls of both */

static void do_post(struct pair *p)
{
    uint32_t target = pick(p, 4) == 0 ? WISP_TO_ALL : pick_target(p), type = pick_type(p);
    uint32_t groups = pick_groups(p);
    uint32_t serial = pick(p, 2) == 0 ? ++p->last_serial : 0;
    bool has_data = serial > 0 || pick(p, 2) == 0;
    struct puppet_event event = pick_event(p);
    if (!has_data)
        event.traps_in = 0;
    p->posted[serial] = event;
    wisp_post post = {.target = target,
                      .type = type,
                      .groups = groups,
                      .data = has_data ? &p->posted[serial] : NULL,
                      .size = has_data ? sizeof event : 0,
                      .number = event.value,
                      .done = serial > 0 ? on_done : NULL,
                      .user = p};
    wisp_status expected = model_post(&p->model, target, type, groups, event, has_data, serial);
    assert_int_equal(wisp_host_post(p->host, &post, NULL), expected);
}

/* More events than a guest survives, one after the other. */
static void do_storm(struct pair *p)
{
    uint32_t target = pick_guest(p);
    struct puppet_event event = {.traps_in = PUPPET_EACH};
    wisp_post post = {
        .target = target, .type = WISP_EVENT_USER, .data = &event, .size = sizeof event};
    for (uint32_t i = 0; i < MODEL_RESTARTS + 2; i++) {
        wisp_status expected = model_post(&p->model, target, WISP_EVENT_USER, 0, event, true, 0);
        assert_int_equal(wisp_host_post(p->host, &post, NULL), expected);
    }
}

static void do_send(struct pair *p)
{
    struct puppet_script script = {.len = 1 + pick(p, PUPPET_STEPS_MAX)};
    for (uint32_t i = 0; i < script.len; i++)
        script.steps[i] = pick_step(p);
    uint32_t id = pick_guest(p);
    wisp_status expected = model_send(&p->model, id, &script);
    wisp_bytes bytes = {(const uint8_t *)&script, sizeof script};
    assert_int_equal(wisp_guest_send(p->guests[id], PUPPET_SCRIPT, bytes, NULL), expected);
}

static void do_step(struct pair *p)
{
    p->model.now_ns += pick(p, 2) == 0 ? 0 : UINT64_C(1000) * pick(p, 150000);
    model_step(&p->model);
    wisp_host_step(p->host, p->model.now_ns);
}

static const wisp_module *pick_module(struct pair *p, uint32_t *number)
{
    static const char *const names[] = {"puppet_1", "puppet_2", "puppet_3"};
    *number = 1 + pick(p, 3);
    return rig_module(names[*number - 1]);
}

static void do_start(struct pair *p)
{
    uint32_t id = pick_guest(p), number;
    const wisp_module *module = pick_module(p, &number);
    wisp_status expected = model_start(&p->model, id, number);
    assert_int_equal(wisp_guest_start(p->guests[id], module, NULL), expected);
}

static void do_swap(struct pair *p)
{
    uint32_t id = pick_guest(p), number;
    const wisp_module *module = pick_module(p, &number);
    wisp_status expected = model_swap(&p->model, id, number);
    assert_int_equal(wisp_guest_swap(p->guests[id], module, NULL), expected);
}

static void do_decide(struct pair *p)
{
    uint32_t id = pick_guest(p);
    bool is_commit = pick(p, 2);
    wisp_status expected = model_decide(&p->model, id, is_commit);
    assert_int_equal(wisp_guest_decide(p->guests[id], is_commit, "model", NULL), expected);
}

static void do_save(struct pair *p)
{
    uint32_t id = pick_guest(p);
    wisp_status expected = model_save(&p->model, id);
    assert_int_equal(wisp_guest_save(p->guests[id], NULL), expected);
}

static void on_difference(void *user, wisp_guest *guest, const wisp_shadow_difference *difference)
{
    hear(user, "[%u differs from itself: %s] ", wisp_guest_id(guest), difference->text);
}

/* A version in its own shadow does the same, and nothing of it is ever seen: the model need not
 * know. */
static void do_shadow(struct pair *p)
{
    uint32_t id = pick_guest(p);
    wisp_shadow_config config = {.on_difference = on_difference, .user = p};
    const wisp_module *module = wisp_guest_module(p->guests[id]);
    if (!module)
        return;
    wisp_status status = wisp_guest_shadow(p->guests[id], module, &config, NULL);
    if (status == WISP_OK)
        p->shadows++;
    else
        assert_int_equal(status, WISP_INVALID); /* it is on probation or has one */
}

static void do_stop(struct pair *p)
{
    uint32_t id = pick_guest(p);
    model_stop(&p->model, id);
    assert_int_equal(wisp_guest_stop(p->guests[id]), WISP_OK);
}

static void do_subscribe(struct pair *p)
{
    uint32_t type = pick(p, MODEL_TYPES), groups = pick_groups(p);
    uint32_t *has = &p->model.program_groups[type], bits = groups ? groups : UINT32_MAX;
    if (pick(p, 2) == 0) {
        *has |= bits;
        assert_int_equal(wisp_host_subscribe(p->host, WISP_EVENT_USER + type, groups, NULL),
                         WISP_OK);
    } else {
        *has &= ~bits;
        wisp_host_unsubscribe(p->host, WISP_EVENT_USER + type, groups);
    }
}

static void on_response(void *user, wisp_status status, int32_t code, wisp_bytes answer)
{
    struct request *request = user;
    request->responses++;
    request->answer = status;
    assert_int_equal(answer.size, 0);
    if (status == WISP_OK)
        assert_int_equal(code, request->value);
    else
        assert_true(status == WISP_NOT_FOUND || status == WISP_TRAP || status == WISP_LIMIT);
}

/* To the model it is a post like others; that each has one response is counted here. */
static void do_request(struct pair *p)
{
    struct request *request = &p->requests[p->request_len++];
    uint32_t target = pick_target(p), type = pick_type(p);
    request->value = pick_value(p);
    struct puppet_event event = {request->value, 0};
    wisp_post post = {.target = target, .type = type, .number = request->value};
    request->status = model_post(&p->model, target, type, 0, event, false, 0);
    assert_int_equal(wisp_host_request(p->host, &post, UINT64_C(1000000) * (1 + pick(p, 500)),
                                       on_response, request, NULL),
                     request->status);
}

/* How often each call is made, in hundreds. */
static const struct {
    const char *name;
    void (*call)(struct pair *p);
    uint32_t weight;
} calls[] = {
    {"post", do_post, 19}, {"storm", do_storm, 1},   {"request", do_request, 4},
    {"send", do_send, 28}, {"step", do_step, 22},    {"start", do_start, 8},
    {"swap", do_swap, 6},  {"decide", do_decide, 3}, {"shadow", do_shadow, 2},
    {"save", do_save, 2},  {"stop", do_stop, 2},     {"subscribe", do_subscribe, 3},
};

/* ------------------------------------------------------------------ comparing */

static void compare_counts(const wisp_guest_status *found, const wisp_guest_status *expected)
{
#define SAME(field) assert_int_equal(found->field, expected->field)
    SAME(messages_in);
    SAME(messages_dropped);
    SAME(events_in);
    SAME(events_out);
    SAME(events_dropped);
    SAME(events_refused);
    SAME(redelivered);
    SAME(callbacks_called);
    SAME(traps);
    SAME(swaps);
    SAME(reverts);
    SAME(restarts);
#undef SAME
}

/* Shows where the two begin to differ, and some of what was before. */
static void fail_at_difference(const struct pair *p)
{
    const char *found = p->heard, *expected = p->model.heard;
    size_t same = 0;
    while (found[same] == expected[same])
        same++;
    size_t from = same > 200 ? same - 200 : 0;
    print_message("# operation %d: %.*s\n#     host  %.200s\n#     model %.200s\n", p->operation,
                  (int)(same - from), found + from, found + same, expected + same);
    fail();
}

static void compare(struct pair *p)
{
    model *m = &p->model;
    m->heard[m->heard_len] = p->heard[p->heard_len] = '\0';
    if (strcmp(p->heard, m->heard) != 0)
        fail_at_difference(p);
    m->heard_len = p->heard_len = 0;
    for (uint32_t id = 1; id <= MODEL_GUESTS; id++) {
        wisp_guest_status status;
        const model_guest *g = &m->guests[id];
        wisp_guest_status_get(p->guests[id], &status);
        assert_int_equal(status.state, model_state(m, id));
        assert_int_equal(status.version, g->current.number);
        assert_int_equal(status.queue_len, g->waits);
        assert_int_equal(status.timer_count, g->holdings.timer_len);
        assert_int_equal(status.subscription_count, g->holdings.subscription_len);
        compare_counts(&status, &g->counts);
        assert_in_range(status.callbacks_cancelled, g->counts.callbacks_cancelled,
                        g->counts.callbacks_cancelled + model_cancelled_soon(m, id));
    }
}

/* ------------------------------------------------------------------ walks */

static void begin(struct pair *p, uint64_t seed)
{
    memset(p, 0, sizeof *p);
    p->random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    model_init(&p->model, 1000000000);
    ledger_init(&p->ledger);
    p->os = *wisp_os_posix();
    p->os.user = p;
    p->os.monotonic_ns = read_clock;
    wisp_host_config config = {
        .allocator = &p->ledger.allocator, .os = &p->os, .on_post = on_post, .user = p};
    assert_int_equal(wisp_host_new(&config, &p->host, NULL), WISP_OK);
    for (uint32_t id = 1; id <= MODEL_GUESTS; id++) {
        wisp_guest_config guest = {.on_fault = p->model.guests[id].on_fault,
                                   .probation_entries = MODEL_PROBATION,
                                   .restarts_max = MODEL_RESTARTS,
                                   .restart_pause_ms = MODEL_PAUSE_MS,
                                   .queue_len_max = MODEL_QUEUE_MAX,
                                   .timers_max = MODEL_TIMERS,
                                   .subscriptions_max = MODEL_SUBSCRIPTIONS,
                                   .on_message = on_message,
                                   .on_event = on_event,
                                   .user = p};
        assert_int_equal(wisp_guest_new(p->host, &guest, &p->guests[id], NULL), WISP_OK);
    }
}

static void check_requests(const struct pair *p)
{
    uint32_t answered = 0, late = 0;
    for (const struct request *it = p->requests; it < p->requests + p->request_len; it++) {
        assert_int_equal(it->responses, it->status == WISP_OK);
        answered += it->responses == 1 && it->answer == WISP_OK;
        late += it->responses == 1 && it->answer == WISP_LIMIT;
    }
    assert_true(answered > 0 && late > 0);
}

static void end(struct pair *p)
{
    p->is_over = true;
    wisp_host_free(p->host);
    for (uint32_t serial = 1; serial <= p->last_serial; serial++)
        assert_int_equal(p->done[serial], 1);
    check_requests(p);
    assert_int_equal(p->ledger.live_blocks, 0);
    assert_int_equal(p->ledger.live_bytes, 0);
    model_deinit(&p->model);
}

/* A walk that does not meet what it is for would show nothing. */
static void check_reach(const model *m)
{
    wisp_guest_status all = {.state = 0};
    for (uint32_t id = 1; id <= MODEL_GUESTS; id++) {
        const wisp_guest_status *c = &m->guests[id].counts;
        all.events_in += c->events_in;
        all.events_dropped += c->events_dropped;
        all.events_refused += c->events_refused;
        all.redelivered += c->redelivered;
        all.callbacks_called += c->callbacks_called;
        all.callbacks_cancelled += c->callbacks_cancelled;
        all.traps += c->traps;
        all.reverts += c->reverts;
        all.restarts += c->restarts;
    }
    assert_true(all.events_in > OPERATIONS / 10 && all.callbacks_called > OPERATIONS / 20);
    assert_true(all.events_dropped > 0 && all.events_refused > 0 && all.redelivered > 0);
    assert_true(all.callbacks_cancelled > 0 && all.traps > 0);
    assert_true(all.reverts > 0 && all.restarts > 0);
}

/* How often guests went down: not in each walk. */
static uint32_t downs_of(const model *m)
{
    uint32_t downs = 0;
    for (uint32_t id = 1; id <= MODEL_GUESTS; id++)
        downs += m->guests[id].downs;
    return downs;
}

static void walk(uint64_t seed)
{
    struct pair *p = &pair;
    begin(p, seed);
    for (p->operation = 0; p->operation < OPERATIONS; p->operation++) {
        uint32_t at = pick(p, 100);
        size_t c = 0;
        for (; at >= calls[c].weight; c++)
            at -= calls[c].weight;
        calls[c].call(p);
        compare(p);
    }
    check_reach(&p->model);
    assert_true(p->shadows > 0);
    end(p);
}

static uint64_t number_of(const char *name, uint64_t if_unset)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : if_unset;
}

static void a_host_behaves_as_its_model(void **state)
{
    (void)state;
    uint64_t seed = number_of("WISP_TEST_SEED", 0);
    uint64_t walks = seed > 0 ? 1 : number_of("WISP_TEST_WALKS", WALKS);
    uint64_t downs = 0;
    for (uint64_t i = 0; i < walks; i++) {
        uint64_t of_this = seed > 0 ? seed : i + 1;
        print_message("# walk of seed %" PRIu64 "\n", of_this);
        walk(of_this);
        downs += downs_of(&pair.model);
    }
    assert_true(downs > 0 || walks < WALKS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_host_behaves_as_its_model)};
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
