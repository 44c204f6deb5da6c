#include "publish/publish.h"

#include "base/error.h"
#include "publish/change.h"
#include "publish/file.h"
#include "publish/pending.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEY_NUMBER_MAX 10000

/* An exchange of keys while it is made: the next root and the next targets. */
typedef struct exchange {
    wisp_change change;
    wisp_json *root, *targets;       /* contents; NULL: that document stays */
    bool renews[WISP_DOCUMENTS_MAX]; /* channels that are signed anew */
} exchange;

static wisp_status begin(exchange *x, wisp_project *project, wisp_published *out, wisp_error *err)
{
    *out = (wisp_published){0};
    x->root = x->targets = NULL;
    memset(x->renews, 0, sizeof x->renews);
    wisp_status status = wisp_change_begin(&x->change, project, WISP_CHANGE_RELEASE, err);
    x->change.saves_config = true;
    return status;
}

static void end(exchange *x)
{
    wisp_json_free(x->root);
    wisp_json_free(x->targets);
    wisp_change_end(&x->change);
}

static wisp_status draft_once(exchange *x, size_t role, wisp_json **contents, wisp_error *err)
{
    return *contents ? WISP_OK : wisp_change_draft(&x->change, role, contents, err);
}

/* The contents that say who signs [role], and notes what is to be signed anew. */
static wisp_status open_seat(exchange *x, const char *role, wisp_json **out, wisp_error *err)
{
    int number = wisp_role_number(role);
    size_t channel;
    wisp_status status;
    if (number < WISP_ROLE_LEN) {
        status = draft_once(x, WISP_ROLE_ROOT, &x->root, err);
        if (!status && number == WISP_ROLE_TARGETS)
            status = draft_once(x, WISP_ROLE_TARGETS, &x->targets, err);
        *out = x->root;
        return status;
    }
    status = wisp_change_channel(&x->change, role, &channel, err);
    if (!status)
        status = draft_once(x, WISP_ROLE_TARGETS, &x->targets, err);
    *out = x->targets;
    if (!status)
        x->renews[channel] = true;
    return status;
}

static wisp_status put_once(exchange *x, size_t role, wisp_json **contents, wisp_error *err)
{
    wisp_json *given = *contents;
    *contents = NULL;
    return given ? wisp_change_put(&x->change, role, given, err) : WISP_OK;
}

/* A role that nobody could sign for would stop all updates for ever. */
static wisp_status check_thresholds(const exchange *x, wisp_error *err)
{
    const wisp_repository *repository = &x->change.repository;
    for (size_t role = 0; role < repository->len; role++) {
        wisp_signers signers;
        if (!wisp_signers_find(wisp_change_document(&x->change, WISP_ROLE_ROOT),
                               wisp_change_document(&x->change, WISP_ROLE_TARGETS),
                               repository->names[role], &signers) ||
            wisp_json_len(signers.keyids) >= signers.threshold)
            continue;
        return wisp_fail(
            err, WISP_MISMATCH, "%s would have %zu keys of the %" PRIu64 " that must sign",
            repository->names[role], wisp_json_len(signers.keyids), signers.threshold);
    }
    return WISP_OK;
}

static wisp_status finish(exchange *x, bool dry_run, wisp_published *out, wisp_error *err)
{
    wisp_status status = put_once(x, WISP_ROLE_ROOT, &x->root, err);
    if (!status)
        status = put_once(x, WISP_ROLE_TARGETS, &x->targets, err);
    if (!status)
        status = check_thresholds(x, err);
    for (size_t role = WISP_ROLE_LEN; role < x->change.repository.len && !status; role++) {
        if (x->renews[role])
            status = wisp_change_renew(&x->change, role, err);
    }
    return status ? status : wisp_change_finish(&x->change, true, dry_run, out, err);
}

/* ------------------------------------------------------------------ which key */

/* The one key of [signers] that [text] means: its file, or the first digits of its ID. NULL
 * means the only one that there is. */
static wisp_status find_key(wisp_project *project, const wisp_signers *signers, const char *role,
                            const char *text, char id[WISP_KEY_ID_SIZE], wisp_error *err)
{
    wisp_key key;
    const char *wanted = text ? text : "";
    if (text && !wisp_project_key(project, text, &key, NULL)) {
        wanted = memcpy(id, key.id, sizeof key.id);
        wisp_key_wipe(&key);
    }
    size_t matches = 0, len = strlen(wanted);
    const char *match = NULL;
    for (size_t i = 0; i < wisp_json_len(signers->keyids); i++) {
        const char *listed = wisp_json_item_string(signers->keyids, i);
        if (listed && strncmp(listed, wanted, len) == 0) {
            match = listed;
            matches++;
        }
    }
    if (matches != 1)
        return wisp_fail(err, WISP_NOT_FOUND, "%zu keys of %s are meant by '%.60s', expected one",
                         matches, role, text ? text : "its only one");
    memmove(id, match, strnlen(match, WISP_KEY_ID_SIZE - 1) + 1);
    id[WISP_KEY_ID_SIZE - 1] = '\0';
    return WISP_OK;
}

