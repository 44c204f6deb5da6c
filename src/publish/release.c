#include "publish/publish.h"

#include "base/error.h"
#include "publish/build.h"
#include "publish/deltas.h"
#include "publish/draft.h"
#include "publish/edit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ new releases */

/* Puts [release], which is given away, before the others, with deltas to it. */
static wisp_status add_with_deltas(wisp_edit *e, wisp_json *release,
                                   const wisp_draft_module *bases, size_t base_len,
                                   wisp_published *out, wisp_error *err)
{
    wisp_status status = wisp_deltas_add(e, release, bases, base_len, out, err);
    if (!status)
        return wisp_edit_add(e, release, out, err);
    wisp_json_free(release);
    return status;
}

static wisp_status remember_bases(const wisp_edit *e, const wisp_draft *draft, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < draft->base_len && !status; i++) {
        const wisp_draft_module *base = &draft->bases[i];
        status = wisp_deltas_remember(e->change.project, base->name ? base->name : e->target,
                                      base->content, err);
    }
    return status;
}

static wisp_status check_bases(const wisp_draft *draft, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < draft->base_len && !status; i++) {
        if (draft->bases[i].name)
            status = wisp_target_name_check(draft->bases[i].name, err);
    }
    return status;
}

static wisp_status publish(wisp_edit *e, const wisp_draft *draft, wisp_published *out,
                           wisp_error *err)
{
    uint64_t version;
    wisp_json *release;
    wisp_status status = check_bases(draft, err);
    if (!status)
        status = wisp_edit_version(e, draft->version, &version, err);
    if (!status)
        status =
            wisp_draft_build(draft, &e->change, e->channel, e->target, version, &release, err);
    if (status)
        return status;
    status = add_with_deltas(e, release, draft->bases, draft->base_len, out, err);
    if (!status)
        status = wisp_edit_finish(e, draft->place.dry_run, out, err);
    return status || draft->place.dry_run ? status : remember_bases(e, draft, err);
}

wisp_status wisp_publish(wisp_project *project, const wisp_draft *draft, wisp_published *out,
                         wisp_error *err)
{
    wisp_edit edit;
    wisp_status status = wisp_edit_begin(&edit, project, &draft->place, out, err);
    if (!status)
        status = publish(&edit, draft, out, err);
    wisp_edit_end(&edit);
    return status;
}

/* The newest release of the channel [from], as an object of the caller's. */
static wisp_status copy_newest(const wisp_edit *e, const char *from, wisp_json **out,
                               wisp_error *err)
{
    size_t role;
    char path[WISP_CONTENT_PATH_SIZE];
    wisp_status status = wisp_change_channel(&e->change, from, &role, err);
    if (status)
        return status;
    snprintf(path, sizeof path, "%s/%s", from, e->target);
    wisp_json *contents =
        wisp_json_copy(wisp_metadata_signed(e->change.repository.documents[role]));
    const wisp_json *newest = wisp_catalog_release(wisp_catalog_custom(contents, path), 0);
    *out = newest ? wisp_json_copy(newest) : NULL;
    wisp_json_free(contents);
    if (!contents || (newest && !*out))
        return wisp_fail_memory(err, 0);
    return newest ? WISP_OK : wisp_fail(err, WISP_NOT_FOUND, "nothing was released as %s", path);
}

/* Brings the files of a release from the folder of the channel [from]. */
typedef struct move {
    wisp_edit *edit;
    const char *from;
    wisp_status status;
    wisp_error *err;
} move;

static bool move_module(void *context, wisp_json *module)
{
    move *m = context;
    wisp_content content;
    wisp_bytes bytes;
    const char *name;
    if (!wisp_module_read(module, &name, &content.hash, &content.size)) {
        m->status = wisp_fail(m->err, WISP_MALFORMED,
                              "a module of %s has no name, length or hash", m->from);
        return false;
    }
    wisp_json_remove(module, "deltas"); /* they are from what that channel had */
    snprintf(content.path, sizeof content.path, "%s/%s", m->from, name);
    m->status = wisp_repository_read_content(&m->edit->change.repository, content.path,
                                             &content.hash, &bytes, m->err);
    snprintf(content.path, sizeof content.path, "%s/%s", m->edit->channel, name);
    if (!m->status)
        m->status = wisp_change_content(&m->edit->change, &content, bytes, m->err);
    return !m->status;
}

