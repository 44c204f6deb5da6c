#ifndef WISP_WASI_WASI_H
#define WISP_WASI_WASI_H

#include <stdatomic.h>

#include "wasi/call.h"

#define WISP_WASI_RUNNING INT64_C(-1)
#define WISP_WASI_ABORTED INT64_C(-2) /* a thread has trapped */

/* Texts one after another, each with its NUL: arguments, variables. */
typedef struct wisp_wasi_texts {
    char *bytes;
    size_t size, count;
} wisp_wasi_texts;

/* A function of the table in call.h, of one wisp_wasi: what host functions get as their context.
 */
typedef struct wisp_wasi_binding {
    wisp_wasi *wasi;
    wisp_wasi_errno (*run)(wisp_wasi_call *c);
} wisp_wasi_binding;

enum {
#define X(name, signature) +1
    WISP_WASI_FUNCTION_COUNT = 0 WISP_WASI_FUNCTIONS(X)
#undef X
};

struct wisp_wasi {
    const wisp_allocator *allocator;
    wisp_wasi_texts args, env;
    wisp_wasi_table table;
    uint64_t (*now_ns)(void *user, wisp_wasi_clock clock);
    int (*random)(void *user, void *into, size_t size);
    void *user;
    unsigned resolve_flags;     /* WISP_BENEATH_WALK or 0 */
    _Atomic int64_t exit_code;  /* or WISP_WASI_RUNNING, WISP_WASI_ABORTED */
    wisp_wasi_threads *threads; /* NULL where there is one alone */
    wisp_wasi_binding bindings[WISP_WASI_FUNCTION_COUNT];
};

/* Notes that the program ends with [code], or WISP_WASI_ABORTED, and ends all its threads. False
 * where it had ended before. */
bool wisp_wasi_exit(wisp_wasi *wasi, int64_t code);

/* Makes all that runs in [threads] trap (thread.c). */
void wisp_wasi_threads_interrupt(wisp_wasi_threads *threads);

bool wisp_wasi_has_exited(const wisp_wasi *wasi);

/* Nanoseconds of [clock]. */
uint64_t wisp_wasi_now_ns(const wisp_wasi *wasi, wisp_wasi_clock clock);

#endif
