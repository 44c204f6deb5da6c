#ifndef WISP_LIVE_WATCHER_H
#define WISP_LIVE_WATCHER_H

#include <wisp/os.h>

#include <pthread.h>

/*
 * One thread that does a piece of work at once and then again and again, with a pause that
 * varies by a tenth, until it is closed.
 */

typedef struct wisp_watcher {
    void (*work)(void *context);
    void *context;
    const wisp_os *os; /* for the random part of the pause */
    uint32_t interval_ms;

    pthread_t thread;
    pthread_mutex_t lock; /* guards closing */
    pthread_cond_t wake;
    bool running, closing;
} wisp_watcher;

/* Starts the thread; the fields of the first paragraph are set. WISP_IO if the system refuses. */
wisp_status wisp_watcher_start(wisp_watcher *watcher, wisp_error *err);

/* Waits for the work that may be going on, and ends the thread. Fine if none runs. */
void wisp_watcher_stop(wisp_watcher *watcher);

#endif
