#ifndef WISP_OS_LOCK_H
#define WISP_OS_LOCK_H

#include <wisp/base.h>

/* A lock that one thread at a time has. Where there are no threads it does nothing. */
typedef struct wisp_lock wisp_lock;

/* A new one, which nobody has; NULL if out of memory. */
wisp_lock *wisp_lock_new(const wisp_allocator *allocator);

/* Frees [lock], which nobody has. NULL is fine. */
void wisp_lock_free(wisp_lock *lock);

void wisp_lock_take(wisp_lock *lock);
void wisp_lock_give(wisp_lock *lock);

#endif
