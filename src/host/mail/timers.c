#include "host/mail/timers.h"

#include "base/memory.h"
#include "host/guest.h"

static wisp_timer **find(wisp_timers *timers, uint32_t id)
{
    wisp_timer **at = &timers->first;
    while (*at && (*at)->id != id)
        at = &(*at)->next;
    return at;
}

static uint64_t next_due_ns(const wisp_timer *timer, uint64_t now_ns)
{
    uint64_t missed = (now_ns - timer->due_ns) / timer->every_ns;
    uint64_t latest = timer->due_ns + missed * timer->every_ns; /* at most now_ns */
    return latest > UINT64_MAX - timer->every_ns ? UINT64_MAX : latest + timer->every_ns;
}

/* Posts the event of [timer]. It is not counted against any limit: there is one of each timer
 * at most, and the timers are counted. */
static bool post(wisp_timer *timer)
{
    wisp_guest *guest = timer->guest;
    wisp_mail *mail = &guest->host->mail;
    wisp_mail_lock(mail);
    wisp_envelope *event = wisp_mail_new(mail, 0);
    if (event) {
        event->kind = WISP_MAIL_EVENT;
        event->type = WISP_EVENT_TIMER;
        event->to = guest;
        event->target = guest->id;
        event->number = timer->cookie;
        event->timer = timer;
        wisp_mail_count(mail, &guest->mailbox, event);
        wisp_envelopes_push(&mail->queue, event);
    }
    wisp_mail_unlock(mail);
    timer->event = event;
    return event != NULL;
}

static void ring(wisp_alarm *alarm, uint64_t now_ns)
{
    wisp_timer *timer = (wisp_timer *)alarm;
    wisp_alarms *alarms = &timer->guest->host->alarms;
    if (!timer->event && !post(timer)) {
        wisp_alarms_set(alarms, alarm, timer->due_ns); /* next time there may be memory */
        return;
    }
    if (timer->every_ns == 0)
        return;
    timer->due_ns = next_due_ns(timer, now_ns);
    wisp_alarms_set(alarms, alarm, timer->due_ns);
}

static wisp_timer *make(wisp_guest *guest, wisp_timers *timers)
{
    wisp_host *host = guest->host;
    wisp_timer *timer = wisp_alloc(host->allocator, 1, sizeof *timer);
    if (!timer)
        return NULL;
    if (!wisp_alarms_join(&host->alarms, host->allocator)) {
        wisp_free(host->allocator, timer, sizeof *timer);
        return NULL;
    }
    timer->alarm.ring = ring;
    timer->guest = guest;
    timer->next = timers->first;
    timers->first = timer;
    timers->len++;
    return timer;
}

/* Frees *[at] of [timers], whose event, if it waits, nobody gets any more. */
static void end(wisp_timers *timers, wisp_timer **at)
{
    wisp_timer *timer = *at;
    wisp_host *host = timer->guest->host;
    *at = timer->next;
    timers->len--;
    if (timer->event)
        wisp_host_evict(host, timer->event);
    wisp_alarms_leave(&host->alarms, &timer->alarm);
    wisp_free(host->allocator, timer, sizeof *timer);
}

static uint32_t unused_id(wisp_timers *timers)
{
    do
        timers->last_id++;
    while (timers->last_id == 0 || *find(timers, timers->last_id));
    return timers->last_id;
}

static void set(wisp_timer *timer, const wisp_timer_spec *spec)
{
    timer->due_ns = spec->due_ns;
    timer->every_ns = spec->every_ns;
    timer->cookie = spec->cookie;
    timer->generation = spec->generation;
    wisp_alarms_set(&timer->guest->host->alarms, &timer->alarm, timer->due_ns);
}

uint32_t wisp_timers_set(wisp_guest *guest, const wisp_timer_spec *spec)
{
    uint32_t id = unused_id(&guest->timers);
    wisp_timer *timer = make(guest, &guest->timers);
    if (!timer)
        return 0;
    timer->id = id;
    set(timer, spec);
    return id;
}

/* A timer that was due once and whose event waits is as good as gone. */
static bool can_inherit(const wisp_timer *timer, const wisp_timer_spec *spec)
{
    return timer->generation != spec->generation && timer->cookie == spec->cookie &&
           (!timer->event || (timer->every_ns > 0 && spec->every_ns > 0));
}

uint32_t wisp_timers_inherit(wisp_guest *guest, const wisp_timer_spec *spec)
{
    wisp_timer *timer = guest->timers.first;
    while (timer && !can_inherit(timer, spec))
        timer = timer->next;
    if (!timer)
        return 0;
    if (timer->every_ns != spec->every_ns || spec->every_ns == 0)
        set(timer, spec);
    timer->generation = spec->generation;
    return timer->id;
}

bool wisp_timers_cancel(wisp_guest *guest, uint32_t id)
{
    wisp_timer **at = find(&guest->timers, id);
    if (!*at)
        return false;
    end(&guest->timers, at);
    return true;
}

/* What was set aside is put back for a version that is given this event too, so it moves on with
 * the timer. */
static void move_on_aside(wisp_timers *aside, const wisp_timer *timer)
{
    wisp_timer **at = find(aside, timer->id);
    if (*at && timer->every_ns == 0)
        end(aside, at);
    else if (*at)
        (*at)->due_ns = timer->due_ns;
}

void wisp_timers_delivered(wisp_envelope *event)
{
    wisp_timer *timer = event->timer;
    wisp_guest *guest = timer->guest;
    event->timer = NULL;
    timer->event = NULL;
    move_on_aside(&guest->aside.timers, timer);
    if (timer->every_ns == 0)
        end(&guest->timers, find(&guest->timers, timer->id));
}

static void clear(wisp_timers *timers)
{
    while (timers->first)
        end(timers, &timers->first);
}

void wisp_timers_clear(wisp_guest *guest)
{
    clear(&guest->timers);
}

bool wisp_timers_copy(wisp_guest *guest, wisp_timers *aside)
{
    *aside = (wisp_timers){.last_id = guest->timers.last_id};
    for (const wisp_timer *it = guest->timers.first; it; it = it->next) {
        wisp_timer *timer = make(guest, aside);
        if (!timer) {
            clear(aside);
            return false;
        }
        timer->id = it->id;
        timer->due_ns = it->due_ns;
        timer->every_ns = it->every_ns;
        timer->cookie = it->cookie;
        timer->generation = it->generation;
    }
    return true;
}

void wisp_timers_put_back(wisp_guest *guest, wisp_timers *aside)
{
    clear(&guest->timers);
    guest->timers = *aside;
    *aside = (wisp_timers){0};
    for (wisp_timer *it = guest->timers.first; it; it = it->next)
        wisp_alarms_set(&guest->host->alarms, &it->alarm, it->due_ns);
}

void wisp_timers_forget(wisp_timers *aside)
{
    clear(aside);
}
