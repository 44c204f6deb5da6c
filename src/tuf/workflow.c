#include "tuf/workflow.h"

#include "base/error.h"
#include "base/hex.h"
#include "base/memory.h"
#include "tuf/listed.h"
#include "tuf/percent.h"
#include "tuf/root_chain.h"
#include "tuf/search.h"
#include "tuf/timestamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 * The order of things, and what to ask for; what each document must be is for root_chain.c,
 * timestamp.c and listed.c, and whom to ask for a target for search.c.
 */

typedef enum workflow_step {
    STEP_NONE, /* no phase is under way: nothing is wanted */
    STEP_ROOT,
    STEP_TIMESTAMP,
    STEP_LISTED, /* the snapshot, or the top-level targets */
    STEP_DELEGATED
} workflow_step;

struct wisp_workflow {
    wisp_workflow_config config; /* defaults filled in */
    wisp_trusted trusted;
    bool is_fresh; /* a refresh has succeeded */
    workflow_step step;
    wisp_want want;     /* while a phase is under way */
    uint32_t new_roots; /* in this refresh */
    wisp_listed listed; /* in STEP_LISTED and STEP_DELEGATED: what is wanted */
    wisp_search search;
};

wisp_status wisp_workflow_new(const wisp_workflow_config *config, wisp_workflow **out,
                              wisp_error *err)
{
    const wisp_allocator *allocator = wisp_allocator_or_default(config->allocator);
    wisp_workflow *w = wisp_alloc(allocator, 1, sizeof *w);
    if (!w)
        return wisp_fail_memory(err, sizeof *w);
    w->config = *config;
    w->config.allocator = allocator;
    wisp_workflow_limits *limits = &w->config.limits;
    limits->roots = limits->roots ? limits->roots : WISP_ROOT_UPDATES_MAX;
    limits->delegations = limits->delegations ? limits->delegations : WISP_DELEGATIONS_MAX;
    limits->search_size = limits->search_size ? limits->search_size : WISP_SEARCH_SIZE_MAX;
    w->trusted = (wisp_trusted){.allocator = allocator,
                                .store = config->store,
                                .now = config->now > config->time_floor ? config->now
                                                                        : config->time_floor};
    w->search.allocator = allocator;
    *out = w;
    return WISP_OK;
}

void wisp_workflow_free(wisp_workflow *w)
{
    if (!w)
        return;
    wisp_search_end(&w->search);
    wisp_trusted_clear(&w->trusted);
    wisp_free(w->config.allocator, w, sizeof *w);
}

/* --- asking ------------------------------------------------------------------------------ */

/* Asks for the document of [role], by version unless [version] is 0. */
static wisp_status want(wisp_workflow *w, workflow_step step, const char *role, uint64_t version,
                        size_t size_max, wisp_error *err)
{
    char prefix[24] = "", encoded[WISP_WANT_PATH_SIZE - sizeof prefix - sizeof ".json"];
    if (!wisp_percent_encode(role, WISP_PERCENT_UNRESERVED, encoded, sizeof encoded))
        return wisp_fail(err, WISP_LIMIT, "the name '%.60s…' is too long for a URL", role);
    if (version)
        snprintf(prefix, sizeof prefix, "%" PRIu64 ".", version);
    snprintf(w->want.path, sizeof w->want.path, "%s%s.json", prefix, encoded);
    snprintf(w->want.name, sizeof w->want.name, "%s%s.json", prefix, role);
    w->want.size_max = size_max;
    w->step = step;
    return WISP_OK;
}

static bool is_length_told(const wisp_listed *listed, size_t size_max)
{
    return listed->info.length <= size_max;
}

