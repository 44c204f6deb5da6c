#include "pair.h"

#include <string.h>

/* The calls that a program makes, each of the host and of its model, and what they must give. */

/* ------------------------------------------------------------------ choices */

static bool one_in(struct pair *p, uint32_t many)
{
    return pair_pick(p, many) == 0;
}

static uint32_t pick_guest(struct pair *p)
{
    return p->model.guests[pair_pick(p, (uint32_t)p->model.guest_len)]->id;
}

static uint32_t pick_type(struct pair *p)
{
    return one_in(p, 50) ? WISP_EVENT_TIMER : WISP_EVENT_USER + pair_pick(p, MODEL_TYPES);
}

/* Who came and who went, too. */
static uint32_t pick_topic(struct pair *p)
{
    uint32_t index = pair_pick(p, MODEL_TYPES + 2);
    return index < MODEL_TYPES ? WISP_EVENT_USER + index
                               : WISP_EVENT_STARTED + index - MODEL_TYPES;
}

static uint32_t pick_groups(struct pair *p)
{
    return pair_pick(p, 4); /* 0: all of them */
}

/* Guests that are gone or not yet there are among them. */
static uint32_t pick_target(struct pair *p)
{
    uint32_t kind = pair_pick(p, 12);
    if (kind == 0)
        return WISP_TO_PROGRAM;
    return kind == 1 ? 1 + pair_pick(p, p->model.last_guest + 1) : pick_guest(p);
}

static uint32_t pick_value(struct pair *p)
{
    return p->last_value = (p->last_value + 1) % PUPPET_NUMBER_MAX;
}

static uint32_t pick_trap(struct pair *p)
{
    return one_in(p, 3) ? PUPPET_EACH : 1 + pair_pick(p, PAIR_VERSIONS);
}

static struct puppet_event pick_event(struct pair *p)
{
    struct puppet_event event = {.value = pick_value(p)};
    if (one_in(p, 12))
        event.traps_in = pick_trap(p);
    return event;
}

/* No two are due at the same time: which of them comes first would be by chance. */
static uint32_t pick_us(struct pair *p, uint32_t below_ms)
{
    return 1 + pair_pick(p, below_ms) * 1000 + pick_value(p);
}

static wisp_on_fault pick_on_fault(struct pair *p)
{
    return (wisp_on_fault)pair_pick(p, WISP_ON_FAULT_ROLL_BACK + 1);
}

static const wisp_module *pick_module(struct pair *p, uint32_t *number)
{
    *number = 1 + pair_pick(p, PAIR_VERSIONS);
    return pair_module(*number);
}

static wisp_guest *host_guest(const struct pair *p, uint32_t id)
{
    return wisp_host_guest(p->host, id);
}

/* ------------------------------------------------------------------ scripts */

/* Most are small, as large ones take their time. */
static uint32_t pick_region_size(struct pair *p)
{
    static const uint32_t large[] = {500 << 10, 512 << 10, (512 << 10) + 4097, 1 << 20};
    return one_in(p, 8) ? large[pair_pick(p, 4)] : PUPPET_REGION_MIN + pair_pick(p, 6000);
}

static void fill_step(struct pair *p, struct puppet_step *step)
{
    switch (step->op) {
    case PUPPET_POST:
    case PUPPET_POST_ALL:
        step->a = step->op == PUPPET_POST ? pick_target(p) : pick_groups(p);
        step->b = pick_type(p);
        step->c = pick_value(p);
        step->d = pair_pick(p, 4);
        break;
    case PUPPET_REQUEST:
        step->a = one_in(p, 20) ? WISP_TO_ALL : pick_target(p);
        step->b = pick_type(p);
        step->c = pick_value(p);
        step->d = one_in(p, 8) ? 0 : pick_us(p, 300);
        break;
    case PUPPET_SUBSCRIBE:
    case PUPPET_UNSUBSCRIBE:
        step->a = pick_topic(p);
        step->b = pick_groups(p);
        break;
    case PUPPET_TIMER:
        step->a = pick_us(p, 300);
        step->b = one_in(p, 2) ? 0 : pick_us(p, 200);
        step->c = pick_value(p);
        break;
    case PUPPET_CANCEL:
        step->a = 1 + pair_pick(p, 20);
        break;
    case PUPPET_REGION:
        step->a = one_in(p, 2) ? 0 : pick_region_size(p);
        step->b = pick_value(p);
        step->c = one_in(p, 12) ? pick_trap(p) : 0;
        break;
    case PUPPET_SHARE:
        step->a = one_in(p, 3) ? WISP_TO_ALL : pick_target(p);
        step->b = pick_type(p);
        step->c = one_in(p, 12) ? PUPPET_SHARES_MORE : pair_pick(p, 2);
        step->d = one_in(p, 12) ? 2 : pair_pick(p, 2);
        break;
    case PUPPET_REPLY:
        step->c = pick_value(p);
        break;
    default: /* it fails in one of the versions, or in each */
        step->a = pair_pick(p, 4);
    }
}