static wisp_status find_role_key(exchange *x, const char *role, const char *text,
                                 char id[WISP_KEY_ID_SIZE], wisp_error *err)
{
    wisp_signers signers;
    wisp_metadata *const *live = x->change.repository.documents;
    if (!wisp_signers_find(live[WISP_ROLE_ROOT], live[WISP_ROLE_TARGETS], role, &signers))
        return wisp_fail(err, WISP_NOT_FOUND, "there is no role '%.40s'", role);
    return find_key(x->change.project, &signers, role, text, id, err);
}

/* Adds the key file [path] to the config of [role], unless it has it. */
static wisp_status note_file(wisp_project *project, const char *role, const char *path,
                             wisp_error *err)
{
    wisp_role_policy *policy = wisp_config_policy(&project->config, role);
    if (!policy)
        return wisp_fail(err, WISP_NOT_FOUND, WISP_CONFIG_NAME " has no role '%.40s'", role);
    for (size_t i = 0; i < policy->key_len; i++) {
        if (strcmp(policy->keys[i], path) == 0)
            return WISP_OK;
    }
    if (policy->key_len == WISP_ROLE_KEYS_MAX)
        return wisp_fail(err, WISP_LIMIT, "%s has %d keys already", role, WISP_ROLE_KEYS_MAX);
    char *copy = wisp_arena_text(&project->arena, path, strlen(path));
    if (!copy)
        return wisp_fail_memory(err, strlen(path) + 1);
    policy->keys[policy->key_len++] = copy;
    return WISP_OK;
}

/* ------------------------------------------------------------------ exchange */

static wisp_status add_key(exchange *x, const wisp_key_change *change, wisp_json *contents,
                           wisp_error *err)
{
    wisp_key key;
    wisp_project *project = x->change.project;
    wisp_status status = wisp_project_key(project, change->add, &key, err);
    if (!status)
        status = note_file(project, change->role, change->add, err);
    if (!status && !wisp_signers_add(contents, change->role, &key))
        status = wisp_fail_memory(err, 0);
    wisp_key_wipe(&key);
    return status;
}

static wisp_status exchange_keys(exchange *x, const wisp_key_change *change, wisp_error *err)
{
    char id[WISP_KEY_ID_SIZE];
    wisp_json *contents;
    wisp_status status = open_seat(x, change->role, &contents, err);
    if (!status && change->add)
        status = add_key(x, change, contents, err);
    if (!status && change->remove)
        status = find_role_key(x, change->role, change->remove, id, err);
    if (status)
        return status;
    bool done =
        (!change->remove || wisp_signers_remove(contents, change->role, id)) &&
        (!change->threshold || wisp_signers_require(contents, change->role, change->threshold));
    return done ? WISP_OK : wisp_fail_memory(err, 0);
}

wisp_status wisp_key_exchange(wisp_project *project, const wisp_key_change *change,
                              wisp_published *out, wisp_error *err)
{
    exchange x;
    wisp_status status = begin(&x, project, out, err);
    if (!status)
        status = exchange_keys(&x, change, err);
    if (!status)
        status = finish(&x, change->dry_run, out, err);
    end(&x);
    return status;
}

/* Makes the key of the next free file name "keys/targets-2.key". */
static wisp_status make_fresh_key(wisp_project *project, const char *role, wisp_error *err)
{
    char name[WISP_CHANNEL_NAME_MAX + 32];
    const char *path = NULL;
    for (int n = 2; n < KEY_NUMBER_MAX && !path; n++) {
        snprintf(name, sizeof name, "keys/%s-%d.key", role, n);
        path = wisp_project_path(project, name);
        if (!path)
            return wisp_fail_memory(err, sizeof name);
        if (wisp_file_exists(project->os, path))
            path = NULL;
    }
    char *copy = wisp_arena_text(&project->arena, name, strlen(name));
    if (!copy)
        return wisp_fail_memory(err, sizeof name);
    wisp_status status = wisp_key_make(project->os, &project->fresh, err);
    if (!status)
        project->fresh_path = copy;
    return status;
}