static wisp_status want_listed(wisp_workflow *w, workflow_step step, size_t size_max,
                               wisp_error *err)
{
    bool is_versioned = wisp_root_consistent_snapshot(w->trusted.documents[WISP_ROLE_ROOT]);
    const wisp_listed *listed = &w->listed;
    if (is_length_told(listed, size_max))
        size_max = (size_t)listed->info.length;
    return want(w, step, listed->name, is_versioned ? listed->info.version : 0, size_max, err);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* --- snapshot and targets (5.5, 5.6) ----------------------------------------------------- */

/* Makes the document of [role] and what follows the ones that are listed; those that are stored
 * may do. */
static wisp_status begin_listed(wisp_workflow *w, wisp_role role, wisp_error *err)
{
    for (; role <= WISP_ROLE_TARGETS; role++) {
        wisp_metadata *stored;
        bool is_current;
        w->listed = wisp_listed_top(&w->trusted, role);
        wisp_status status =
            wisp_listed_restore(&w->trusted, &w->listed, &stored, &is_current, err);
        if (status != WISP_OK)
            return status;
        if (stored) /* expired or outdated: it holds back older ones all the same */
            wisp_trusted_set(&w->trusted, stored);
        if (!is_current)
            return want_listed(w, STEP_LISTED, wisp_role_size_max(role), err);
    }
    w->is_fresh = true;
    return WISP_OK;
}

static wisp_status take_listed(wisp_workflow *w, wisp_bytes bytes, wisp_error *err)
{
    wisp_metadata *document;
    wisp_status status = wisp_listed_accept(&w->trusted, &w->listed, bytes, &document, err);
    if (status != WISP_OK)
        return status;
    wisp_trusted_set(&w->trusted, document);
    return begin_listed(w, w->listed.role + 1, err);
}

/* --- timestamp (5.4) --------------------------------------------------------------------- */

static wisp_status begin_timestamp(wisp_workflow *w, wisp_error *err)
{
    wisp_status status = wisp_timestamp_restore(&w->trusted, err);
    if (status != WISP_OK)
        return status;
    return want(w, STEP_TIMESTAMP, wisp_role_name(WISP_ROLE_TIMESTAMP), 0,
                wisp_role_size_max(WISP_ROLE_TIMESTAMP), err);
}

static wisp_status take_timestamp(wisp_workflow *w, wisp_bytes bytes, wisp_error *err)
{
    wisp_status status = wisp_timestamp_update(&w->trusted, bytes, err);
    return status == WISP_OK ? begin_listed(w, WISP_ROLE_SNAPSHOT, err) : status;
}

/* --- root (5.3) -------------------------------------------------------------------------- */

static wisp_status want_root(wisp_workflow *w, wisp_error *err)
{
    return want(w, STEP_ROOT, wisp_role_name(WISP_ROLE_ROOT),
                wisp_workflow_version(w, WISP_ROLE_ROOT) + 1, wisp_role_size_max(WISP_ROLE_ROOT),
                err);
}

/* Only the last root's expiry counts (5.3.10). */
static wisp_status end_roots(wisp_workflow *w, wisp_error *err)
{
    wisp_status status =
        wisp_trusted_check_expiry(&w->trusted, w->trusted.documents[WISP_ROLE_ROOT], err);
    return status == WISP_OK ? begin_timestamp(w, err) : status;
}

static wisp_status take_root(wisp_workflow *w, wisp_bytes bytes, wisp_error *err)
{
    wisp_status status = wisp_root_chain_extend(&w->trusted, bytes, err);
    if (status != WISP_OK)
        return status;
    return ++w->new_roots < w->config.limits.roots ? want_root(w, err) : end_roots(w, err);
}

wisp_status wisp_workflow_refresh(wisp_workflow *w, wisp_error *err)
{
    wisp_search_end(&w->search);
    wisp_trusted_clear(&w->trusted);
    w->is_fresh = false;
    w->new_roots = 0;
    w->step = STEP_NONE;
    wisp_status status = wisp_root_chain_restore(&w->trusted, w->config.root, err);
    return status == WISP_OK ? want_root(w, err) : status;
}

/* --- delegated roles (5.6.7) ------------------------------------------------------------- */

/* Goes on until a role has to be asked for, or the target is found. */
static wisp_status go_on_seeking(wisp_workflow *w, wisp_error *err)
{
    wisp_search *search = &w->search;
    while (!search->is_found) {
        wisp_delegation delegation;
        wisp_metadata *stored;
        bool is_current;
        wisp_status status = wisp_search_next(search, &delegation, err);
        if (status == WISP_OK)
            status = wisp_listed_delegated(&w->trusted, delegation.role, &delegation.signers,
                                           &w->listed, err);
        if (status == WISP_OK)
            status = wisp_listed_restore(&w->trusted, &w->listed, &stored, &is_current, err);
        if (status != WISP_OK)
            return status;
        if (!is_current) {
            wisp_metadata_free(stored);
            return want_listed(w, STEP_DELEGATED,
                               least(wisp_role_size_max(WISP_ROLE_TARGETS), search->size_left),
                               err);
        }
        status = wisp_search_enter(search, stored, err);
        if (status != WISP_OK)
            return status;
    }
    return WISP_OK;
}

static wisp_status take_delegated(wisp_workflow *w, wisp_bytes bytes, wisp_error *err)
{
    wisp_metadata *document;
    wisp_status status = wisp_listed_accept(&w->trusted, &w->listed, bytes, &document, err);
    if (status == WISP_OK)
        status = wisp_search_enter(&w->search, document, err);
    return status == WISP_OK ? go_on_seeking(w, err) : status;
}

/* "dir/name" becomes "dir/<hash>.name" where files are named by their hash (6.2), then what a
 * URL cannot have is encoded. */
static bool content_path(const char *name, const wisp_file_info *info, bool is_hashed,
                         char path[WISP_WANT_PATH_SIZE])
{
    char plain[WISP_WANT_PATH_SIZE], hash[2 * WISP_SHA512_SIZE + 1];
    const char *slash = strrchr(name, '/');
    int dir_len = slash ? (int)(slash - name) + 1 : 0;
    if (info->has_sha256)
        wisp_hash_print(&info->sha256, hash);
    else
        wisp_hex_print(info->sha512, sizeof info->sha512, hash);
    int len = is_hashed ? snprintf(plain, sizeof plain, "%.*s%s.%s", dir_len, name, hash,
                                   name + dir_len)
                        : snprintf(plain, sizeof plain, "%s", name);
    return len > 0 && (size_t)len < sizeof plain &&
           wisp_percent_encode(plain, WISP_PERCENT_UNRESERVED "/", path, WISP_WANT_PATH_SIZE);
}

wisp_status wisp_workflow_seek(wisp_workflow *w, const char *target, wisp_error *err)
{
    char path[WISP_WANT_PATH_SIZE];
    const wisp_workflow_limits *limits = &w->config.limits;
    w->step = STEP_NONE;
    wisp_search_end(&w->search);
    if (!w->is_fresh)
        return wisp_fail(err, WISP_INVALID, "a search needs a refresh before it");
    if (!content_path(target, &(wisp_file_info){.has_sha256 = false}, true, path))
        return wisp_fail(err, WISP_INVALID, "the target's name '%.60s…' is too long", target);
    wisp_status status = wisp_search_begin(&w->search, w->config.allocator,
                                           w->trusted.documents[WISP_ROLE_TARGETS], target,
                                           limits->delegations, limits->search_size, err);
    return status == WISP_OK ? go_on_seeking(w, err) : status;
}

bool wisp_workflow_target(const wisp_workflow *w, wisp_target *out)
{
    const wisp_search *search = &w->search;
    if (!search->is_found)
        return false;
    out->info = search->found;
    out->document = wisp_metadata_name(search->frames[search->frame_len - 1].document);
    return content_path(search->target, &out->info,
                        wisp_root_consistent_snapshot(w->trusted.documents[WISP_ROLE_ROOT]),
                        out->path);
}

/* --- driving ----------------------------------------------------------------------------- */

bool wisp_workflow_wants(const wisp_workflow *w, wisp_want *out)
{
    if (w->step != STEP_NONE)
        *out = w->want;
    return w->step != STEP_NONE;
}

/* A file that is longer than what was signed is a lie, and no matter of limits. */
static wisp_status explain(const wisp_workflow *w, workflow_step step, wisp_status fetched,
                           wisp_error *err)
{
    bool is_listed = step == STEP_LISTED || step == STEP_DELEGATED;
    if (fetched != WISP_LIMIT || !is_listed || !is_length_told(&w->listed, w->want.size_max))
        return fetched;
    char name[sizeof w->listed.name + 5];
    snprintf(name, sizeof name, "%s.json", w->listed.name);
    return wisp_file_info_exceeded(&w->listed.info, name, err);
}

wisp_status wisp_workflow_take(wisp_workflow *w, wisp_status fetched, wisp_bytes bytes,
                               wisp_error *err)
{
    workflow_step step = w->step;
    w->step = STEP_NONE; /* unless something more is wanted */
    if (step == STEP_ROOT && fetched == WISP_NOT_FOUND)
        return end_roots(w, err);
    if (fetched != WISP_OK)
        return explain(w, step, fetched, err);
    switch (step) {
    case STEP_ROOT:
        return take_root(w, bytes, err);
    case STEP_TIMESTAMP:
        return take_timestamp(w, bytes, err);
    case STEP_LISTED:
        return take_listed(w, bytes, err);
    case STEP_DELEGATED:
        return take_delegated(w, bytes, err);
    case STEP_NONE:
        break;
    }
    return wisp_fail(err, WISP_INVALID, "nothing was asked for");
}

uint64_t wisp_workflow_version(const wisp_workflow *w, wisp_role role)
{
    const wisp_metadata *document = w->trusted.documents[role];
    return document ? wisp_metadata_version(document) : 0;
}

int64_t wisp_workflow_now(const wisp_workflow *w)
{
    return w->trusted.now;
}

int64_t wisp_workflow_time_floor(const wisp_workflow *w)
{
    return w->is_fresh ? w->trusted.now : w->config.time_floor;
}
