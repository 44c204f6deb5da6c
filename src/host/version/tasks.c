#include "host/version/tasks.h"

#include <string.h>

#include "base/memory.h"

/* Where the items are kept sorted rather than in a heap: there are few of them, cancelling
 * searches them anyway, and equal due times keep their order for nothing. */

static size_t find(const wisp_tasks *tasks, uint32_t id)
{
    size_t i = 0;
    while (i < tasks->len && tasks->items[i].id != id)
        i++;
    return i;
}

static void insert(wisp_tasks *tasks, wisp_task task)
{
    size_t at = tasks->len;
    while (at > 0 && tasks->items[at - 1].due_ns > task.due_ns)
        at--;
    memmove(tasks->items + at + 1, tasks->items + at, (tasks->len - at) * sizeof task);
    tasks->items[at] = task;
    tasks->len++;
}

static void remove_at(wisp_tasks *tasks, size_t at)
{
    tasks->len--;
    memmove(tasks->items + at, tasks->items + at + 1, (tasks->len - at) * sizeof *tasks->items);
}

static uint32_t unused_id(wisp_tasks *tasks)
{
    do
        tasks->last_id++;
    while (tasks->last_id == 0 || find(tasks, tasks->last_id) < tasks->len);
    return tasks->last_id;
}

uint32_t wisp_tasks_add(wisp_tasks *tasks, const wisp_allocator *allocator, wisp_task task)
{
    if (!wisp_array_reserve(allocator, &tasks->items, &tasks->capacity, tasks->len + 1,
                            sizeof task))
        return 0;
    task.id = unused_id(tasks);
    insert(tasks, task);
    return task.id;
}

bool wisp_tasks_cancel(wisp_tasks *tasks, uint32_t id)
{
    size_t at = find(tasks, id);
    if (at == tasks->len)
        return false;
    remove_at(tasks, at);
    return true;
}

static uint64_t next_due_ns(const wisp_task *task, uint64_t now_ns)
{
    uint64_t missed = (now_ns - task->due_ns) / task->interval_ns;
    uint64_t latest = task->due_ns + missed * task->interval_ns; /* at most now_ns */
    return latest > UINT64_MAX - task->interval_ns ? UINT64_MAX : latest + task->interval_ns;
}

bool wisp_tasks_take_due(wisp_tasks *tasks, uint64_t now_ns, wisp_task *out)
{
    if (tasks->len == 0 || tasks->items[0].due_ns > now_ns)
        return false;
    *out = tasks->items[0];
    remove_at(tasks, 0);
    wisp_task again = *out;
    again.due_ns = next_due_ns(out, now_ns);
    insert(tasks, again);
    return true;
}

uint64_t wisp_tasks_next_ns(const wisp_tasks *tasks)
{
    return tasks->len > 0 ? tasks->items[0].due_ns : UINT64_MAX;
}

void wisp_tasks_deinit(wisp_tasks *tasks, const wisp_allocator *allocator)
{
    wisp_free(allocator, tasks->items, tasks->capacity * sizeof *tasks->items);
    *tasks = (wisp_tasks){0};
}
