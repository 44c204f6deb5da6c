#include "host/version/calls.h"

#include "base/error.h"

#include "host/guest.h"

/* Microseconds as nanoseconds from now; false if that is no time to come. */
static bool time_from(const wisp_host *host, int64_t us, uint64_t *out)
{
    if (us < 0 || us > INT64_MAX / 1000)
        return false;
    uint64_t now_ns = wisp_host_now_ns(host), ns = (uint64_t)us * 1000;
    *out = now_ns > UINT64_MAX - ns ? UINT64_MAX : now_ns + ns;
    return true;
}

/* ------------------------------------------------------------------ the program */

void wisp_call_log(const wisp_version *version, uint32_t level, wisp_bytes text)
{
    wisp_guest *guest = version->guest;
    if (guest->config.on_log)
        guest->config.on_log(guest->config.user, guest,
                             level > WISP_LOG_DEBUG ? WISP_LOG_DEBUG : (wisp_log_level)level,
                             (const char *)text.data, text.size);
}

bool wisp_call_send(wisp_version *version, uint32_t channel, wisp_bytes bytes)
{
    const wisp_host *host = version->guest->host;
    return bytes.size <= version->guest->config.message_size_max &&
           wisp_effects_send(&version->effects, host->allocator, host->mail.size_max, channel,
                             bytes) == WISP_OK;
}

/* ------------------------------------------------------------------ time */

uint32_t wisp_call_repeat(wisp_version *version, uint64_t func, uint64_t context,
                          int64_t interval_us)
{
    const wisp_guest *guest = version->guest;
    wisp_task task = {.func = func, .context = context};
    if (interval_us < 1 || version->tasks.len >= guest->config.tasks_max ||
        !time_from(guest->host, interval_us, &task.due_ns))
        return 0;
    task.interval_ns = (uint64_t)interval_us * 1000;
    return wisp_tasks_add(&version->tasks, guest->host->allocator, task);
}

bool wisp_call_cancel(wisp_version *version, uint32_t id)
{
    return wisp_tasks_cancel(&version->tasks, id);
}

int64_t wisp_call_now_us(const wisp_version *version)
{
    return (int64_t)(wisp_host_now_ns(version->guest->host) / 1000);
}

uint32_t wisp_call_timer_set(wisp_version *version, int64_t after_us, int64_t every_us,
                             uint64_t cookie)
{
    wisp_guest *guest = version->guest;
    wisp_timer_spec spec = {.generation = version->generation, .cookie = cookie};
    if (every_us < 0 || every_us > INT64_MAX / 1000 ||
        !time_from(guest->host, after_us, &spec.due_ns))
        return 0;
    spec.every_ns = (uint64_t)every_us * 1000;
    bool is_taking_over = guest->current && guest->current != version;
    uint32_t id = is_taking_over ? wisp_timers_inherit(guest, &spec) : 0;
    if (id > 0 || guest->timers.len >= guest->config.timers_max)
        return id;
    return wisp_timers_set(guest, &spec);
}

bool wisp_call_timer_cancel(wisp_version *version, uint32_t id)
{
    return wisp_timers_cancel(version->guest, id);
}

/* ------------------------------------------------------------------ state */

wisp_status wisp_call_save(wisp_version *version, wisp_bytes bytes, bool *is_taken,
                           wisp_error *err)
{
    const wisp_guest *guest = version->guest;
    if (!version->saving)
        return wisp_fail(err, WISP_INVALID, "wisp.save: called outside wisp_save");
    *is_taken = wisp_state_append(version->saving, guest->host->allocator,
                                  guest->config.state_size_max, bytes) == WISP_OK;
    return WISP_OK;
}

/* ------------------------------------------------------------------ events */

bool wisp_call_subscribe(wisp_version *version, uint32_t type, uint32_t groups)
{
    wisp_guest *guest = version->guest;
    wisp_host *host = guest->host;
    if (guest->subscriber.len >= guest->config.subscriptions_max &&
        !wisp_subscriptions_has(&guest->subscriber, type))
        return false;
    return wisp_subscriptions_add(&host->subscriptions, host->allocator, &guest->subscriber, type,
                                  groups);
}

bool wisp_call_unsubscribe(wisp_version *version, uint32_t type, uint32_t groups)
{
    wisp_guest *guest = version->guest;
    wisp_host *host = guest->host;
    return wisp_subscriptions_remove(&host->subscriptions, host->allocator, &guest->subscriber,
                                     type, groups);
}

uint32_t wisp_call_topic(wisp_version *version, wisp_bytes name)
{
    uint32_t type;
    return wisp_topic_type(version->guest->host, name, &type, NULL) == WISP_OK ? type : 0;
}

/* ------------------------------------------------------------------ others */

uint32_t wisp_call_find(const wisp_version *version, uint64_t app_id)
{
    const wisp_guest *guest = version->guest->host->first;
    while (guest && (guest->config.app_id != app_id || !wisp_guest_is_up(guest)))
        guest = guest->next;
    return guest && app_id != 0 ? guest->id : 0;
}

bool wisp_call_guest_info(const wisp_version *version, uint32_t id, wisp_guest_note *out)
{
    const wisp_guest *guest = wisp_host_guest(version->guest->host, id);
    if (!guest || !wisp_guest_is_up(guest))
        return false;
    *out = (wisp_guest_note){
        .app_id = guest->config.app_id,
        .guest_id = id,
        .version = guest->current ? guest->current->number : guest->announced_version,
    };
    return true;
}

bool wisp_call_random(const wisp_version *version, void *into, size_t size)
{
    const wisp_os *os = version->guest->host->os;
    return os->random(os->user, into, size) == 0;
}
