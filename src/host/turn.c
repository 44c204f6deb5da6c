#include "base/error.h"
#include "host/guest.h"

/* Messages and tasks on their way into the current version of a guest. */

static uint64_t clock_in_probation_ns(const wisp_guest *guest)
{
    return guest->fallback ? wisp_host_now_ns(guest->host) : 0;
}

/* Makes [entry] into the current version, and on a fault in probation into the fallback. */
static wisp_status hand_over(wisp_guest *guest, const wisp_entry *entry, wisp_error *err)
{
    for (;;) {
        bool has_fallback = guest->fallback != NULL;
        uint64_t began_ns = clock_in_probation_ns(guest);
        wisp_status status = wisp_version_enter(guest->current, entry, NULL, err);
        if (status == WISP_OK) {
            guest->counts.messages_in++;
            wisp_guest_survived(guest);
            return WISP_OK;
        }
        /* No room is no fault, unless the version before might have had it. */
        bool is_fault = status != WISP_NOT_FOUND && (status != WISP_LIMIT || has_fallback);
        if (is_fault)
            wisp_guest_failed(guest, began_ns, err);
        if (!is_fault || !has_fallback) {
            guest->counts.messages_dropped++;
            return status;
        }
    }
}

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
        hand_over(guest, &entry, &why);
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
        uint64_t began_ns = clock_in_probation_ns(guest);
        wisp_error why;
        guest->counts.task_runs++;
        wisp_entry entry = {
            .kind = WISP_ENTRY_TASK, .id = task.id, .number = task.context, .func = task.func};
        if (wisp_version_enter(version, &entry, NULL, &why) == WISP_OK)
            wisp_guest_survived(guest);
        else
            wisp_guest_failed(guest, began_ns, &why);
    }
}

uint64_t wisp_guest_next_ns(const wisp_guest *guest)
{
    if (guest->recovery.is_paused)
        return guest->recovery.due_ns;
    if (!guest->current)
        return UINT64_MAX;
    return guest->queue.len > 0 ? 0 : wisp_tasks_next_ns(&guest->current->tasks);
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
    return status != WISP_OK ? status : hand_over(guest, &entry, err);
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
