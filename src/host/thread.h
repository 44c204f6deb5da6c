#ifndef WISP_HOST_THREAD_H
#define WISP_HOST_THREAD_H

#include <pthread.h>

#include <wisp/event.h>

/* What another thread has the host's thread run, on the stack of the one who waits for it. */
typedef struct wisp_thread_call wisp_thread_call;

struct wisp_thread_call {
    wisp_thread_call *next;
    void (*fn)(void *user);
    void *user;
    bool is_done;
};

/* The thread that a host may have of its own. Guarded by the lock of the mail. All zero is
 * none. */
typedef struct wisp_thread {
    pthread_t id;
    bool is_running, is_closing;
    wisp_thread_call *first, *last; /* that wait to be run */
    pthread_cond_t done;            /* one of them was run */
} wisp_thread;

#endif
