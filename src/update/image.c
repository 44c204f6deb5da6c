#include "base/error.h"
#include "update/blobs.h"
#include "update/embedded.h"
#include "update/events.h"
#include "update/image.h"
#include "update/updater.h"

#include <string.h>

/* What to run, and what became of it. */

static bool is_embedded(const wisp_updater *u, wisp_bytes bytes)
{
    for (uint32_t i = 0; i < u->base.module_len; i++)
        if (wisp_embedded_bytes(&u->config, i).data == bytes.data)
            return true;
    return false;
}

static wisp_status read_module(const wisp_updater *u, const wisp_update_module *module,
                               wisp_bytes *out, wisp_error *err)
{
    if (wisp_updater_embedded(u, &module->hash, out))
        return WISP_OK;
    if (module->size > u->config.module_size_max)
        return wisp_fail(err, WISP_LIMIT, "module '%s' has %llu bytes, expected at most %llu",
                         module->name, (unsigned long long)module->size,
                         (unsigned long long)u->config.module_size_max);
    return wisp_blobs_get(&u->blobs, &module->hash, module->size, out, err);
}

void wisp_image_describe(const wisp_update_entry *entry, wisp_image_source source,
                         wisp_image *out)
{
    *out = (wisp_image){.hash = entry->hash,
                        .version = entry->version,
                        .source = source,
                        .attempt = source == WISP_IMAGE_TRIAL ? entry->attempts : 0,
                        .flags = entry->flags};
    memcpy(out->variant, entry->variant, sizeof out->variant);
}

void wisp_image_add(wisp_image *image, const wisp_update_module *module, wisp_bytes bytes)
{
    wisp_image_module *next = &image->modules[image->module_len++];
    *next = (wisp_image_module){.bytes = bytes, .hash = module->hash};
    memcpy(next->name, module->name, sizeof next->name);
    image->bytes = image->modules[0].bytes;
}

wisp_status wisp_image_read(wisp_updater *u, const wisp_update_entry *entry,
                            wisp_image_source source, wisp_image *out, wisp_error *err)
{
    wisp_status status = WISP_OK;
    wisp_image_describe(entry, source, out);
    for (uint32_t i = 0; i < entry->module_len && status == WISP_OK; i++) {
        wisp_bytes bytes;
        status = read_module(u, &entry->modules[i], &bytes, err);
        if (status == WISP_OK)
            wisp_image_add(out, &entry->modules[i], bytes);
    }
    if (status != WISP_OK)
        wisp_image_free(u, out);
    return status;
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
    const wisp_update_entry before = *entry;
    if (!wisp_image_step(entry->state, WISP_UPDATE_EVENT_DROP, &next))
        return;
    record.lost = wisp_entry_failure(&before, u->os->wall_time_s(u->os->user), why->text);
    *entry = (wisp_update_entry){.state = next};
    if (wisp_updater_save(u, &record, &err) == WISP_OK) /* else the next start finds out again */
        wisp_updater_event(u, WISP_UPDATE_EVENT_KIND_FAILED,
                           &(wisp_update_event_subject){
                               .entry = &before, .code = "lost", .reason = record.lost.reason});
}

/* Counts one more attempt on disk; nothing has changed if that fails. */
static wisp_status arm(wisp_updater *u, wisp_error *err)
{
    const wisp_update_entry before = u->record.candidate;
    wisp_record next = u->record;
    if (!wisp_image_step(next.candidate.state, WISP_UPDATE_EVENT_ACQUIRE, &next.candidate.state))
        return wisp_fail(err, WISP_INVALID, "a module that is %s cannot go on trial",
                         wisp_image_state_name(next.candidate.state));
    next.candidate.attempts++;
    next.candidate.since = u->os->wall_time_s(u->os->user);
    wisp_status status = wisp_updater_save(u, &next, err);
    if (status != WISP_OK)
        return status;
    u->trial_began = u->os->monotonic_ns(u->os->user);
    u->is_commit_due = false;
    if (before.attempts > 0)
        wisp_updater_attempt_ended(u, &before);
    wisp_updater_event(u, WISP_UPDATE_EVENT_KIND_TRIAL,
                       &(wisp_update_event_subject){.entry = &next.candidate});
    return WISP_OK;
}

