/* A module of two files' worth, compiled for WebAssembly and into the test: it counts events,
 * answers with the count, has a timer and a task, and carries its count over. */

#include <wisp.h>

WISP_MODULE(VERSION)

enum {
    DUET_COUNT = 0x8000,
    DUET_ECHO,
    DUET_ABORT,
    DUET_ASK,
    DUET_TIMER,
    DUET_TASK,
    DUET_ALLOC,
    DUET_FREE
};

static uint64_t count;

static void done(uint32_t type, const void *data)
{
    (void)type;
    wisp_log(WISP_LOG_INFO, data == &count ? "done" : "done?");
}

static void task(void *context)
{
    wisp_log(WISP_LOG_INFO, context == &count ? "task" : "task?");
}

int wisp_start(void)
{
    count = 0;
    return WISP_OK;
}

void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    wisp_send(channel, data, size);
}

static void *block;

static void allocate(size_t size)
{
    block = wisp_heap_alloc(size);
    if (block)
        memset(block, 1, size);
    wisp_log(WISP_LOG_INFO, block ? "allocated" : "refused");
}

static void echo(uint32_t sender)
{
    struct wisp_guest_info info;
    if (wisp_guest_info(wisp_self(), &info) == WISP_OK && info.id == wisp_self())
        wisp_post(sender, DUET_ECHO, &count, sizeof count, done);
}

void wisp_event(uint32_t sender, uint32_t type, const void *data, uint32_t size)
{
    switch (type) {
    case DUET_COUNT:
        count += size > 0 ? size : (uintptr_t)data;
        break;
    case DUET_ECHO:
        echo(sender);
        break;
    case DUET_ABORT:
        wisp_abort(7);
    case DUET_ASK:
        wisp_reply(wisp_asked(), 5, &count, sizeof count);
        break;
    case DUET_TIMER:
        wisp_timer_set(1000, 0, &count);
        break;
    case DUET_TASK:
        wisp_repeat_task(task, &count, 1000);
        break;
    case DUET_ALLOC:
        allocate((uintptr_t)data);
        break;
    case DUET_FREE:
        wisp_heap_free(block);
        block = NULL;
        break;
    case WISP_EVENT_TIMER:
        wisp_log(WISP_LOG_INFO, data == &count ? "timer" : "timer?");
        break;
    default:
        break;
    }
}

void wisp_stop(void)
{
    wisp_log(WISP_LOG_INFO, "bye");
}

void wisp_save(void)
{
    wisp_save_state(&count, sizeof count);
}

int wisp_restore(uint32_t old_version, const void *data, uint32_t size)
{
    (void)old_version;
    if (size != sizeof count)
        return WISP_FAIL;
    memcpy(&count, data, size);
    return WISP_OK;
}
