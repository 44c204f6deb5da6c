#include "base/error.h"
#include "update/blobs.h"
#include "update/events.h"
#include "update/image.h"
#include "update/intake.h"
#include "tuf/drive.h"

#include <stdio.h>
#include <string.h>

/*
 * Looking for something newer. The repository is asked without the mutex; what it names is judged
 * with it. Between that and staging the program may have put another module on trial, which the
 * table of states then finds.
 */

typedef struct check {
    wisp_updater *updater;
    wisp_workflow *workflow;
    wisp_drive drive;
    int64_t now;
    wisp_target target;
    wisp_file_info info; /* of the target */
    uint64_t version;    /* that the publisher gave it */
} check;

typedef enum verdict {
    VERDICT_NEWER,  /* to be fetched and staged */
    VERDICT_STAGED, /* it waits already */
    VERDICT_CURRENT,
    VERDICT_REFUSED /* with an error */
} verdict;

/* --- judging what the repository names --------------------------------------------------- */

/* The release as the repository names it. */
static wisp_update_entry entry_of(const check *c)
{
    wisp_update_entry entry = {.version = c->version, .hash = c->info.sha256, .module_len = 1};
    snprintf(entry.modules[0].name, sizeof entry.modules[0].name, "%s",
             c->updater->config.target);
    entry.modules[0].hash = c->info.sha256;
    entry.modules[0].size = c->info.length;
    return entry;
}

/* Versions only grow: going back is a higher version that names older content. */
static wisp_status not_newer(const check *c, const wisp_update_entry *other, const char *which,
                             wisp_error *err)
{
    unsigned long long here = other->version, there = c->version;
    if (here == there)
        return wisp_fail(err, WISP_MISMATCH,
                         "version %llu of '%.60s' has other content than %s, also version %llu",
                         there, c->updater->config.target, which, here);
    return wisp_fail(err, WISP_UNTRUSTED,
                     "version %llu of '%.60s' is older than %s, version %llu", there,
                     c->updater->config.target, which, here);
}

static wisp_status banned(const check *c, const wisp_update_failure *ban, wisp_error *err)
{
    return wisp_fail(err, WISP_BANNED, "version %llu of '%.60s' failed here before: %.119s",
                     (unsigned long long)c->version, c->updater->config.target, ban->reason);
}

/* Decides about the target; [*status] and [err] tell why it is refused. Call with the mutex held.
 */
static verdict judge(const check *c, wisp_status *status, wisp_error *err)
{
    static const verdict here[] = {[WISP_STANDING_CURRENT] = VERDICT_CURRENT,
                                   [WISP_STANDING_TRIAL] = VERDICT_CURRENT,
                                   [WISP_STANDING_STAGED] = VERDICT_STAGED};
    wisp_updater *u = c->updater;
    const wisp_update_entry *candidate = &u->record.candidate, *current = wisp_updater_current(u);
    wisp_update_entry release = entry_of(c);
    wisp_standing standing = wisp_intake_standing(u, &release);
    const wisp_update_failure *ban = wisp_updater_ban_of(u, &release);
    if (ban && standing != WISP_STANDING_CURRENT) {
        *status = banned(c, ban, err);
        return VERDICT_REFUSED;
    }
    if (standing != WISP_STANDING_NEW) {
        *status = wisp_intake_confirm(u, &release, err);
        return *status == WISP_OK ? here[standing] : VERDICT_REFUSED;
    }
    if (c->version < current->version && current == &u->base)
        return VERDICT_CURRENT; /* the program came with something newer */
    *status = WISP_OK;
    if (c->version <= current->version)
        *status = not_newer(c, current, "the one in use", err);
    else if (wisp_entry_is_set(candidate) && c->version <= candidate->version)
        *status = not_newer(c, candidate, "the one that waits", err);
    else if (candidate->state == WISP_STATE_TRIAL)
        *status = wisp_fail(err, WISP_BUSY, "version %llu is still on trial",
                            (unsigned long long)candidate->version);
    return *status == WISP_OK ? VERDICT_NEWER : VERDICT_REFUSED;
}

