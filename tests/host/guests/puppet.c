/*
 * A module that does what it is told by scripts, and reports all that happens to it. -DVERSION is
 * its number; version 2 subscribes when it starts, and the others do not.
 */

#include <wisp.h>

#include "puppet.h"

WISP_MODULE(VERSION)

static uint32_t count; /* of scripts and events; the state */
static uint32_t asked; /* the last request that it has left open */

/* What it posts with data stays here until it is done with. */
enum { POOL_LEN = 64 };

static struct {
    struct puppet_event event;
    int is_used;
} pool[POOL_LEN];

static void report_all(enum puppet_what what, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    struct puppet_report r = {what, VERSION, count, a, b, c, d};
    wisp_send(PUPPET_REPORT, &r, sizeof r);
}

static void report(enum puppet_what what, uint32_t a, uint32_t b, uint32_t c)
{
    report_all(what, a, b, c, 0);
}

static void done_with_data(uint32_t type, const void *data)
{
    for (int i = 0; i < POOL_LEN; i++)
        if (&pool[i].event == data)
            pool[i].is_used = 0;
    report(PUPPET_WAS_DONE, type, ((const struct puppet_event *)data)->value, 1);
}

static void done_with_number(uint32_t type, const void *data)
{
    report(PUPPET_WAS_DONE, type, (uint32_t)(uintptr_t)data, 0);
}

static struct puppet_event *borrow(uint32_t value)
{
    int i = 0;
    while (pool[i].is_used)
        if (++i == POOL_LEN)
            __builtin_trap(); /* the test keeps under that */
    pool[i].is_used = 1;
    pool[i].event = (struct puppet_event){.value = value};
    return &pool[i].event;
}

static int post(const struct puppet_step *step)
{
    int wants_done = (step->d & PUPPET_WANTS_DONE) != 0,
        has_data = (step->d & PUPPET_HAS_DATA) != 0;
    struct puppet_event passing = {.value = step->c};
    const void *data = (const void *)(uintptr_t)step->c;
    if (has_data)
        data = wants_done ? borrow(step->c) : &passing;
    wisp_done *done = !wants_done ? NULL : has_data ? done_with_data : done_with_number;
    uint32_t size = has_data ? sizeof passing : 0;
    if (step->op == PUPPET_POST_ALL)
        return wisp_post_groups(WISP_TO_ALL, step->b, step->a, data, size, done);
    return wisp_post(step->a, step->b, data, size, done);
}

/* ------------------------------------------------------------------ a region */

static uint8_t *region; /* its own; NULL: there is none */
static uint32_t region_size;
static uint32_t shared; /* how many of its posts of regions are not done with */

static int change_region(const struct puppet_step *step)
{
    if (step->a == 0) {
        int answer = wisp_region_free(region);
        region = NULL;
        return answer;
    }
    if (region)
        return WISP_FAIL;
    region = wisp_region_new(step->a);
    region_size = step->a;
    if (!region)
        return WISP_FAIL;
    puppet_fill(region, region_size, step->b, step->c);
    return WISP_OK;
}

/* It is not to be looked at while somebody might change it. */
static void done_with_region(uint32_t type, const void *data)
{
    (void)data;
    shared--;
    report(PUPPET_WAS_SHARED, type, !shared && region ? puppet_sum(region, region_size) : 0, 0);
}

static int share(const struct puppet_step *step)
{
    if (!region)
        return WISP_FAIL;
    if (!shared)
        ((struct puppet_region *)region)->changes += PUPPET_REUSED;
    shared++;
    return wisp_post_region(step->a, step->b, 0, region, puppet_share(region_size, step->c),
                            step->d, done_with_region);
}

/* ------------------------------------------------------------------ what it does */

static uint32_t request(const struct puppet_step *step)
{
    struct puppet_event event = {.value = step->c};
    return wisp_request(step->a, step->b, &event, sizeof event, step->d, step->c);
}

static int reply(uint32_t to, uint32_t code)
{
    return wisp_reply(to, (int32_t)code, &code, puppet_answer_size(code));
}