static wisp_status rotate_in(exchange *x, const char *role, const char *id, wisp_error *err)
{
    wisp_signers signers;
    wisp_metadata *const *live = x->change.repository.documents;
    if (!wisp_signers_find(live[WISP_ROLE_ROOT], live[WISP_ROLE_TARGETS], role, &signers) ||
        !wisp_signers_have(&signers, id))
        return WISP_OK;
    const wisp_key_change change = {
        .role = role, .add = x->change.project->fresh_path, .remove = id};
    return exchange_keys(x, &change, err);
}

static wisp_status rotate(exchange *x, const char *role, const char *key, bool dry_run,
                          const char **path, wisp_published *out, wisp_error *err)
{
    char id[WISP_KEY_ID_SIZE];
    wisp_project *project = x->change.project;
    const wisp_repository *repository = &x->change.repository;
    wisp_status status = find_role_key(x, role, key, id, err);
    if (!status)
        status = make_fresh_key(project, role, err);
    *path = project->fresh_path;
    for (size_t i = 0; i < repository->len && !status; i++)
        status = rotate_in(x, repository->names[i], id, err);
    return status ? status : finish(x, dry_run, out, err);
}

wisp_status wisp_key_rotate(wisp_project *project, const char *role, const char *key,
                            bool dry_run, const char **path, wisp_published *out, wisp_error *err)
{
    exchange x;
    wisp_status status = begin(&x, project, out, err);
    if (!status)
        status = rotate(&x, role, key, dry_run, path, out, err);
    end(&x);
    return status;
}

/* ------------------------------------------------------------------ channels */

static wisp_status add_channel(exchange *x, const char *name, wisp_error *err)
{
    wisp_project *project = x->change.project;
    wisp_config *config = &project->config;
    wisp_repository *repository = &x->change.repository;
    wisp_status status = wisp_channel_name_check(name, err);
    if (status)
        return status;
    if (wisp_repository_find(repository, name) < repository->len)
        return wisp_fail(err, WISP_INVALID, "there is a channel '%s' already", name);
    if (config->channel_len == WISP_CHANNELS_MAX && !wisp_config_policy(config, name))
        return wisp_fail(err, WISP_LIMIT, "there are %d channels already", WISP_CHANNELS_MAX);
    char *copy = wisp_arena_text(&project->arena, name, strlen(name));
    if (!copy)
        return wisp_fail_memory(err, strlen(name) + 1);
    if (!wisp_config_policy(config, name))
        config->channels[config->channel_len++] =
            (wisp_channel){copy, config->roles[WISP_ROLE_TARGETS]};
    status = draft_once(x, WISP_ROLE_TARGETS, &x->targets, err);
    if (!status && !wisp_channel_delegate(x->targets, name))
        status = wisp_fail_memory(err, 0);
    if (!status)
        status = wisp_change_appoint(&x->change, name, x->targets, err);
    x->renews[repository->len] = true; /* its place, once the new targets are known */
    return status;
}

wisp_status wisp_channel_make(wisp_project *project, const char *name, bool dry_run,
                              wisp_published *out, wisp_error *err)
{
    exchange x;
    wisp_status status = begin(&x, project, out, err);
    if (!status)
        status = add_channel(&x, name, err);
    if (!status)
        status = finish(&x, dry_run, out, err);
    end(&x);
    return status;
}

/* ------------------------------------------------------------------ signing one by one */

static wisp_status cosign(wisp_change *change, size_t role, const wisp_key *key, wisp_error *err)
{
    if (!change->documents[role].text)
        return WISP_OK;
    if (key)
        return wisp_change_cosign(change, role, key, err);
    wisp_keyring keyring;
    wisp_status status =
        wisp_project_keys(change->project, change->repository.names[role], &keyring, err);
    for (size_t i = 0; i < keyring.len && !status; i++)
        status = wisp_change_cosign(change, role, &keyring.keys[i], err);
    wisp_keyring_wipe(&keyring);
    return status;
}

wisp_status wisp_cosign(wisp_project *project, const wisp_key *key, bool dry_run,
                        wisp_published *out, wisp_error *err)
{
    *out = (wisp_published){0};
    wisp_change change;
    wisp_status status = wisp_change_begin(&change, project, WISP_CHANGE_RENEWAL, err);
    if (!status)
        status = wisp_pending_adopt(&change, err);
    for (size_t role = 0; role < change.repository.len && !status; role++)
        status = cosign(&change, role, key, err);
    if (!status)
        status = wisp_change_finish(&change, true, dry_run, out, err);
    wisp_change_end(&change);
    return status;
}

wisp_status wisp_discard(wisp_project *project, wisp_error *err)
{
    wisp_change change;
    wisp_status status = wisp_change_begin(&change, project, WISP_CHANGE_RENEWAL, err);
    if (!status)
        status = wisp_pending_discard(&change, err);
    wisp_change_end(&change);
    return status;
}