static wisp_update_outcome outcome_of(wisp_status status)
{
    switch (status) {
    case WISP_UNTRUSTED:
    case WISP_LIMIT:
    case WISP_UNSUPPORTED:
    case WISP_MISMATCH:
    case WISP_BANNED:
        return WISP_UPDATE_REFUSED;
    default:
        return WISP_UPDATE_UNAVAILABLE;
    }
}

static void settle(wisp_update_result *result, wisp_update_outcome outcome, wisp_status status,
                   const wisp_error *err)
{
    result->outcome = outcome;
    result->status = status;
    if (status != WISP_OK)
        wisp_text_copy(result->reason, sizeof result->reason, err->text);
}

static void fail(wisp_update_result *result, wisp_status status, const wisp_error *err)
{
    settle(result, outcome_of(status), status, err);
}

/* --- the steps --------------------------------------------------------------------------- */

/* Finds the target among the verified ones, with all that is needed of it. */
static wisp_status find_target(check *c, wisp_error *err)
{
    const wisp_updater_config *config = &c->updater->config;
    wisp_status status = wisp_workflow_seek(c->workflow, config->target, err);
    status = wisp_drive_phase(&c->drive, c->workflow, status, err);
    if (status != WISP_OK)
        return status;
    wisp_workflow_target(c->workflow, &c->target);
    c->info = c->target.info;
    if (!c->info.has_sha256)
        return wisp_fail(err, WISP_UNSUPPORTED, "target '%.80s' has no sha256", config->target);
    if (!c->info.custom ||
        wisp_json_number(c->info.custom, "version", &c->version, NULL) != WISP_OK)
        return wisp_fail(err, WISP_UNSUPPORTED, "target '%.80s' has no number custom.version",
                         config->target);
    if (c->info.length > config->module_size_max)
        return wisp_fail(err, WISP_LIMIT, "target '%.80s' has %llu bytes, expected at most %llu",
                         config->target, (unsigned long long)c->info.length,
                         (unsigned long long)config->module_size_max);
    return WISP_OK;
}

static wisp_status refresh(check *c, wisp_error *err)
{
    wisp_updater *u = c->updater;
    wisp_status status = wisp_workflow_refresh(c->workflow, err);
    status = wisp_drive_phase(&c->drive, c->workflow, status, err);
    if (status != WISP_OK)
        return status;
    pthread_mutex_lock(&u->mutex);
    u->record.time_floor = c->now; /* saved at the end */
    pthread_mutex_unlock(&u->mutex);
    return find_target(c, err);
}

/* Content that is here already needs no download: the embedded module, and what was there before.
 */
static bool find_content(const check *c, wisp_bytes *out)
{
    const wisp_updater *u = c->updater;
    return wisp_updater_embedded(u, &c->info.sha256, out) ||
           wisp_blobs_get(&u->blobs, &c->info.sha256, c->info.length, out, NULL) == WISP_OK;
}

/* Asks the program; what it refuses is banned, so that it is not fetched again at each check. */
static wisp_status ask_program(const check *c, wisp_bytes content, wisp_error *err)
{
    wisp_updater *u = c->updater;
    wisp_update_entry release = entry_of(c);
    wisp_image image;
    if (!u->config.accept)
        return WISP_OK;
    *err = (wisp_error){.text = "refused by the program"};
    wisp_image_describe(&release, WISP_IMAGE_TRIAL, &image);
    wisp_image_add(&image, &release.modules[0], content);
    wisp_status status = u->config.accept(u->config.user, &image, err);
    if (status == WISP_OK || status == WISP_NO_MEMORY)
        return status;
    wisp_error why;
    pthread_mutex_lock(&u->mutex);
    if (wisp_intake_refuse(u, &release, err->text, &why) != WISP_OK)
        wisp_updater_note(u, why.text);
    pthread_mutex_unlock(&u->mutex);
    return status;
}

