#include "update/updater.h"

#include "base/error.h"
#include "base/hex.h"
#include "base/memory.h"
#include "release/offer.h"
#include "trust/metadata.h"
#include "update/blobs.h"
#include "update/embedded.h"
#include "update/events.h"
#include "tuf/metastore.h"

#include <stdio.h>
#include <string.h>

#define MODULE_SIZE_MAX (16u << 20)
#define ATTEMPTS_MAX    3
#define DEVICE_ID_BYTES 16 /* of a random one */

void wisp_updater_note(wisp_updater *u, const char *text)
{
    wisp_text_copy(u->trouble, sizeof u->trouble, text);
}

static wisp_status not_writable(const wisp_updater *u, wisp_error *err)
{
    if (u->is_follower)
        return wisp_fail(err, WISP_BUSY, "another process has the folder");
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

const wisp_update_entry *wisp_updater_current(const wisp_updater *u)
{
    return wisp_entry_is_set(&u->record.good) ? &u->record.good : &u->base;
}

const wisp_update_failure *wisp_updater_ban_of(const wisp_updater *u,
                                               const wisp_update_entry *entry)
{
    const wisp_update_failure *ban = wisp_bans_find(&u->bans, &entry->hash);
    for (uint32_t i = 0; i < entry->module_len && !ban; i++)
        ban = wisp_bans_find(&u->bans, &entry->modules[i].hash);
    return ban;
}

static void drop_banned(const wisp_updater *u, wisp_update_entry *entry)
{
    if (wisp_entry_is_set(entry) && wisp_updater_ban_of(u, entry))
        *entry = (wisp_update_entry){0};
}

/* The record does not have to follow on disk: a ban outweighs what it says. */
static void forget_banned(wisp_updater *u)
{
    wisp_error err;
    drop_banned(u, &u->record.good);
    drop_banned(u, &u->record.candidate);
    drop_banned(u, &u->record.incoming);
    if (wisp_updater_save(u, &u->record, &err) != WISP_OK)
        wisp_updater_note(u, err.text);
}

wisp_status wisp_updater_ban(wisp_updater *u, const wisp_update_failure *what, wisp_error *err)
{
    const wisp_ban *place = wisp_bans_add(&u->bans, what);
    wisp_status status =
        u->is_writable ? wisp_bans_save(&u->dir, &u->bans, place, err) : not_writable(u, err);
    if (status == WISP_OK)
        forget_banned(u);
    return status;
}

/* In words for people: a process that was gone before it could say anything is another matter
 * than one that did not last. */
static void say_why_retired(const wisp_update_entry *entry, char *reason, size_t size)
{
    int len =
        snprintf(reason, size, "%u attempts ended without a commit", (unsigned)entry->attempts);
    if (entry->unripe && len > 0 && (size_t)len < size)
        snprintf(reason + len, size - (size_t)len, ", %u of them within the health window",
                 (unsigned)entry->unripe);
}

bool wisp_updater_retire(wisp_updater *u)
{
    wisp_error err;
    char reason[100];
    const wisp_update_entry before = u->record.candidate;
    wisp_image_state next;
    if (before.attempts < u->config.attempts_max ||
        !wisp_image_step(before.state, WISP_UPDATE_EVENT_EXHAUST, &next))
        return false;
    say_why_retired(&before, reason, sizeof reason);
    wisp_update_failure ban =
        wisp_entry_failure(&before, u->os->wall_time_s(u->os->user), reason);
    if (wisp_updater_ban(u, &ban, &err) != WISP_OK)
        wisp_updater_note(u, err.text);
    wisp_updater_attempt_ended(u, &before);
    wisp_updater_event(
        u, WISP_UPDATE_EVENT_KIND_ROLLED_BACK,
        &(wisp_update_event_subject){.entry = &before, .code = "attempts", .reason = reason});
    return true;
}

bool wisp_updater_embedded(const wisp_updater *u, const wisp_hash *hash, wisp_bytes *out)
{
    for (uint32_t i = 0; i < u->base.module_len; i++) {
        if (wisp_hash_equal(hash, &u->base.modules[i].hash)) {
            *out = wisp_embedded_bytes(&u->config, i);
            return true;
        }
    }
    return false;
}

/* --- opening ----------------------------------------------------------------------------- */

static bool fits(const char *text, size_t size)
{
    return !text || (*text && strlen(text) < size);
}

static bool is_device_id(const char *id)
{
    static const char others[] = "-_.:";
    for (; *id; id++) {
        bool is_letter = (*id >= 'a' && *id <= 'z') || (*id >= 'A' && *id <= 'Z');
        if (!is_letter && !(*id >= '0' && *id <= '9') && !strchr(others, *id))
            return false;
    }
    return true;
}

static wisp_status check_names(const wisp_updater_config *c, wisp_error *err)
{
    if (!c->dir || !*c->dir || !c->target || !fits(c->target, WISP_MODULE_NAME_SIZE))
        return wisp_fail(err, WISP_INVALID,
                         "an updater needs a folder, and a target's name of "
                         "at most %d bytes",
                         WISP_MODULE_NAME_SIZE - 1);
    if (!fits(c->channel, WISP_CHANNEL_SIZE))
        return wisp_fail(err, WISP_INVALID, "a channel's name has 1 to %d bytes",
                         WISP_CHANNEL_SIZE - 1);
    if (!fits(c->device_id, WISP_DEVICE_ID_SIZE) || (c->device_id && !is_device_id(c->device_id)))
        return wisp_fail(err, WISP_INVALID, "a device's id has 1 to %d letters, digits, and -_.:",
                         WISP_DEVICE_ID_SIZE - 1);
    wisp_host_version host;
    if (c->host_version && !wisp_host_version_parse(c->host_version, &host))
        return wisp_fail(err, WISP_INVALID,
                         "a host version has one to four numbers with dots, not '%.40s'",
                         c->host_version);
    return WISP_OK;
}

static wisp_status check_network(const wisp_updater_config *c, wisp_error *err)
{
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

static wisp_status check_config(const wisp_updater_config *c, wisp_error *err)
{
    wisp_status status = check_names(c, err);
    if (status == WISP_OK)
        status = wisp_embedded_check(c, err);
    return status == WISP_OK ? check_network(c, err) : status;
}

static void fill_defaults(wisp_updater_config *c)
{
    if (!c->channel)
        c->channel = WISP_CHANNEL_STABLE;
    if (!c->module_size_max)
        c->module_size_max = MODULE_SIZE_MAX;
    if (!c->attempts_max)
        c->attempts_max = ATTEMPTS_MAX;
}

static wisp_status init(wisp_updater *u, const wisp_updater_config *config, wisp_error *err)
{
    u->config = *config;
    u->os = config->os ? config->os : wisp_os_posix();
    u->lock_fd = -1;
    fill_defaults(&u->config);
    wisp_status status = wisp_folder_init(&u->dir, u->os, u->allocator, config->dir, NULL, err);
    if (status == WISP_OK)
        status = wisp_folder_init(&u->blobs, u->os, u->allocator, config->dir, "blobs", err);
    if (status == WISP_OK)
        status =
            wisp_folder_init(&u->metadata, u->os, u->allocator, config->dir, "metadata", err);
    if (status != WISP_OK)
        return status;
    wisp_bytes name = {(const uint8_t *)config->target, strlen(config->target)};
    if (!wisp_embedded_describe(&u->config, &u->base) || !wisp_sha256(name, &u->record.target))
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for a hash");
    snprintf(u->record.channel, sizeof u->record.channel, "%s", u->config.channel);
    return WISP_OK;
}

/* What the folder holds must be known before anything is written. */
wisp_status wisp_updater_load(wisp_updater *u, wisp_error *err)
{
    wisp_record record;
    wisp_status status = wisp_bans_load(&u->dir, &u->bans, err);
    if (status != WISP_OK)
        return status;
    if (wisp_update_event_ring_load(&u->dir, &u->events, err) != WISP_OK)
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
    if (locked == WISP_BUSY && !u->config.follows)
        return locked;
    u->is_follower = locked == WISP_BUSY;
    if (locked != WISP_OK &&
        !u->is_follower) /* a disk that cannot be written may still be read */
        wisp_updater_note(u, err->text);
    wisp_status loaded = wisp_updater_load(u, err);
    if (loaded != WISP_OK)
        wisp_updater_note(u, err->text);
    u->is_writable = locked == WISP_OK && loaded == WISP_OK;
    return WISP_OK;
}

static void drop(wisp_update_entry *entry)
{
    wisp_image_state next;
    if (wisp_image_step(entry->state, WISP_UPDATE_EVENT_DROP, &next))
        *entry = (wisp_update_entry){.state = next};
}

static void name_module(const wisp_updater *u, wisp_update_entry *entry)
{
    if (wisp_entry_is_set(entry))
        snprintf(entry->modules[0].name, sizeof entry->modules[0].name, "%s", u->config.target);
}

/* Gives a record of format 1 what that did not have. */
static void complete(const wisp_updater *u, wisp_record *record)
{
    name_module(u, &record->good);
    name_module(u, &record->candidate);
    snprintf(record->channel, sizeof record->channel, "%s", u->config.channel);
}

/* Versions of another channel mean nothing in this one, so the last good release counts as old as
 * what is embedded; and what had been about to replace it came from there. */
static void join_channel(const wisp_updater *u, wisp_record *record)
{
    if (!record->channel[0])
        complete(u, record);
    if (strcmp(record->channel, u->config.channel) == 0)
        return;
    snprintf(record->channel, sizeof record->channel, "%s", u->config.channel);
    record->sequence = record->floor = 0;
    record->good.version = u->config.base_version;
    record->candidate = record->incoming = (wisp_update_entry){0};
    record->partial = (wisp_hash){0};
}

/* What a new start changes: a trial that nobody committed waits again, and what is banned, or
 * older than what the program now has embedded, goes. What a follower sees on its way is not for
 * it to try. */
void wisp_updater_settle(wisp_updater *u)
{
    wisp_record *next = &u->record;
    if (u->is_follower)
        next->candidate = next->incoming = (wisp_update_entry){0};
    join_channel(u, next);
    drop_banned(u, &next->good);
    drop_banned(u, &next->candidate);
    drop_banned(u, &next->incoming);
    wisp_image_step(next->candidate.state, WISP_UPDATE_EVENT_RESTART, &next->candidate.state);
    if (next->candidate.version <= u->config.base_version)
        drop(&next->candidate);
    if (next->incoming.version <= u->config.base_version)
        drop(&next->incoming);
    if (next->good.version < u->config.base_version)
        drop(&next->good);
}

/* The RESTART of a state alone is not written: the next start makes it again. */
static bool is_worth_saving(const wisp_record *before, const wisp_record *after)
{
    return strcmp(before->channel, after->channel) != 0 ||
           wisp_entry_is_set(&before->good) != wisp_entry_is_set(&after->good) ||
           wisp_entry_is_set(&before->candidate) != wisp_entry_is_set(&after->candidate) ||
           wisp_entry_is_set(&before->incoming) != wisp_entry_is_set(&after->incoming);
}

/* Who this device is: as the program says, as the record says, or by lot. The record is not
 * written for that: nothing depends on it before the first release is staged. */
static void identify(wisp_updater *u)
{
    uint8_t random[DEVICE_ID_BYTES];
    char *id = u->record.device_id;
    if (u->config.device_id)
        snprintf(id, sizeof u->record.device_id, "%s", u->config.device_id);
    else if (!*id && u->os->random(u->os->user, random, sizeof random) >= 0)
        wisp_hex_print(random, sizeof random, id);
}

static size_t list_modules(const wisp_update_entry *entry, wisp_hash *out)
{
    for (uint32_t i = 0; i < entry->module_len; i++)
        out[i] = entry->modules[i].hash;
    return entry->module_len;
}

void wisp_updater_sweep(wisp_updater *u)
{
    wisp_error err;
    wisp_hash keep[3 * WISP_MODULES_MAX];
    size_t len = list_modules(&u->record.good, keep);
    len += list_modules(&u->record.candidate, keep + len);
    len += list_modules(&u->record.incoming, keep + len);
    bool is_fetching = u->record.incoming.state == WISP_STATE_FETCHING;
    if (wisp_blobs_prepare(&u->blobs, keep, len, is_fetching ? &u->record.partial : NULL, &err) !=
        WISP_OK)
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

void wisp_updater_start(wisp_updater *u)
{
    wisp_error err;
    const wisp_record before = u->record;
    wisp_updater_settle(u);
    identify(u);
    if (!u->is_writable)
        return;
    if (wisp_update_event_ring_reserve(&u->dir, &u->events, &err) != WISP_OK)
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
    wisp_updater_start(u);
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
