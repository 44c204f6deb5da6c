#ifndef WISP_GUEST_NATIVE_H
#define WISP_GUEST_NATIVE_H

/*
 * What wisp.h, which includes this, comes to where a module is compiled into the program: the
 * same source, and the same functions of the host.
 *
 *     cc -DWISP_NATIVE=fusion -Iinclude -Iguest -c fusion.c      // all files of the module
 *
 *     extern const wisp_native fusion_module;                    // in the program
 *     wisp_guest_start_native(guest, &fusion_module, &err);
 *
 * WISP_NATIVE names the module in this program: all that wisp.h declares gets it as a prefix in
 * the place of "wisp", so that a program can have several. The file with WISP_MODULE defines
 * <prefix>_module.
 *
 * What differs from WebAssembly: there is no fuel, no deadline, no limit of memory but for
 * wisp_heap_alloc, and a fault is one of the program; only wisp_abort, and what would trap in a
 * function of the host, ends the entry alone. Variables keep their values when the module is
 * stopped and started again: wisp_start sets up what must be as new.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <wisp/native.h>

#ifndef WISP_NATIVE
#error "compile for wasm32, as guest/wisp-cc does, or with -DWISP_NATIVE=name into a program"
#endif

#define WISP_NATIVE_JOIN(prefix, name)   prefix##_##name
#define WISP_NATIVE_EXPAND(prefix, name) WISP_NATIVE_JOIN(prefix, name)
#define WISP_NATIVE_NAME(name)           WISP_NATIVE_EXPAND(WISP_NATIVE, name)

/* ------------------------------------------------------------------ names */

#define wisp_start   WISP_NATIVE_NAME(start)
#define wisp_message WISP_NATIVE_NAME(message)
#define wisp_event   WISP_NATIVE_NAME(event)
#define wisp_stop    WISP_NATIVE_NAME(stop)
#define wisp_save    WISP_NATIVE_NAME(save)
#define wisp_restore WISP_NATIVE_NAME(restore)
#define wisp_buffer  WISP_NATIVE_NAME(buffer)
#define wisp_state   WISP_NATIVE_NAME(state)

#define wisp_log_bytes    WISP_NATIVE_NAME(log_bytes)
#define wisp_send         WISP_NATIVE_NAME(send)
#define wisp_repeat_task  WISP_NATIVE_NAME(repeat_task)
#define wisp_cancel_task  WISP_NATIVE_NAME(cancel_task)
#define wisp_save_state   WISP_NATIVE_NAME(save_state)
#define wisp_now_us       WISP_NATIVE_NAME(now_us)
#define wisp_post_bytes   WISP_NATIVE_NAME(post_bytes)
#define wisp_post_number  WISP_NATIVE_NAME(post_number)
#define wisp_region_new   WISP_NATIVE_NAME(region_new)
#define wisp_region_free  WISP_NATIVE_NAME(region_free)
#define wisp_post_region  WISP_NATIVE_NAME(post_region)
#define wisp_subscribe    WISP_NATIVE_NAME(subscribe)
#define wisp_unsubscribe  WISP_NATIVE_NAME(unsubscribe)
#define wisp_topic_bytes  WISP_NATIVE_NAME(topic_bytes)
#define wisp_timer_set    WISP_NATIVE_NAME(timer_set)
#define wisp_timer_cancel WISP_NATIVE_NAME(timer_cancel)
#define wisp_request      WISP_NATIVE_NAME(request)
#define wisp_asked        WISP_NATIVE_NAME(asked)
#define wisp_reply        WISP_NATIVE_NAME(reply)
#define wisp_self         WISP_NATIVE_NAME(self)
#define wisp_find         WISP_NATIVE_NAME(find)
#define wisp_guest_info   WISP_NATIVE_NAME(guest_info)
#define wisp_random       WISP_NATIVE_NAME(random)
#define wisp_abort        WISP_NATIVE_NAME(abort)
#define wisp_heap_alloc   WISP_NATIVE_NAME(heap_alloc)
#define wisp_heap_free    WISP_NATIVE_NAME(heap_free)

#define wisp_native_here       WISP_NATIVE_NAME(here)
#define wisp_native_state_here WISP_NATIVE_NAME(state_here)
#define wisp_native_module     WISP_NATIVE_NAME(module)

/* Weak, as a module need not have it. */
#define WISP_EXPORT(name) __attribute__((weak))
#define WISP_IMPORT(name)

/* ------------------------------------------------------------------ the module */

extern wisp_native_link wisp_native_here;
extern const wisp_native_state wisp_native_state_here __attribute__((weak));
extern const wisp_native wisp_native_module;

/* Bytes need no buffer here. */
#define WISP_MODULE(number)                                                                      \
    WISP_NATIVE_CALLS                                                                            \
    wisp_native_link wisp_native_here;                                                           \
    const wisp_native wisp_native_module = {                                                     \
        .version = (number),                                                                     \
        .link = &wisp_native_here,                                                               \
        .start = wisp_start,                                                                     \
        .message = wisp_message,                                                                 \
        .event = wisp_event,                                                                     \
        .stop = wisp_stop,                                                                       \
        .save = wisp_save,                                                                       \
        .restore = wisp_restore,                                                                 \
        .state = &wisp_native_state_here,                                                        \
    };

#define WISP_MODULE_WITHOUT_BUFFER(number) WISP_MODULE(number)

#define WISP_STATE(type)                                                                         \
    extern type wisp_state;                                                                      \
    type wisp_state;                                                                             \
    const wisp_native_state wisp_native_state_here = {&wisp_state, sizeof(type)};