/* Makes verified content that is on disk the candidate. */
static wisp_status stage(const check *c, wisp_error *err)
{
    wisp_updater *u = c->updater;
    wisp_update_entry release = entry_of(c);
    pthread_mutex_lock(&u->mutex);
    wisp_status status = wisp_intake_stage(u, &release, err);
    pthread_mutex_unlock(&u->mutex);
    return status;
}

/* Content that was found may have been put there by a call that failed before its name was
 * durable. */
static wisp_status store(const check *c, wisp_bytes content, bool is_stored, wisp_error *err)
{
    const wisp_folder *blobs = &c->updater->blobs;
    return is_stored ? wisp_folder_sync(blobs, err)
                     : wisp_blobs_put(blobs, &c->info.sha256, content, err);
}

/* Has the program look at [content], which is verified, and stages it. */
static wisp_status install(check *c, wisp_bytes content, bool is_stored,
                           wisp_update_result *result, wisp_error *err)
{
    wisp_status status = ask_program(c, content, err);
    if (status == WISP_NO_MEMORY)
        return status;
    if (status != WISP_OK) {
        settle(result, WISP_UPDATE_REFUSED, status, err);
        return WISP_OK;
    }
    status = store(c, content, is_stored, err);
    if (status == WISP_OK)
        status = stage(c, err);
    if (status == WISP_OK)
        settle(result, WISP_UPDATE_STAGED, WISP_OK, NULL);
    return status;
}

static void tell_download(const check *c)
{
    wisp_updater *u = c->updater;
    wisp_update_entry entry = entry_of(c);
    pthread_mutex_lock(&u->mutex);
    wisp_updater_event(u, WISP_EVENT_KIND_DOWNLOADED,
                       &(wisp_event_subject){.entry = &entry, .bytes = c->info.length});
    pthread_mutex_unlock(&u->mutex);
}

static wisp_status fetch_and_install(check *c, wisp_update_result *result, wisp_error *err)
{
    wisp_updater *u = c->updater;
    wisp_bytes content;
    if (find_content(c, &content)) {
        wisp_status status = install(c, content, true, result, err);
        wisp_bytes embedded;
        if (!wisp_updater_embedded(u, &c->info.sha256, &embedded))
            wisp_folder_free(&u->blobs, content);
        return status;
    }
    char base_url[1024];
    wisp_download file;
    int len = snprintf(base_url, sizeof base_url, "%s/targets", u->config.url);
    if (len < 0 || (size_t)len >= sizeof base_url)
        return wisp_fail(err, WISP_INVALID, "the repository's URL is too long");
    wisp_status status =
        wisp_drive_content(&c->drive, base_url, u->config.target, &c->target, &file, err);
    if (status == WISP_OK) {
        tell_download(c);
        status = install(c, wisp_download_bytes(&file), false, result, err);
    }
    wisp_download_free(&file);
    return status;
}

/* The whole check; a status other than WISP_OK is for the caller to put into [result]. */
static wisp_status run(check *c, wisp_update_result *result, wisp_error *err)
{
    wisp_updater *u = c->updater;
    wisp_status status = refresh(c, err);
    if (status != WISP_OK)
        return status;
    result->version = c->version;
    result->hash = c->info.sha256;
    pthread_mutex_lock(&u->mutex);
    verdict v = judge(c, &status, err);
    pthread_mutex_unlock(&u->mutex);
    if (v == VERDICT_NEWER)
        return fetch_and_install(c, result, err);
    if (v == VERDICT_REFUSED)
        return status;
    settle(result, v == VERDICT_STAGED ? WISP_UPDATE_STAGED : WISP_UPDATE_UP_TO_DATE, WISP_OK,
           NULL);
    return WISP_OK;
}

/* --- the call ---------------------------------------------------------------------------- */

