#include <string.h>

#include "base/error.h"
#include "host/guest.h"

/* Messages and tasks on their way into the current version of a guest. */

/* Those of a version that takes over meanwhile can wait for the next turn, and so can those that
 * are added and due meanwhile. */
void wisp_guest_run_tasks(wisp_guest *guest, uint64_t now_ns)
{
    wisp_version *version = guest->current;
    size_t turns = version ? version->tasks.len : 0;
    wisp_task task;
    for (; turns > 0 && guest->current == version; turns--) {
        if (!wisp_tasks_take_due(&version->tasks, now_ns, &task))
            break;
        wisp_entry entry = {
            .kind = WISP_ENTRY_TASK, .id = task.id, .number = task.context, .func = task.func};
        guest->counts.task_runs++;
        wisp_error why;
        wisp_guest_give(guest, &entry, &why);
    }
}

static wisp_status check_size(const wisp_guest *guest, wisp_bytes bytes, wisp_error *err)
{
    if (bytes.size <= guest->config.message_size_max)
        return WISP_OK;
    return wisp_fail(err, WISP_LIMIT, "the message is of %zu bytes, guest '%s' takes up to %u",
                     bytes.size, guest->config.name, guest->config.message_size_max);
}

/* The queue of the host, so that messages and events come in the order in which they were sent.
 */
wisp_status wisp_guest_send(wisp_guest *guest, uint32_t channel, wisp_bytes bytes,
                            wisp_error *err)
{
    if (!wisp_guest_is_up(guest))
        return wisp_guest_fail_idle(guest, err);
    wisp_mail *mail = &guest->host->mail;
    wisp_mail_lock(mail);
    wisp_status status = wisp_mailbox_check(&guest->mailbox, bytes.size, "message", err);
    wisp_envelope *message = status == WISP_OK ? wisp_mail_new(mail, bytes.size) : NULL;
    if (message) {
        message->kind = WISP_MAIL_MESSAGE;
        message->to = guest;
        message->type = channel;
        message->size = bytes.size;
        if (bytes.size > 0)
            message->data = memcpy(message->room, bytes.data, bytes.size);
        wisp_mail_count(mail, &guest->mailbox, message);
        wisp_envelopes_push(&mail->queue, message);
    } else if (status == WISP_OK) {
        status = wisp_fail_memory(err, bytes.size);
    }
    wisp_mail_unlock(mail);
    return status;
}

static wisp_status deliver(wisp_guest *guest, uint32_t channel, wisp_bytes bytes, wisp_error *err)
{
    if (!guest->current)
        return wisp_guest_fail_idle(guest, err);
    wisp_status status = check_size(guest, bytes, err);
    wisp_entry entry = {.kind = WISP_ENTRY_MESSAGE, .type = channel, .bytes = bytes};
    if (status == WISP_OK)
        status = wisp_guest_give(guest, &entry, err);
    wisp_guest_refresh(guest);
    return status;
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