static uint32_t perform(const struct puppet_step *step)
{
    switch (step->op) {
    case PUPPET_POST:
    case PUPPET_POST_ALL:
        return (uint32_t)post(step);
    case PUPPET_SUBSCRIBE:
        return (uint32_t)wisp_subscribe(step->a, step->b);
    case PUPPET_UNSUBSCRIBE:
        return (uint32_t)wisp_unsubscribe(step->a, step->b);
    case PUPPET_TIMER:
        return wisp_timer_set(step->a, step->b, (void *)(uintptr_t)step->c);
    case PUPPET_CANCEL:
        return (uint32_t)wisp_timer_cancel(step->a);
    case PUPPET_REQUEST:
        return request(step);
    case PUPPET_REPLY:
        return (uint32_t)reply(asked, step->c);
    case PUPPET_REGION:
        return (uint32_t)change_region(step);
    case PUPPET_SHARE:
        return (uint32_t)share(step);
    case PUPPET_TRAP:
        if (step->a == 0 || step->a == VERSION)
            __builtin_trap();
        return 0;
    case PUPPET_ABORT:
        if (step->a == 0 || step->a == VERSION)
            wisp_abort(1);
        return 0;
    }
    return 0;
}

int wisp_start(void)
{
    if (VERSION == 2)
        wisp_subscribe(WISP_EVENT_USER + 2, 1);
    report(PUPPET_STARTED, 0, 0, 0);
    return WISP_OK;
}

void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    struct puppet_script script;
    if (channel != PUPPET_SCRIPT || size != sizeof script)
        return;
    memcpy(&script, data, size);
    count++;
    for (uint32_t i = 0; i < script.len; i++)
        report(PUPPET_DID, script.steps[i].op, perform(&script.steps[i]), 0);
}

static void trap_if_told(const struct puppet_event *event)
{
    if (event->traps_in == VERSION || event->traps_in == PUPPET_EACH)
        __builtin_trap();
}

static void answer(uint32_t to, uint32_t value)
{
    if (value % PUPPET_ANSWERS != 0) {
        asked = to;
        return;
    }
    int is_refused = reply(to, value);
    if (reply(to, value) == WISP_OK)
        __builtin_trap(); /* two answers are one too many */
    report(PUPPET_REPLIED, to, (uint32_t)is_refused, 0);
}

static void handle(uint32_t sender, uint32_t type, uint32_t value, uint32_t sum)
{
    count++;
    if (wisp_asked() != 0)
        answer(wisp_asked(), value);
    report_all(PUPPET_HANDLED, sender, type, value, sum);
}

static void handle_note(uint32_t type, const void *data)
{
    struct wisp_guest_info info;
    memcpy(&info, data, sizeof info);
    count++;
    report(PUPPET_NOTED, type, info.id, info.version);
}

/* The bytes that came with it are those that belong to its code. */
static void handle_response(const void *data, uint32_t size)
{
    struct wisp_response response;
    memcpy(&response, data, sizeof response);
    uint32_t code = (uint32_t)response.code;
    uint32_t expected = response.status == 0 ? puppet_answer_size(code) : 0;
    if (size != sizeof response + expected ||
        memcmp((const uint8_t *)data + sizeof response, &code, expected) != 0)
        __builtin_trap();
    count++;
    report_all(PUPPET_ANSWERED, response.request, (uint32_t)response.status, code,
               response.cookie);
}

/* Here the module has the bytes to itself, although not all of them may become of anything. */
static void handle_region(uint32_t sender, uint32_t type, uint8_t *bytes, uint32_t size)
{
    const struct puppet_region *head = (const struct puppet_region *)bytes;
    uint32_t sum = puppet_sum(bytes, size);
    puppet_change(bytes, size, VERSION);
    trap_if_told(&head->event);
    handle(sender, type, head->event.value, sum);
}

void wisp_event(uint32_t sender, uint32_t type, const void *data, uint32_t size)
{
    struct puppet_event event = {.value = (uint32_t)(uintptr_t)data};
    if (type == WISP_EVENT_RESPONSE) {
        handle_response(data, size);
    } else if (type == WISP_EVENT_STARTED || type == WISP_EVENT_STOPPED) {
        handle_note(type, data);
    } else if (size >= PUPPET_REGION_MIN) {
        handle_region(sender, type, (uint8_t *)data, size);
    } else {
        if (size == sizeof event)
            memcpy(&event, data, size);
        trap_if_told(&event);
        handle(sender, type, event.value, 0);
    }
}

void wisp_save(void)
{
    wisp_save_state(&count, sizeof count);
}

int wisp_restore(uint32_t old_version, const void *data, uint32_t size)
{
    (void)old_version;
    memcpy(&count, data, size);
    return WISP_OK;
}

/* Too late to post anything; but done is called. */
void wisp_stop(void)
{
    const void *number = (const void *)PUPPET_LAST;
    int answer = wisp_post(WISP_TO_PROGRAM, WISP_EVENT_USER, number, 0, done_with_number);
    report(PUPPET_STOPPED, (uint32_t)answer, 0, 0);
}
