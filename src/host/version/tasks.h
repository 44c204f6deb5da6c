#ifndef WISP_HOST_TASKS_H
#define WISP_HOST_TASKS_H

#include <wisp/base.h>

/*
 * The functions that one version of a module has asked to be called again and again.
 *
 * A task keeps its phase: its due times are a whole number of intervals after the first,
 * however late it is run. Due times that passed while nobody asked are skipped, so that a
 * program that slept for an hour does not run a task of one millisecond 3.6 million times.
 */

typedef struct wisp_task {
    uint64_t due_ns, interval_ns; /* interval_ns > 0 */
    uint64_t func;                /* as in wisp_entry */
    uint64_t context;             /* what it is called with */
    uint32_t id;                  /* never 0 */
} wisp_task;

/* All zero is no tasks. */
typedef struct wisp_tasks {
    wisp_task *items; /* soonest first; of equals, the one that waits longest first */
    size_t len, capacity;
    uint32_t last_id;
} wisp_tasks;

/* Adds [task] under a new id, which is returned; 0 if memory is refused. */
uint32_t wisp_tasks_add(wisp_tasks *tasks, const wisp_allocator *allocator, wisp_task task);

/* Removes the task [id]; false if there is none. */
bool wisp_tasks_cancel(wisp_tasks *tasks, uint32_t id);

/* If a task is due at [now_ns], copies the first such to *[out], moves it on to its next due
 * time, which is after [now_ns], and returns true. */
bool wisp_tasks_take_due(wisp_tasks *tasks, uint64_t now_ns, wisp_task *out);

/* When the next task is due; UINT64_MAX without tasks. */
uint64_t wisp_tasks_next_ns(const wisp_tasks *tasks);

void wisp_tasks_deinit(wisp_tasks *tasks, const wisp_allocator *allocator);

#endif
