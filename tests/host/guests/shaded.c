/*
 * A module that is shadowed, and its candidates: it counts messages, answers each with two of its
 * own, the clock among them, and has a task. -DVERSION is its number; in a command whose [a] is
 * WRONG_AT, a candidate that is compiled with one of the macros below does something wrong.
 */

#include <wisp.h>

#include "commands.h"

WISP_MODULE(VERSION)

enum { WRONG_AT = 7 };

static struct {
    uint32_t count;
} state;

static uint32_t ticks;

#if VERSION > 1
/* So that functions and variables are elsewhere than in the first version. */
static uint32_t padding[64];

static void other_task(void *context)
{
    padding[(uintptr_t)context % 64]++;
}
#endif

static void task(void *context)
{
    ++*(uint32_t *)context;
    wisp_send(TASK, &ticks, sizeof ticks);
}

#ifdef EVENTS
static uint32_t parcel;

static void delivered(uint32_t type, const void *data)
{
    uint32_t words[] = {type, data == &parcel ? parcel : (uint32_t)(uintptr_t)data};
    wisp_send(DONE, words, sizeof words);
}

void wisp_event(uint32_t sender, uint32_t type, const void *data, uint32_t size)
{
    uint32_t value = size == sizeof parcel ? *(const uint32_t *)data : (uint32_t)(uintptr_t)data;
    if (type == WISP_EVENT_USER + 4)
        value = data == &parcel;
    uint32_t words[] = {sender, value};
    wisp_send(type, words, sizeof words);
}

static void post(uint32_t value)
{
    parcel = value;
    wisp_post(wisp_self(), WISP_EVENT_USER + 1, &parcel, sizeof parcel, delivered);
    wisp_post(wisp_self(), WISP_EVENT_USER + 2, (void *)(uintptr_t)value, 0, delivered);
}
#endif

int wisp_start(void)
{
#ifdef EVENTS
    wisp_timer_set(2000, 2000, (void *)5);
    wisp_subscribe(WISP_EVENT_USER + 3, 0);
#endif
    wisp_repeat_task(task, &ticks, 1000);
#if VERSION > 1
    wisp_repeat_task(other_task, (void *)3, 3600000000);
#endif
    wisp_log(WISP_LOG_INFO, "started");
    return WISP_OK;
}

static void tell(uint32_t channel, uint32_t value)
{
    uint32_t words[] = {VERSION, value};
#ifdef SILENT
    words[0] = 1;
#endif
    wisp_send(channel, words, sizeof words);
}

void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    struct command c = {0};
    memcpy(&c, data, size < sizeof c ? size : sizeof c);
    int is_wrong = c.a == WRONG_AT;
    (void)is_wrong;
    if (channel == TRAP)
        __builtin_trap();
#ifdef EVENTS
    if (channel == POST)
        post(c.a);
    if (channel == ADDRESS)
        wisp_post(wisp_self(), WISP_EVENT_USER + 4, &parcel, sizeof parcel, delivered);
    if (channel == CANCEL && c.version == VERSION) {
        wisp_timer_cancel(c.a);
        wisp_unsubscribe(WISP_EVENT_USER + 3, 0);
        wisp_timer_set(1000, 1000, (void *)6);
    }
    if (channel == SEND_TRAP && c.version == VERSION) {
        post(c.a);
        __builtin_trap();
    }
#endif
    state.count++;
    wisp_log(WISP_LOG_INFO, "counted");
    uint32_t now = (uint32_t)wisp_now_us();
#if defined TRAPS
    if (is_wrong)
        __builtin_trap();
#elif defined LOOPS
    if (is_wrong)
        for (volatile int i = 0;; i++)
            ;
#elif defined SENDS_LESS
    if (is_wrong)
        return;
#elif defined SENDS_MORE
    if (is_wrong)
        tell(COUNT, 0);
#elif defined SENDS_BEHIND
    if (is_wrong) {
        tell(NOW, now);
        tell(COUNT, state.count);
        return;
    }
#elif defined SENDS_OTHER
    if (is_wrong)
        now++;
#elif defined ASKS_MORE
    now = (uint32_t)wisp_now_us();
#elif defined CANCELS
    if (is_wrong)
        wisp_cancel_task(1);
#endif
    tell(COUNT, state.count);
    tell(NOW, now);
#if defined SENDS_LATE
    if (is_wrong)
        tell(COUNT, 0);
#endif
}

void wisp_save(void)
{
    wisp_save_state(&state, sizeof state);
}

int wisp_restore(uint32_t old_version, const void *data, uint32_t size)
{
    (void)old_version;
#ifdef REFUSES
    size++;
#endif
    if (size != sizeof state)
        return WISP_FAIL;
    memcpy(&state, data, size);
    return WISP_OK;
}
