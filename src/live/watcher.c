#include "live/watcher.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define PAUSE_MAX_MS (365ull * 24 * 3600 * 1000) /* so that no clock overflows */

static struct timespec after_ms(uint64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)(ms / 1000);
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* Returns true when the pause is over, false when the watcher is closing. */
static bool pause_between(wisp_watcher *watcher, uint64_t ms)
{
    struct timespec until = after_ms(ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS);
    pthread_mutex_lock(&watcher->lock);
    int waited = 0;
    while (!watcher->closing && !watcher->woken && waited == 0)
        waited = pthread_cond_timedwait(&watcher->wake, &watcher->lock, &until);
    watcher->woken = false;
    bool closing = watcher->closing;
    pthread_mutex_unlock(&watcher->lock);
    return !closing;
}

static void *run(void *argument)
{
    wisp_watcher *watcher = argument;
    uint64_t pause_ms = watcher->pause_ms;
    while (pause_between(watcher, pause_ms))
        pause_ms = watcher->work(watcher->context);
    return NULL;
}

static void init_wake(pthread_cond_t *wake)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(wake, &attributes);
    pthread_condattr_destroy(&attributes);
}

wisp_status wisp_watcher_start(wisp_watcher *watcher, uint64_t pause_ms, wisp_error *err)
{
    watcher->closing = watcher->woken = false;
    watcher->pause_ms = pause_ms;
    pthread_mutex_init(&watcher->lock, NULL);
    init_wake(&watcher->wake);
    int failed = pthread_create(&watcher->thread, NULL, run, watcher);
    if (failed) {
        pthread_cond_destroy(&watcher->wake);
        pthread_mutex_destroy(&watcher->lock);
        return wisp_fail(err, WISP_IO, "no thread to watch for updates: %s", strerror(failed));
    }
    watcher->running = true;
    return WISP_OK;
}

void wisp_watcher_wake(wisp_watcher *watcher)
{
    pthread_mutex_lock(&watcher->lock);
    watcher->woken = true;
    pthread_cond_signal(&watcher->wake);
    pthread_mutex_unlock(&watcher->lock);
}

bool wisp_watcher_is_closing(wisp_watcher *watcher)
{
    pthread_mutex_lock(&watcher->lock);
    bool closing = watcher->closing;
    pthread_mutex_unlock(&watcher->lock);
    return closing;
}

void wisp_watcher_stop(wisp_watcher *watcher)
{
    if (!watcher->running)
        return;
    pthread_mutex_lock(&watcher->lock);
    watcher->closing = true;
    pthread_cond_signal(&watcher->wake);
    pthread_mutex_unlock(&watcher->lock);
    pthread_join(watcher->thread, NULL);
    pthread_cond_destroy(&watcher->wake);
    pthread_mutex_destroy(&watcher->lock);
    watcher->running = false;
}