static bool is_fault(uint32_t op)
{
    return op == PUPPET_TRAP || op == PUPPET_ABORT;
}

static struct puppet_step pick_step(struct pair *p)
{
    struct puppet_step step = {.op = pair_pick(p, PUPPET_OP_COUNT)};
    if (one_in(p, 4)) /* so that some regions are posted and given back, one after the other */
        step.op = one_in(p, 2) ? PUPPET_REGION : PUPPET_SHARE;
    if (is_fault(step.op) && !one_in(p, 6))
        step.op = PUPPET_SUBSCRIBE;
    fill_step(p, &step);
    return step;
}

static struct puppet_script pick_script(struct pair *p)
{
    struct puppet_script script = {.len = 1 + pair_pick(p, PUPPET_STEPS_MAX)};
    for (uint32_t i = 0; i < script.len; i++)
        script.steps[i] = pick_step(p);
    return script;
}

static void do_send(struct pair *p)
{
    struct puppet_script script = pick_script(p);
    uint32_t id = pick_guest(p);
    wisp_status expected = model_send(&p->model, id, &script);
    wisp_bytes bytes = {(const uint8_t *)&script, sizeof script};
    assert_int_equal(wisp_guest_send(host_guest(p, id), PUPPET_SCRIPT, bytes, NULL), expected);
}

static void do_deliver(struct pair *p)
{
    struct puppet_script script = pick_script(p);
    uint32_t id = pick_guest(p);
    wisp_status expected = model_deliver(&p->model, id, &script);
    wisp_bytes bytes = {(const uint8_t *)&script, sizeof script};
    assert_int_equal(wisp_guest_deliver(host_guest(p, id), PUPPET_SCRIPT, bytes, NULL), expected);
}

/* What is done in the next event to the program. */
static void do_arm(struct pair *p)
{
    p->model.armed = (model_armed){.makes_guest = one_in(p, 4),
                                   .sends_to = one_in(p, 2) ? pick_guest(p) : 0,
                                   .script = pick_script(p)};
    p->armed = p->model.armed;
}

/* ------------------------------------------------------------------ regions */

static struct pair_region *pick_region(struct pair *p)
{
    return &p->regions[pair_pick(p, PAIR_REGIONS)];
}

/* Some are all that there is, or one byte more. */
static size_t pick_size(struct pair *p)
{
    if (one_in(p, 30))
        return 0;
    size_t rest = MODEL_REGION_BYTES - p->model.region_bytes;
    if (one_in(p, 30) && rest >= PUPPET_REGION_MIN)
        return rest + pair_pick(p, 2);
    return pick_region_size(p);
}

/* What the program writes there while nobody else looks. */
static void write_region(struct pair *p, struct pair_region *it)
{
    uint8_t *bytes = wisp_region_data(it->region);
    struct puppet_region head = {.event = pick_event(p)};
    assert_false(model_region_is_lent(it->model));
    memset(bytes, (int)pair_pick(p, 256), it->model->size);
    memcpy(bytes, &head, sizeof head);
    memcpy(it->model->bytes, bytes, it->model->size);
}

static void new_region(struct pair *p, struct pair_region *it)
{
    size_t size = pick_size(p);
    wisp_status expected = model_region_new(&p->model, size, &it->model);
    assert_int_equal(wisp_region_new(p->host, size, &it->region, NULL), expected);
    if (expected != WISP_OK)
        return;
    assert_int_equal(wisp_region_size(it->region), size);
    assert_memory_equal(wisp_region_data(it->region), it->model->bytes, size); /* all zero */
    write_region(p, it);
}

static void do_region(struct pair *p)
{
    struct pair_region *it = pick_region(p);
    if (!it->region)
        new_region(p, it);
    else if (!one_in(p, 3) && !model_region_is_lent(it->model))
        write_region(p, it);
    else
        pair_region_free(p, it);
}

/* ------------------------------------------------------------------ posts */

