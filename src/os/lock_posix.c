#include "os/lock.h"

#include <pthread.h>

#include "base/memory.h"

struct wisp_lock {
    const wisp_allocator *allocator;
    pthread_mutex_t mutex;
};

wisp_lock *wisp_lock_new(const wisp_allocator *allocator)
{
    wisp_lock *lock = wisp_alloc(allocator, 1, sizeof *lock);
    if (!lock)
        return NULL;
    lock->allocator = allocator;
    if (pthread_mutex_init(&lock->mutex, NULL) == 0)
        return lock;
    wisp_free(allocator, lock, sizeof *lock);
    return NULL;
}

void wisp_lock_free(wisp_lock *lock)
{
    if (!lock)
        return;
    pthread_mutex_destroy(&lock->mutex);
    wisp_free(lock->allocator, lock, sizeof *lock);
}

void wisp_lock_take(wisp_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
}

void wisp_lock_give(wisp_lock *lock)
{
    pthread_mutex_unlock(&lock->mutex);
}
