#include "host/probation.h"

#include "base/error.h"
#include "host/guest.h"

/* ------------------------------------------------------------------ how it goes */

void wisp_probation_begin(wisp_guest *guest)
{
    uint64_t lasts_ns = (uint64_t)guest->config.probation_ms * 1000000;
    guest->probation.entries_left = guest->config.probation_entries;
    guest->probation.ends_ns = lasts_ns > 0 ? wisp_host_now_ns(guest->host) + lasts_ns : 0;
}

static bool is_over(const wisp_guest *guest, uint64_t now_ns)
{
    return guest->fallback && guest->probation.entries_left == 0 &&
           now_ns >= guest->probation.ends_ns;
}

/* The clock is left alone by those who do not ask for time. */
static uint64_t now_ns(const wisp_guest *guest)
{
    return guest->probation.ends_ns > 0 ? wisp_host_now_ns(guest->host) : 0;
}

static wisp_status write_down(wisp_guest *guest, const wisp_entry *entry, wisp_error *err)
{
    if (!wisp_entry_is_for_any_version(entry))
        return WISP_OK;
    uint64_t size_max = guest->config.journal_size_max;
    wisp_status status = wisp_journal_append(&guest->probation.journal, guest->host->allocator,
                                             size_max, entry, true);
    if (status == WISP_LIMIT)
        return wisp_fail(err, status, "what it was given on probation is more than %llu bytes",
                         (unsigned long long)size_max);
    return status == WISP_OK
               ? WISP_OK
               : wisp_fail(err, status, "no memory for what it was given on probation");
}

void wisp_probation_survived(wisp_guest *guest, const wisp_entry *entry)
{
    wisp_error why;
    if (guest->probation.entries_left > 0)
        guest->probation.entries_left--;
    if (is_over(guest, now_ns(guest)))
        wisp_guest_commit(guest, NULL);
    else if (write_down(guest, entry, &why) != WISP_OK)
        wisp_guest_commit(guest, why.text);
}

void wisp_probation_look(wisp_guest *guest, uint64_t at_ns)
{
    if (is_over(guest, at_ns))
        wisp_guest_commit(guest, NULL);
}

uint64_t wisp_probation_next_ns(const wisp_guest *guest)
{
    bool waits = guest->fallback && guest->probation.entries_left == 0;
    return waits ? guest->probation.ends_ns : UINT64_MAX;
}

/* ------------------------------------------------------------------ how it ends */

void wisp_probation_clear(wisp_guest *guest)
{
    wisp_journal_clear(&guest->probation.journal, guest->host->allocator);
    wisp_journal_clear(&guest->probation.backlog, guest->host->allocator);
    guest->probation = (wisp_probation){0};
}

void wisp_guest_commit(wisp_guest *guest, const char *reason)
{
    wisp_version *fallback = guest->fallback;
    wisp_guest_remember_former(guest);
    guest->fallback = NULL;
    wisp_probation_clear(guest);
    wisp_holdings_forget(guest, &guest->aside);
    wisp_guest_release(guest, fallback);
    wisp_guest_tell(guest, (wisp_guest_event){.kind = WISP_GUEST_COMMITTED,
                                              .version = guest->current->number,
                                              .reason = reason});
}

void wisp_guest_revert(wisp_guest *guest, uint64_t began_ns, const char *reason,
                       wisp_status status)
{
    wisp_version *failed = guest->current;
    guest->current = guest->fallback;
    guest->fallback = NULL;
    wisp_holdings_put_back(guest, &guest->aside);
    guest->probation = (wisp_probation){.backlog = guest->probation.journal};
    guest->counts.reverts++;
    wisp_guest_tell(guest, (wisp_guest_event){
                               .kind = WISP_GUEST_REVERTED,
                               .version = failed->number,
                               .from_version = guest->current->number,
                               .pause_ns = wisp_host_now_ns(guest->host) - began_ns,
                               .reason = reason,
                               .trap = wisp_version_trap(failed, status),
                           });
    wisp_guest_release(guest, failed);
}

bool wisp_probation_keep(wisp_guest *guest, const wisp_entry *entry)
{
    return wisp_journal_append(&guest->probation.backlog, guest->host->allocator,
                               guest->config.journal_size_max, entry, false) == WISP_OK;
}

static wisp_status decide(wisp_guest *guest, bool commit, const char *reason, wisp_error *err)
{
    if (!guest->fallback)
        return wisp_fail(err, WISP_INVALID, "guest '%s' is not on probation", guest->config.name);
    if (commit) {
        wisp_guest_commit(guest, reason);
        return WISP_OK;
    }
    wisp_guest_revert(guest, wisp_host_now_ns(guest->host), reason, WISP_OK);
    wisp_guest_catch_up(guest);
    return WISP_OK;
}

wisp_status wisp_guest_decide(wisp_guest *guest, bool commit, const char *reason, wisp_error *err)
{
    wisp_error why;
    wisp_status status = wisp_host_enter(guest->host, err);
    if (status != WISP_OK)
        return status;
    status = decide(guest, commit, reason, &why);
    wisp_guest_refresh(guest);
    return wisp_host_leave(guest->host, status, &why, err);
}
