#include "base/error.h"
#include "host/guest.h"

/*
 * How versions take over from one another.
 *
 *      state of the guest          what happens            becomes
 *      EMPTY, PAUSED, DOWN         start                   RUNNING
 *      RUNNING                     swap                    PROBATION
 *      PROBATION                   enough good entries,    RUNNING, the new version
 *                                  decide(true)
 *      PROBATION                   a fault, decide(false)  RUNNING, the old version
 *      PROBATION                   swap                    PROBATION, of the newest version
 *      RUNNING                     a fault                 RUNNING, PAUSED or DOWN: fault.h
 *      PAUSED                      the end of the pause    RUNNING, PAUSED or DOWN
 *      any                         stop                    EMPTY
 */

/* ------------------------------------------------------------------ taking over */

/* A swap under way. */
typedef struct handover {
    wisp_version *next;
    wisp_handed handed;     /* to it by the current version */
    wisp_holdings holdings; /* what the guest had before [next] started */
} handover;

wisp_status wisp_guest_hand_over(wisp_guest *guest, wisp_handed *handed, wisp_error *err)
{
    wisp_status status = wisp_version_save(guest->current, &handed->fresh, err);
    switch (status) {
    case WISP_NO_MEMORY:
        return status;
    case WISP_NOT_FOUND: /* it has no wisp_save: there is nothing to carry over */
        return WISP_OK;
    case WISP_OK:
        handed->state = &handed->fresh;
        return WISP_OK;
    default:
        handed->why = *err;
        handed->state = guest->saved.is_saved ? &guest->saved : NULL;
        return WISP_OK;
    }
}

/* The new version starts first, so that the old one is asked to save only if that went well. */
static wisp_status prepare(handover *h, wisp_guest *guest, wisp_source source, wisp_error *err)
{
    wisp_status status = wisp_holdings_copy(guest, &h->holdings, err);
    if (status != WISP_OK)
        return status;
    status = wisp_guest_ready(guest, source, NULL, &h->next, err);
    if (status == WISP_OK)
        status = wisp_guest_hand_over(guest, &h->handed, err);
    if (status == WISP_OK && h->handed.state)
        status = wisp_version_restore(h->next, h->handed.state, err);
    if (status != WISP_OK)
        wisp_holdings_put_back(guest, &h->holdings);
    return status;
}

static void take_over(handover *h, wisp_guest *guest, uint64_t began_ns)
{
    wisp_handed *handed = &h->handed;
    wisp_shadow_end(guest, "another version was swapped in");
    if (guest->fallback)
        wisp_guest_commit(guest, NULL);
    uint64_t state_size = handed->state ? handed->state->size : 0;
    if (handed->fresh.is_saved)
        wisp_guest_keep_state(guest, &handed->fresh);
    guest->fallback = guest->current;
    guest->current = h->next;
    guest->aside = h->holdings;
    wisp_probation_begin(guest);
    guest->recovery.restarts = 0;
    guest->counts.swaps++;
    wisp_guest_tell(guest, (wisp_guest_event){
                               .kind = WISP_GUEST_SWAPPED,
                               .version = guest->current->number,
                               .from_version = guest->fallback->number,
                               .pause_ns = wisp_host_now_ns(guest->host) - began_ns,
                               .state_size = state_size,
                               .reason = handed->why.text,
                               .trap = wisp_version_trap(guest->fallback, handed->why.status),
                           });
    wisp_version_taken(guest->current);
}

wisp_status wisp_guest_swap_to(wisp_guest *guest, wisp_source source, wisp_error *err)
{
    if (!guest->current)
        return wisp_guest_fail_idle(guest, err);
    uint64_t began_ns = wisp_host_now_ns(guest->host);
    handover h = {0};
    wisp_status status = prepare(&h, guest, source, err);
    if (status == WISP_OK)
        take_over(&h, guest, began_ns);
    else
        wisp_guest_refuse(guest, h.next, err);
    wisp_state_clear(&h.handed.fresh, guest->host->allocator);
    return status;
}

static wisp_status swap_now(wisp_guest *guest, wisp_source source, wisp_error *err)
{
    wisp_error why;
    wisp_status status = wisp_host_enter(guest->host, err);
    if (status != WISP_OK)
        return status;
    status = wisp_guest_swap_to(guest, source, &why);
    wisp_guest_refresh(guest);
    return wisp_host_leave(guest->host, status, &why, err);
}

wisp_status wisp_guest_swap(wisp_guest *guest, const wisp_module *module, wisp_error *err)
{
    return swap_now(guest, (wisp_source){.module = module}, err);
}

wisp_status wisp_guest_swap_native(wisp_guest *guest, const wisp_native *native, wisp_error *err)
{
    return swap_now(guest, (wisp_source){.native = native}, err);
}

/* ------------------------------------------------------------------ after each entry */

void wisp_guest_survived(wisp_guest *guest, const wisp_entry *entry)
{
    guest->recovery.restarts = 0;
    if (guest->fallback)
        wisp_probation_survived(guest, entry);
}

void wisp_guest_failed(wisp_guest *guest, uint64_t began_ns, const wisp_error *why)
{
    if (guest->fallback)
        wisp_guest_revert(guest, began_ns, why->text, why->status);
    else
        wisp_guest_recover(guest, why);
}
