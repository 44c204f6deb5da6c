#include "base/error.h"
#include "update/blobs.h"
#include "update/events.h"
#include "update/updater.h"

#include <string.h>

/* What to run, and what became of it. */

static wisp_status read_content(const wisp_updater *u, const wisp_update_entry *entry,
                                wisp_bytes *out, wisp_error *err)
{
    if (wisp_hash_equal(&entry->hash, &u->base_hash)) {
        *out = u->config.base;
        return WISP_OK;
    }
    if (entry->size > u->config.module_size_max)
        return wisp_fail(err, WISP_LIMIT, "version %llu has %llu bytes, expected at most %llu",
                         (unsigned long long)entry->version, (unsigned long long)entry->size,
                         (unsigned long long)u->config.module_size_max);
    return wisp_blobs_get(&u->blobs, &entry->hash, entry->size, out, err);
}

static void free_content(const wisp_updater *u, wisp_bytes bytes)
{
    if (bytes.data != u->config.base.data)
        wisp_folder_free(&u->blobs, bytes);
}

/* Content that is gone for good is forgotten, so that the next check fetches it again; a disk
 * that does not answer may do so later. */
static void lose(wisp_updater *u, bool is_good, const wisp_error *why)
{
    wisp_error err;
    wisp_image_state next;
    wisp_updater_note(u, why->text);
    if (why->status != WISP_NOT_FOUND && why->status != WISP_UNTRUSTED)
        return;
    wisp_record record = u->record;
    wisp_update_entry *entry = is_good ? &record.good : &record.candidate;
    if (!wisp_image_step(entry->state, WISP_EVENT_DROP, &next))
        return;
    record.lost = *entry;
    record.lost.since = u->os->wall_time_s(u->os->user);
    wisp_text_copy(record.lost.reason, sizeof record.lost.reason, why->text);
    *entry = (wisp_update_entry){.state = next};
    if (wisp_updater_save(u, &record, &err) == WISP_OK) /* else the next start finds out again */
        wisp_updater_event(u, WISP_EVENT_KIND_FAILED,
                           &(wisp_event_subject){.entry = &record.lost,
                                                 .code = "lost",
                                                 .reason = record.lost.reason});
}

/* Counts one more attempt on disk; nothing has changed if that fails. */
static wisp_status arm(wisp_updater *u, wisp_error *err)
{
    const wisp_update_entry before = u->record.candidate;
    wisp_record next = u->record;
    if (!wisp_image_step(next.candidate.state, WISP_EVENT_ACQUIRE, &next.candidate.state))
        return wisp_fail(err, WISP_INVALID, "a module that is %s cannot go on trial",
                         wisp_image_state_name(next.candidate.state));
    next.candidate.attempts++;
    next.candidate.since = u->os->wall_time_s(u->os->user);
    wisp_status status = wisp_updater_save(u, &next, err);
    if (status != WISP_OK)
        return status;
    if (before.attempts > 0)
        wisp_updater_attempt_ended(u, &before);
    wisp_updater_event(u, WISP_EVENT_KIND_TRIAL, &(wisp_event_subject){.entry = &next.candidate});
    return WISP_OK;
}

static void fill(const wisp_update_entry *entry, wisp_image_source source, wisp_bytes bytes,
                 wisp_image *out)
{
    *out = (wisp_image){.bytes = bytes,
                        .hash = entry->hash,
                        .version = entry->version,
                        .source = source,
                        .attempt = source == WISP_IMAGE_TRIAL ? entry->attempts : 0};
}

/* WISP_NOT_FOUND where there is no candidate that can be run now. */
static wisp_status acquire_trial(wisp_updater *u, wisp_image *out, wisp_error *err)
{
    const wisp_update_entry *candidate = &u->record.candidate;
    wisp_error why;
    wisp_bytes bytes;
    if (candidate->state == WISP_STATE_NONE || wisp_bans_find(&u->bans, &candidate->hash) ||
        wisp_updater_retire(u))
        return WISP_NOT_FOUND;
    wisp_status status = read_content(u, candidate, &bytes, &why);
    if (status == WISP_NO_MEMORY) {
        *err = why;
        return status;
    }
    if (status != WISP_OK) {
        lose(u, false, &why);
        return WISP_NOT_FOUND;
    }
    if (arm(u, &why) != WISP_OK) {
        free_content(u, bytes);
        wisp_updater_note(u, why.text);
        return WISP_NOT_FOUND;
    }
    fill(candidate, WISP_IMAGE_TRIAL, bytes, out);
    return WISP_OK;
}