/* Releases [release], which is given away, again: to all at once, with files of [from]. */
static wisp_status release_again(wisp_edit *e, wisp_json *release, const char *from,
                                 uint64_t version, wisp_published *out, wisp_error *err)
{
    static const char *const terms[] = {"rollout", "paused"};
    move m = {.edit = e, .from = from, .err = err};
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        wisp_json_remove(release, terms[i]);
    wisp_release_each_module(release, move_module, &m);
    if (!m.status && !wisp_json_set_number(release, "version", version))
        m.status = wisp_fail_memory(err, 0);
    if (!m.status)
        return add_with_deltas(e, release, NULL, 0, out, err);
    wisp_json_free(release);
    return m.status;
}

static wisp_status promote(wisp_edit *e, const char *from, wisp_published *out, wisp_error *err)
{
    wisp_json *release;
    uint64_t version = 0;
    wisp_status status = copy_newest(e, from, &release, err);
    if (status)
        return status;
    wisp_json_number(release, "version", &version, NULL);
    if (version <= out->last_version)
        status = wisp_edit_version(e, 0, &version, err);
    if (!status)
        return release_again(e, release, from, version, out, err);
    wisp_json_free(release);
    return status;
}

wisp_status wisp_promote(wisp_project *project, const char *from, const wisp_place *place,
                         wisp_published *out, wisp_error *err)
{
    wisp_edit edit;
    wisp_status status = wisp_edit_begin(&edit, project, place, out, err);
    if (!status)
        status = promote(&edit, from, out, err);
    if (!status)
        status = wisp_edit_finish(&edit, place->dry_run, out, err);
    wisp_edit_end(&edit);
    return status;
}

/* The place in the list of the release to go back to. */
static wisp_status find_older(const wisp_edit *e, uint64_t version, size_t *out, wisp_error *err)
{
    const wisp_json *releases = wisp_json_value(e->custom, "releases");
    for (*out = 1; *out < wisp_json_len(releases); ++*out) {
        uint64_t found = 0;
        wisp_json_number(wisp_json_item(releases, *out), "version", &found, NULL);
        if (version == 0 || found == version)
            return WISP_OK;
    }
    if (version == 0)
        return wisp_fail(err, WISP_NOT_FOUND, "%s has no release before the newest", e->path);
    return wisp_fail(err, WISP_NOT_FOUND,
                     "%s has no release %" PRIu64 " before the newest; publish its file again",
                     e->path, version);
}

static wisp_status roll_back(wisp_edit *e, uint64_t to, wisp_published *out, wisp_error *err)
{
    size_t at;
    uint64_t version;
    wisp_status status = find_older(e, to, &at, err);
    if (!status)
        status = wisp_edit_version(e, 0, &version, err);
    if (status)
        return status;
    wisp_json *releases = wisp_json_member(e->custom, "releases");
    wisp_json *release = wisp_json_copy(wisp_json_item(releases, at));
    if (!release)
        return wisp_fail_memory(err, 0);
    status = release_again(e, release, e->channel, version, out, err);
    for (size_t i = 0; i < at; i++) /* what was bad is not offered to anybody any more */
        wisp_json_remove_item(releases, 1);
    return status;
}

wisp_status wisp_rollback(wisp_project *project, uint64_t version, const wisp_place *place,
                          wisp_published *out, wisp_error *err)
{
    wisp_edit edit;
    wisp_status status = wisp_edit_begin(&edit, project, place, out, err);
    if (!status)
        status = roll_back(&edit, version, out, err);
    if (!status)
        status = wisp_edit_finish(&edit, place->dry_run, out, err);
    wisp_edit_end(&edit);
    return status;
}

