#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "host/guest.h"

/*
 * The queue of a host on its way to the receivers, and what follows: done functions, and the
 * end of what a guest has to do with events.
 */

/* ------------------------------------------------------------------ letting go */

static void uncount(wisp_host *host, wisp_envelope *envelope)
{
    wisp_mail_lock(&host->mail);
    wisp_mail_uncount(&host->mail, envelope->to ? &envelope->to->mailbox : NULL, envelope);
    wisp_mail_unlock(&host->mail);
}

/* What [envelope] carries is the caller's, to be freed. NULL if it is nothing. */
static wisp_region *take_region(wisp_envelope *envelope)
{
    wisp_region *region = envelope->region;
    envelope->region = NULL;
    if (region && envelope->region_writable && envelope->generation != 0)
        region->is_changing = false;
    return region;
}

/* Nothing more is to be done with [envelope]. */
static void finish(wisp_host *host, wisp_envelope *envelope)
{
    wisp_guest *sender = envelope->generation ? wisp_host_guest(host, envelope->sender) : NULL;
    if (sender)
        *(envelope->is_refused ? &sender->refusals_len : &sender->posts_len) -= 1;
    wisp_region_free(take_region(envelope));
    wisp_mail_recycle(&host->mail, envelope);
}

void wisp_host_release(wisp_host *host, wisp_envelope *envelope)
{
    if (envelope->done)
        envelope->done(envelope->user, envelope->type, envelope->data);
    if (envelope->func)
        wisp_envelopes_push(&host->ripe, envelope);
    else
        finish(host, envelope);
}

void wisp_host_evict(wisp_host *host, wisp_envelope *envelope)
{
    uncount(host, envelope);
    envelope->kind = WISP_MAIL_EVICTED;
    envelope->to = NULL;
    envelope->timer = NULL;
}

void wisp_host_drop(wisp_host *host, wisp_envelope *envelope)
{
    if (envelope->kind != WISP_MAIL_EVICTED)
        uncount(host, envelope);
    if (envelope->asking)
        wisp_request_fail(envelope->asking, WISP_NOT_FOUND);
    envelope->asking = NULL;
    wisp_host_release(host, envelope);
}

/* ------------------------------------------------------------------ done */

/* What others have made of the region that [version] has posted with [envelope]: nothing if it
 * sees that already, or has given the region back. */
static wisp_bytes changes_in(const wisp_version *version, const wisp_envelope *envelope)
{
    const wisp_window *window = wisp_windows_find(&version->windows, envelope->address);
    bool is_wanted = envelope->region_writable && window && !window->is_shared &&
                     window->region == envelope->region;
    return is_wanted ? (wisp_bytes){window->region->data, envelope->size} : (wisp_bytes){NULL, 0};
}

/* Finishes [envelope], whose done is to be called in [version] that has posted it: by the entry
 * that is returned, for which *[region] is held until it was made. */
static wisp_entry finish_to_call(wisp_host *host, const wisp_version *version,
                                 wisp_envelope *envelope, wisp_region **region)
{
    wisp_entry entry = {.kind = WISP_ENTRY_DONE,
                        .type = envelope->type,
                        .number = envelope->address,
                        .func = envelope->func,
                        .bytes = changes_in(version, envelope)};
    *region = take_region(envelope);
    finish(host, envelope);
    return entry;
}

static bool is_current(const wisp_guest *guest, const wisp_envelope *envelope)
{
    return guest->current && guest->current->generation == envelope->generation;
}

/* Calls the function done of a module's post, if the version that posted it can be entered. */
static void call_done(wisp_host *host, wisp_envelope *envelope)
{
    wisp_guest *guest = wisp_host_guest(host, envelope->sender);
    if (guest && guest->fallback && guest->fallback->generation == envelope->generation) {
        wisp_envelopes_push(&guest->parked, envelope);
        return;
    }
    if (guest && is_current(guest, envelope)) {
        wisp_error why;
        wisp_region *region;
        wisp_entry entry = finish_to_call(host, guest->current, envelope, &region);
        guest->counts.callbacks_called++;
        wisp_guest_give(guest, &entry, &why);
        wisp_region_free(region);
        wisp_guest_refresh(guest);
        return;
    }
    if (guest)
        guest->counts.callbacks_cancelled++;
    finish(host, envelope);
}

