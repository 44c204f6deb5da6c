#include "base/error.h"
#include "host/guest.h"

/* How one entry gets to whatever version of a guest runs, and all that follows from it. */

/* What became of [entry] in the end. */
static void count(wisp_guest *guest, const wisp_entry *entry, bool is_handled)
{
    wisp_guest_status *counts = &guest->counts;
    if (entry->kind == WISP_ENTRY_MESSAGE)
        ++*(is_handled ? &counts->messages_in : &counts->messages_dropped);
    else if (entry->kind == WISP_ENTRY_EVENT)
        ++*(is_handled ? &counts->events_in : &counts->events_dropped);
}

/* No room is no fault, unless the version before might have had it. */
static bool is_fault(wisp_status status, bool has_fallback)
{
    return status != WISP_OK && status != WISP_NOT_FOUND &&
           (status != WISP_LIMIT || has_fallback);
}

static wisp_status enter(wisp_guest *guest, const wisp_entry *entry, wisp_error *err)
{
    bool has_fallback = guest->fallback != NULL;
    uint64_t began_ns = has_fallback ? wisp_host_now_ns(guest->host) : 0;
    wisp_status status = wisp_version_enter(guest->current, entry, NULL, err);
    if (is_fault(status, has_fallback)) {
        wisp_guest_failed(guest, began_ns, err);
        return status;
    }
    if (status == WISP_OK)
        wisp_guest_survived(guest, entry);
    if (guest->shadow)
        wisp_shadow_follow(guest, entry, status);
    return status;
}

/* The same for one that was aimed at another version. */
static wisp_status enter_again(wisp_guest *guest, const wisp_entry *entry, wisp_error *err)
{
    wisp_entry again = *entry;
    wisp_entry_aim(&again, guest->current->generation);
    guest->counts.redelivered++;
    return enter(guest, &again, err);
}

wisp_status wisp_guest_give(wisp_guest *guest, const wisp_entry *entry, wisp_error *err)
{
    bool had_fallback = guest->fallback != NULL;
    wisp_status status = enter(guest, entry, err);
    bool is_reverted = status != WISP_OK && had_fallback && !guest->fallback;
    if (is_reverted)
        wisp_guest_catch_up(guest);
    if (is_reverted && wisp_entry_is_for_any_version(entry)) {
        if (!guest->current && wisp_probation_keep(guest, entry))
            return status;
        if (guest->current)
            status = enter_again(guest, entry, err);
    }
    count(guest, entry, status == WISP_OK);
    if (guest->shadow)
        wisp_shadow_promote(guest);
    return status;
}

void wisp_guest_catch_up(wisp_guest *guest)
{
    wisp_journal *backlog = &guest->probation.backlog;
    for (wisp_journal_item *item; guest->current && (item = wisp_journal_pop(backlog));) {
        wisp_error why;
        bool is_handled = enter_again(guest, &item->entry, &why) == WISP_OK;
        if (!is_handled || !item->was_handled)
            count(guest, &item->entry, is_handled);
        wisp_journal_item_free(item, guest->host->allocator);
    }
}
