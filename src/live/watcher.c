#include "live/watcher.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* [interval_ms] and up to a tenth more or less. Without randomness: no jitter, no harm. */
static uint64_t next_pause_ms(const wisp_watcher *watcher)
{
    uint32_t spread = watcher->interval_ms / 5, dice;
    if (spread == 0 || watcher->os->random(watcher->os->user, &dice, sizeof dice) != 0)
        return watcher->interval_ms;
    return (uint64_t)watcher->interval_ms - spread / 2 + dice % (spread + 1);
}

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
static bool pause_between(wisp_watcher *watcher)
{
    struct timespec until = after_ms(next_pause_ms(watcher));
    pthread_mutex_lock(&watcher->lock);
    int waited = 0;
    while (!watcher->closing && waited == 0)
        waited = pthread_cond_timedwait(&watcher->wake, &watcher->lock, &until);
    bool closing = watcher->closing;
    pthread_mutex_unlock(&watcher->lock);
    return !closing;
}

static void *run(void *argument)
{
    wisp_watcher *watcher = argument;
    do
        watcher->work(watcher->context);
    while (pause_between(watcher));
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

wisp_status wisp_watcher_start(wisp_watcher *watcher, wisp_error *err)
{
    watcher->closing = false;
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
