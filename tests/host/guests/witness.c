#include <wisp.h>

#include "commands.h"

/*
 * A module that uses all that a host offers, and makes a number of all that it ever learns: two
 * that were told the same have the same number, and no others. Each entry sends it. -DOTHER moves
 * its functions and data to other places, with which it must not make a difference.
 */

WISP_MODULE(VERSION)

#define APP(name) __attribute__((import_module("app"), import_name(#name)))
APP(fill) int app_fill(void *into, size_t size);
APP(mix)
int64_t app_mix(int32_t a, int64_t b, float c, double d, const void *four, void *eight,
                const char *text);
APP(refuse) int app_refuse(int32_t code);

static uint64_t number;

static void learn(const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        number = (number ^ ((const uint8_t *)data)[i]) * UINT64_C(0x100000001b3);
}

static void learn_number(uint64_t value)
{
    learn(&value, sizeof value);
}

static void tell(uint32_t channel)
{
    struct answer a = {0, (uint32_t)(number >> 32), (uint32_t)number};
    wisp_send(channel, &a, sizeof a);
}

#ifdef OTHER
static uint8_t elsewhere[3000];

WISP_EXPORT("other") void other(void *context)
{
    elsewhere[0] = (uint8_t)(uintptr_t)context;
}

void (*volatile other_function)(void *context) = other;
#endif

static void task(void *context)
{
    learn_number(*(uint32_t *)context);
    tell(TASK);
}

static void done(uint32_t type, const void *data)
{
    learn_number(type);
    learn_number(data ? *(const uint8_t *)data : 0);
    tell(TASK);
}

static void ask(void)
{
    uint8_t random[40];
    struct wisp_guest_info info = {0};
    learn_number((uint64_t)wisp_now_us());
    wisp_random(random, sizeof random);
    learn(random, sizeof random);
    learn_number(wisp_self());
    learn_number(wisp_find(77));
    learn_number((uint64_t)wisp_guest_info(wisp_self(), &info));
    learn(&info, sizeof info);
    learn_number(wisp_topic("temperature"));
}

static void act(uint32_t round)
{
    static uint32_t context = 5;
    static uint8_t data[] = {1, 2, 3};
    learn_number(wisp_repeat_task(task, &context, 1000));
    learn_number(wisp_repeat_task(task, &context, -1));
    learn_number((uint64_t)wisp_cancel_task(99));
    learn_number(wisp_timer_set(500, 0, (void *)9));
    learn_number((uint64_t)wisp_timer_cancel(wisp_timer_set(1, 1, NULL)));
    learn_number((uint64_t)wisp_subscribe(wisp_topic("temperature"), 0));
    learn_number((uint64_t)wisp_unsubscribe(WISP_EVENT_USER, 0));
    learn_number((uint64_t)wisp_post(wisp_self(), WISP_EVENT_USER, data, sizeof data, done));
    learn_number((uint64_t)wisp_post(wisp_self(), WISP_EVENT_USER + 1, (void *)17, 0, done));
    learn_number((uint64_t)wisp_post(12345, WISP_EVENT_USER, data, round, done));
    learn_number((uint64_t)wisp_post(WISP_TO_PROGRAM, WISP_EVENT_USER, data, 2, NULL));
    learn_number((uint64_t)wisp_send(ECHO, NULL, 1u << 17 < round ? 0 : 12));
    wisp_log(WISP_LOG_INFO, "acted");
}

static void use_program(void)
{
    uint8_t into[100] = {0}, eight[8] = {8};
    learn_number((uint64_t)app_fill(into, sizeof into));
    learn(into, sizeof into);
    learn_number((uint64_t)app_mix(-3, INT64_MIN, 1.5f, -0.0, "four", eight, "text"));
    learn(eight, sizeof eight);
    learn_number((uint64_t)app_mix(0, 0, 0, 0, "zero", NULL, ""));
}

int wisp_start(void)
{
    ask();
    return WISP_OK;
}

/* What is told by [command] decides. */
void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    struct command c = {0};
    memcpy(&c, data, size < sizeof c ? size : sizeof c);
    learn(data, size);
    switch (channel) {
    case NOW:
        ask();
        break;
    case REPEAT:
        act(c.a);
        break;
    case ASK:
        use_program();
        break;
    case TRAP:
        learn_number((uint64_t)app_refuse((int32_t)c.a));
        break;
    case LOOP:
        for (volatile uint32_t i = 0; c.a == 0 || i < c.a; i++)
            ;
        break;
    case GROW:
        learn_number(__builtin_wasm_memory_grow(0, c.a));
        break;
    case STOP_TRAPS:
        wisp_abort((int32_t)c.a);
    default:
        break;
    }
    tell(channel);
}

WISP_EXPORT("wisp_event")
void wisp_event(uint32_t sender, uint32_t type, const void *data, uint32_t size)
{
    learn_number(sender);
    learn_number(type);
    if (size > 0)
        learn(data, size);
    else
        learn_number((uintptr_t)data);
    tell(COUNT);
}

void wisp_stop(void)
{
    tell(STOPPED);
}

void wisp_save(void)
{
    wisp_save_state(&number, sizeof number);
}

int wisp_restore(uint32_t old_version, const void *data, uint32_t size)
{
    (void)old_version;
    memcpy(&number, data, size < sizeof number ? size : sizeof number);
    return WISP_OK;
}
