#include "host/fault.h"

#include "base/error.h"
#include "host/guest.h"

enum { PAUSE_MAX_MS = 60 * 60 * 1000 };

/* ------------------------------------------------------------------ telling */

/* What has become of [failed] (NULL: it could not even be made). */
static void tell(wisp_guest *guest, wisp_guest_event_kind kind, const wisp_version *failed,
                 const wisp_error *why)
{
    wisp_guest_tell(guest, (wisp_guest_event){
                               .kind = kind,
                               .version = failed ? failed->number : 0,
                               .reason = why->text,
                               .trap = wisp_version_trap(failed, why->status),
                           });
}

/* ------------------------------------------------------------------ starting again */

/* Before restart [restarts] in a row, from 1 on: the first is at once. */
static uint64_t pause_ns(const wisp_guest *guest, uint32_t restarts)
{
    if (restarts < 2)
        return 0;
    uint64_t pause_ms = guest->config.restart_pause_ms;
    for (uint32_t i = 2; i < restarts && pause_ms < PAUSE_MAX_MS; i++)
        pause_ms *= 2;
    return (pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS) * 1000000;
}

static void restart(wisp_guest *guest, wisp_source source, const wisp_version *failed,
                    const wisp_error *why);

/* Starts [source] now. [failed] is what was running, if it still is there, to tell of it. */
static void start_again(wisp_guest *guest, wisp_source source, const wisp_version *failed,
                        const wisp_error *why)
{
    wisp_version *again;
    wisp_error start_why, both;
    if (wisp_guest_ready(guest, source, &guest->saved, &again, &start_why) == WISP_OK) {
        guest->current = again;
        guest->counts.restarts++;
        tell(guest, WISP_GUEST_RESTARTED, failed ? failed : again, why);
        return;
    }
    wisp_fail(&both, start_why.status, "%.110s; started again: %.110s", why->text,
              start_why.text);
    wisp_holdings_clear(guest);
    restart(guest, source, again, &both);
    wisp_version_free(again);
}

/* Starts [source], of which [failed] was a version, now or later, or takes the guest down. */
static void restart(wisp_guest *guest, wisp_source source, const wisp_version *failed,
                    const wisp_error *why)
{
    wisp_recovery *recovery = &guest->recovery;
    if (recovery->restarts >= guest->config.restarts_max) {
        guest->is_down = true;
        tell(guest, WISP_GUEST_DOWN, failed, why);
        return;
    }
    uint64_t pause = pause_ns(guest, ++recovery->restarts);
    if (pause == 0) {
        start_again(guest, source, failed, why);
        return;
    }
    recovery->is_paused = true;
    recovery->waiting = source;
    recovery->due_ns = wisp_host_now_ns(guest->host) + pause;
    recovery->why = *why;
    tell(guest, WISP_GUEST_PAUSED, failed, why);
}

void wisp_guest_end_pause(wisp_guest *guest, uint64_t now_ns)
{
    wisp_recovery *recovery = &guest->recovery;
    if (!recovery->is_paused || recovery->due_ns > now_ns)
        return;
    recovery->is_paused = false;
    wisp_error why = recovery->why;
    start_again(guest, recovery->waiting, NULL, &why);
    if (guest->is_down)
        wisp_guest_let_go(guest, recovery->waiting);
    if (!guest->current)
        return;
    wisp_version_taken(guest->current);
    wisp_guest_catch_up(guest);
}

/* ------------------------------------------------------------------ going back */

void wisp_guest_remember_former(wisp_guest *guest)
{
    const wisp_allocator *allocator = guest->host->allocator;
    if (guest->config.on_fault != WISP_ON_FAULT_ROLL_BACK)
        return;
    wisp_former before = guest->recovery.former;
    wisp_former *former = &guest->recovery.former;
    *former = (wisp_former){.is_some = true, .source = guest->fallback->source};
    if (guest->saved.is_saved) {
        former->state = (wisp_state){.is_saved = true, .version = guest->saved.version};
        /* Without memory for it, the module before comes back without its state. */
        if (wisp_state_append(&former->state, allocator, guest->saved.size,
                              (wisp_bytes){guest->saved.data, guest->saved.size}) != WISP_OK)
            wisp_state_clear(&former->state, allocator);
    }
    wisp_state_clear(&before.state, allocator);
    if (before.is_some)
        wisp_guest_let_go(guest, before.source);
}

/* Starts the module before in the place of [failed]; false if that cannot be done. */
static bool roll_back(wisp_guest *guest, const wisp_version *failed, const wisp_error *why)
{
    wisp_former former = guest->recovery.former;
    if (!former.is_some)
        return false;
    guest->recovery.former = (wisp_former){0};
    uint64_t began_ns = wisp_host_now_ns(guest->host);
    wisp_version *back;
    wisp_error start_why;
    if (wisp_guest_ready(guest, former.source, &former.state, &back, &start_why) != WISP_OK) {
        wisp_guest_refuse(guest, back, &start_why);
        wisp_holdings_clear(guest);
        wisp_state_clear(&former.state, guest->host->allocator);
        wisp_guest_let_go(guest, former.source);
        return false;
    }
    guest->current = back;
    guest->recovery.restarts = 0;
    guest->counts.reverts++;
    wisp_guest_keep_state(guest, &former.state);
    wisp_guest_tell(guest, (wisp_guest_event){
                               .kind = WISP_GUEST_REVERTED,
                               .version = failed->number,
                               .from_version = back->number,
                               .pause_ns = wisp_host_now_ns(guest->host) - began_ns,
                               .reason = why->text,
                               .trap = wisp_version_trap(failed, why->status),
                           });
    return true;
}

/* ------------------------------------------------------------------ after a fault */

void wisp_guest_recover(wisp_guest *guest, const wisp_error *why)
{
    wisp_shadow_end(guest, "the version that runs failed");
    wisp_version *failed = guest->current;
    wisp_on_fault action = guest->config.on_fault;
    if (action == WISP_ON_FAULT_DROP) {
        tell(guest, WISP_GUEST_FAILED, failed, why);
        return;
    }
    guest->current = NULL;
    wisp_holdings_clear(guest); /* a version that starts sets up its own */
    if (action == WISP_ON_FAULT_DISABLE) {
        guest->is_down = true;
        tell(guest, WISP_GUEST_DOWN, failed, why);
    } else if (action != WISP_ON_FAULT_ROLL_BACK || !roll_back(guest, failed, why)) {
        restart(guest, failed->source, failed, why);
    }
    /* Only now, as it holds the trap that was told. */
    wisp_guest_release(guest, failed);
    if (guest->current)
        wisp_version_taken(guest->current);
}

void wisp_guest_forget_faults(wisp_guest *guest)
{
    wisp_recovery *recovery = &guest->recovery, before = *recovery;
    *recovery = (wisp_recovery){0};
    wisp_state_clear(&before.former.state, guest->host->allocator);
    if (before.is_paused)
        wisp_guest_let_go(guest, before.waiting);
    if (before.former.is_some)
        wisp_guest_let_go(guest, before.former.source);
}

bool wisp_recovery_needs(const wisp_recovery *recovery, const wisp_module *module)
{
    return (recovery->is_paused && recovery->waiting.module == module) ||
           (recovery->former.is_some && recovery->former.source.module == module);
}