void wisp_host_call_done(wisp_host *host)
{
    wisp_envelopes ripe = host->ripe;
    host->ripe = (wisp_envelopes){0};
    for (wisp_envelope *envelope; (envelope = wisp_envelopes_pop(&ripe));)
        call_done(host, envelope);
}

/* ------------------------------------------------------------------ delivering */

/* A module that posts to itself gets its own bytes back, where they are, if it is told when they
 * are done with: else they may be gone since. A region it gets as everybody does. */
static wisp_entry entry_of(const wisp_envelope *envelope, const wisp_version *version)
{
    bool is_message = envelope->kind == WISP_MAIL_MESSAGE;
    wisp_entry entry = {
        .kind = is_message ? WISP_ENTRY_MESSAGE : WISP_ENTRY_EVENT,
        .sender = envelope->sender,
        .type = envelope->type,
        .request = envelope->request,
        .number = envelope->number,
        .bytes = {envelope->data, envelope->size},
        .posted_at = envelope->address,
        .posted_by = envelope->func != 0 && !envelope->region ? envelope->generation : 0,
    };
    wisp_entry_aim(&entry, version->generation);
    return entry;
}

/* Whether what [guest] is given is looked at again after the entry. */
static bool is_watched(const wisp_guest *guest)
{
    return guest->fallback || guest->recorder || guest->shadow;
}

/* Whoever plays an entry again has bytes and no region: it goes the same way in the memory of the
 * module only if these are copied there at first too. */
static bool is_played_again(const wisp_guest *guest)
{
    return guest->recorder || guest->shadow;
}

/* A region that the receiver may change. Who looks again is to see it as it was, so that this
 * takes a copy of it. */
static wisp_status give_writable(wisp_guest *guest, wisp_entry *entry, wisp_error *err)
{
    const wisp_allocator *allocator = guest->host->allocator;
    size_t size = entry->bytes.size;
    uint8_t *before = NULL;
    if (is_watched(guest)) {
        before = wisp_alloc(allocator, 1, size);
        if (!before) {
            guest->counts.events_dropped++;
            return wisp_fail_memory(err, size);
        }
        entry->bytes.data = memcpy(before, entry->bytes.data, size);
    }
    wisp_status status = wisp_guest_give(guest, entry, err);
    wisp_free(allocator, before, size);
    return status;
}

static wisp_status give_region(wisp_guest *guest, const wisp_envelope *envelope,
                               wisp_entry *entry, wisp_error *err)
{
    if (envelope->region_writable) {
        entry->changed = envelope->region->data;
        return give_writable(guest, entry, err);
    }
    if (!is_played_again(guest))
        entry->region = envelope->region;
    return wisp_guest_give(guest, entry, err);
}

static void give(wisp_guest *guest, const wisp_envelope *envelope)
{
    wisp_error why;
    wisp_entry entry = entry_of(envelope, guest->current);
    wisp_status status = envelope->region ? give_region(guest, envelope, &entry, &why)
                                          : wisp_guest_give(guest, &entry, &why);
    if (status != WISP_OK) /* a limit is room that the module does not have */
        wisp_requests_fail(guest->host, envelope->request,
                           status == WISP_TRAP ? WISP_TRAP : WISP_NOT_FOUND);
    wisp_guest_refresh(guest);
}

static void tell_program(wisp_host *host, const wisp_envelope *envelope)
{
    wisp_event event = {
        .sender = envelope->sender,
        .type = envelope->type,
        .request = envelope->request,
        .number = envelope->number,
        .data = envelope->data,
        .size = envelope->size,
        .region = envelope->region,
    };
    if (host->on_post)
        host->on_post(host->user, host, &event);
}

static bool takes(const wisp_guest *guest, const wisp_envelope *envelope)
{
    return guest->current && wisp_envelope_load(envelope) <= guest->config.message_size_max;
}

static void tell_all(wisp_host *host, const wisp_envelope *envelope)
{
    uint32_t groups = envelope->groups ? envelope->groups : UINT32_MAX;
    wisp_subscriptions_begin(&host->subscriptions, envelope->type);
    for (const wisp_subscription *it; (it = wisp_subscriptions_next(&host->subscriptions));) {
        if (!(it->groups & groups))
            continue;
        if (!it->guest)
            tell_program(host, envelope);
        else if (takes(it->guest, envelope))
            give(it->guest, envelope);
        else
            it->guest->counts.events_dropped++;
    }
}

