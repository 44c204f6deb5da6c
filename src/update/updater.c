#include "update/updater.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "trust/metadata.h"
#include "update/blobs.h"
#include "update/events.h"
#include "tuf/metastore.h"

#include <stdio.h>
#include <string.h>

#define MODULE_SIZE_MAX (16u << 20)
#define ATTEMPTS_MAX    3

bool wisp_hash_equal(const wisp_hash *a, const wisp_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void wisp_text_copy(char *out, size_t size, const char *text)
{
    wisp_bytes left = {(const uint8_t *)text, strlen(text)};
    size_t len = 0;
    while (left.size) {
        size_t character = wisp_utf8_character_size(left);
        size_t taken = character ? character : 1;
        if (len + taken >= size)
            break;
        bool is_shown = character && left.data[0] >= 0x20 && left.data[0] != 0x7f;
        memcpy(out + len, is_shown ? left.data : (const uint8_t *)"?", taken);
        len += taken;
        left = (wisp_bytes){left.data + taken, left.size - taken};
    }
    out[len] = '\0';
}

void wisp_updater_note(wisp_updater *u, const char *text)
{
    wisp_text_copy(u->trouble, sizeof u->trouble, text);
}

static wisp_status not_writable(const wisp_updater *u, wisp_error *err)
{
    return wisp_fail(err, WISP_IO, "the folder is not written to: %.180s", u->trouble);
}

wisp_status wisp_updater_save(wisp_updater *u, const wisp_record *next, wisp_error *err)
{
    if (!u->is_writable)
        return not_writable(u, err);
    wisp_record record = *next;
    record.generation = u->record.generation;
    wisp_status status = wisp_record_save(&u->dir, &record, err);
    if (status == WISP_OK)
        u->record = record;
    return status;
}

/* The record does not have to follow on disk: a ban outweighs what it says. */
static void forget(wisp_updater *u, const wisp_hash *hash)
{
    wisp_error err;
    wisp_update_entry *good = &u->record.good, *candidate = &u->record.candidate;
    if (wisp_hash_equal(&candidate->hash, hash))
        *candidate = (wisp_update_entry){0};
    if (wisp_hash_equal(&good->hash, hash))
        *good = (wisp_update_entry){0};
    if (wisp_updater_save(u, &u->record, &err) != WISP_OK)
        wisp_updater_note(u, err.text);
}

wisp_status wisp_updater_ban(wisp_updater *u, const wisp_update_entry *entry, const char *reason,
                             wisp_error *err)
{
    wisp_update_entry ban = *entry;
    ban.since = u->os->wall_time_s(u->os->user);
    wisp_text_copy(ban.reason, sizeof ban.reason, reason);
    const wisp_ban *place = wisp_bans_add(&u->bans, &ban);
    wisp_status status =
        u->is_writable ? wisp_bans_save(&u->dir, &u->bans, place, err) : not_writable(u, err);
    if (status == WISP_OK)
        forget(u, &ban.hash);
    return status;
}

bool wisp_updater_retire(wisp_updater *u)
{
    wisp_error err;
    char reason[80];
    const wisp_update_entry before = u->record.candidate, *candidate = &before;
    wisp_image_state next;
    if (candidate->attempts < u->config.attempts_max ||
        !wisp_image_step(candidate->state, WISP_EVENT_EXHAUST, &next))
        return false;
    snprintf(reason, sizeof reason, "%u attempts ended without a commit",
             (unsigned)candidate->attempts);
    if (wisp_updater_ban(u, candidate, reason, &err) != WISP_OK)
        wisp_updater_note(u, err.text);
    wisp_updater_attempt_ended(u, candidate);
    wisp_updater_event(
        u, WISP_EVENT_KIND_ROLLED_BACK,
        &(wisp_event_subject){.entry = candidate, .code = "attempts", .reason = reason});
    return true;
}

/* --- opening ----------------------------------------------------------------------------- */

static wisp_status check_config(const wisp_updater_config *c, wisp_error *err)
{
    if (!c->dir || !*c->dir || !c->target || !*c->target)
        return wisp_fail(err, WISP_INVALID, "an updater needs a folder and a target's name");
    if (!c->base.data || c->base.size == 0)
        return wisp_fail(err, WISP_INVALID, "an updater needs an embedded module");
    if (!c->net)
        return WISP_OK;
    if (!c->url || !*c->url)
        return wisp_fail(err, WISP_INVALID, "an updater with a transport needs a URL");
    wisp_metadata *root;
    wisp_status status = wisp_metadata_parse(c->allocator, WISP_ROLE_ROOT, c->root, &root, err);
    if (status == WISP_OK)
        wisp_metadata_free(root);
    else if (status != WISP_NO_MEMORY)
        status = err->status = WISP_INVALID;
    return status;
}

static wisp_status init(wisp_updater *u, const wisp_updater_config *config, wisp_error *err)
{
    u->config = *config;
    u->os = config->os ? config->os : wisp_os_posix();
    u->lock_fd = -1;
    if (!u->config.module_size_max)
        u->config.module_size_max = MODULE_SIZE_MAX;
    if (!u->config.attempts_max)
        u->config.attempts_max = ATTEMPTS_MAX;
    wisp_status status = wisp_folder_init(&u->dir, u->os, u->allocator, config->dir, NULL, err);
    if (status == WISP_OK)
        status = wisp_folder_init(&u->blobs, u->os, u->allocator, config->dir, "blobs", err);
    if (status == WISP_OK)
        status =
            wisp_folder_init(&u->metadata, u->os, u->allocator, config->dir, "metadata", err);
    if (status != WISP_OK)
        return status;
    wisp_bytes name = {(const uint8_t *)config->target, strlen(config->target)};
    if (!wisp_sha256(config->base, &u->base_hash) || !wisp_sha256(name, &u->record.target))
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for a hash");
    return WISP_OK;
}

/* Takes the state out of the folder. What it holds must be known before anything is written. */
static wisp_status load(wisp_updater *u, wisp_error *err)
{
    wisp_record record;
    wisp_status status = wisp_bans_load(&u->dir, &u->bans, err);
    if (status != WISP_OK)
        return status;
    if (wisp_event_ring_load(&u->dir, &u->events, err) != WISP_OK)
        wisp_updater_note(u, err->text);
    status = wisp_record_load(&u->dir, &record, err);
    if (status == WISP_NOT_FOUND)
        return WISP_OK;
    if (status == WISP_MALFORMED) { /* nothing to lose: start anew, but say so */
        wisp_updater_note(u, err->text);
        return WISP_OK;
    }
    if (status != WISP_OK)
        return status;
    if (!wisp_hash_equal(&record.target, &u->record.target))
        return wisp_fail(err, WISP_MISMATCH,
                         "the folder has the state of another program, not of '%.80s'",
                         u->config.target);
    u->record = record;
    return WISP_OK;
}

/* Locks the folder before it is looked into: another process may be writing. */
static wisp_status enter(wisp_updater *u, wisp_error *err)
{
    wisp_status made = wisp_folder_make(&u->dir, err);
    wisp_status locked =
        made == WISP_OK ? wisp_folder_lock(&u->dir, "lock", &u->lock_fd, err) : made;
    if (locked == WISP_BUSY)
        return locked;
    if (locked != WISP_OK) /* a disk that cannot be written may still be read */
        wisp_updater_note(u, err->text);
    wisp_status loaded = load(u, err);
    if (loaded != WISP_OK)
        wisp_updater_note(u, err->text);
    u->is_writable = locked == WISP_OK && loaded == WISP_OK;
    return WISP_OK;
}

static void drop(wisp_update_entry *entry)
{
    wisp_image_state next;
    if (wisp_image_step(entry->state, WISP_EVENT_DROP, &next))
        *entry = (wisp_update_entry){.state = next};
}

static bool is_banned(const wisp_updater *u, const wisp_update_entry *entry)
{
    return entry->state != WISP_STATE_NONE && wisp_bans_find(&u->bans, &entry->hash);
}

/* What a new start changes: a trial that nobody committed waits again, and what is banned, or
 * older than what the program now has embedded, goes. */
static void settle(wisp_updater *u, wisp_record *next)
{
    wisp_image_step(next->candidate.state, WISP_EVENT_RESTART, &next->candidate.state);
    if (is_banned(u, &next->candidate) || next->candidate.version <= u->config.base_version)
        drop(&next->candidate);
    if (is_banned(u, &next->good) || next->good.version < u->config.base_version)
        drop(&next->good);
}

/* The RESTART of a state alone is not written: the next start makes it again. */
static bool is_worth_saving(const wisp_record *before, const wisp_record *after)
{
    return before->good.state != after->good.state ||
           (before->candidate.state != WISP_STATE_NONE &&
            after->candidate.state == WISP_STATE_NONE);
}

void wisp_updater_sweep(wisp_updater *u)
{
    wisp_error err;
    wisp_hash keep[2];
    size_t len = 0;
    if (u->record.good.state != WISP_STATE_NONE)
        keep[len++] = u->record.good.hash;
    if (u->record.candidate.state != WISP_STATE_NONE)
        keep[len++] = u->record.candidate.hash;
    if (wisp_blobs_prepare(&u->blobs, keep, len, &err) != WISP_OK)
        wisp_updater_note(u, err.text);
}

/* The first sync is for files that a process made and then died: their names may not be durable.
 */
static void tidy(wisp_updater *u)
{
    wisp_error err;
    wisp_updater_sweep(u);
    if (wisp_folder_sync(&u->dir, &err) != WISP_OK ||
        wisp_bans_reserve(&u->dir, &err) != WISP_OK ||
        wisp_metastore_prepare(&u->metadata, &err) != WISP_OK)
        wisp_updater_note(u, err.text);
}

static void start(wisp_updater *u)
{
    wisp_error err;
    const wisp_record before = u->record;
    settle(u, &u->record);
    if (!u->is_writable)
        return;
    if (wisp_event_ring_reserve(&u->dir, &u->events, &err) != WISP_OK)
        wisp_updater_note(u, err.text);
    if (is_worth_saving(&before, &u->record) && wisp_updater_save(u, &u->record, &err) != WISP_OK)
        wisp_updater_note(u, err.text);
    wisp_updater_retire(u);
    tidy(u);
}

wisp_status wisp_updater_open(const wisp_updater_config *config, wisp_updater **out,
                              wisp_error *err)
{
    wisp_error local;
    err = err ? err : &local;
    wisp_status status = check_config(config, err);
    if (status != WISP_OK)
        return status;
    const wisp_allocator *allocator = wisp_allocator_or_default(config->allocator);
    wisp_updater *u = wisp_alloc(allocator, 1, sizeof *u);
    if (!u)
        return wisp_fail_memory(err, sizeof *u);
    u->allocator = allocator;
    if (pthread_mutex_init(&u->mutex, NULL) != 0) {
        wisp_free(allocator, u, sizeof *u);
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for a mutex");
    }
    status = init(u, config, err);
    if (status == WISP_OK)
        status = enter(u, err);
    if (status != WISP_OK) {
        wisp_updater_close(u);
        return status;
    }
    start(u);
    *out = u;
    return WISP_OK;
}

void wisp_updater_close(wisp_updater *u)
{
    if (!u)
        return;
    if (u->lock_fd >= 0)
        u->os->close(u->os->user, u->lock_fd);
    pthread_mutex_destroy(&u->mutex);
    wisp_free(u->allocator, u, sizeof *u);
}
