#include "update/events.h"

#include <string.h>

#define REPEAT_S (24 * 60 * 60) /* after which the same is noted again */

static bool is_repeat(const wisp_update_event *event, const wisp_update_event *last)
{
    return last->sequence && event->at >= last->at && event->at - last->at < REPEAT_S &&
           event->is_private == last->is_private && event->version == last->version &&
           event->running == last->running && strcmp(event->code, last->code) == 0 &&
           strcmp(event->channel, last->channel) == 0 &&
           wisp_hash_equal(&event->hash, &last->hash);
}

static bool is_worth_noting(const wisp_update_event_ring *ring, const wisp_update_event *event)
{
    if (event->kind == WISP_UPDATE_EVENT_KIND_CHECKED)
        return !is_repeat(event, &ring->last_check);
    if (event->kind == WISP_UPDATE_EVENT_KIND_FAILED)
        return !is_repeat(event, &ring->last_failure);
    return true;
}

void wisp_updater_event(wisp_updater *u, wisp_update_event_kind kind,
                        const wisp_update_event_subject *subject)
{
    const wisp_update_entry *entry = subject->entry, *current = wisp_updater_current(u);
    wisp_update_event event = {.kind = kind,
                               .is_private = !u->config.events_url,
                               .at = u->os->wall_time_s(u->os->user),
                               .running = current->version,
                               .bytes = subject->bytes};
    if (entry) {
        event.version = entry->version;
        event.hash = entry->hash;
        event.attempt = entry->attempts;
    }
    wisp_text_copy(event.channel, sizeof event.channel, u->record.channel);
    wisp_text_copy(event.variant, sizeof event.variant,
                   entry && entry->variant[0] ? entry->variant : current->variant);
    wisp_text_copy(event.code, sizeof event.code, subject->code ? subject->code : "");
    wisp_text_copy(event.reason, sizeof event.reason, subject->reason ? subject->reason : "");
    if (u->is_writable && is_worth_noting(&u->events, &event))
        wisp_update_event_ring_add(&u->dir, &u->events, &event,
                                   NULL); /* or it is counted as lost */
}

void wisp_updater_attempt_ended(wisp_updater *u, const wisp_update_entry *entry)
{
    wisp_updater_event(u, WISP_UPDATE_EVENT_KIND_TRIAL_FAILED,
                       &(wisp_update_event_subject){.entry = entry,
                                                    .code = "no-commit",
                                                    .reason = "it ended without a commit"});
}
