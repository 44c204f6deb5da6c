#include "update/intake.h"

#include "base/error.h"
#include "trust/crypto.h"
#include "update/events.h"

#include <string.h>

static int64_t now_of(const wisp_updater *u)
{
    return u->os->wall_time_s(u->os->user);
}

/* Forgets what is in a slot, where the table of states has it that it may go. */
static bool drop(wisp_update_entry *entry)
{
    wisp_image_state state;
    if (!wisp_image_step(entry->state, WISP_UPDATE_EVENT_DROP, &state))
        return false;
    *entry = (wisp_update_entry){.state = state};
    return true;
}

/* --- what the publisher says of all releases --------------------------------------------- */

/* A list is known by the hash of its hashes; an empty one by zero. */
static bool hash_list(const wisp_hash *list, size_t len, wisp_hash *out)
{
    *out = (wisp_hash){0};
    return len == 0 || wisp_sha256((wisp_bytes){list[0].bytes, len * sizeof *list}, out);
}

/* A ban that is still on disk holds, or nobody would take it from there any more. */
static wisp_status lift_one(wisp_updater *u, const wisp_hash *hash, wisp_error *err)
{
    const wisp_bans before = u->bans;
    const wisp_ban *place = wisp_bans_lift(&u->bans, hash);
    if (!place)
        return WISP_OK;
    wisp_status status = wisp_bans_save(&u->dir, &u->bans, place, err);
    if (status != WISP_OK)
        u->bans = before;
    return status;
}

/* The bans go before the record follows: a list of which only a part was heeded is heeded again.
 */
static wisp_status lift(wisp_updater *u, const wisp_terms *terms, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < terms->lifted_len && status == WISP_OK; i++)
        status = lift_one(u, &terms->lifted[i], err);
    return status;
}

static bool drop_below(wisp_update_entry *entry, uint64_t floor)
{
    return entry->version < floor && drop(entry);
}

static bool apply_floor(wisp_record *record, uint64_t floor)
{
    bool has_changed = record->floor != floor;
    record->floor = floor;
    has_changed |= drop_below(&record->good, floor);
    has_changed |= drop_below(&record->candidate, floor);
    has_changed |= drop_below(&record->incoming, floor);
    return has_changed;
}

wisp_status wisp_intake_heed(wisp_updater *u, const wisp_terms *terms, wisp_error *err)
{
    wisp_record next = u->record;
    wisp_status status = WISP_OK;
    if (terms->sequence < next.sequence)
        return wisp_fail(err, WISP_UNTRUSTED,
                         "'%.60s' is at version %llu, and was at %llu before: a replay",
                         u->config.target, (unsigned long long)terms->sequence,
                         (unsigned long long)next.sequence);
    if (!hash_list(terms->lifted, terms->lifted_len, &next.lifted))
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for a hash");
    bool has_list = !wisp_hash_equal(&next.lifted, &u->record.lifted);
    if (has_list)
        status = lift(u, terms, err);
    bool has_changed = apply_floor(&next, terms->floor) || has_list;
    has_changed |= terms->sequence != next.sequence;
    next.sequence = terms->sequence;
    return status == WISP_OK && has_changed ? wisp_updater_save(u, &next, err) : status;
}

/* --- what is here already ---------------------------------------------------------------- */

static bool has_content(const wisp_update_entry *entry, const wisp_update_entry *release)
{
    return wisp_entry_is_set(entry) && wisp_hash_equal(&entry->hash, &release->hash);
}

static bool says_the_same(const wisp_update_entry *a, const wisp_update_entry *b)
{
    return strcmp(a->variant, b->variant) == 0 &&
           memcmp(&a->flags, &b->flags, sizeof a->flags) == 0;
}

/* What is embedded has no flags: to have them, it becomes a release like any other. */
wisp_standing wisp_intake_standing(const wisp_updater *u, const wisp_update_entry *release)
{
    const wisp_update_entry *candidate = &u->record.candidate;
    if (has_content(&u->record.good, release))
        return WISP_STANDING_CURRENT;
    if (!wisp_entry_is_set(&u->record.good) && has_content(&u->base, release) &&
        says_the_same(&u->base, release))
        return WISP_STANDING_CURRENT;
    if (!has_content(candidate, release))
        return WISP_STANDING_NEW;
    return candidate->state == WISP_STATE_TRIAL ? WISP_STANDING_TRIAL : WISP_STANDING_STAGED;
}

static bool take_over(wisp_update_entry *entry, const wisp_update_entry *release)
{
    if (!has_content(entry, release) || release->version < entry->version ||
        (release->version == entry->version && says_the_same(entry, release)))
        return false;
    entry->version = release->version;
    entry->flags = release->flags;
    memcpy(entry->variant, release->variant, sizeof entry->variant);
    return true;
}

wisp_status wisp_intake_confirm(wisp_updater *u, const wisp_update_entry *release,
                                wisp_error *err)
{
    wisp_record next = u->record;
    bool has_changed = take_over(&next.good, release) || take_over(&next.candidate, release);
    if (!has_content(&next.candidate, release) && next.candidate.state == WISP_STATE_STAGED &&
        next.candidate.version < release->version)
        has_changed |= drop(&next.candidate);
    if (next.incoming.version < release->version)
        has_changed |= drop(&next.incoming);
    return has_changed ? wisp_updater_save(u, &next, err) : WISP_OK;
}

