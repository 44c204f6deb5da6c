#include "base/error.h"
#include "base/memory.h"
#include "host/guest.h"
#include "host/imports.h"

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
    host->event_bytes_max = chosen.event_bytes_max > 0 ? chosen.event_bytes_max : 16u << 20;
    wisp_status status = wisp_imports_add(&host->taps, allocator, err);
    if (status != WISP_OK) {
        wisp_host_free(host);
        return status;
    }
    *out = host;
    return WISP_OK;
}

void wisp_host_free(wisp_host *host)
{
    if (!host)
        return;
    for (wisp_guest *guest; (guest = host->guests);) {
        host->guests = guest->next;
        wisp_guest_destroy(guest);
    }
    wisp_taps_deinit(&host->taps, host->allocator);
    wisp_free(host->allocator, host, sizeof *host);
}

wisp_guest *wisp_host_guest(const wisp_host *host, uint32_t id)
{
    wisp_guest *guest = host->guests;
    while (guest && guest->id != id)
        guest = guest->next;
    return guest;
}

wisp_guest *wisp_host_next_guest(const wisp_host *host, const wisp_guest *guest)
{
    return guest ? guest->next : host->guests;
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

void wisp_host_step(wisp_host *host, uint64_t now_ns)
{
    if (wisp_host_enter(host, NULL) != WISP_OK)
        return;
    /* What handlers send meanwhile, to whichever guest, waits for the next turn. */
    for (wisp_guest *guest = host->guests; guest; guest = guest->next)
        guest->turn_len = guest->queue.len;
    for (wisp_guest *guest = host->guests; guest; guest = guest->next)
        wisp_guest_end_pause(guest, now_ns);
    for (wisp_guest *guest = host->guests; guest; guest = guest->next)
        wisp_guest_deliver_queued(guest);
    for (wisp_guest *guest = host->guests; guest; guest = guest->next) {
        wisp_guest_run_tasks(guest, now_ns);
        wisp_probation_look(guest, now_ns);
    }
    wisp_host_leave(host, WISP_OK, NULL, NULL);
}

uint64_t wisp_host_next_ns(const wisp_host *host)
{
    uint64_t next_ns = UINT64_MAX;
    for (const wisp_guest *guest = host->guests; guest; guest = guest->next) {
        uint64_t guest_ns = wisp_guest_next_ns(guest);
        if (guest_ns < next_ns)
            next_ns = guest_ns;
    }
    return next_ns;
}
