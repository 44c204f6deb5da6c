#include "publish/change.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VERSION_MAX (UINT64_C(1) << 53) /* what a JSON number holds exactly */

wisp_status wisp_change_begin(wisp_change *change, wisp_project *project, bool is_new,
                              wisp_error *err)
{
    *change = (wisp_change){.project = project};
    wisp_repository *repository = &change->repository;
    wisp_repository_init(repository, project->arena.allocator, project->os, project->repository);
    change->now = project->os->wall_time_s(project->os->user);
    wisp_status status = wisp_project_lock(project, err);
    if (status || is_new)
        return status;
    status = wisp_repository_read(repository, err);
    if (status)
        return status;
    wisp_repository_sweep(repository);
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        const wisp_metadata *document = repository->documents[role];
        change->editions[role] =
            (wisp_edition){wisp_metadata_version(document), wisp_metadata_expires(document)};
    }
    return WISP_OK;
}

void wisp_change_end(wisp_change *change)
{
    for (int role = 0; role < WISP_ROLE_LEN; role++)
        wisp_document_deinit(&change->documents[role]);
    wisp_repository_deinit(&change->repository);
}

wisp_status wisp_change_edition(wisp_change *change, wisp_role role, wisp_edition *out,
                                wisp_error *err)
{
    uint64_t version = change->editions[role].version, highest = 0;
    bool may_skip = role == WISP_ROLE_TARGETS || role == WISP_ROLE_SNAPSHOT;
    if (may_skip && version > 0) {
        wisp_status status = wisp_repository_highest(&change->repository, role, &highest, err);
        if (status)
            return status;
    }
    if (highest > version)
        version = highest;
    if (version >= VERSION_MAX)
        return wisp_fail(err, WISP_LIMIT, "%s has version %" PRIu64 ", the highest there can be",
                         wisp_role_name(role), version);
    int64_t days = (int64_t)change->project->config.roles[role].expires_days;
    *out = (wisp_edition){version + 1, change->now + days * WISP_DAY_S};
    return WISP_OK;
}

static bool lists_key(const wisp_signers *signers, const char *id)
{
    for (size_t i = 0; i < wisp_json_len(signers->keyids); i++) {
        const char *listed = wisp_json_item_string(signers->keyids, i);
        if (listed && strcmp(listed, id) == 0)
            return true;
    }
    return false;
}

/* Devices count signatures by the root that they trust: what it does not list is worth nothing.
 */
static wisp_status check_keys(const wisp_change *change, wisp_role role,
                              const wisp_keyring *keyring, wisp_error *err)
{
    const wisp_metadata *root = change->repository.documents[WISP_ROLE_ROOT];
    wisp_signers signers = wisp_root_signers(root, role);
    const wisp_role_policy *policy = &change->project->config.roles[role];
    for (size_t i = 0; i < keyring->len; i++) {
        if (!lists_key(&signers, keyring->keys[i].id))
            return wisp_fail(err, WISP_UNTRUSTED,
                             "%.100s (ID %.12s…) is not among the %s keys of root version "
                             "%" PRIu64,
                             policy->keys[i], keyring->keys[i].id, wisp_role_name(role),
                             wisp_metadata_version(root));
    }
    if (keyring->len >= signers.threshold)
        return WISP_OK;
    return wisp_fail(err, WISP_UNTRUSTED,
                     "%zu of the %" PRIu64 " signatures that root version %" PRIu64
                     " demands of %s can be made",
                     keyring->len, signers.threshold, wisp_metadata_version(root),
                     wisp_role_name(role));
}

/* Parses and verifies what was just signed, as a device will. */
static wisp_status check_document(wisp_change *change, wisp_role role,
                                  const wisp_document *document, wisp_error *err)
{
    if (document->size > wisp_role_size_max(role))
        return wisp_fail(err, WISP_LIMIT, "%s would have %zu bytes, expected %zu at the most",
                         wisp_role_name(role), document->size, wisp_role_size_max(role));
    wisp_metadata **present = &change->repository.documents[role];
    wisp_metadata *parsed = NULL;
    wisp_bytes bytes = {(const uint8_t *)document->text, document->size};
    wisp_status status =
        wisp_metadata_parse(change->repository.arena.allocator, role, bytes, &parsed, err);
    const wisp_metadata *root = change->repository.documents[WISP_ROLE_ROOT];
    if (!status) {
        wisp_signers signers = wisp_root_signers(root ? root : parsed, role);
        status = wisp_metadata_verify(parsed, &signers, err);
    }
    if (!status && role == WISP_ROLE_ROOT) {
        wisp_signers signers = wisp_root_signers(parsed, role);
        status = wisp_metadata_verify(parsed, &signers, err);
    }
    if (status) {
        wisp_metadata_free(parsed);
        return status;
    }
    wisp_metadata_free(*present);
    *present = parsed;
    return WISP_OK;
}

static wisp_status sign_with(wisp_change *change, wisp_role role, const wisp_keyring *keyring,
                             wisp_json *contents, wisp_error *err)
{
    wisp_document *document = &change->documents[role];
    wisp_status status = wisp_document_make(contents, keyring, document, err);
    if (!status)
        status = check_document(change, role, document, err);
    return status;
}

wisp_status wisp_change_sign(wisp_change *change, wisp_role role, wisp_edition edition,
                             wisp_json *contents, wisp_error *err)
{
    wisp_keyring keyring;
    wisp_status status = wisp_project_keys(change->project, role, &keyring, err);
    if (!status && change->repository.documents[WISP_ROLE_ROOT])
        status = check_keys(change, role, &keyring, err);
    if (status)
        wisp_json_free(contents);
    else
        status = sign_with(change, role, &keyring, contents, err);
    wisp_keyring_wipe(&keyring);
    if (!status)
        change->editions[role] = edition;
    return status;
}

wisp_status wisp_change_sign_meta(wisp_change *change, wisp_role role, wisp_role of,
                                  wisp_error *err)
{
    char name[32];
    wisp_edition edition;
    wisp_status status = wisp_change_edition(change, role, &edition, err);
    if (status)
        return status;
    const wisp_metadata *present = change->repository.documents[role];
    wisp_json *contents =
        present ? wisp_role_renew(present, edition) : wisp_role_build(role, edition);
    const wisp_document *document = &change->documents[of];
    snprintf(name, sizeof name, "%s.json", wisp_role_name(of));
    if (contents && document->text &&
        !wisp_meta_put(contents, name, change->editions[of].version, document->size,
                       &document->hash)) {
        wisp_json_free(contents);
        contents = NULL;
    }
    return wisp_change_sign(change, role, edition, contents, err);
}

wisp_status wisp_change_write(wisp_change *change, wisp_error *err)
{
    static const wisp_role order[] = {WISP_ROLE_ROOT, WISP_ROLE_TARGETS, WISP_ROLE_SNAPSHOT,
                                      WISP_ROLE_TIMESTAMP};
    for (int i = 0; i < WISP_ROLE_LEN; i++) {
        wisp_role role = order[i];
        if (!change->documents[role].text)
            continue;
        wisp_status status =
            wisp_repository_write(&change->repository, role, change->editions[role].version,
                                  &change->documents[role], err);
        if (status)
            return status;
    }
    return WISP_OK;
}
