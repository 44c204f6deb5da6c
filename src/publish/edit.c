#include "publish/edit.h"

#include "base/error.h"
#include "release/offer.h"
#include "trust/date.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

wisp_status wisp_edit_begin(wisp_edit *e, wisp_project *project, const wisp_place *place,
                            wisp_published *out, wisp_error *err)
{
    *out = (wisp_published){0};
    e->contents = e->custom = NULL;
    e->channel = place->channel ? place->channel : project->config.channels[0].name;
    e->target = place->target ? place->target : project->config.target;
    wisp_status status = wisp_change_begin(&e->change, project, WISP_CHANGE_RELEASE, err);
    if (!status)
        status = wisp_target_name_check(e->target, err);
    if (!status)
        status = wisp_change_channel(&e->change, e->channel, &e->role, err);
    if (!status)
        status = check_root_expiry(&e->change, err);
    if (!status)
        status = wisp_change_draft(&e->change, e->role, &e->contents, err);
    if (status)
        return status;
    snprintf(e->path, sizeof e->path, "%s/%s", e->channel, e->target);
    snprintf(out->channel, sizeof out->channel, "%s", e->channel);
    snprintf(out->target, sizeof out->target, "%s", e->target);
    e->custom = wisp_catalog_custom(e->contents, e->path);
    out->last_version = wisp_catalog_version(e->contents, e->path);
    return WISP_OK;
}

void wisp_edit_end(wisp_edit *e)
{
    wisp_json_free(e->contents);
    wisp_change_end(&e->change);
}

/* Tells of the newest release. */
static void tell_release(wisp_edit *e, wisp_published *out)
{
    const char *name;
    const wisp_json *release = wisp_catalog_release(wisp_catalog_custom(e->contents, e->path), 0);
    out->version = wisp_catalog_version(e->contents, e->path);
    wisp_module_read(wisp_json_item(wisp_json_value(release, "modules"), 0), &name, &out->hash,
                     &out->size);
}

/* Reads what was signed with a device's own eyes. */
static wisp_status check_offers(const wisp_edit *e, wisp_error *err)
{
    wisp_file_info info;
    wisp_offers offers;
    wisp_status status =
        wisp_targets_find(wisp_change_document(&e->change, e->role), e->path, &info, err);
    if (!status)
        status = wisp_offers_parse(e->change.repository.arena.allocator, e->target, &info,
                                   &offers, err);
    if (!status)
        wisp_offers_deinit(&offers);
    return status;
}

wisp_status wisp_edit_finish(wisp_edit *e, bool dry_run, wisp_published *out, wisp_error *err)
{
    wisp_json *contents = e->contents;
    tell_release(e, out);
    e->contents = NULL; /* it is given away */
    wisp_status status = wisp_change_put(&e->change, e->role, contents, err);
    if (!status)
        status = check_offers(e, err);
    return status ? status : wisp_change_finish(&e->change, true, dry_run, out, err);
}

/* ------------------------------------------------------------------ new releases */

/* One number is one release in all channels, so that a device can change between them. */
static uint64_t highest_version(const wisp_edit *e)
{
    uint64_t highest = 0;
    for (size_t role = WISP_ROLE_LEN; role < e->change.repository.len; role++) {
        const wisp_metadata *document = e->change.repository.documents[role];
        char path[WISP_CONTENT_PATH_SIZE];
        snprintf(path, sizeof path, "%s/%s", e->change.repository.names[role], e->target);
        uint64_t version =
            document ? wisp_catalog_version(wisp_metadata_signed(document), path) : 0;
        if (version > highest)
            highest = version;
    }
    return highest;
}

wisp_status wisp_edit_version(const wisp_edit *e, uint64_t wanted, uint64_t *version,
                              wisp_error *err)
{
    uint64_t last = wisp_catalog_version(e->contents, e->path);
    *version = wanted ? wanted : highest_version(e) + 1;
    if (*version > WISP_RELEASE_VERSION_MAX)
        return wisp_fail(err, WISP_LIMIT, "version %" PRIu64 " is above %" PRIu64 ", the highest",
                         *version, WISP_RELEASE_VERSION_MAX);
    if (*version > last)
        return WISP_OK;
    return wisp_fail(err, WISP_MISMATCH,
                     "version %" PRIu64 " of '%s' is not above %" PRIu64 ", the last one of %s",
                     *version, e->target, last, e->channel);
}

static bool same_modules(const wisp_json *a, const wisp_json *b)
{
    bool same = wisp_json_len(a) == wisp_json_len(b);
    for (size_t i = 0; i < wisp_json_len(a) && same; i++) {
        const wisp_json *x = wisp_json_item(a, i), *y = wisp_json_item(b, i);
        same = wisp_json_equal(wisp_json_value(x, "name"), wisp_json_value(y, "name")) &&
               wisp_json_equal(wisp_json_value(x, "sha256"), wisp_json_value(y, "sha256"));
    }
    return same;
}

wisp_status wisp_edit_add(wisp_edit *e, wisp_json *release, wisp_published *out, wisp_error *err)
{
    const wisp_json *before = wisp_catalog_release(e->custom, 0);
    out->same_content = before && same_modules(wisp_json_value(before, "modules"),
                                               wisp_json_value(release, "modules"));
    return wisp_catalog_put(e->contents, e->path, release) ? WISP_OK : wisp_fail_memory(err, 0);
}
