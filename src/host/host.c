#include "base/error.h"
#include "base/memory.h"
#include "host/guest.h"
#include "host/version/imports.h"

static uint64_t or_default(uint64_t value, uint64_t if_zero)
{
    return value > 0 ? value : if_zero;
}

wisp_status wisp_host_new(const wisp_host_config *config, wisp_host **out, wisp_error *err)
{
    wisp_host_config chosen = config ? *config : (wisp_host_config){0};
    const wisp_allocator *allocator = wisp_allocator_or_default(chosen.allocator);
    wisp_host *host = wisp_alloc(allocator, 1, sizeof *host);
    if (!host)
        return wisp_fail_memory(err, sizeof *host);
    host->allocator = allocator;
    host->os = chosen.os ? chosen.os : wisp_os_posix();
    host->blackbox = chosen.blackbox;
    host->blames_max = chosen.blames_max > 0 ? chosen.blames_max : 3;
    host->on_post = chosen.on_post;
    host->on_wake = chosen.on_wake;
    host->user = chosen.user;
    host->regions.size_max = or_default(chosen.region_bytes_max, 64u << 20);
    host->topics_max = (uint32_t)or_default(chosen.topics_max, 1024);
    if (!wisp_mail_init(&host->mail, allocator, (uint32_t)or_default(chosen.events_max, 4096),
                        or_default(chosen.event_bytes_max, 16u << 20))) {
        wisp_free(allocator, host, sizeof *host);
        return wisp_fail(err, WISP_IO, "the system gives no lock");
    }
    wisp_status status = wisp_imports_add(&host->taps, allocator, err);
    if (status != WISP_OK) {
        wisp_host_free(host);
        return status;
    }
    *out = host;
    return WISP_OK;
}

/* What still waits when all guests are gone is for the program alone: to be told that its events
 * are done with, and what became of its requests. */
static void empty(wisp_host *host)
{
    wisp_requests_end(host);
    for (wisp_envelopes left; (left = wisp_mail_take(&host->mail)).first;) {
        for (wisp_envelope *envelope; (envelope = wisp_envelopes_pop(&left));) {
            if (envelope->kind == WISP_MAIL_RESPONSE)
                wisp_response_tell(envelope);
            wisp_host_drop(host, envelope);
        }
    }
    wisp_host_call_done(host);
}

void wisp_host_free(wisp_host *host)
{
    if (!host)
        return;
    wisp_host_thread_stop(host);
    while (host->last)
        wisp_guest_free(host->last);
    empty(host);
    wisp_regions_clear(host);
    wisp_subscriptions_clear(&host->subscriptions, host->allocator, &host->program);
    wisp_subscriptions_deinit(&host->subscriptions, host->allocator);
    wisp_index_deinit(&host->requests.open, host->allocator);
    wisp_topics_deinit(&host->topics, host->allocator);
    wisp_alarms_deinit(&host->alarms, host->allocator);
    wisp_index_deinit(&host->by_id, host->allocator);
    wisp_mail_deinit(&host->mail);
    wisp_taps_deinit(&host->taps, host->allocator);
    wisp_free(host->allocator, host, sizeof *host);
}

wisp_guest *wisp_host_guest(const wisp_host *host, uint32_t id)
{
    return (wisp_guest *)wisp_index_find(&host->by_id, id);
}

wisp_guest *wisp_host_next_guest(const wisp_host *host, const wisp_guest *guest)
{
    return guest ? guest->next : host->first;
}

uint64_t wisp_host_now_ns(const wisp_host *host)
{
    return host->os->monotonic_ns(host->os->user);
}

wisp_status wisp_host_enter(wisp_host *host, wisp_error *err)
{
    if (host->is_busy)
        return wisp_fail(err, WISP_BUSY, "called from inside a handler of the same host");
    host->is_busy = true;
    return WISP_OK;
}

wisp_status wisp_host_leave(wisp_host *host, wisp_status status, const wisp_error *why,
                            wisp_error *err)
{
    wisp_recorders_flush(host);
    host->is_busy = false;
    if (status != WISP_OK && err)
        *err = *why;
    return status;
}

static void end_pauses(wisp_host *host, uint64_t now_ns)
{
    for (wisp_guest *guest = host->due; guest; guest = guest->next_due) {
        wisp_guest_end_pause(guest, now_ns);
        wisp_guest_refresh(guest);
    }
}

static void attend(wisp_host *host, uint64_t now_ns)
{
    for (wisp_guest *guest; (guest = host->due);) {
        host->due = guest->next_due;
        wisp_guest_run_tasks(guest, now_ns);
        wisp_probation_look(guest, now_ns);
        wisp_guest_refresh(guest);
        wisp_host_call_done(host);
    }
}

void wisp_host_step(wisp_host *host, uint64_t now_ns)
{
    if (wisp_host_enter(host, NULL) != WISP_OK)
        return;
    wisp_alarms_ring(&host->alarms, now_ns);
    end_pauses(host, now_ns);
    /* What is posted from now on, by handlers or modules, waits for the next turn. */
    wisp_host_deliver(host);
    attend(host, now_ns);
    wisp_host_leave(host, WISP_OK, NULL, NULL);
}

int wisp_host_wake_fd(wisp_host *host)
{
    return wisp_mail_wake_fd(&host->mail);
}

uint64_t wisp_host_next_ns(const wisp_host *host)
{
    if (host->ripe.first || !wisp_mail_is_empty((wisp_mail *)&host->mail))
        return 0;
    return wisp_alarms_next_ns(&host->alarms);
}
