#include "os/lock.h"

#include "base/memory.h"

/* There is one thread. */
struct wisp_lock {
    const wisp_allocator *allocator;
};

wisp_lock *wisp_lock_new(const wisp_allocator *allocator)
{
    wisp_lock *lock = wisp_alloc(allocator, 1, sizeof *lock);
    if (lock)
        lock->allocator = allocator;
    return lock;
}

void wisp_lock_free(wisp_lock *lock)
{
    if (lock)
        wisp_free(lock->allocator, lock, sizeof *lock);
}

void wisp_lock_take(wisp_lock *lock)
{
    (void)lock;
}

void wisp_lock_give(wisp_lock *lock)
{
    (void)lock;
}
