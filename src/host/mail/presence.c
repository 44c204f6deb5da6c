#include "host/guest.h"

/*
 * What others know of a guest: whether events for it are taken, when it has something to do,
 * whether it is there.
 */

static void open_or_close(wisp_guest *guest)
{
    wisp_mail *mail = &guest->host->mail;
    bool is_open = (wisp_guest_is_up(guest) || guest->is_starting) && !guest->is_stopping;
    if (guest->mailbox.is_open == is_open)
        return;
    wisp_mail_lock(mail);
    guest->mailbox.is_open = is_open;
    wisp_mail_unlock(mail);
    if (is_open)
        return;
    wisp_guest_drop_events(guest);
    wisp_requests_leave(guest);
}

/* When [guest] has something to do of its own. */
static uint64_t next_ns(const wisp_guest *guest)
{
    if (guest->recovery.is_paused)
        return guest->recovery.due_ns;
    if (!guest->current)
        return UINT64_MAX;
    uint64_t tasks_ns = wisp_tasks_next_ns(&guest->current->tasks);
    uint64_t probation_ns = wisp_probation_next_ns(guest);
    return tasks_ns < probation_ns ? tasks_ns : probation_ns;
}

static void set_alarm(wisp_guest *guest)
{
    wisp_alarms *alarms = &guest->host->alarms;
    uint64_t due_ns = next_ns(guest);
    if (due_ns == UINT64_MAX)
        wisp_alarms_clear(alarms, &guest->alarm);
    else if (guest->alarm.place == 0 || guest->alarm.due_ns != due_ns)
        wisp_alarms_set(alarms, &guest->alarm, due_ns);
}

static void announce(wisp_guest *guest)
{
    bool is_there = wisp_guest_is_up(guest);
    if (guest->is_announced == is_there)
        return;
    guest->is_announced = is_there;
    if (guest->current)
        guest->announced_version = guest->current->number;
    wisp_post_note(guest, is_there ? WISP_EVENT_STARTED : WISP_EVENT_STOPPED,
                   guest->announced_version);
}

void wisp_guest_refresh(wisp_guest *guest)
{
    open_or_close(guest);
    set_alarm(guest);
    announce(guest);
    if (guest->held.first && guest->current)
        wisp_mail_put_first(&guest->host->mail, &guest->held);
    if (guest->parked.first && !guest->fallback) /* their version is back, or gone */
        wisp_envelopes_append(&guest->host->ripe, &guest->parked);
}