static struct pair_posted *new_posted(struct pair *p, model_letter *letter)
{
    letter->serial = ++p->last_posted;
    struct pair_posted *posted = &p->posted[letter->serial];
    posted->pair = p;
    posted->event = letter->event;
    return posted;
}

/* Shares as much of the region as there is, or some of it, or what there is not. */
static void enclose_region(struct pair *p, model_letter *letter, wisp_post *post,
                           const struct pair_region *it)
{
    size_t size = it->model->size, less = size - PUPPET_REGION_MIN;
    letter->region = it->model;
    letter->size = one_in(p, 2) ? size : PUPPET_REGION_MIN + pair_pick(p, (uint32_t)less + 1);
    if (one_in(p, 30))
        letter->size = one_in(p, 2) ? 0 : size + 1;
    letter->is_writable = one_in(p, 2);
    post->region = it->region;
    post->region_writable = letter->is_writable;
    post->size = letter->size;
}

static bool can_share(const model_letter *letter)
{
    return letter->region && letter->size > 0 && letter->size <= letter->region->size;
}

static void enclose_event(model_letter *letter, wisp_post *post, const struct puppet_event *event)
{
    letter->has_data = true;
    post->data = event;
    post->size = sizeof *event;
}

/* Fills in the same for the model and the host; what they lend stays where it is. */
static void pick_post(struct pair *p, model_letter *letter, wisp_post *post)
{
    static struct puppet_event passing;
    const struct pair_region *region = pick_region(p);
    *letter = (model_letter){.target = one_in(p, 4) ? WISP_TO_ALL : pick_target(p),
                             .type = pick_type(p),
                             .groups = pick_groups(p),
                             .event = pick_event(p)};
    *post = (wisp_post){.target = letter->target, .type = letter->type, .groups = letter->groups};
    struct pair_posted *posted = one_in(p, 2) ? new_posted(p, letter) : NULL;
    passing = letter->event;
    if (region->region && one_in(p, 3))
        enclose_region(p, letter, post, region);
    else if (posted || one_in(p, 2))
        enclose_event(letter, post, posted ? &posted->event : &passing);
    else
        letter->event.traps_in = 0;
    post->number = letter->event.value;
    if (!posted)
        return;
    posted->region_size = can_share(letter) ? letter->size : 0;
    post->done = pair_on_done;
    post->user = posted;
}

static void do_post(struct pair *p)
{
    model_letter letter;
    wisp_post post;
    pick_post(p, &letter, &post);
    wisp_status expected = model_post(&p->model, &letter);
    assert_int_equal(wisp_host_post(p->host, &post, NULL), expected);
}

/* More events than a guest survives, one after the other. */
static void do_storm(struct pair *p)
{
    model_letter letter = {.target = pick_guest(p),
                           .type = WISP_EVENT_USER,
                           .event = {.traps_in = PUPPET_EACH},
                           .has_data = true};
    wisp_post post = {.target = letter.target,
                      .type = letter.type,
                      .data = &letter.event,
                      .size = sizeof letter.event};
    for (uint32_t i = 0; i < MODEL_RESTARTS + 2; i++) {
        wisp_status expected = model_post(&p->model, &letter);
        assert_int_equal(wisp_host_post(p->host, &post, NULL), expected);
    }
}

/* ------------------------------------------------------------------ requests */

static void do_request(struct pair *p)
{
    model_letter letter;
    wisp_post post;
    uint32_t serial = ++p->last_request;
    struct pair_request *request = &p->requests[serial];
    pick_post(p, &letter, &post);
    uint64_t timeout_ns = one_in(p, 8) ? 0 : UINT64_C(1000000) * (1 + pair_pick(p, 500));
    request->pair = p;
    request->status = model_ask(&p->model, &letter, timeout_ns, serial);
    assert_int_equal(
        wisp_host_request(p->host, &post, timeout_ns, pair_on_response, request, NULL),
        request->status);
}

/* Late, or too late, or to what was asked of somebody else. */
static void do_reply(struct pair *p)
{
    uint32_t request = one_in(p, 4) ? pair_pick(p, p->model.last_request + 2) : p->asked;
    uint32_t code = pick_value(p);
    wisp_status expected = model_reply(&p->model, request, code);
    assert_int_equal(wisp_host_reply(p->host, request, (int32_t)code, pair_answer(&code), NULL),
                     expected);
}

/* ------------------------------------------------------------------ guests and versions */