/* WISP_NOT_FOUND where there is no candidate that can be run now. */
static wisp_status acquire_trial(wisp_updater *u, wisp_image *out, wisp_error *err)
{
    const wisp_update_entry *candidate = &u->record.candidate;
    wisp_error why;
    if (!wisp_entry_is_set(candidate) || wisp_updater_ban_of(u, candidate) ||
        wisp_updater_retire(u))
        return WISP_NOT_FOUND;
    wisp_status status = wisp_image_read(u, candidate, WISP_IMAGE_TRIAL, out, &why);
    if (status == WISP_NO_MEMORY) {
        *err = why;
        return status;
    }
    if (status != WISP_OK) {
        lose(u, false, &why);
        return WISP_NOT_FOUND;
    }
    if (arm(u, &why) != WISP_OK) {
        wisp_image_free(u, out);
        wisp_updater_note(u, why.text);
        return WISP_NOT_FOUND;
    }
    out->attempt = candidate->attempts;
    return WISP_OK;
}

static wisp_status acquire_good(wisp_updater *u, wisp_image *out, wisp_error *err)
{
    const wisp_update_entry *good = &u->record.good;
    wisp_error why;
    if (!wisp_entry_is_set(good) || wisp_updater_ban_of(u, good))
        return WISP_NOT_FOUND;
    wisp_status status = wisp_image_read(u, good, WISP_IMAGE_GOOD, out, &why);
    if (status == WISP_OK)
        return WISP_OK;
    if (status == WISP_NO_MEMORY) {
        *err = why;
        return status;
    }
    lose(u, true, &why);
    return WISP_NOT_FOUND;
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
        wisp_embedded_image(&u->config, &u->base, out);
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
    for (uint32_t i = 0; i < image->module_len; i++)
        if (!is_embedded(u, image->modules[i].bytes))
            wisp_folder_free(&u->blobs, image->modules[i].bytes);
    *image = (wisp_image){0};
}

const wisp_image_module *wisp_image_find(const wisp_image *image, const char *name)
{
    for (uint32_t i = 0; i < image->module_len; i++)
        if (strcmp(image->modules[i].name, name) == 0)
            return &image->modules[i];
    return NULL;
}

/* --- what became of it ------------------------------------------------------------------- */

static bool is_entry(const wisp_update_entry *entry, const wisp_image *image)
{
    return wisp_entry_is_set(entry) && wisp_hash_equal(&entry->hash, &image->hash);
}

static wisp_status refuse(const wisp_image *image, const char *what, wisp_error *err)
{
    return wisp_fail(err, WISP_INVALID, "version %llu is not %s",
                     (unsigned long long)image->version, what);
}

static bool is_ripe(const wisp_updater *u)
{
    uint64_t age = u->os->monotonic_ns(u->os->user) - u->trial_began;
    return age >= UINT64_C(1000000) * u->config.health_ms;
}

static wisp_status commit_candidate(wisp_updater *u, wisp_error *err)
{
    wisp_record next = u->record;
    if (!wisp_image_step(next.candidate.state, WISP_UPDATE_EVENT_COMMIT, &next.candidate.state))
        return WISP_OK; /* it made room while its window was open */
    next.good = next.candidate;
    next.good.since = u->os->wall_time_s(u->os->user);
    next.candidate = (wisp_update_entry){0};
    next.lost = (wisp_update_failure){0};
    wisp_status status = wisp_updater_save(u, &next, err);
    if (status != WISP_OK)
        return status;
    u->is_commit_due = false;
    wisp_updater_event(u, WISP_UPDATE_EVENT_KIND_COMMITTED,
                       &(wisp_update_event_subject){.entry = &next.good});
    return WISP_OK;
}

/* Notes on disk that it was committed too early to count, so that it can be told from one that
 * never came so far. Nothing depends on that note. */
static void remember_commit(wisp_updater *u)
{
    wisp_error err;
    wisp_record next = u->record;
    if (u->is_commit_due)
        return;
    u->is_commit_due = true;
    next.candidate.unripe++;
    if (wisp_updater_save(u, &next, &err) != WISP_OK)
        wisp_updater_note(u, err.text);
}