/* --- what is on its way ------------------------------------------------------------------ */

/* Makes [release] the one that is coming in. What was is forgotten, but for how far it is if it
 * is the same content under another number. */
static bool await(const wisp_updater *u, wisp_record *record, const wisp_update_entry *release)
{
    const wisp_update_entry before = record->incoming;
    wisp_update_entry *incoming = &record->incoming;
    *incoming = *release;
    incoming->attempts = incoming->unripe = 0;
    if (has_content(&before, release)) {
        incoming->state = before.state;
        incoming->since = before.since;
        return true;
    }
    incoming->since = now_of(u);
    record->partial = (wisp_hash){0};
    return wisp_image_step(before.state, WISP_UPDATE_EVENT_CHECK, &incoming->state);
}

static wisp_status illegal(const wisp_update_entry *entry, wisp_image_event event,
                           wisp_error *err)
{
    return wisp_fail(err, WISP_INVALID, "version %llu is %s, and cannot %s",
                     (unsigned long long)entry->version, wisp_image_state_name(entry->state),
                     wisp_image_event_name(event));
}

static bool is_same_record(const wisp_record *a, const wisp_record *b)
{
    return a->incoming.state == b->incoming.state && a->incoming.version == b->incoming.version &&
           has_content(&a->incoming, &b->incoming) && wisp_hash_equal(&a->partial, &b->partial);
}

wisp_status wisp_intake_expect(wisp_updater *u, const wisp_update_entry *release, wisp_error *err)
{
    wisp_record next = u->record;
    if (!await(u, &next, release))
        return illegal(&next.incoming, WISP_UPDATE_EVENT_CHECK, err);
    return is_same_record(&u->record, &next) ? WISP_OK : wisp_updater_save(u, &next, err);
}

wisp_status wisp_intake_fetch(wisp_updater *u, const wisp_update_entry *release,
                              const wisp_hash *file, wisp_error *err)
{
    wisp_record next = u->record;
    if (!await(u, &next, release) ||
        !wisp_image_step(next.incoming.state, WISP_UPDATE_EVENT_FETCH, &next.incoming.state))
        return illegal(&next.incoming, WISP_UPDATE_EVENT_FETCH, err);
    next.partial = *file;
    return is_same_record(&u->record, &next) ? WISP_OK : wisp_updater_save(u, &next, err);
}

/* Bytes of the modules of [entry] that are not embedded and that no entry of [others] has. */
static uint64_t size_beside(const wisp_updater *u, const wisp_update_entry *entry,
                            const wisp_update_entry *const *others, size_t other_len)
{
    uint64_t size = 0;
    wisp_bytes embedded;
    for (uint32_t i = 0; i < entry->module_len; i++) {
        const wisp_update_module *module = &entry->modules[i];
        bool is_counted = wisp_updater_embedded(u, &module->hash, &embedded);
        for (size_t k = 0; k < other_len && !is_counted; k++)
            is_counted = wisp_entry_has_module(others[k], &module->hash);
        size += is_counted ? 0 : module->size;
    }
    return size;
}

wisp_status wisp_intake_fits(wisp_updater *u, const wisp_update_entry *release, uint64_t extra,
                             wisp_error *err)
{
    const wisp_update_entry *kept[] = {&u->record.good, &u->record.candidate};
    uint64_t limit = u->config.storage_max;
    if (limit == 0)
        return WISP_OK;
    wisp_updater_sweep(u);
    uint64_t used = size_beside(u, kept[0], NULL, 0) + size_beside(u, kept[1], kept, 1);
    uint64_t needed = size_beside(u, release, kept, 2) + extra;
    if (used <= limit && needed <= limit - used)
        return WISP_OK;
    return wisp_fail(err, WISP_LIMIT,
                     "version %llu needs %llu bytes, and %llu of the %llu bytes of storage are "
                     "taken",
                     (unsigned long long)release->version, (unsigned long long)needed,
                     (unsigned long long)used, (unsigned long long)limit);
}

/* --- what has come ----------------------------------------------------------------------- */

wisp_status wisp_intake_stage(wisp_updater *u, const wisp_update_entry *release, wisp_error *err)
{
    wisp_record next = u->record;
    if (next.candidate.state == WISP_STATE_TRIAL)
        return wisp_fail(err, WISP_BUSY, "version %llu is still on trial",
                         (unsigned long long)next.candidate.version);
    if (!await(u, &next, release) ||
        !wisp_image_step(next.incoming.state, WISP_UPDATE_EVENT_STAGE, &next.incoming.state))
        return illegal(&next.incoming, WISP_UPDATE_EVENT_STAGE, err);
    next.candidate = next.incoming;
    next.candidate.since = now_of(u);
    next.incoming = (wisp_update_entry){0};
    wisp_status status = wisp_updater_save(u, &next, err);
    if (status != WISP_OK)
        return status;
    wisp_updater_event(u, WISP_UPDATE_EVENT_KIND_INSTALLED,
                       &(wisp_update_event_subject){.entry = &next.candidate});
    wisp_updater_sweep(u); /* a process may run for years */
    return WISP_OK;
}

wisp_status wisp_intake_refuse(wisp_updater *u, const wisp_update_entry *release,
                               const char *reason, wisp_error *err)
{
    wisp_update_failure ban = wisp_entry_failure(release, now_of(u), reason);
    return wisp_updater_ban(u, &ban, err);
}