static wisp_status begin(wisp_updater *u, int64_t *now, wisp_error *err)
{
    wisp_status status = WISP_OK;
    pthread_mutex_lock(&u->mutex);
    if (u->is_checking)
        status = wisp_fail(err, WISP_BUSY, "another thread checks already");
    else
        u->is_checking = true;
    *now = u->os->wall_time_s(u->os->user);
    if (*now < u->config.time_min)
        *now = u->config.time_min;
    if (*now < u->record.time_floor) /* the clock was set back: expired stays expired */
        *now = u->record.time_floor;
    pthread_mutex_unlock(&u->mutex);
    return status;
}

static void tell_result(wisp_updater *u, const wisp_update_result *result)
{
    wisp_update_entry entry = {.version = result->version, .hash = result->hash};
    wisp_event_subject subject = {.entry = &entry, .bytes = result->bytes_fetched};
    bool is_fine =
        result->outcome == WISP_UPDATE_UP_TO_DATE || result->outcome == WISP_UPDATE_STAGED;
    if (!is_fine) {
        subject.code = wisp_status_name(result->status);
        subject.reason = result->reason;
    }
    wisp_updater_event(u, is_fine ? WISP_EVENT_KIND_CHECKED : WISP_EVENT_KIND_FAILED, &subject);
}

static void end(const check *c, const wisp_update_result *result)
{
    wisp_updater *u = c->updater;
    wisp_error err;
    pthread_mutex_lock(&u->mutex);
    wisp_record next = u->record;
    next.last_check = u->os->wall_time_s(u->os->user);
    next.last_result = *result;
    for (int role = 0; role < WISP_ROLE_LEN; role++)
        if (c->workflow && wisp_workflow_version(c->workflow, (wisp_role)role))
            next.versions[role] = wisp_workflow_version(c->workflow, (wisp_role)role);
    if (wisp_updater_save(u, &next, &err) != WISP_OK) {
        if (u->is_writable)
            wisp_updater_note(u, err.text);
        next.generation = u->record.generation;
        u->record = next;
    }
    tell_result(u, result);
    u->is_checking = false;
    pthread_mutex_unlock(&u->mutex);
}

/* A folder that is not ours to write cannot hold what a check learns. */
static wisp_status check_folder(wisp_updater *u, wisp_error *err)
{
    pthread_mutex_lock(&u->mutex);
    wisp_status status =
        u->is_writable ? WISP_OK
                       : wisp_fail(err, WISP_IO, "nothing can be stored: %.180s", u->trouble);
    pthread_mutex_unlock(&u->mutex);
    return status;
}

static wisp_status make_workflow(check *c, wisp_error *err)
{
    const wisp_updater *u = c->updater;
    c->drive = (wisp_drive){u->config.net, u->allocator, u->config.url, 0};
    wisp_workflow_config config = {
        .allocator = u->allocator, .store = &u->metadata, .root = u->config.root, .now = c->now};
    return wisp_workflow_new(&config, &c->workflow, err);
}

wisp_status wisp_updater_check(wisp_updater *u, wisp_update_result *result, wisp_error *err)
{
    wisp_error why;
    check c = {.updater = u};
    *result = (wisp_update_result){.outcome = WISP_UPDATE_UNAVAILABLE};
    if (!u->config.net)
        return wisp_fail(err, WISP_INVALID, "this updater has no transport");
    wisp_status status = begin(u, &c.now, err);
    if (status != WISP_OK)
        return status;
    status = check_folder(u, &why);
    if (status == WISP_OK)
        status = make_workflow(&c, &why);
    if (status == WISP_OK)
        status = run(&c, result, &why);
    if (status != WISP_OK)
        fail(result, status, &why);
    result->bytes_fetched = c.drive.bytes_fetched;
    end(&c, result);
    wisp_workflow_free(c.workflow);
    if (status == WISP_NO_MEMORY && err)
        *err = why;
    return status == WISP_NO_MEMORY ? status : WISP_OK;
}