static void do_make(struct pair *p)
{
    if (p->model.guest_len < MODEL_GUESTS)
        pair_guest_new(p, pick_on_fault(p));
}

static void do_free(struct pair *p)
{
    uint32_t id = pick_guest(p);
    if (p->model.guest_len == 1)
        return;
    model_guest_free(&p->model, id);
    wisp_guest_free(host_guest(p, id));
    assert_null(host_guest(p, id));
}

static void do_start(struct pair *p)
{
    uint32_t id = pick_guest(p), number;
    const wisp_module *module = pick_module(p, &number);
    wisp_status expected = model_start(&p->model, id, number);
    assert_int_equal(wisp_guest_start(host_guest(p, id), module, NULL), expected);
}

static void do_swap(struct pair *p)
{
    uint32_t id = pick_guest(p), number;
    const wisp_module *module = pick_module(p, &number);
    wisp_status expected = model_swap(&p->model, id, number);
    assert_int_equal(wisp_guest_swap(host_guest(p, id), module, NULL), expected);
}

static void do_decide(struct pair *p)
{
    uint32_t id = pick_guest(p);
    bool is_commit = one_in(p, 2);
    wisp_status expected = model_decide(&p->model, id, is_commit);
    assert_int_equal(wisp_guest_decide(host_guest(p, id), is_commit, "model", NULL), expected);
}

static void do_save(struct pair *p)
{
    uint32_t id = pick_guest(p);
    wisp_status expected = model_save(&p->model, id);
    assert_int_equal(wisp_guest_save(host_guest(p, id), NULL), expected);
}

static void do_stop(struct pair *p)
{
    uint32_t id = pick_guest(p);
    model_stop(&p->model, id);
    assert_int_equal(wisp_guest_stop(host_guest(p, id)), WISP_OK);
}

/* A version in its own shadow does the same, and nothing of it is ever seen: the model need not
 * know. */
static void do_shadow(struct pair *p)
{
    wisp_guest *guest = host_guest(p, pick_guest(p));
    wisp_shadow_config config = {.on_difference = pair_on_difference, .user = p};
    const wisp_module *module = wisp_guest_module(guest);
    if (!module)
        return;
    wisp_status status = wisp_guest_shadow(guest, module, &config, NULL);
    if (status == WISP_OK)
        p->shadows++;
    else
        assert_int_equal(status, WISP_INVALID); /* it is on probation or has one */
}

/* The tape ends at random, with the guest, or because it is full. */
static void do_record(struct pair *p)
{
    struct pair_tape *tape = &p->tape;
    if (tape->state == PAIR_TAPE_NONE)
        pair_record(p, host_guest(p, pick_guest(p)), one_in(p, 2) ? 1u << 20 : 0, one_in(p, 2));
    else
        wisp_guest_record_end(host_guest(p, tape->guest));
}

/* ------------------------------------------------------------------ the rest */

static void do_subscribe(struct pair *p)
{
    uint32_t type = pick_topic(p), groups = pick_groups(p);
    uint32_t *has = model_program_groups(&p->model, type), bits = groups ? groups : UINT32_MAX;
    if (one_in(p, 2)) {
        *has |= bits;
        assert_int_equal(wisp_host_subscribe(p->host, type, groups, NULL), WISP_OK);
    } else {
        *has &= ~bits;
        wisp_host_unsubscribe(p->host, type, groups);
    }
}

static void do_step(struct pair *p)
{
    p->model.now_ns += one_in(p, 2) ? 0 : UINT64_C(1000) * pair_pick(p, 150000);
    model_step(&p->model);
    wisp_host_step(p->host, p->model.now_ns);
}

/* How often each is made, in hundreds. */
static const struct {
    void (*call)(struct pair *p);
    uint32_t weight;
} calls[] = {
    {do_post, 19},  {do_storm, 1},   {do_request, 4},   {do_reply, 2},  {do_region, 4},
    {do_send, 20},  {do_deliver, 3}, {do_arm, 1},       {do_step, 20},  {do_make, 1},
    {do_free, 1},   {do_start, 7},   {do_swap, 5},      {do_save, 2},   {do_decide, 3},
    {do_shadow, 2}, {do_stop, 1},    {do_subscribe, 3}, {do_record, 1},
};

void pair_call(struct pair *p)
{
    uint32_t at = pair_pick(p, 100);
    size_t c = 0;
    for (; at >= calls[c].weight; c++)
        at -= calls[c].weight;
    calls[c].call(p);
}
