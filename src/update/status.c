#include "base/error.h"
#include "base/memory.h"
#include "trust/metadata.h"
#include "update/updater.h"

#include <string.h>

const char *wisp_update_outcome_name(wisp_update_outcome outcome)
{
    switch (outcome) {
    case WISP_UPDATE_UP_TO_DATE:
        return "up-to-date";
    case WISP_UPDATE_STAGED:
        return "staged";
    case WISP_UPDATE_UNAVAILABLE:
        return "unavailable";
    case WISP_UPDATE_FAILED:
        return "failed";
    case WISP_UPDATE_DEFERRED:
        return "deferred";
    }
    return "unknown";
}

const char *wisp_image_state_name(wisp_image_state state)
{
    switch (state) {
    case WISP_STATE_EMPTY:
        return "empty";
    case WISP_STATE_CHECKED:
        return "checked";
    case WISP_STATE_FETCHING:
        return "fetching";
    case WISP_STATE_STAGED:
        return "staged";
    case WISP_STATE_TRIAL:
        return "trial";
    case WISP_STATE_GOOD:
        return "good";
    case WISP_STATE_BANNED:
        return "banned";
    }
    return "unknown";
}

static void fill(const wisp_record *record, const wisp_bans *bans,
                 const wisp_update_event_ring *events, wisp_update_status *out)
{
    *out = (wisp_update_status){
        .generation = record->generation,
        .sequence = record->sequence,
        .floor = record->floor,
        .good = record->good,
        .candidate = record->candidate,
        .incoming = record->incoming,
        .lost = record->lost,
        .root_version = record->versions[WISP_ROLE_ROOT],
        .timestamp_version = record->versions[WISP_ROLE_TIMESTAMP],
        .snapshot_version = record->versions[WISP_ROLE_SNAPSHOT],
        .targets_version = record->versions[WISP_ROLE_TARGETS],
        .time_floor = record->time_floor,
        .last_check = record->last_check,
        .last_result = record->last_result,
        .events_waiting = wisp_update_event_ring_waiting(events),
        .events_lost = events->lost,
        .events_refused = events->delivery.refused,
    };
    memcpy(out->channel, record->channel, sizeof out->channel);
    memcpy(out->device_id, record->device_id, sizeof out->device_id);
    out->ban_count = wisp_bans_list(bans, out->bans);
}

void wisp_updater_status(wisp_updater *u, wisp_update_status *out)
{
    pthread_mutex_lock(&u->mutex);
    fill(&u->record, &u->bans, &u->events, out);
    out->is_commit_due = u->is_commit_due;
    memcpy(out->trouble, u->trouble, sizeof out->trouble);
    pthread_mutex_unlock(&u->mutex);
}

wisp_status wisp_update_status_read(const wisp_os *os, const char *dir, wisp_update_status *out,
                                    wisp_error *err)
{
    wisp_folder folder;
    wisp_record record;
    wisp_bans bans;
    wisp_update_event_ring events;
    wisp_status status = wisp_folder_init(&folder, os ? os : wisp_os_posix(),
                                          &wisp_allocator_default, dir, NULL, err);
    if (status == WISP_OK)
        status = wisp_record_load(&folder, &record, err);
    if (status == WISP_NOT_FOUND)
        return wisp_fail(err, status, "no state of an updater in %.180s", dir);
    if (status == WISP_OK)
        status = wisp_bans_load(&folder, &bans, err);
    if (status == WISP_OK)
        status = wisp_update_event_ring_load(&folder, &events, err);
    if (status == WISP_OK)
        fill(&record, &bans, &events, out);
    return status;
}

wisp_status wisp_update_events_read(const wisp_os *os, const char *dir,
                                    wisp_update_event out[WISP_UPDATE_EVENTS_MAX], size_t *len,
                                    wisp_error *err)
{
    wisp_folder folder;
    wisp_update_event_ring ring;
    *len = 0;
    wisp_status status = wisp_folder_init(&folder, os ? os : wisp_os_posix(),
                                          &wisp_allocator_default, dir, NULL, err);
    if (status == WISP_OK)
        status = wisp_update_event_ring_load(&folder, &ring, err);
    return status == WISP_OK ? wisp_update_event_ring_list(&folder, &ring, out, len, err)
                             : status;
}
