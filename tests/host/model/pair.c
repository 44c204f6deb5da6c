#include "pair.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void hear(struct pair *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void hear(struct pair *p, const char *format, ...)
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

uint32_t pair_pick(struct pair *p, uint32_t below)
{
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return (uint32_t)(p->random >> 33) % below;
}

const wisp_module *pair_module(uint32_t number)
{
    static const char *const names[PAIR_VERSIONS] = {"puppet_1", "puppet_2", "puppet_3"};
    return rig_module(names[number - 1]);
}

wisp_bytes pair_answer(const uint32_t *code)
{
    return (wisp_bytes){(const uint8_t *)code, puppet_answer_size(*code)};
}

static void make_guest(struct pair *p, wisp_on_fault on_fault);

/* ------------------------------------------------------------------ what the host lets be seen
 */

static uint64_t read_clock(void *user)
{
    return ((struct pair *)user)->model.now_ns;
}

static void answer(struct pair *p, uint32_t request, uint32_t value)
{
    if (value % PUPPET_ANSWERS != 0) {
        p->asked = request;
        return;
    }
    hear(p, "[replied %d] ",
         wisp_host_reply(p->host, request, (int32_t)value, pair_answer(&value), NULL));
    assert_int_equal(wisp_host_reply(p->host, request, 0, (wisp_bytes){NULL, 0}, NULL),
                     WISP_NOT_FOUND);
}

static size_t count_guests(const wisp_host *host)
{
    size_t count = 0;
    for (const wisp_guest *it = NULL; (it = wisp_host_next_guest(host, it));)
        count++;
    return count;
}

/* What handlers may do, and what they may not. */
static void do_what_was_told(struct pair *p)
{
    model_armed armed = p->armed;
    p->armed = (model_armed){0};
    assert_int_equal(wisp_guest_stop(wisp_host_next_guest(p->host, NULL)), WISP_BUSY);
    if (armed.makes_guest && count_guests(p->host) < MODEL_GUESTS)
        make_guest(p, WISP_ON_FAULT_RESTART);
    wisp_guest *to = wisp_host_guest(p->host, armed.sends_to);
    wisp_bytes bytes = {(const uint8_t *)&armed.script, sizeof armed.script};
    if (to)
        hear(p, "[sent %d] ", wisp_guest_send(to, PUPPET_SCRIPT, bytes, NULL));
}

static bool is_note(const wisp_event *event)
{
    return event->type == WISP_EVENT_STARTED || event->type == WISP_EVENT_STOPPED;
}

static void read_note(const wisp_event *event, uint32_t *guest, uint32_t *version)
{
    wisp_guest_note note;
    assert_int_equal(event->size, sizeof note);
    memcpy(&note, event->data, sizeof note);
    *guest = note.guest_id;
    *version = note.version;
}

static void on_post(void *user, wisp_host *host, const wisp_event *event)
{
    struct pair *p = user;
    struct puppet_event it = {.value = (uint32_t)event->number};
    uint32_t sum = 0, guest = 0;
    assert_ptr_equal(host, p->host);
    if (event->region) {
        assert_ptr_equal(event->data, wisp_region_data(event->region));
        sum = puppet_sum(event->data, (uint32_t)event->size);
    }
    if (is_note(event))
        read_note(event, &guest, &it.value);
    else if (event->size > 0)
        memcpy(&it, event->data, sizeof it);
    hear(p, "[%u %x =%u ~%x ?%u !%u] ", event->sender, (unsigned)event->type, it.value, sum,
         event->request, guest);
    if (event->request > 0)
        answer(p, event->request, it.value);
    do_what_was_told(p);
}

