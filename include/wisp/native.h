#ifndef WISP_NATIVE_H
#define WISP_NATIVE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Native modules: the source of a module, unchanged, compiled into the program by its own
 * compiler. What it takes is in guest/wisp_native.h; the program sees one variable:
 *
 *     extern const wisp_native fusion_module;
 *     wisp_guest_start_native(guest, &fusion_module, &err);
 *
 * It runs in a guest as WebAssembly does, under the same functions of the host: messages, events,
 * timers, done, requests; it can be swapped for a WebAssembly module of the same source and back,
 * with its state. A module is in one guest at a time, as it has its variables once.
 *
 * It is trusted as the rest of the program is: it has no limit of time, and of memory for
 * wisp_heap_alloc alone (memory_max of the guest's limits); its faults are the program's. What
 * the host checks it checks here too, and a module that gives up (wisp_abort) is broken off by
 * longjmp: what it holds then is not given back.
 *
 * This header stands alone, as modules include it.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* What a module may ask of its host, whom each function gets first. guest/wisp.h says what
 * they do. */
typedef struct wisp_native_calls {
    void (*log)(void *host, uint32_t level, const void *text, size_t size);
    int (*send)(void *host, uint32_t channel, const void *data, size_t size);
    int (*save)(void *host, const void *data, size_t size);
    uint32_t (*repeat)(void *host, void (*task)(void *), void *context, int64_t interval_us);
    int (*cancel)(void *host, uint32_t id);
    int64_t (*now_us)(void *host);
    uint32_t (*timer_set)(void *host, int64_t after_us, int64_t every_us, const void *cookie);
    int (*timer_cancel)(void *host, uint32_t id);
    int (*post)(void *host, uint32_t target, uint32_t type, uint32_t groups, const void *data,
                size_t size, void (*done)(uint32_t, const void *));
    int (*post_number)(void *host, uint32_t target, uint32_t type, uint32_t groups,
                       const void *number, void (*done)(uint32_t, const void *));
    void *(*region_new)(void *host, size_t size);
    int (*region_free)(void *host, void *region);
    int (*post_region)(void *host, uint32_t target, uint32_t type, uint32_t groups, void *region,
                       size_t size, uint32_t access, void (*done)(uint32_t, const void *));
    int (*subscribe)(void *host, uint32_t type, uint32_t groups);
    int (*unsubscribe)(void *host, uint32_t type, uint32_t groups);
    uint32_t (*topic)(void *host, const char *name, size_t size);
    uint32_t (*request)(void *host, uint32_t target, uint32_t type, const void *data, size_t size,
                        int64_t timeout_us, uint32_t cookie);
    uint32_t (*asked)(void *host);
    int (*reply)(void *host, uint32_t request, int32_t code, const void *data, size_t size);
    uint32_t (*self)(void *host);
    uint32_t (*find)(void *host, uint64_t app_id);
    int (*guest_info)(void *host, uint32_t id, void *info);
    int (*random)(void *host, void *into, size_t size);
    void *(*heap_alloc)(void *host, size_t size);
    void (*heap_free)(void *host, void *address);
    void (*abort)(void *host, int32_t code); /* does not return */
} wisp_native_calls;

/* Where a module finds its host while it is in a guest. Filled in by the host. */
typedef struct wisp_native_link {
    const wisp_native_calls *calls;
    void *host; /* NULL: it is in none */
} wisp_native_link;

/* The variable that the host carries over to the next version (WISP_STATE). */
typedef struct wisp_native_state {
    void *data;
    size_t size;
} wisp_native_state;

/* A module; made by WISP_MODULE. What may be NULL it does without. */
typedef struct wisp_native {
    uint32_t version;
    wisp_native_link *link;
    int (*start)(void);
    void (*message)(uint32_t channel, const void *data, uint32_t size); /* may be NULL */
    void (*event)(uint32_t sender, uint32_t type, const void *data, uint32_t size); /* likewise */
    void (*stop)(void);                                                             /* likewise */
    void (*save)(void);                                                             /* likewise */
    int (*restore)(uint32_t old_version, const void *data, uint32_t size);          /* likewise */
    const wisp_native_state *state;                                                 /* likewise */
} wisp_native;

#ifdef __cplusplus
}
#endif

#endif
