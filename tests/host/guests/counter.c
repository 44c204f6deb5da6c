/*
 * A module that counts the messages it gets and does as it is told by them (commands.h).
 * It is compiled many times over: -DVERSION is its number, and the other macros below make
 * it a module that does one thing wrong.
 */

#include <wisp.h>

#include "commands.h"

static void loop(void)
{
    for (volatile uint32_t i = 0;; i++)
        ;
}

#if defined BUFFER_MAX
WISP_MODULE_WITHOUT_BUFFER(VERSION)

WISP_EXPORT("wisp_buffer") void *wisp_buffer(uint32_t size)
{
    static _Alignas(16) uint8_t fixed[BUFFER_MAX];
    return size <= sizeof fixed ? fixed : NULL;
}
#elif defined BUFFER_AT
WISP_MODULE_WITHOUT_BUFFER(VERSION)

WISP_EXPORT("wisp_buffer") void *wisp_buffer(uint32_t size)
{
    (void)size;
    return (void *)BUFFER_AT;
}
#elif defined BUFFER_LOOPS
WISP_MODULE_WITHOUT_BUFFER(VERSION)

WISP_EXPORT("wisp_buffer") void *wisp_buffer(uint32_t size)
{
    loop();
    return (void *)(uintptr_t)size;
}
#elif defined NO_BUFFER
WISP_MODULE_WITHOUT_BUFFER(VERSION)
#else
WISP_MODULE(VERSION)
#endif

static struct {
    uint32_t count;
} state;

static uint32_t save_size;
static uint32_t at_stop; /* what it does then, if not 0 */
static uint32_t first_task;

static void answer(uint32_t channel, uint32_t value)
{
    struct answer a = {VERSION, state.count, value};
    wisp_send(channel, &a, sizeof a);
}

static void task(void *context)
{
    uint32_t value = (uint32_t)(uintptr_t)context;
    if (value == TASK_TRAPS)
        __builtin_trap();
    if (value == TASK_LOOPS)
        loop();
    if (value == TASK_CANCELS_FIRST)
        wisp_cancel_task(first_task);
    if (value == TASK_REPEATS)
        wisp_repeat_task(task, (void *)1, 1);
    answer(TASK, value);
}

static void of_another_type(uint32_t a, uint32_t b)
{
    answer(TASK, a + b);
}

/* A task that the compiler cannot see through, so that its table slot can be forged. */
typedef void (*task_function)(void *context);

static uint32_t repeat(volatile uintptr_t function, int64_t interval_us, uint32_t context)
{
    uint32_t id =
        wisp_repeat_task((task_function)function, (void *)(uintptr_t)context, interval_us);
    if (first_task == 0)
        first_task = id;
    return id;
}

#ifdef NEEDS_LINK
__attribute__((import_module("app"), import_name("twice"))) uint32_t app_twice(uint32_t value);
#endif

static uint32_t ask(uint32_t value)
{
#ifdef NEEDS_LINK
    return app_twice(value);
#else
    return value;
#endif
}

static uint32_t send_many(uint32_t count, uint32_t size)
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < count; i++)
        taken += wisp_send(ECHO, NULL, size) == WISP_OK;
    return taken;
}

int wisp_start(void)
{
#if defined START_SENDS
    answer(COUNT, 0);
#endif
#if defined START_TRAPS
    __builtin_trap();
#elif defined START_LOOPS
    loop();
#elif defined START_SAYS_NO
    return 17;
#elif defined START_REPEATS
    repeat((uintptr_t)task, START_REPEATS, VERSION);
#endif
    return WISP_OK;
}

#ifndef NO_MESSAGE
void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    if (channel == ECHO) {
        wisp_send(ECHO, data, size);
        return;
    }
    struct command c = {0};
    memcpy(&c, data, size < sizeof c ? size : sizeof c);
    int is_meant = c.version == 0 || c.version == VERSION;
    if (channel == TRAP && is_meant)
        __builtin_trap();
    if (channel == LOOP && is_meant)
        loop();
    state.count++;
    uint32_t value = c.a;
    void *there = (void *)(uintptr_t)c.a;
    switch (channel) {
    case REPEAT:
        value = repeat((uintptr_t)task, c.a, c.b);
        break;
    case REPEAT_INDEX:
        value = repeat(c.a, 1000, c.b);
        break;
    case REPEAT_TYPED:
        value = repeat((uintptr_t)of_another_type, 1000, c.b);
        break;
    case REPEAT_LONG:
        value = repeat((uintptr_t)task, (int64_t)((uint64_t)c.a << 32 | c.b), 0);
        break;
    case LOG_LEVEL:
        wisp_log(c.a, "level");
        break;
    case CANCEL:
        value = (uint32_t)wisp_cancel_task(c.a);
        break;
    case LOG_AT:
        wisp_log_bytes(WISP_LOG_WARNING, there, c.b);
        break;
    case SEND_AT:
        value = (uint32_t)wisp_send(ECHO, there, c.b);
        break;
    case SAVE_AT:
        value = (uint32_t)wisp_save_state(there, c.b);
        break;
    case SAVE_SIZE:
        save_size = c.a;
        break;
    case GROW:
        value = __builtin_wasm_memory_grow(0, c.a);
        break;
    case NOW:
        value = (uint32_t)wisp_now_us();
        break;
    case ADDRESS:
        value = (uint32_t)(uintptr_t)data;
        break;
    case STOP_TRAPS:
    case STOP_LOOPS:
        at_stop = channel;
        break;
    case SEND_MANY:
        value = send_many(c.a, c.b);
        break;
    case ASK:
        value = ask(c.a);
        break;
    default:
        break;
    }
    answer(channel, value);
    if (channel == SEND_TRAP && is_meant)
        __builtin_trap();
}
#endif

void wisp_stop(void)
{
    if (at_stop == STOP_TRAPS)
        __builtin_trap();
    if (at_stop == STOP_LOOPS)
        loop();
    answer(STOPPED, 0);
}

#ifndef NO_SAVE
void wisp_save(void)
{
    wisp_save_state(&state, sizeof state);
    static const uint8_t more[1024];
    for (uint32_t left = save_size; left > 0;) {
        uint32_t size = left < sizeof more ? left : sizeof more;
        wisp_save_state(more, size);
        left -= size;
    }
#if defined SAVE_TRAPS
    volatile uint8_t frame[1024];
    frame[0] = 0;
    __builtin_trap();
#elif defined SAVE_LOOPS
    loop();
#elif defined SAVE_AT_END
    wisp_save_state((void *)0xfffffff0, 32);
#endif
}
#endif

#ifndef NO_RESTORE
int wisp_restore(uint32_t old_version, const void *data, uint32_t size)
{
#if defined RESTORE_TRAPS
    __builtin_trap();
#elif defined RESTORE_LOOPS
    loop();
#elif defined RESTORE_SAYS_NO
    return 18;
#endif
    char text[] = "restored from 0";
    text[sizeof text - 2] = (char)('0' + old_version);
    wisp_log(WISP_LOG_INFO, text);
    if (size < sizeof state)
        return WISP_FAIL;
    memcpy(&state, data, sizeof state);
    return WISP_OK;
}
#endif
