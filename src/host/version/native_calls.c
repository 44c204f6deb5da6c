#include "host/version/native_calls.h"

#include "base/error.h"
#include "host/guest.h"
#include "host/version/calls.h"
#include "host/version/native_version.h"

/* As imports.c for WebAssembly, but that nothing has to be checked: a native module could do
 * worse than hand over a wrong pointer. */

enum { TAKEN = 0, REFUSED = 1 };

static int taken(bool is_taken)
{
    return is_taken ? TAKEN : REFUSED;
}

static wisp_bytes bytes_of(const void *data, size_t size)
{
    return (wisp_bytes){data, size};
}

/* ------------------------------------------------------------------ the program */

static void native_log(void *host, uint32_t level, const void *text, size_t size)
{
    wisp_call_log(host, level, bytes_of(text, size));
}

static int native_send(void *host, uint32_t channel, const void *data, size_t size)
{
    return taken(wisp_call_send(host, channel, bytes_of(data, size)));
}

static int native_save(void *host, const void *data, size_t size)
{
    wisp_error why;
    bool is_taken = false;
    if (wisp_call_save(host, bytes_of(data, size), &is_taken, &why) != WISP_OK)
        wisp_native_break_off(host, &why);
    return taken(is_taken);
}

/* ------------------------------------------------------------------ time */

static uint32_t native_repeat(void *host, void (*task)(void *), void *context,
                              int64_t interval_us)
{
    return wisp_call_repeat(host, (uintptr_t)task, (uintptr_t)context, interval_us);
}

static int native_cancel(void *host, uint32_t id)
{
    return taken(wisp_call_cancel(host, id));
}

static int64_t native_now_us(void *host)
{
    return wisp_call_now_us(host);
}

static uint32_t native_timer_set(void *host, int64_t after_us, int64_t every_us,
                                 const void *cookie)
{
    return wisp_call_timer_set(host, after_us, every_us, (uintptr_t)cookie);
}

static int native_timer_cancel(void *host, uint32_t id)
{
    return taken(wisp_call_timer_cancel(host, id));
}

/* ------------------------------------------------------------------ events */

static int post(wisp_version *version, const wisp_post *what, const void *address,
                void (*done)(uint32_t, const void *))
{
    wisp_origin from = {version, (uintptr_t)address, (uintptr_t)done};
    wisp_error why;
    bool is_taken = false;
    if (wisp_post_by_module(&from, what, &is_taken, &why) != WISP_OK)
        wisp_native_break_off(version, &why);
    return taken(is_taken);
}

static void *native_region_new(void *host, size_t size)
{
    return wisp_windows_open_native(host, size);
}

static int native_region_free(void *host, void *region)
{
    wisp_error why;
    bool is_closed = false;
    if (wisp_windows_close(host, (uintptr_t)region, &is_closed, &why) != WISP_OK)
        wisp_native_break_off(host, &why);
    return taken(is_closed);
}

static int native_post_region(void *host, uint32_t target, uint32_t type, uint32_t groups,
                              void *region, size_t size, uint32_t access,
                              void (*done)(uint32_t, const void *))
{
    wisp_post what = {
        .target = target, .type = type, .groups = groups, .data = region, .size = size};
    wisp_origin from = {host, (uintptr_t)region, (uintptr_t)done};
    wisp_error why;
    bool is_taken = false;
    if (wisp_post_region_by_module(&from, &what, access, &is_taken, &why) != WISP_OK)
        wisp_native_break_off(host, &why);
    return taken(is_taken);
}

static int native_post(void *host, uint32_t target, uint32_t type, uint32_t groups,
                       const void *data, size_t size, void (*done)(uint32_t, const void *))
{
    wisp_post what = {
        .target = target, .type = type, .groups = groups, .data = data, .size = size};
    return post(host, &what, data, done);
}

static int native_post_number(void *host, uint32_t target, uint32_t type, uint32_t groups,
                              const void *number, void (*done)(uint32_t, const void *))
{
    wisp_post what = {
        .target = target, .type = type, .groups = groups, .number = (uintptr_t)number};
    return post(host, &what, number, done);
}

static int native_subscribe(void *host, uint32_t type, uint32_t groups)
{
    return taken(wisp_call_subscribe(host, type, groups));
}

static int native_unsubscribe(void *host, uint32_t type, uint32_t groups)
{
    return taken(wisp_call_unsubscribe(host, type, groups));
}

static uint32_t native_topic(void *host, const char *name, size_t size)
{
    return wisp_call_topic(host, bytes_of(name, size));
}

/* ------------------------------------------------------------------ requests */

static uint32_t native_request(void *host, uint32_t target, uint32_t type, const void *data,
                               size_t size, int64_t timeout_us, uint32_t cookie)
{
    wisp_post what = {.target = target, .type = type, .data = data, .size = size};
    return wisp_request_by_module(host, &what, timeout_us, cookie);
}

static uint32_t native_asked(void *host)
{
    return ((const wisp_version *)host)->asked;
}

static int native_reply(void *host, uint32_t request, int32_t code, const void *data, size_t size)
{
    return taken(wisp_reply_by_module(host, request, code, bytes_of(data, size)));
}

/* ------------------------------------------------------------------ who is there */

static uint32_t native_self(void *host)
{
    return ((const wisp_version *)host)->guest->id;
}

static uint32_t native_find(void *host, uint64_t app_id)
{
    return wisp_call_find(host, app_id);
}

/* Modules lay struct wisp_guest_info out as wisp_guest_note. */
static int native_guest_info(void *host, uint32_t id, void *info)
{
    return taken(wisp_call_guest_info(host, id, info));
}

/* ------------------------------------------------------------------ the rest */

static void *native_heap_alloc(void *host, size_t size)
{
    wisp_version *version = host;
    return wisp_native_heap_alloc(&version->native.heap, version->guest->host->allocator, size);
}

static void native_heap_free(void *host, void *address)
{
    wisp_version *version = host;
    wisp_native_heap_free(&version->native.heap, version->guest->host->allocator, address);
}

static int native_random(void *host, void *into, size_t size)
{
    return taken(wisp_call_random(host, into, size));
}

static void native_abort(void *host, int32_t code)
{
    wisp_error why;
    wisp_fail(&why, WISP_TRAP, "wisp.abort: the module gives up with code %d", code);
    wisp_native_break_off(host, &why);
}

const wisp_native_calls wisp_native_calls_table = {
    .log = native_log,
    .send = native_send,
    .save = native_save,
    .repeat = native_repeat,
    .cancel = native_cancel,
    .now_us = native_now_us,
    .timer_set = native_timer_set,
    .timer_cancel = native_timer_cancel,
    .post = native_post,
    .post_number = native_post_number,
    .region_new = native_region_new,
    .region_free = native_region_free,
    .post_region = native_post_region,
    .subscribe = native_subscribe,
    .unsubscribe = native_unsubscribe,
    .topic = native_topic,
    .request = native_request,
    .asked = native_asked,
    .reply = native_reply,
    .self = native_self,
    .find = native_find,
    .guest_info = native_guest_info,
    .random = native_random,
    .heap_alloc = native_heap_alloc,
    .heap_free = native_heap_free,
    .abort = native_abort,
};
