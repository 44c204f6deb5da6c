#include "os/parking.h"

#include <pthread.h>
#include <time.h>

#include "base/memory.h"

/* One thread that sleeps; on its own stack. */
typedef struct sleeper {
    struct sleeper *next;
    uint64_t key;
    bool is_woken;
    pthread_cond_t wake;
} sleeper;

struct wisp_parking {
    const wisp_allocator *allocator;
    pthread_mutex_t lock;
    pthread_condattr_t clock; /* for the conditions of sleepers */
    sleeper *sleepers;        /* in the order in which they came */
};

/* How long a thread sleeps before it asks whether it is interrupted: an interruption may come
 * from a signal handler, which cannot wake it. */
enum { NAP_NS = 5 * 1000 * 1000, NS_PER_S = 1000 * 1000 * 1000 };

wisp_parking *wisp_parking_new(const wisp_allocator *allocator)
{
    wisp_parking *lot = wisp_alloc(allocator, 1, sizeof *lot);
    if (!lot)
        return NULL;
    lot->allocator = allocator;
    if (pthread_mutex_init(&lot->lock, NULL) != 0) {
        wisp_free(allocator, lot, sizeof *lot);
        return NULL;
    }
    pthread_condattr_init(&lot->clock);
    pthread_condattr_setclock(&lot->clock, CLOCK_MONOTONIC);
    return lot;
}

void wisp_parking_free(wisp_parking *lot)
{
    if (!lot)
        return;
    pthread_condattr_destroy(&lot->clock);
    pthread_mutex_destroy(&lot->lock);
    wisp_free(lot->allocator, lot, sizeof *lot);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static struct timespec time_of(int64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

static void append(wisp_parking *lot, sleeper *self)
{
    sleeper **link = &lot->sleepers;
    while (*link)
        link = &(*link)->next;
    *link = self;
}

static void unlink_sleeper(wisp_parking *lot, const sleeper *self)
{
    sleeper **link = &lot->sleepers;
    while (*link != self)
        link = &(*link)->next;
    *link = self->next;
}

/* Naps until woken, [deadline] or an interruption; the lock is held but for the naps. */
static wisp_parked doze(wisp_parking *lot, sleeper *self, int64_t deadline,
                        const wisp_parking_questions *ask)
{
    while (!self->is_woken) {
        int64_t now = now_ns();
        if (now >= deadline)
            return WISP_PARKED_TIMED_OUT;
        if (ask->is_interrupted(ask->user))
            return WISP_PARKED_INTERRUPTED;
        struct timespec until = time_of(deadline - now < NAP_NS ? deadline : now + NAP_NS);
        pthread_cond_timedwait(&self->wake, &lot->lock, &until);
    }
    return WISP_PARKED_WOKEN;
}

/* The moment [timeout_ns] from now; the end of time where there is none. */
static int64_t deadline_of(int64_t timeout_ns)
{
    int64_t now = now_ns();
    return timeout_ns < 0 || timeout_ns > INT64_MAX - now ? INT64_MAX : now + timeout_ns;
}

wisp_parked wisp_parking_wait(wisp_parking *lot, uint64_t key, int64_t timeout_ns,
                              const wisp_parking_questions *ask)
{
    sleeper self = {.key = key};
    int64_t deadline = deadline_of(timeout_ns);
    pthread_cond_init(&self.wake, &lot->clock);
    pthread_mutex_lock(&lot->lock);
    wisp_parked result = WISP_PARKED_REFUSED;
    if (ask->may_sleep(ask->user)) {
        append(lot, &self);
        result = doze(lot, &self, deadline, ask);
        if (result != WISP_PARKED_WOKEN)
            unlink_sleeper(lot, &self);
    }
    pthread_mutex_unlock(&lot->lock);
    pthread_cond_destroy(&self.wake);
    return result;
}

uint32_t wisp_parking_wake(wisp_parking *lot, uint64_t key, uint32_t count)
{
    uint32_t woken = 0;
    pthread_mutex_lock(&lot->lock);
    for (sleeper **link = &lot->sleepers; *link && woken < count;) {
        sleeper *at = *link;
        if (at->key != key) {
            link = &at->next;
            continue;
        }
        *link = at->next;
        at->is_woken = true;
        pthread_cond_signal(&at->wake);
        woken++;
    }
    pthread_mutex_unlock(&lot->lock);
    return woken;
}