static void deliver(wisp_host *host, wisp_envelope *envelope)
{
    if (envelope->timer)
        wisp_timers_delivered(envelope);
    if (envelope->kind == WISP_MAIL_EVICTED)
        return;
    if (envelope->kind == WISP_MAIL_RESPONSE)
        wisp_response_tell(envelope);
    else if (envelope->to)
        give(envelope->to, envelope);
    else if (envelope->target == WISP_TO_ALL)
        tell_all(host, envelope);
    else
        tell_program(host, envelope);
}

void wisp_host_deliver(wisp_host *host)
{
    wisp_host_call_done(host); /* of what was refused outside of a step */
    host->turn = wisp_mail_take(&host->mail);
    for (wisp_envelope *envelope; (envelope = wisp_envelopes_pop(&host->turn));) {
        if (envelope->asking)
            wisp_request_open(envelope->asking);
        envelope->asking = NULL;
        if (envelope->to && !envelope->to->current) {
            wisp_envelopes_push(&envelope->to->held, envelope);
            continue;
        }
        if (envelope->kind != WISP_MAIL_EVICTED)
            uncount(host, envelope);
        deliver(host, envelope);
        wisp_host_release(host, envelope);
        wisp_host_call_done(host);
    }
}

/* ------------------------------------------------------------------ what waits for a guest */

typedef bool is_meant(const wisp_guest *guest, const wisp_envelope *envelope);

static bool is_for(const wisp_guest *guest, const wisp_envelope *envelope)
{
    return envelope->to == guest;
}

static bool is_event_for(const wisp_guest *guest, const wisp_envelope *envelope)
{
    return envelope->to == guest && envelope->kind != WISP_MAIL_MESSAGE;
}

static bool is_from(const wisp_guest *guest, const wisp_envelope *envelope)
{
    return envelope->sender == guest->id;
}

/* Moves those of [from] that are meant behind [into]. */
static void sift(wisp_envelopes *from, const wisp_guest *guest, is_meant *is_it,
                 wisp_envelopes *into)
{
    wisp_envelopes all = *from;
    *from = (wisp_envelopes){0};
    for (wisp_envelope *envelope; (envelope = wisp_envelopes_pop(&all));)
        wisp_envelopes_push(is_it(guest, envelope) ? into : from, envelope);
}

static void drop_waiting(wisp_guest *guest, is_meant *is_it)
{
    wisp_host *host = guest->host;
    wisp_envelopes dropped = {0};
    sift(&guest->held, guest, is_it, &dropped);
    sift(&host->turn, guest, is_it, &dropped);
    wisp_mail_lock(&host->mail);
    sift(&host->mail.queue, guest, is_it, &dropped);
    wisp_mail_unlock(&host->mail);
    for (wisp_envelope *envelope; (envelope = wisp_envelopes_pop(&dropped));) {
        guest->counts.events_dropped += envelope->kind == WISP_MAIL_EVENT;
        if (envelope->timer)
            envelope->timer->event = NULL;
        wisp_host_drop(host, envelope);
    }
}

void wisp_guest_drop_mail(wisp_guest *guest)
{
    drop_waiting(guest, is_for);
}

void wisp_guest_drop_events(wisp_guest *guest)
{
    drop_waiting(guest, is_event_for);
}

wisp_status wisp_guest_last_calls(wisp_guest *guest, wisp_error *err)
{
    wisp_envelopes own = {0};
    wisp_status status = WISP_OK;
    sift(&guest->host->ripe, guest, is_from, &own);
    for (wisp_envelope *envelope; (envelope = wisp_envelopes_pop(&own));) {
        if (status != WISP_OK || !is_current(guest, envelope)) {
            guest->counts.callbacks_cancelled++;
            finish(guest->host, envelope);
            continue;
        }
        wisp_region *region;
        wisp_entry entry = finish_to_call(guest->host, guest->current, envelope, &region);
        guest->counts.callbacks_called++;
        status = wisp_version_enter(guest->current, &entry, NULL, err);
        wisp_region_free(region);
    }
    return status;
}
