#include "base/error.h"
#include "host/guest.h"

/* Messages and tasks on their way into the current version of a guest. */

static wisp_entry message_entry(uint32_t channel, wisp_bytes bytes)
{
    return (wisp_entry){.kind = WISP_ENTRY_MESSAGE, .type = channel, .bytes = bytes};
}

void wisp_guest_deliver_queued(wisp_guest *guest)
{
    for (; guest->turn_len > 0 && guest->current; guest->turn_len--) {
        wisp_message *message = wisp_queue_pop(&guest->queue);
        wisp_entry entry =
            message_entry(message->channel, (wisp_bytes){message->data, message->size});
        wisp_error why;
        wisp_guest_give(guest, &entry, &why);
        wisp_message_free(message, guest->host->allocator);
    }
}

/* Each task runs once at most. Those of a version that takes over meanwhile can wait for the
 * next turn, and so can those that are added and due meanwhile. */
void wisp_guest_run_tasks(wisp_guest *guest, uint64_t now_ns)
{
    wisp_version *version = guest->current;
    size_t turns = version ? version->tasks.len : 0;
    wisp_task task;
    for (; turns > 0 && guest->current == version; turns--) {
        if (!wisp_tasks_take_due(&version->tasks, now_ns, &task))
            return;
        wisp_error why;
        guest->counts.task_runs++;
        wisp_entry entry = {
            .kind = WISP_ENTRY_TASK, .id = task.id, .number = task.context, .func = task.func};
        wisp_guest_give(guest, &entry, &why);
    }
}

uint64_t wisp_guest_next_ns(const wisp_guest *guest)
{
    if (guest->recovery.is_paused)
        return guest->recovery.due_ns;
    if (!guest->current)
        return UINT64_MAX;
    if (guest->queue.len > 0)
        return 0;
    uint64_t tasks_ns = wisp_tasks_next_ns(&guest->current->tasks);
    uint64_t probation_ns = wisp_probation_next_ns(guest);
    return tasks_ns < probation_ns ? tasks_ns : probation_ns;
}

static wisp_status check_size(const wisp_guest *guest, wisp_bytes bytes, wisp_error *err)
{
    if (bytes.size <= guest->config.message_size_max)
        return WISP_OK;
    return wisp_fail(err, WISP_LIMIT, "the message is of %zu bytes, guest '%s' takes up to %u",
                     bytes.size, guest->config.name, guest->config.message_size_max);
}

wisp_status wisp_guest_send(wisp_guest *guest, uint32_t channel, wisp_bytes bytes,
                            wisp_error *err)
{
    if (!wisp_guest_is_up(guest))
        return wisp_guest_fail_idle(guest, err);
    wisp_status status = check_size(guest, bytes, err);
    if (status != WISP_OK)
        return status;
    if (guest->queue.len >= guest->config.queue_len_max)
        return wisp_fail(err, WISP_LIMIT, "%u messages wait for guest '%s' already",
                         guest->queue.len, guest->config.name);
    if (!wisp_queue_push(&guest->queue, guest->host->allocator, channel, bytes))
        return wisp_fail_memory(err, bytes.size);
    return WISP_OK;
}

static wisp_status deliver(wisp_guest *guest, uint32_t channel, wisp_bytes bytes, wisp_error *err)
{
    if (!guest->current)
        return wisp_guest_fail_idle(guest, err);
    wisp_status status = check_size(guest, bytes, err);
    wisp_entry entry = message_entry(channel, bytes);
    return status != WISP_OK ? status : wisp_guest_give(guest, &entry, err);
}

wisp_status wisp_guest_deliver(wisp_guest *guest, uint32_t channel, wisp_bytes bytes,
                               wisp_error *err)
{
    wisp_error why;
    wisp_status status = wisp_host_enter(guest->host, err);
    if (status != WISP_OK)
        return status;
    status = deliver(guest, channel, bytes, &why);
    return wisp_host_leave(guest->host, status, &why, err);
}
