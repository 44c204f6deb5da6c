#include "base/error.h"
#include "release/decide.h"
#include "update/check.h"
#include "update/flags.h"
#include "update/intake.h"

#include <stdio.h>
#include <string.h>

/* What is to be done about the releases that were found: the part of a check between the verified
 * metadata and the first byte of content. */

/* --- reading ------------------------------------------------------------------------------- */

static wisp_status parse(wisp_check *c, wisp_error *err)
{
    const wisp_updater *u = c->updater;
    wisp_status status =
        wisp_offers_parse(u->allocator, u->config.target, &c->target.info, &c->offers, err);
    c->has_offers = status == WISP_OK;
    if (status == WISP_MALFORMED || status == WISP_LIMIT)
        return wisp_check_fail(c, WISP_UPDATE_CODE_BAD_RELEASE, status);
    return status;
}

/* What is said of all releases: is it old, is there a floor, are there bans to lift? */
static wisp_status heed(wisp_check *c, wisp_error *err)
{
    wisp_terms terms = {.sequence = c->offers.version,
                        .floor = c->offers.min_version,
                        .lifted = c->offers.unbans,
                        .lifted_len = c->offers.unban_len};
    wisp_status status = wisp_intake_heed(c->updater, &terms, err);
    return status == WISP_UNTRUSTED ? wisp_check_fail(c, WISP_UPDATE_CODE_REPLAYED, status)
                                    : status;
}

/* --- choosing ------------------------------------------------------------------------------ */

/* The ban that keeps [set] from running, be it of the set or of one of its modules; NULL for
 * none.
 */
static const wisp_update_failure *find_ban(const wisp_updater *u, const wisp_offer_set *set)
{
    const wisp_update_failure *ban = wisp_bans_find(&u->bans, &set->hash);
    for (size_t i = 0; i < set->len && !ban; i++)
        ban = wisp_bans_find(&u->bans, &set->modules[i].hash);
    return ban;
}

static bool is_banned(const void *context, const wisp_offer_set *set)
{
    return find_ban(context, set);
}

static wisp_status choose(const wisp_check *c, wisp_choice *choice, wisp_error *err)
{
    const wisp_updater *u = c->updater;
    uint64_t current = wisp_updater_current(u)->version;
    uint64_t candidate = u->record.candidate.version; /* 0 for none */
    wisp_host_version host;
    bool has_host =
        u->config.host_version && wisp_host_version_parse(u->config.host_version, &host);
    wisp_asker asker = {.device_id = u->record.device_id,
                        .target = c->target_name,
                        .host = has_host ? &host : NULL,
                        .now = c->now,
                        .version = candidate > current ? candidate : current,
                        .is_banned = is_banned,
                        .context = u};
    return wisp_offers_choose(&c->offers, &asker, choice)
               ? WISP_OK
               : wisp_fail(err, WISP_NO_MEMORY, "out of memory for a hash");
}

/* The chosen release as the record has it. */
static wisp_status describe(wisp_check *c, const wisp_choice *choice, wisp_error *err)
{
    wisp_update_entry *release = &c->release;
    *release = (wisp_update_entry){.version = choice->offer->version,
                                   .hash = choice->set->hash,
                                   .module_len = (uint32_t)choice->set->len};
    if (choice->variant)
        snprintf(release->variant, sizeof release->variant, "%s", choice->variant->name);
    for (size_t i = 0; i < choice->set->len; i++) {
        const wisp_offer_module *from = &choice->set->modules[i];
        wisp_update_module *to = &release->modules[i];
        snprintf(to->name, sizeof to->name, "%s", from->name);
        to->hash = from->hash;
        to->size = from->size;
    }
    c->set = choice->set;
    return wisp_flags_pack(choice->flags, &release->flags, err);
}

static void name_offer(wisp_check *c, const wisp_offer *offer, const wisp_hash *hash)
{
    c->offer = offer;
    c->result.version = offer->version;
    c->result.hash = *hash;
    c->result.is_mandatory = offer->is_mandatory;
}

/* --- settling without a download ----------------------------------------------------------- */

/* A release that waits is the answer as long as nothing else has taken its place. */
static void settle_on_what_is_here(wisp_check *c)
{
    bool waits = c->updater->record.candidate.state == WISP_STATE_STAGED;
    wisp_check_settle(c, waits ? WISP_UPDATE_STAGED : WISP_UPDATE_UP_TO_DATE);
}

/* There is something newer than the choice, but not for this device now. */
static void settle_held(wisp_check *c, const wisp_choice *choice)
{
    static const wisp_update_code codes[] = {[WISP_HOLD_PAUSED] = WISP_UPDATE_CODE_PAUSED,
                                             [WISP_HOLD_HOST] = WISP_UPDATE_CODE_HOST_VERSION,
                                             [WISP_HOLD_ROLLOUT] = WISP_UPDATE_CODE_ROLLOUT,
                                             [WISP_HOLD_BANNED] = WISP_UPDATE_CODE_BANNED};
    wisp_update_code code = codes[choice->hold];
    const wisp_update_failure *ban = find_ban(c->updater, choice->held_set);
    char reason[WISP_ERROR_TEXT_MAX];
    snprintf(reason, sizeof reason, "version %llu: %s%s%.119s",
             (unsigned long long)choice->held->version, wisp_update_code_text(code),
             ban ? ": " : "", ban ? ban->reason : "");
    name_offer(c, choice->held, &choice->held_set->hash);
    wisp_check_settle_code(c, code, ban ? WISP_BANNED : WISP_OK, reason);
    if (choice->turn > c->now && choice->turn - c->now < UINT32_MAX)
        c->result.retry_after_s = (uint32_t)(choice->turn - c->now);
}

