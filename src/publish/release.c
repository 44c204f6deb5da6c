#include "publish/publish.h"

#include "base/error.h"
#include "publish/change.h"
#include "trust/date.h"

#include <inttypes.h>
#include <string.h>

#define NOTES_MAX 4096

/* The version that the publisher gave a target; 0 where there is none of ours. */
static uint64_t target_version(const wisp_file_info *info)
{
    uint64_t version = 0;
    if (!info->custom || wisp_json_number(info->custom, "version", &version, NULL))
        return 0;
    return version;
}

/* Fills the module's part of [out]: what there is of it, and what comes. */
static wisp_status choose_version(const wisp_change *change, const wisp_release *release,
                                  wisp_published *out, wisp_error *err)
{
    wisp_file_info last;
    wisp_status status = wisp_targets_find(change->repository.documents[WISP_ROLE_TARGETS],
                                           out->target, &last, err);
    if (status && status != WISP_NOT_FOUND)
        return status;
    if (!status) {
        out->last_version = target_version(&last);
        out->same_content =
            last.has_sha256 && memcmp(&last.sha256, &out->hash, sizeof out->hash) == 0;
    }
    out->version = release->version ? release->version : out->last_version + 1;
    if (out->version > out->last_version && out->version <= WISP_RELEASE_VERSION_MAX)
        return WISP_OK;
    if (out->version > WISP_RELEASE_VERSION_MAX)
        return wisp_fail(err, WISP_LIMIT, "version %" PRIu64 " is above %" PRIu64 ", the highest",
                         out->version, WISP_RELEASE_VERSION_MAX);
    return wisp_fail(err, WISP_MISMATCH,
                     "version %" PRIu64 " of '%s' is not above %" PRIu64 ", the last one",
                     out->version, out->target, out->last_version);
}

static wisp_status check_notes(const char *notes, wisp_error *err)
{
    if (!notes)
        return WISP_OK;
    if (strlen(notes) > NOTES_MAX)
        return wisp_fail(err, WISP_LIMIT, "the notes have %zu bytes, expected %d at the most",
                         strlen(notes), NOTES_MAX);
    wisp_json *object = wisp_json_new_object();
    bool is_text = object && wisp_json_set_string(object, "notes", notes);
    wisp_json_free(object);
    return is_text ? WISP_OK : wisp_fail(err, WISP_INVALID, "the notes are not UTF-8");
}

static wisp_status check_root_expiry(const wisp_change *change, wisp_error *err)
{
    wisp_edition root = change->editions[WISP_ROLE_ROOT];
    if (change->now < root.expires)
        return WISP_OK;
    char date[WISP_DATE_TEXT_SIZE] = "?";
    wisp_date_print(root.expires, date);
    return wisp_fail(err, WISP_UNTRUSTED,
                     "root version %" PRIu64 " expired at %s: devices would refuse this release",
                     root.version, date);
}

static wisp_status sign_targets(wisp_change *change, const wisp_target *target, wisp_error *err)
{
    wisp_edition edition;
    wisp_status status = wisp_change_edition(change, WISP_ROLE_TARGETS, &edition, err);
    if (status)
        return status;
    wisp_json *contents =
        wisp_role_renew(change->repository.documents[WISP_ROLE_TARGETS], edition);
    if (contents && target && !wisp_targets_put(contents, target)) {
        wisp_json_free(contents);
        contents = NULL;
    }
    return wisp_change_sign(change, WISP_ROLE_TARGETS, edition, contents, err);
}

/* Signs snapshot and timestamp over what is new so far; a document that names nothing new and
 * is not [due] stays. */
static wisp_status sign_upwards(wisp_change *change, bool snapshot_due, wisp_error *err)
{
    wisp_status status = WISP_OK;
    if (snapshot_due || change->documents[WISP_ROLE_TARGETS].text)
        status = wisp_change_sign_meta(change, WISP_ROLE_SNAPSHOT, WISP_ROLE_TARGETS, err);
    return status ? status
                  : wisp_change_sign_meta(change, WISP_ROLE_TIMESTAMP, WISP_ROLE_SNAPSHOT, err);
}

static void report(const wisp_change *change, wisp_published *out)
{
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        out->renewed[role] = change->documents[role].text;
        out->versions[role] = change->editions[role].version;
        out->expires[role] = change->editions[role].expires;
    }
}

static wisp_status make_release(wisp_change *change, const wisp_release *release,
                                wisp_published *out, wisp_error *err)
{
    wisp_status status = check_root_expiry(change, err);
    if (!status)
        status = choose_version(change, release, out, err);
    if (status)
        return status;
    wisp_target target = {out->target, out->hash, release->content.size, out->version,
                          release->notes};
    status = sign_targets(change, &target, err);
    if (!status)
        status = sign_upwards(change, true, err);
    if (status)
        return status;
    report(change, out);
    if (release->dry_run)
        return WISP_OK;
    status = wisp_repository_write_target(&change->repository, out->target, &out->hash,
                                          release->content, err);
    return status ? status : wisp_change_write(change, err);
}

wisp_status wisp_publish(wisp_project *project, const wisp_release *release, wisp_published *out,
                         wisp_error *err)
{
    *out = (wisp_published){.target = release->target ? release->target : project->config.target};
    wisp_status status = wisp_target_name_check(out->target, err);
    if (!status)
        status = check_notes(release->notes, err);
    if (status)
        return status;
    if (!wisp_sha256(release->content, &out->hash))
        return wisp_fail_memory(err, 0);
    wisp_change change;
    status = wisp_change_begin(&change, project, false, err);
    if (!status)
        status = make_release(&change, release, out, err);
    wisp_change_end(&change);
    return status;
}

/* Whether less than half of the time that the config gives documents of [role] is left. */
static bool is_due(const wisp_change *change, wisp_role role)
{
    int64_t days = (int64_t)change->project->config.roles[role].expires_days;
    return change->editions[role].expires - change->now < days * WISP_DAY_S / 2;
}

/* The next root: the same keys and thresholds, valid for longer. */
static wisp_status sign_root(wisp_change *change, wisp_error *err)
{
    wisp_edition edition;
    wisp_status status = wisp_change_edition(change, WISP_ROLE_ROOT, &edition, err);
    if (status)
        return status;
    wisp_json *contents = wisp_role_renew(change->repository.documents[WISP_ROLE_ROOT], edition);
    return wisp_change_sign(change, WISP_ROLE_ROOT, edition, contents, err);
}

wisp_status wisp_refresh(wisp_project *project, bool root, bool dry_run, wisp_published *out,
                         wisp_error *err)
{
    *out = (wisp_published){0};
    wisp_change change;
    wisp_status status = wisp_change_begin(&change, project, false, err);
    if (!status && root)
        status = sign_root(&change, err);
    if (!status && is_due(&change, WISP_ROLE_TARGETS))
        status = sign_targets(&change, NULL, err);
    if (!status)
        status = sign_upwards(&change, is_due(&change, WISP_ROLE_SNAPSHOT), err);
    if (!status)
        report(&change, out);
    if (!status && !dry_run)
        status = wisp_change_write(&change, err);
    wisp_change_end(&change);
    return status;
}
