#include "publish/publish.h"

#include "base/error.h"
#include "publish/pending.h"

#include <string.h>

/* Whether the document of [role] expires so soon that it is to be renewed. */
static bool is_due(const wisp_change *change, size_t role, uint64_t within_days)
{
    const wisp_role_policy *policy =
        wisp_config_policy(&change->project->config, change->repository.names[role]);
    if (!policy)
        return false;
    int64_t left = change->editions[role].expires - change->now;
    int64_t days = (int64_t)(within_days ? within_days : policy->expires_days);
    return left < (within_days ? days * WISP_DAY_S : days * WISP_DAY_S / 2);
}

/* Whether the keys at hand are enough for the document of [role]. */
static wisp_status can_sign(wisp_change *change, size_t role, bool *out, wisp_error *err)
{
    wisp_keyring keyring;
    wisp_signers signers;
    const char *name = change->repository.names[role];
    uint64_t count = 0;
    wisp_status status = wisp_project_keys(change->project, name, &keyring, err);
    bool found =
        wisp_signers_find(change->repository.documents[WISP_ROLE_ROOT],
                          change->repository.documents[WISP_ROLE_TARGETS], name, &signers);
    for (size_t i = 0; found && i < keyring.len; i++)
        count += wisp_signers_have(&signers, keyring.keys[i].id);
    wisp_keyring_wipe(&keyring);
    *out = found && count >= signers.threshold;
    return status;
}

static bool is_named(const wisp_renewal *renewal, const char *role)
{
    for (size_t i = 0; i < renewal->role_len; i++) {
        if (strcmp(renewal->roles[i], role) == 0)
            return true;
    }
    return false;
}

static wisp_status renew_if_due(wisp_change *change, size_t role, const wisp_renewal *renewal,
                                wisp_error *err)
{
    bool wanted = is_named(renewal, change->repository.names[role]);
    if (renewal->role_len == 0 && is_due(change, role, renewal->within_days)) {
        wisp_status status = can_sign(change, role, &wanted, err);
        if (status)
            return status;
    }
    return wanted && change->repository.documents[role] ? wisp_change_renew(change, role, err)
                                                        : WISP_OK;
}

static wisp_status check_names(const wisp_change *change, const wisp_renewal *renewal,
                               wisp_error *err)
{
    for (size_t i = 0; i < renewal->role_len; i++) {
        if (wisp_repository_find(&change->repository, renewal->roles[i]) ==
            change->repository.len)
            return wisp_fail(err, WISP_NOT_FOUND, "there is no role '%.40s'", renewal->roles[i]);
    }
    return WISP_OK;
}

/* What waits for signatures is newer than what is live: it is left alone. */
static wisp_status renew(wisp_change *change, const wisp_renewal *renewal, wisp_published *out,
                         wisp_error *err)
{
    bool waits[WISP_DOCUMENTS_MAX];
    wisp_status status = wisp_pending_list(change, waits, err);
    if (!status)
        status = check_names(change, renewal, err);
    if (!status && !waits[WISP_ROLE_ROOT])
        status = renew_if_due(change, WISP_ROLE_ROOT, renewal, err);
    for (size_t role = WISP_ROLE_TARGETS; role < change->repository.len && !status; role++) {
        if (!waits[role])
            status = renew_if_due(change, role, renewal, err);
    }
    if (status)
        return status;
    bool snapshot_due =
        is_named(renewal, "snapshot") || is_due(change, WISP_ROLE_SNAPSHOT, renewal->within_days);
    return wisp_change_finish(change, snapshot_due, renewal->dry_run, out, err);
}

wisp_status wisp_renew(wisp_project *project, const wisp_renewal *renewal, wisp_published *out,
                       wisp_error *err)
{
    *out = (wisp_published){0};
    wisp_change change;
    wisp_status status = wisp_change_begin(&change, project, WISP_CHANGE_RENEWAL, err);
    if (!status)
        status = renew(&change, renewal, out, err);
    wisp_change_end(&change);
    return status;
}
