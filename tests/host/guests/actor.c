/* A module that does as it is told (acts.h) and logs what comes to it:
 *
 *     e8001=5<2     event 0x8001 with number 5 came from guest 2
 *     e8001[16]<2   … with 16 bytes that are as they were posted ([16!]: that are not)
 *     e8001[16]@<1  … at the address at which this module has posted them
 *     d8001         the function done was called for that event (d8001?: for another address)
 *     +, -          what it did was taken, refused
 */

#include <wisp.h>

#include "acts.h"

WISP_MODULE(VERSION)

enum { PAYLOAD_SIZE = 4096 };

static uint8_t payload[PAYLOAD_SIZE];
static uint32_t trap_at, done_count, last_request;
static int has_stop_act, reply_is_set;
static struct act stop_act, reply_act;
static int is_inside;

/* ------------------------------------------------------------------ what it says */

static char line[64];
static uint32_t line_len;

static void put(const char *text)
{
    while (*text != '\0' && line_len < sizeof line)
        line[line_len++] = *text++;
}

static void put_number(uint32_t number, uint32_t base)
{
    char digits[12];
    uint32_t at = sizeof digits - 1;
    digits[at] = '\0';
    do
        digits[--at] = "0123456789abcdef"[number % base];
    while ((number /= base) > 0);
    put(digits + at);
}

static void say(void)
{
    wisp_log_bytes(WISP_LOG_INFO, line, line_len);
    line_len = 0;
}

static void say_number(const char *before, uint32_t number)
{
    put(before);
    put_number(number, 10);
    say();
}

static void say_outcome(int outcome)
{
    put(outcome == WISP_OK ? "+" : "-");
    say();
}

/* No two entries of a module overlap. One that goes on after a trap cannot tell. */
static void enter(void)
{
#ifndef NO_GUARD
    if (is_inside)
        __builtin_trap();
#endif
    is_inside = 1;
}

static void leave(void)
{
    is_inside = 0;
}

/* ------------------------------------------------------------------ what comes to it */

static void done(uint32_t type, const void *data)
{
    enter();
    put("d");
    put_number(type, 16);
    if (data != payload && (uintptr_t)data > 0xffff && (uintptr_t)data < 0xf0000000)
        put("?");
    say();
    leave();
}

static void of_another_type(uint32_t type)
{
    (void)type;
}

static void done_traps(uint32_t type, const void *data)
{
    (void)type;
    (void)data;
    __builtin_trap();
}

static void done_posts(uint32_t type, const void *data)
{
    done(type, data);
    say_outcome(wisp_post(wisp_self(), type + 1, data, 0, done));
}

static void done_counts(uint32_t type, const void *data)
{
    (void)type;
    (void)data;
    done_count++;
}

static void done_loops(uint32_t type, const void *data)
{
    (void)type, (void)data;
    for (volatile uint32_t i = 0;; i++)
        ;
}

static wisp_done *const dones[] = {NULL, done, done_traps, done_posts, done_counts, done_loops};

static int is_intact(const uint8_t *data, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        if (data[i] != (uint8_t)(i * 7))
            return 0;
    return 1;
}

static void reply(const struct act *act)
{
    say_outcome(wisp_reply(last_request, (int32_t)act->number, payload, act->size));
}

static void put_response(const struct wisp_response *response, uint32_t size)
{
    put("r");
    put_number((uint32_t)response->status, 10);
    put(":");
    put_number((uint32_t)response->code, 10);
    put("[");
    put_number(size - (uint32_t)sizeof *response, 10);
    put("]#");
    put_number(response->cookie, 10);
}

void wisp_event(uint32_t sender, uint32_t type, const void *data, uint32_t size)
{
    enter();
    if (type == trap_at)
        __builtin_trap();
    if (type == WISP_EVENT_RESPONSE) {
        put_response(data, size);
        say();
        leave();
        return;
    }
    put("e");
    put_number(type, 16);
    if (size == 0) {
        put("=");
        put_number((uint32_t)(uintptr_t)data, 10);
    } else {
        put("[");
        put_number(size, 10);
        put(is_intact(data, size) || type < WISP_EVENT_USER ? "]" : "!]");
        put(data == payload ? "@" : "");
    }
    put("<");
    put_number(sender, 10);
    if (wisp_asked() != 0) {
        last_request = wisp_asked();
        put("?");
    }
    say();
    if (last_request != 0 && reply_is_set) {
        reply_is_set = 0;
        reply(&reply_act);
    }
    leave();
}

/* ------------------------------------------------------------------ what it does */

static int post(const struct act *act, uint32_t number)
{
    const void *data = act->size > 0 ? (void *)payload : (void *)(uintptr_t)number;
    return wisp_post_groups(act->target, act->type, act->groups, data, act->size,
                            dones[act->done]);
}

static void post_many(const struct act *act)
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < act->count; i++)
        taken += post(act, act->number + i) == WISP_OK;
    say_number("taken ", taken);
}

