#ifndef WISP_LIVE_WATCHER_H
#define WISP_LIVE_WATCHER_H

#include <wisp/os.h>

#include <pthread.h>

/*
 * One thread that does a piece of work again and again: after the pause that the work itself asks
 * for, or when somebody wakes it, until it is stopped.
 */

typedef struct wisp_watcher {
    /* Does it, and returns the milliseconds until the next time; UINT64_MAX: when it is woken. */
    uint64_t (*work)(void *context);
    void *context;

    uint64_t pause_ms; /* before the first time */
    pthread_t thread;
    pthread_mutex_t lock; /* guards closing and woken */
    pthread_cond_t wake;
    bool running, closing, woken;
} wisp_watcher;

/* Starts the thread, which begins with the work after [pause_ms]; [work] and [context] are set.
 * WISP_IO if the system refuses. */
wisp_status wisp_watcher_start(wisp_watcher *watcher, uint64_t pause_ms, wisp_error *err);

/* Ends the pause, or the next one. Any thread, while it runs. */
void wisp_watcher_wake(wisp_watcher *watcher);

/* For the work: whether it is to end soon. */
bool wisp_watcher_is_closing(wisp_watcher *watcher);

/* Waits for the work that may be going on, and ends the thread. Fine if none runs. */
void wisp_watcher_stop(wisp_watcher *watcher);

#endif