static void on_message(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    struct puppet_report r;
    assert_int_equal(channel, PUPPET_REPORT);
    assert_int_equal(bytes.size, sizeof r);
    memcpy(&r, bytes.data, sizeof r);
    hear(user, "%u v%u #%u ", wisp_guest_id(guest), r.version, r.count);
    if (r.what == PUPPET_STARTED)
        hear(user, "started; ");
    else if (r.what == PUPPET_DID)
        hear(user, "did %u =%u; ", r.a, r.b);
    else if (r.what == PUPPET_HANDLED)
        hear(user, "got %u %x =%u ~%x; ", r.a, (unsigned)r.b, r.c, r.d);
    else if (r.what == PUPPET_NOTED)
        hear(user, "note %x %u =%u; ", (unsigned)r.a, r.b, r.c);
    else if (r.what == PUPPET_REPLIED)
        hear(user, "replied %u =%u; ", r.a, r.b);
    else if (r.what == PUPPET_ANSWERED)
        hear(user, "answered %u: %u %u =%u; ", r.a, r.b, r.c, r.d);
    else if (r.what == PUPPET_WAS_SHARED)
        hear(user, "shared %x ~%x; ", (unsigned)r.a, r.b);
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

void pair_on_done(void *user, uint32_t type, const void *data)
{
    (void)type;
    struct pair_posted *posted = user;
    struct pair *p = posted->pair;
    size_t size = posted->region_size;
    posted->done++;
    hear(p, "[done %zu ~%x] ", (size_t)(posted - p->posted),
         size > 0 ? puppet_sum(data, (uint32_t)size) : 0);
}

void pair_on_response(void *user, wisp_status status, int32_t code, wisp_bytes answer)
{
    struct pair_request *request = user;
    struct pair *p = request->pair;
    uint32_t given = (uint32_t)code;
    wisp_bytes expected = status == WISP_OK ? pair_answer(&given) : (wisp_bytes){NULL, 0};
    request->responses++;
    assert_int_equal(answer.size, expected.size);
    if (answer.size > 0)
        assert_memory_equal(answer.data, expected.data, answer.size);
    hear(p, "[answered %zu: %d %d] ", (size_t)(request - p->requests), status, code);
}

void pair_on_difference(void *user, wisp_guest *guest, const wisp_shadow_difference *difference)
{
    hear(user, "[%u differs from itself: %s] ", wisp_guest_id(guest), difference->text);
}

/* ------------------------------------------------------------------ comparing */

static void compare_counts(const wisp_guest_status *found, const wisp_guest_status *expected)
{
#define X(field) assert_int_equal(found->field, expected->field);
    MODEL_COUNTERS(X)
#undef X
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

static void compare_words(struct pair *p)
{
    model *m = &p->model;
    m->heard[m->heard_len] = p->heard[p->heard_len] = '\0';
    if (strcmp(p->heard, m->heard) != 0)
        fail_at_difference(p);
    m->heard_len = p->heard_len = 0;
}

static void compare_guest(const wisp_guest *guest, const model_guest *g)
{
    wisp_guest_status status;
    wisp_guest_status_get(guest, &status);
    assert_int_equal(status.state, model_guest_state(g));
    assert_int_equal(status.version, g->current.number);
    assert_int_equal(status.queue_len, g->waits);
    assert_int_equal(status.timer_count, g->holdings.timer_len);
    assert_int_equal(status.subscription_count, g->holdings.subscription_len);
    compare_counts(&status, &g->counts);
}

static void compare_guests(const struct pair *p)
{
    const wisp_guest *guest = NULL;
    for (size_t i = 0; i < p->model.guest_len; i++) {
        guest = wisp_host_next_guest(p->host, guest);
        assert_non_null(guest);
        assert_int_equal(wisp_guest_id(guest), p->model.guests[i]->id);
        compare_guest(guest, p->model.guests[i]);
    }
    assert_null(wisp_host_next_guest(p->host, guest));
}

static uint32_t sum_of(const void *bytes, const model_region *region)
{
    return puppet_sum(bytes, (uint32_t)region->size);
}

void pair_compare(struct pair *p)
{
    pair_replay(p);
    compare_words(p);
    compare_guests(p);
    for (const struct pair_region *it = p->regions; it < p->regions + PAIR_REGIONS; it++)
        if (it->region)
            assert_int_equal(sum_of(wisp_region_data(it->region), it->model),
                             sum_of(it->model->bytes, it->model));
}

/* ------------------------------------------------------------------ life */

static void make_guest(struct pair *p, wisp_on_fault on_fault)
{
    wisp_guest_config config = {
        .limits = {.memory_source = p->made++ % 2 ? WISP_MEMORY_MAPPED : WISP_MEMORY_ALLOCATED},
        .on_fault = on_fault,
        .probation_entries = MODEL_PROBATION,
        .journal_size_max = 1u << 30,
        .restarts_max = MODEL_RESTARTS,
        .restart_pause_ms = MODEL_PAUSE_MS,
        .queue_len_max = MODEL_QUEUE_MAX,
        .posts_max = MODEL_POSTS_MAX,
        .timers_max = MODEL_TIMERS,
        .subscriptions_max = MODEL_SUBSCRIPTIONS,
        .regions_max = MODEL_GUEST_REGIONS,
        .region_bytes_max = MODEL_GUEST_REGION_BYTES,
        .on_message = on_message,
        .on_event = on_event,
        .user = p};
    wisp_guest *guest;
    assert_int_equal(wisp_guest_new(p->host, &config, &guest, NULL), WISP_OK);
}

void pair_guest_new(struct pair *p, wisp_on_fault on_fault)
{
    model_guest_new(&p->model, on_fault);
    make_guest(p, on_fault);
}

static void make_host(struct pair *p)
{
    ledger_init(&p->ledger);
    p->os = *wisp_os_posix();
    p->os.user = p;
    p->os.monotonic_ns = read_clock;
    wisp_host_config config = {.allocator = &p->ledger.allocator,
                               .os = &p->os,
                               .events_max = MODEL_EVENTS_MAX,
                               .event_bytes_max = MODEL_EVENT_BYTES_MAX,
                               .region_bytes_max = MODEL_REGION_BYTES,
                               .on_post = on_post,
                               .user = p};
    assert_int_equal(wisp_host_new(&config, &p->host, NULL), WISP_OK);
}

/* The lowest descriptor that is free: the same after a host as before it, if it has closed all.
 */
static int free_descriptor(void)
{
    int fd = dup(STDERR_FILENO);
    assert_true(fd >= 0);
    close(fd);
    return fd;
}

void pair_begin(struct pair *p, uint64_t seed)
{
    memset(p, 0, sizeof *p);
    p->random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    p->descriptor = free_descriptor();
    model_init(&p->model, 1000000000);
    make_host(p);
    static const wisp_on_fault each[] = {WISP_ON_FAULT_RESTART, WISP_ON_FAULT_DROP,
                                         WISP_ON_FAULT_ROLL_BACK, WISP_ON_FAULT_DISABLE};
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        pair_guest_new(p, each[i]);
}

/* What it holds of a region it has to itself, to the last byte. */
void pair_region_free(struct pair *p, struct pair_region *it)
{
    assert_memory_equal(wisp_region_data(it->region), it->model->bytes, it->model->size);
    wisp_region_free(it->region);
    model_region_free(&p->model, it->model);
    *it = (struct pair_region){NULL, NULL};
}

void pair_end(struct pair *p)
{
    p->is_over = true;
    for (struct pair_region *it = p->regions; it < p->regions + PAIR_REGIONS; it++)
        if (it->region)
            pair_region_free(p, it);
    wisp_host_free(p->host);
    pair_replay(p);
    for (uint32_t serial = 1; serial <= p->last_posted; serial++)
        assert_int_equal(p->posted[serial].done, 1);
    for (uint32_t serial = 1; serial <= p->last_request; serial++)
        assert_int_equal(p->requests[serial].responses, p->requests[serial].status == WISP_OK);
    assert_int_equal(p->ledger.live_blocks, 0);
    assert_int_equal(p->ledger.live_bytes, 0);
    assert_int_equal(free_descriptor(), p->descriptor);
    model_deinit(&p->model);
    assert_int_equal(p->model.region_bytes, 0);
}