static void say_info(uint32_t id)
{
    struct wisp_guest_info info;
    int outcome = wisp_guest_info(id, &info);
    if (outcome == WISP_OK) {
        put("app ");
        put_number((uint32_t)info.app_id, 10);
        put(" v");
        put_number(info.version, 10);
        say();
    } else {
        say_outcome(outcome);
    }
}

static void say_random(void)
{
    uint8_t bytes[16] = {0};
    int outcome = wisp_random(bytes, sizeof bytes);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < sizeof bytes; i++)
        sum |= bytes[i];
    put(sum != 0 ? "filled " : "zero ");
    say_outcome(outcome);
}

static uint32_t set_timer(const struct act *act)
{
    return wisp_timer_set((int32_t)act->number, (int32_t)act->count,
                          (const void *)(uintptr_t)act->size);
}

static void perform(uint32_t kind, const struct act *act)
{
    wisp_done *volatile forged = (wisp_done *)(uintptr_t)act->number;
    void (*volatile typed)(uint32_t) = of_another_type;
    switch (kind) {
    case ACT_POST:
        say_outcome(post(act, act->number));
        break;
    case ACT_POST_MANY:
        post_many(act);
        break;
    case ACT_SUBSCRIBE:
        say_outcome(wisp_subscribe(act->type, act->groups));
        break;
    case ACT_UNSUBSCRIBE:
        say_outcome(wisp_unsubscribe(act->type, act->groups));
        break;
    case ACT_TOPIC:
        put("topic ");
        put_number(wisp_topic("a"), 16);
        say();
        break;
    case ACT_TIMER_SET:
        say_number("timer ", set_timer(act));
        break;
    case ACT_TIMER_CANCEL:
        say_outcome(wisp_timer_cancel(act->number));
        break;
    case ACT_FIND:
        say_number("found ", wisp_find(act->number));
        break;
    case ACT_INFO:
        say_info(act->number);
        break;
    case ACT_SELF:
        say_number("self ", wisp_self());
        break;
    case ACT_RANDOM:
        say_random();
        break;
    case ACT_ABORT:
        wisp_abort((int32_t)act->number);
    case ACT_TRAP:
        post(act, act->number);
        __builtin_trap();
    case ACT_TRAP_AT:
        trap_at = act->type;
        break;
    case ACT_GROW:
        say_number("grown ", __builtin_wasm_memory_grow(0, act->number) != SIZE_MAX);
        break;
    case ACT_FUNC:
        say_outcome(wisp_post(act->target, act->type, NULL, 0, forged));
        break;
    case ACT_TYPED:
        say_outcome(wisp_post(act->target, act->type, NULL, 0, (wisp_done *)(uintptr_t)typed));
        break;
    case ACT_AT:
        say_outcome(wisp_post(act->target, act->type, (const void *)(uintptr_t)act->number,
                              act->size, NULL));
        break;
    case ACT_AT_STOP:
        has_stop_act = 1;
        stop_act = *act;
        break;
    case ACT_REQUEST:
        say_number("request ", wisp_request(act->target, act->type, payload, act->size,
                                            (int32_t)act->count, act->number) != 0);
        break;
    case ACT_REPLY:
        reply_is_set = 1;
        reply_act = *act;
        break;
    case ACT_REPLY_LATER:
        reply(act);
        break;
    case ACT_SAY:
        say_number("says ", act->number);
        break;
    default:
        __builtin_trap();
    }
}

int wisp_start(void)
{
    for (uint32_t i = 0; i < PAYLOAD_SIZE; i++)
        payload[i] = (uint8_t)(i * 7);
#if defined START_POSTS
    for (uint32_t i = 0; i < START_POSTS; i++)
        wisp_post(wisp_self(), 0x8000 + i, NULL, 0, done);
#endif
#if defined START_TIMERS
    for (uint32_t i = 0; i < START_TIMERS; i++)
        wisp_timer_set(1000, 1000, NULL);
    wisp_subscribe(0x9000, 0);
#endif
#if defined START_SAYS_NO
    return WISP_FAIL;
#endif
    return WISP_OK;
}

void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    struct act act;
    if (size != sizeof act)
        __builtin_trap();
    memcpy(&act, data, sizeof act);
    enter();
    perform(channel, &act);
    leave();
}

void wisp_stop(void)
{
    enter();
    if (has_stop_act)
        say_outcome(post(&stop_act, stop_act.number));
    put("bye");
    say();
    leave();
}

#ifndef NO_SAVE
void wisp_save(void)
{
    wisp_save_state(&done_count, sizeof done_count);
}

int wisp_restore(uint32_t old_version, const void *data, uint32_t size)
{
    (void)old_version;
    memcpy(&done_count, data, size < sizeof done_count ? size : sizeof done_count);
    return WISP_OK;
}
#endif