/* ------------------------------------------------------------------ new terms */

/* Changes the custom data; [with] is whatever it needs. */
typedef wisp_status (*terms)(wisp_edit *e, const void *with, wisp_error *err);

static wisp_status change_terms(wisp_project *project, const wisp_place *place, terms change,
                                const void *with, wisp_published *out, wisp_error *err)
{
    wisp_edit edit;
    wisp_status status = wisp_edit_begin(&edit, project, place, out, err);
    if (!status && !edit.custom)
        status = wisp_fail(err, WISP_NOT_FOUND, "nothing was released as %s", edit.path);
    if (!status)
        status = change(&edit, with, err);
    if (!status)
        status = wisp_edit_finish(&edit, place->dry_run, out, err);
    wisp_edit_end(&edit);
    return status;
}

static wisp_status set_paused(wisp_edit *e, const void *with, wisp_error *err)
{
    const bool *paused = with;
    wisp_json *release = wisp_catalog_release(e->custom, 0);
    if (*paused)
        return wisp_json_set_bool(release, "paused", true) ? WISP_OK : wisp_fail_memory(err, 0);
    wisp_json_remove(release, "paused");
    return WISP_OK;
}

wisp_status wisp_pause(wisp_project *project, bool paused, const wisp_place *place,
                       wisp_published *out, wisp_error *err)
{
    return change_terms(project, place, set_paused, &paused, out, err);
}

static wisp_status set_ramp(wisp_edit *e, const void *with, wisp_error *err)
{
    return wisp_ramp_set(wisp_catalog_release(e->custom, 0), with, e->change.now)
               ? WISP_OK
               : wisp_fail_memory(err, 0);
}

wisp_status wisp_roll_out(wisp_project *project, const wisp_ramp *ramp, const wisp_place *place,
                          wisp_published *out, wisp_error *err)
{
    return change_terms(project, place, set_ramp, ramp, out, err);
}

static wisp_status set_floor(wisp_edit *e, const void *with, wisp_error *err)
{
    const uint64_t *floor = with;
    uint64_t highest = wisp_catalog_version(e->contents, e->path);
    if (*floor > highest)
        return wisp_fail(err, WISP_MISMATCH,
                         "%" PRIu64 " is above %" PRIu64 ", the newest release of %s: no device "
                         "could run anything",
                         *floor, highest, e->path);
    return wisp_json_set_number(e->custom, "min_version", *floor) ? WISP_OK
                                                                  : wisp_fail_memory(err, 0);
}

wisp_status wisp_floor(wisp_project *project, uint64_t version, const wisp_place *place,
                       wisp_published *out, wisp_error *err)
{
    return change_terms(project, place, set_floor, &version, out, err);
}

/* The oldest goes where there are too many. */
static wisp_status add_unban(wisp_edit *e, const void *with, wisp_error *err)
{
    char text[WISP_HASH_TEXT_SIZE];
    wisp_hash_print(with, text);
    wisp_json *unbans = wisp_json_member(e->custom, "unban");
    if (!unbans)
        unbans = wisp_build_array(e->custom, "unban");
    for (size_t i = 0; i < wisp_json_len(unbans); i++) {
        const char *found = wisp_json_item_string(unbans, i);
        if (found && strcmp(found, text) == 0)
            return WISP_OK;
    }
    if (!unbans || !wisp_json_append_string(unbans, text))
        return wisp_fail_memory(err, 0);
    if (wisp_json_len(unbans) > WISP_CATALOG_UNBANS_MAX)
        wisp_json_remove_item(unbans, 0);
    return WISP_OK;
}

wisp_status wisp_unban(wisp_project *project, const wisp_hash *hash, const wisp_place *place,
                       wisp_published *out, wisp_error *err)
{
    return change_terms(project, place, add_unban, hash, out, err);
}