/* What is chosen is here already. */
static wisp_status settle_standing(wisp_check *c, const wisp_choice *choice, wisp_error *err)
{
    wisp_status status = wisp_intake_confirm(c->updater, &c->release, err);
    if (status != WISP_OK)
        return status;
    if (choice->held)
        settle_held(c, choice);
    else
        settle_on_what_is_here(c);
    return WISP_OK;
}

/* --- what is left: a release to fetch ------------------------------------------------------ */

static const wisp_update_entry *with_version(const wisp_updater *u, uint64_t version)
{
    const wisp_update_entry *candidate = &u->record.candidate, *current = wisp_updater_current(u);
    if (wisp_entry_is_set(candidate) && candidate->version == version)
        return candidate;
    return current->version == version ? current : NULL;
}

/* Whoever has a version stays with what it was given of it; a version that suddenly has other
 * content is another matter. */
static wisp_status settle_same_version(wisp_check *c, const wisp_update_entry *here,
                                       wisp_error *err)
{
    if (here->variant[0] || c->release.variant[0]) {
        settle_on_what_is_here(c);
        return WISP_OK;
    }
    wisp_fail(err, WISP_MISMATCH, "version %llu of '%.60s' has other content than what is here",
              (unsigned long long)c->release.version, c->updater->config.target);
    return wisp_check_fail(c, WISP_UPDATE_CODE_SAME_VERSION, WISP_MISMATCH);
}

static wisp_status check_sizes(wisp_check *c, wisp_error *err)
{
    uint64_t most = c->updater->config.module_size_max;
    for (size_t i = 0; i < c->set->len; i++) {
        const wisp_offer_module *module = &c->set->modules[i];
        if (module->size <= most)
            continue;
        wisp_fail(err, WISP_LIMIT, "module '%.63s' has %llu bytes, expected at most %llu",
                  module->name, (unsigned long long)module->size, (unsigned long long)most);
        return wisp_check_fail(c, WISP_UPDATE_CODE_TOO_LARGE, WISP_LIMIT);
    }
    return WISP_OK;
}

/* Counts what has to come, and makes sure that there is room for it. */
static wisp_status plan(wisp_check *c, wisp_error *err)
{
    uint64_t total = 0, extra = 0;
    for (size_t i = 0; i < c->set->len; i++) {
        const wisp_offer_module *module = &c->set->modules[i];
        uint64_t size = wisp_content_expected(c->updater, &c->release, module);
        total += size;
        if (size < module->size && size > extra) /* a delta, while it is applied */
            extra = size;
    }
    c->progress.total = total;
    wisp_status status = wisp_intake_fits(c->updater, &c->release, extra, err);
    return status == WISP_LIMIT ? wisp_check_fail(c, WISP_UPDATE_CODE_STORAGE_FULL, status)
                                : status;
}

static wisp_status judge_new(wisp_check *c, wisp_error *err)
{
    wisp_updater *u = c->updater;
    const wisp_update_entry *here = with_version(u, c->release.version);
    if (here)
        return settle_same_version(c, here, err);
    if (u->record.candidate.state == WISP_STATE_TRIAL) {
        wisp_check_settle_code(c, WISP_UPDATE_CODE_ON_TRIAL, WISP_BUSY, NULL);
        return wisp_intake_expect(u, &c->release, err);
    }
    wisp_status status = check_sizes(c, err);
    return status == WISP_OK ? plan(c, err) : status;
}

static wisp_status judge(wisp_check *c, const wisp_choice *choice, wisp_error *err)
{
    if (!choice->offer) {
        if (choice->held)
            settle_held(c, choice);
        else
            settle_on_what_is_here(c);
        return WISP_OK;
    }
    wisp_status status = describe(c, choice, err);
    if (status != WISP_OK)
        return status;
    name_offer(c, choice->offer, &choice->set->hash);
    if (wisp_intake_standing(c->updater, &c->release) != WISP_STANDING_NEW)
        return settle_standing(c, choice, err);
    return judge_new(c, err);
}

static wisp_status decide(wisp_check *c, wisp_error *err)
{
    wisp_choice choice;
    wisp_status status = heed(c, err);
    if (status == WISP_OK)
        status = choose(c, &choice, err);
    return status == WISP_OK ? judge(c, &choice, err) : status;
}

wisp_status wisp_check_decide(wisp_check *c, wisp_error *err)
{
    wisp_updater *u = c->updater;
    wisp_status status = parse(c, err);
    if (status != WISP_OK)
        return status;
    pthread_mutex_lock(&u->mutex);
    status = decide(c, err);
    pthread_mutex_unlock(&u->mutex);
    return status;
}
