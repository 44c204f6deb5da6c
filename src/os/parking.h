#ifndef WISP_OS_PARKING_H
#define WISP_OS_PARKING_H

#include <wisp/base.h>

/*
 * Where threads sleep until another one wakes them, by the number of what they wait for, as
 * with a futex. A lot serves any number of keys and threads; those of one key are woken in the
 * order in which they came. Any thread.
 */
typedef struct wisp_parking wisp_parking;

/* A new lot; NULL if out of memory. */
wisp_parking *wisp_parking_new(const wisp_allocator *allocator);

/* Frees [lot], in which nobody sleeps any more. NULL is fine. */
void wisp_parking_free(wisp_parking *lot);

typedef enum wisp_parked {
    WISP_PARKED_WOKEN,
    WISP_PARKED_REFUSED,
    WISP_PARKED_TIMED_OUT,
    WISP_PARKED_INTERRUPTED
} wisp_parked;

/* What a thread asks while it parks. */
typedef struct wisp_parking_questions {
    /* Whether to sleep at all; no wake-up comes between this and sleeping. */
    bool (*may_sleep)(void *user);
    /* Whether to stop sleeping; asked some hundred times a second. */
    bool (*is_interrupted)(void *user);
    void *user;
} wisp_parking_questions;

/* Sleeps on [key] for at most [timeout_ns] nanoseconds, without end where that is negative. */
wisp_parked wisp_parking_wait(wisp_parking *lot, uint64_t key, int64_t timeout_ns,
                              const wisp_parking_questions *ask);

/* Wakes at most [count] of those who sleep on [key]; returns how many. */
uint32_t wisp_parking_wake(wisp_parking *lot, uint64_t key, uint32_t count);

#endif