static wisp_status acquire_good(wisp_updater *u, wisp_image *out, wisp_error *err)
{
    const wisp_update_entry *good = &u->record.good;
    wisp_error why;
    wisp_bytes bytes;
    if (good->state == WISP_STATE_NONE || wisp_bans_find(&u->bans, &good->hash))
        return WISP_NOT_FOUND;
    wisp_status status = read_content(u, good, &bytes, &why);
    if (status == WISP_NO_MEMORY) {
        *err = why;
        return status;
    }
    if (status != WISP_OK) {
        lose(u, true, &why);
        return WISP_NOT_FOUND;
    }
    fill(good, WISP_IMAGE_GOOD, bytes, out);
    return WISP_OK;
}

static void acquire_base(const wisp_updater *u, wisp_image *out)
{
    wisp_update_entry base = {.version = u->config.base_version, .hash = u->base_hash};
    fill(&base, WISP_IMAGE_BASE, u->config.base, out);
}

static wisp_status acquire(wisp_updater *u, bool may_try, wisp_image *out, wisp_error *err)
{
    wisp_error local;
    wisp_status status = WISP_NOT_FOUND;
    err = err ? err : &local;
    pthread_mutex_lock(&u->mutex);
    if (may_try)
        status = acquire_trial(u, out, err);
    if (status == WISP_NOT_FOUND)
        status = acquire_good(u, out, err);
    if (status == WISP_NOT_FOUND) {
        acquire_base(u, out);
        status = WISP_OK;
    }
    pthread_mutex_unlock(&u->mutex);
    return status;
}

wisp_status wisp_updater_acquire(wisp_updater *u, wisp_image *out, wisp_error *err)
{
    return acquire(u, true, out, err);
}

wisp_status wisp_updater_acquire_good(wisp_updater *u, wisp_image *out, wisp_error *err)
{
    return acquire(u, false, out, err);
}

void wisp_image_free(wisp_updater *u, wisp_image *image)
{
    free_content(u, image->bytes);
    *image = (wisp_image){0};
}

static bool is_entry(const wisp_update_entry *entry, const wisp_image *image)
{
    return entry->state != WISP_STATE_NONE && wisp_hash_equal(&entry->hash, &image->hash);
}

static wisp_status refuse(const wisp_image *image, const char *what, wisp_error *err)
{
    return wisp_fail(err, WISP_INVALID, "version %llu is not %s",
                     (unsigned long long)image->version, what);
}

static wisp_status commit(wisp_updater *u, const wisp_image *image, wisp_error *err)
{
    wisp_record next = u->record;
    wisp_image_state state;
    if (!is_entry(&next.candidate, image) ||
        !wisp_image_step(next.candidate.state, WISP_EVENT_COMMIT, &state))
        return refuse(image, "on trial", err);
    next.good = next.candidate;
    next.good.state = state;
    next.good.since = u->os->wall_time_s(u->os->user);
    next.candidate = (wisp_update_entry){0};
    next.lost = (wisp_update_entry){0};
    wisp_status status = wisp_updater_save(u, &next, err);
    if (status == WISP_OK)
        wisp_updater_event(u, WISP_EVENT_KIND_COMMITTED,
                           &(wisp_event_subject){.entry = &next.good});
    return status;
}

wisp_status wisp_updater_commit(wisp_updater *u, const wisp_image *image, wisp_error *err)
{
    if (image->source != WISP_IMAGE_TRIAL)
        return WISP_OK;
    pthread_mutex_lock(&u->mutex);
    wisp_status status = commit(u, image, err);
    pthread_mutex_unlock(&u->mutex);
    return status;
}

/* Bans [entry], which ran until now. */
static wisp_status give_up(wisp_updater *u, const wisp_update_entry *entry, const char *reason,
                           wisp_error *err)
{
    const wisp_update_entry before = *entry;
    wisp_event_subject subject = {.entry = &before, .code = "rejected", .reason = reason};
    wisp_status status = wisp_updater_ban(u, entry, reason, err);
    if (before.state == WISP_STATE_TRIAL)
        wisp_updater_event(u, WISP_EVENT_KIND_TRIAL_FAILED, &subject);
    wisp_updater_event(u, WISP_EVENT_KIND_ROLLED_BACK, &subject);
    return status;
}

static wisp_status reject(wisp_updater *u, const wisp_image *image, const char *reason,
                          wisp_error *err)
{
    const wisp_update_entry *entries[] = {&u->record.candidate, &u->record.good};
    wisp_image_state state;
    for (int i = 0; i < 2; i++)
        if (is_entry(entries[i], image) &&
            wisp_image_step(entries[i]->state, WISP_EVENT_REJECT, &state))
            return give_up(u, entries[i], reason ? reason : "", err);
    return refuse(image, "on trial and not the last good one", err);
}

wisp_status wisp_updater_reject(wisp_updater *u, const wisp_image *image, const char *reason,
                                wisp_error *err)
{
    if (image->source == WISP_IMAGE_BASE)
        return wisp_fail(err, WISP_INVALID, "the embedded module cannot be rejected");
    pthread_mutex_lock(&u->mutex);
    wisp_status status = reject(u, image, reason, err);
    pthread_mutex_unlock(&u->mutex);
    return status;
}