/* ------------------------------------------------------------------ calls into the host */

/* One line for each function that wisp.h declares: what it gives, its name here and in the table
 * of the host, its parameters, its arguments. */
#define WISP_NATIVE_CALLS                                                                        \
    WISP_NATIVE_CALL(int, wisp_send, send, (uint32_t a, const void *b, size_t c),                \
                     (WISP_NATIVE_HOST, a, b, c))                                                \
    WISP_NATIVE_CALL(uint32_t, wisp_repeat_task, repeat,                                         \
                     (void (*a)(void *), void *b, int64_t c), (WISP_NATIVE_HOST, a, b, c))       \
    WISP_NATIVE_CALL(int, wisp_cancel_task, cancel, (uint32_t a), (WISP_NATIVE_HOST, a))         \
    WISP_NATIVE_CALL(int, wisp_save_state, save, (const void *a, size_t b),                      \
                     (WISP_NATIVE_HOST, a, b))                                                   \
    WISP_NATIVE_CALL(int64_t, wisp_now_us, now_us, (void), (WISP_NATIVE_HOST))                   \
    WISP_NATIVE_CALL(                                                                            \
        int, wisp_post_bytes, post,                                                              \
        (uint32_t a, uint32_t b, uint32_t c, const void *d, size_t e, wisp_done *f),             \
        (WISP_NATIVE_HOST, a, b, c, d, e, f))                                                    \
    WISP_NATIVE_CALL(int, wisp_post_number, post_number,                                         \
                     (uint32_t a, uint32_t b, uint32_t c, const void *d, wisp_done *e),          \
                     (WISP_NATIVE_HOST, a, b, c, d, e))                                          \
    WISP_NATIVE_CALL(void *, wisp_region_new, region_new, (size_t a), (WISP_NATIVE_HOST, a))     \
    WISP_NATIVE_CALL(int, wisp_region_free, region_free, (void *a), (WISP_NATIVE_HOST, a))       \
    WISP_NATIVE_CALL(                                                                            \
        int, wisp_post_region, post_region,                                                      \
        (uint32_t a, uint32_t b, uint32_t c, void *d, size_t e, uint32_t f, wisp_done *g),       \
        (WISP_NATIVE_HOST, a, b, c, d, e, f, g))                                                 \
    WISP_NATIVE_CALL(int, wisp_subscribe, subscribe, (uint32_t a, uint32_t b),                   \
                     (WISP_NATIVE_HOST, a, b))                                                   \
    WISP_NATIVE_CALL(int, wisp_unsubscribe, unsubscribe, (uint32_t a, uint32_t b),               \
                     (WISP_NATIVE_HOST, a, b))                                                   \
    WISP_NATIVE_CALL(uint32_t, wisp_topic_bytes, topic, (const char *a, size_t b),               \
                     (WISP_NATIVE_HOST, a, b))                                                   \
    WISP_NATIVE_CALL(uint32_t, wisp_timer_set, timer_set, (int64_t a, int64_t b, const void *c), \
                     (WISP_NATIVE_HOST, a, b, c))                                                \
    WISP_NATIVE_CALL(int, wisp_timer_cancel, timer_cancel, (uint32_t a), (WISP_NATIVE_HOST, a))  \
    WISP_NATIVE_CALL(uint32_t, wisp_request, request,                                            \
                     (uint32_t a, uint32_t b, const void *c, size_t d, int64_t e, uint32_t f),   \
                     (WISP_NATIVE_HOST, a, b, c, d, e, f))                                       \
    WISP_NATIVE_CALL(uint32_t, wisp_asked, asked, (void), (WISP_NATIVE_HOST))                    \
    WISP_NATIVE_CALL(int, wisp_reply, reply, (uint32_t a, int32_t b, const void *c, size_t d),   \
                     (WISP_NATIVE_HOST, a, b, c, d))                                             \
    WISP_NATIVE_CALL(uint32_t, wisp_self, self, (void), (WISP_NATIVE_HOST))                      \
    WISP_NATIVE_CALL(uint32_t, wisp_find, find, (uint64_t a), (WISP_NATIVE_HOST, a))             \
    WISP_NATIVE_CALL(int, wisp_guest_info, guest_info, (uint32_t a, struct wisp_guest_info * b), \
                     (WISP_NATIVE_HOST, a, b))                                                   \
    WISP_NATIVE_CALL(int, wisp_random, random, (void *a, size_t b), (WISP_NATIVE_HOST, a, b))    \
    WISP_NATIVE_CALL(void *, wisp_heap_alloc, heap_alloc, (size_t a), (WISP_NATIVE_HOST, a))     \
    void wisp_heap_free(void *address)                                                           \
    {                                                                                            \
        wisp_native_here.calls->heap_free(WISP_NATIVE_HOST, address);                            \
    }                                                                                            \
    void wisp_log_bytes(uint32_t level, const void *text, size_t size)                           \
    {                                                                                            \
        wisp_native_here.calls->log(WISP_NATIVE_HOST, level, text, size);                        \
    }                                                                                            \
    void wisp_abort(int32_t code)                                                                \
    {                                                                                            \
        wisp_native_here.calls->abort(WISP_NATIVE_HOST, code);                                   \
        __builtin_unreachable();                                                                 \
    }

#define WISP_NATIVE_HOST wisp_native_here.host

#define WISP_NATIVE_CALL(result, name, call, params, args)                                       \
    result name params                                                                           \
    {                                                                                            \
        return wisp_native_here.calls->call args;                                                \
    }

#endif