static wisp_status commit(wisp_updater *u, const wisp_image *image, wisp_error *err)
{
    wisp_image_state state;
    if (!is_entry(&u->record.candidate, image) ||
        !wisp_image_step(u->record.candidate.state, WISP_UPDATE_EVENT_COMMIT, &state))
        return refuse(image, "on trial", err);
    if (!is_ripe(u)) {
        remember_commit(u);
        return WISP_OK;
    }
    wisp_status status = commit_candidate(u, err);
    u->is_commit_due = status != WISP_OK;
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

wisp_status wisp_updater_poll(wisp_updater *u, wisp_error *err)
{
    pthread_mutex_lock(&u->mutex);
    wisp_status status = u->is_commit_due && is_ripe(u) ? commit_candidate(u, err) : WISP_OK;
    pthread_mutex_unlock(&u->mutex);
    return status;
}

/* Bans [ban], because of which [entry], which ran until now, is given up. */
static wisp_status give_up(wisp_updater *u, const wisp_update_entry *entry,
                           const wisp_update_failure *ban, wisp_error *err)
{
    const wisp_update_entry before = *entry;
    wisp_update_event_subject subject = {
        .entry = &before, .code = "rejected", .reason = ban->reason};
    wisp_status status = wisp_updater_ban(u, ban, err);
    if (before.state == WISP_STATE_TRIAL)
        wisp_updater_event(u, WISP_UPDATE_EVENT_KIND_TRIAL_FAILED, &subject);
    wisp_updater_event(u, WISP_UPDATE_EVENT_KIND_ROLLED_BACK, &subject);
    return status;
}

/* The slot that [image] is in, if it may be rejected; NULL if not. */
static const wisp_update_entry *find_running(const wisp_updater *u, const wisp_image *image)
{
    const wisp_update_entry *entries[] = {&u->record.candidate, &u->record.good};
    wisp_image_state state;
    for (int i = 0; i < 2; i++)
        if (is_entry(entries[i], image) &&
            wisp_image_step(entries[i]->state, WISP_UPDATE_EVENT_REJECT, &state))
            return entries[i];
    return NULL;
}

/* [culprit] is NULL where all of the set is to blame. */
static wisp_status reject(wisp_updater *u, const wisp_image *image,
                          const wisp_image_module *culprit, const char *reason, wisp_error *err)
{
    const wisp_update_entry *entry = find_running(u, image);
    if (!entry)
        return refuse(image, "on trial and not the last good one", err);
    wisp_update_failure ban =
        wisp_entry_failure(entry, u->os->wall_time_s(u->os->user), reason ? reason : "");
    if (culprit) {
        ban.hash = culprit->hash;
        ban.size = culprit->bytes.size;
    }
    return give_up(u, entry, &ban, err);
}

static wisp_status reject_locked(wisp_updater *u, const wisp_image *image,
                                 const wisp_image_module *culprit, const char *reason,
                                 wisp_error *err)
{
    if (image->source == WISP_IMAGE_BASE)
        return wisp_fail(err, WISP_INVALID, "the embedded module cannot be rejected");
    pthread_mutex_lock(&u->mutex);
    wisp_status status = reject(u, image, culprit, reason, err);
    pthread_mutex_unlock(&u->mutex);
    return status;
}

wisp_status wisp_updater_reject(wisp_updater *u, const wisp_image *image, const char *reason,
                                wisp_error *err)
{
    return reject_locked(u, image, NULL, reason, err);
}

wisp_status wisp_updater_reject_module(wisp_updater *u, const wisp_image *image, const char *name,
                                       const char *reason, wisp_error *err)
{
    const wisp_image_module *culprit = wisp_image_find(image, name);
    if (!culprit)
        return wisp_fail(err, WISP_INVALID, "version %llu has no module '%.60s'",
                         (unsigned long long)image->version, name);
    return reject_locked(u, image, culprit, reason, err);
}

static wisp_image_state state_of(const wisp_updater *u, const wisp_image *image)
{
    for (uint32_t i = 0; i < image->module_len; i++)
        if (wisp_bans_find(&u->bans, &image->modules[i].hash))
            return WISP_STATE_BANNED;
    if (wisp_bans_find(&u->bans, &image->hash))
        return WISP_STATE_BANNED;
    if (u->record.candidate.state == WISP_STATE_TRIAL && is_entry(&u->record.candidate, image))
        return WISP_STATE_TRIAL;
    return is_entry(&u->record.good, image) ? WISP_STATE_GOOD : WISP_STATE_EMPTY;
}

wisp_image_state wisp_updater_state(wisp_updater *u, const wisp_image *image)
{
    if (image->source == WISP_IMAGE_BASE)
        return WISP_STATE_GOOD;
    pthread_mutex_lock(&u->mutex);
    wisp_image_state state = state_of(u, image);
    pthread_mutex_unlock(&u->mutex);
    return state;
}
