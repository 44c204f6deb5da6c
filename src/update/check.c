#include "update/check.h"

#include "base/error.h"
#include "base/memory.h"
#include "update/code.h"
#include "update/events.h"
#include "update/image.h"
#include "update/intake.h"
#include "update/policy.h"

#include <stdio.h>
#include <string.h>

/* --- results ------------------------------------------------------------------------------- */

void wisp_check_settle(wisp_check *c, wisp_update_outcome outcome)
{
    c->is_settled = true;
    c->result.outcome = outcome;
}

void wisp_check_settle_code(wisp_check *c, wisp_update_code code, wisp_status status,
                            const char *reason)
{
    c->is_settled = true;
    c->result.outcome = wisp_update_code_outcome(code);
    c->result.code = code;
    c->result.status = status;
    wisp_text_copy(c->result.reason, sizeof c->result.reason,
                   reason && reason[0] ? reason : wisp_update_code_text(code));
}

wisp_status wisp_check_fail(wisp_check *c, wisp_update_code code, wisp_status status)
{
    c->code = code;
    return status;
}

/* --- metadata ------------------------------------------------------------------------------ */

/* A folder that is not ours to write cannot hold what a check learns. */
static wisp_status begin_refresh(wisp_check *c, uint32_t wait_ms, wisp_error *err)
{
    wisp_updater *u = c->updater;
    (void)wait_ms;
    pthread_mutex_lock(&u->mutex);
    wisp_status status =
        u->is_writable
            ? WISP_OK
            : wisp_fail(err, WISP_IO, "nothing can be stored: %.180s",
                        u->is_follower ? "another process has the folder" : u->trouble);
    int64_t floor = u->record.time_floor;
    pthread_mutex_unlock(&u->mutex);
    if (status != WISP_OK)
        return status;
    wisp_workflow_config config = {.allocator = u->allocator,
                                   .store = &u->metadata,
                                   .root = u->config.root,
                                   .now = u->os->wall_time_s(u->os->user),
                                   .time_floor =
                                       floor > u->config.time_min ? floor : u->config.time_min};
    status = wisp_workflow_new(&config, &c->workflow, err);
    if (status != WISP_OK)
        return status;
    c->now = wisp_workflow_now(c->workflow);
    return wisp_workflow_refresh(c->workflow, err);
}

static void end_fetch(wisp_check *c)
{
    if (!c->is_fetching)
        return;
    c->is_fetching = false;
    c->result.bytes_fetched += c->fetch.download.size;
    c->server_wait_s = c->fetch.retry_after_s;
    wisp_fetch_end(&c->fetch);
}

/* Gets what the workflow wants, until it wants no more. */
static wisp_status drive(wisp_check *c, uint32_t wait_ms, wisp_error *err)
{
    wisp_want want;
    wisp_status status;
    const wisp_updater *u = c->updater;
    if (c->is_fetching) {
        status = wisp_fetch_step(&c->fetch, wait_ms, err);
    } else {
        if (!wisp_workflow_wants(c->workflow, &want))
            return WISP_OK;
        c->is_fetching = true;
        status = wisp_fetch_start(&c->fetch, u->config.net, u->allocator, u->config.url,
                                  want.path, want.name, want.size_max, err);
        status = status == WISP_OK ? WISP_BUSY : status;
    }
    if (status == WISP_BUSY)
        return status;
    status =
        wisp_workflow_take(c->workflow, status, wisp_download_bytes(&c->fetch.download), err);
    end_fetch(c);
    return status == WISP_OK ? WISP_BUSY : status;
}

/* Everything was valid at this time, so no clock that says less is believed from now on. It is
 * saved with the result. */
static wisp_status trust_time(wisp_check *c, uint32_t wait_ms, wisp_error *err)
{
    wisp_updater *u = c->updater;
    (void)wait_ms;
    (void)err;
    pthread_mutex_lock(&u->mutex);
    u->record.time_floor = wisp_workflow_time_floor(c->workflow);
    pthread_mutex_unlock(&u->mutex);
    return WISP_OK;
}

/* Looks for the target in its channel. */
static wisp_status seek(wisp_check *c, uint32_t wait_ms, wisp_error *err)
{
    if (c->is_seeking)
        return drive(c, wait_ms, err);
    c->is_seeking = true;
    wisp_status status = wisp_workflow_seek(c->workflow, c->target_name, err);
    return status == WISP_OK ? WISP_BUSY : status;
}

/* A repository of another tool has no channels: what it has under the plain name is stable. */
static bool is_to_be_sought_plainly(const wisp_check *c)
{
    return strchr(c->target_name, '/') &&
           strcmp(c->updater->config.channel, WISP_CHANNEL_STABLE) == 0;
}

static wisp_status find_target(wisp_check *c, uint32_t wait_ms, wisp_error *err)
{
    wisp_status status = seek(c, wait_ms, err);
    if (status == WISP_OK)
        wisp_workflow_target(c->workflow, &c->target);
    if (status != WISP_NOT_FOUND)
        return status;
    if (!is_to_be_sought_plainly(c))
        return wisp_check_fail(c, WISP_UPDATE_CODE_NO_TARGET, status);
    snprintf(c->target_name, sizeof c->target_name, "%s", c->updater->config.target);
    c->is_seeking = false;
    return WISP_BUSY;
}

static wisp_status decide(wisp_check *c, uint32_t wait_ms, wisp_error *err)
{
    (void)wait_ms;
    return wisp_check_decide(c, err);
}

/* --- content ------------------------------------------------------------------------------- */

/* The program may want to wait for a better network; what is here already costs nothing. */
static wisp_status ask_leave(wisp_check *c, uint32_t wait_ms, wisp_error *err)
{
    wisp_updater *u = c->updater;
    const wisp_updater_config *config = &u->config;
    uint64_t total = c->progress.total;
    wisp_update_code code = WISP_UPDATE_CODE_NONE;
    (void)wait_ms;
    if (c->options.check_only)
        code = WISP_UPDATE_CODE_CHECK_ONLY;
    else if (config->may_download && !c->options.on_any_network && total > 0 &&
             !config->may_download(config->user, total, c->offer->is_mandatory))
        code = WISP_UPDATE_CODE_NOT_NOW;
    c->progress.phase = WISP_UPDATE_DOWNLOADING;
    if (code == WISP_UPDATE_CODE_NONE)
        return WISP_OK;
    wisp_check_settle_code(c, code, WISP_OK, NULL);
    pthread_mutex_lock(&u->mutex);
    wisp_status status = wisp_intake_expect(u, &c->release, err);
    pthread_mutex_unlock(&u->mutex);
    return status;
}

/* Names the files of [module]: those of one folder, by their hashes, and none has a sign that a
 * URL would not have; but the target itself as its repository names it. */
static bool print_paths(wisp_check *c, const wisp_offer_module *module)
{
    char hash[WISP_HASH_TEXT_SIZE];
    const char *path = c->target.path, *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    wisp_hash_print(&module->hash, hash);
    snprintf(c->delta_folder, sizeof c->delta_folder, "%.*s", folder, path);
    if (wisp_hash_equal(&module->hash, &c->target.info.sha256)) {
        memcpy(c->path, path, sizeof c->path);
        return true;
    }
    int len = snprintf(c->path, sizeof c->path, "%.*s%s.%s", folder, path, hash, module->name);
    return len >= 0 && (size_t)len < sizeof c->path;
}

static wisp_status begin_module(wisp_check *c, wisp_error *err)
{
    const wisp_offer_module *module = &c->set->modules[c->module];
    if (!print_paths(c, module))
        return wisp_fail(err, WISP_INVALID, "the path of %.63s is too long", module->name);
    wisp_content_order order = {.updater = c->updater,
                                .release = &c->release,
                                .module = module,
                                .path = c->path,
                                .delta_folder = c->delta_folder};
    wisp_content_begin(&c->content, &order);
    c->has_content = true;
    return WISP_BUSY;
}

static void end_module(wisp_check *c)
{
    if (!c->has_content)
        return;
    wisp_content_end(&c->content);
    c->has_content = false;
    c->result.bytes_fetched += c->content.bytes_fetched;
    c->bytes_here += c->content.bytes_here;
    c->result.is_by_delta |= c->content.is_by_delta;
    c->server_wait_s = c->content.retry_after_s;
}

static void tell_progress(wisp_check *c)
{
    c->progress.bytes = c->bytes_here + wisp_content_here(&c->content);
    if (c->progress.total < c->progress.bytes)
        c->progress.total = c->progress.bytes;
}

static wisp_status explain_content(wisp_check *c, wisp_status status)
{
    if (status == WISP_UNTRUSTED)
        return wisp_check_fail(c, WISP_UPDATE_CODE_BAD_CONTENT, status);
    return status;
}

/* The modules of the release, one after the other. */
static wisp_status get_modules(wisp_check *c, uint32_t wait_ms, wisp_error *err)
{
    if (!c->has_content)
        return c->module < c->set->len ? begin_module(c, err) : WISP_OK;
    wisp_status status = wisp_content_step(&c->content, wait_ms, err);
    tell_progress(c);
    if (status == WISP_BUSY)
        return status;
    end_module(c);
    c->module++;
    return status == WISP_OK ? WISP_BUSY : explain_content(c, status);
}

/* --- installing ---------------------------------------------------------------------------- */

static wisp_status tell_download(wisp_check *c, uint32_t wait_ms, wisp_error *err)
{
    wisp_updater *u = c->updater;
    (void)wait_ms;
    (void)err;
    c->progress.phase = WISP_UPDATE_INSTALLING;
    if (c->bytes_here == 0)
        return WISP_OK;
    pthread_mutex_lock(&u->mutex);
    wisp_updater_event(
        u, WISP_UPDATE_EVENT_KIND_DOWNLOADED,
        &(wisp_update_event_subject){.entry = &c->release, .bytes = c->bytes_here});
    pthread_mutex_unlock(&u->mutex);
    return WISP_OK;
}

/* What the program refuses is banned, so that it is not fetched again each time. */
static wisp_status refuse(wisp_check *c, wisp_status status, const char *reason)
{
    wisp_error why;
    wisp_updater *u = c->updater;
    pthread_mutex_lock(&u->mutex);
    if (wisp_intake_refuse(u, &c->release, reason, &why) != WISP_OK)
        wisp_updater_note(u, why.text);
    wisp_updater_sweep(u);
    pthread_mutex_unlock(&u->mutex);
    return wisp_check_fail(c, WISP_UPDATE_CODE_REFUSED, status);
}

/* Asks the program, which is the only one to have all modules in memory. */
static wisp_status ask_program(wisp_check *c, uint32_t wait_ms, wisp_error *err)
{
    wisp_updater *u = c->updater;
    wisp_image image;
    (void)wait_ms;
    if (!u->config.accept)
        return WISP_OK;
    wisp_status status = wisp_image_read(u, &c->release, WISP_IMAGE_TRIAL, &image, err);
    if (status != WISP_OK)
        return explain_content(c, status);
    *err = (wisp_error){.text = "refused by the program"};
    status = u->config.accept(u->config.user, &image, err);
    wisp_image_free(u, &image);
    if (status == WISP_OK || status == WISP_NO_MEMORY)
        return status;
    return refuse(c, status, err->text);
}

/* Content that was found may have been put there by a process that died before its name was
 * durable. */
static wisp_status stage(wisp_check *c, uint32_t wait_ms, wisp_error *err)
{
    wisp_updater *u = c->updater;
    (void)wait_ms;
    wisp_status status = wisp_folder_sync(&u->blobs, err);
    if (status != WISP_OK)
        return status;
    pthread_mutex_lock(&u->mutex);
    status = wisp_intake_stage(u, &c->release, err);
    pthread_mutex_unlock(&u->mutex);
    if (status == WISP_BUSY) /* the program has another one on trial since */
        wisp_check_settle_code(c, WISP_UPDATE_CODE_ON_TRIAL, status, NULL);
    else if (status == WISP_OK)
        wisp_check_settle(c, WISP_UPDATE_STAGED);
    return status == WISP_BUSY ? WISP_OK : status;
}

/* --- the end ------------------------------------------------------------------------------- */

static void remember(wisp_check *c)
{
    wisp_error err;
    wisp_updater *u = c->updater;
    wisp_record next = u->record;
    next.last_check = u->os->wall_time_s(u->os->user);
    next.last_result = c->result;
    for (int role = 0; role < WISP_ROLE_LEN; role++)
        if (c->workflow && wisp_workflow_version(c->workflow, (wisp_role)role))
            next.versions[role] = wisp_workflow_version(c->workflow, (wisp_role)role);
    if (wisp_updater_save(u, &next, &err) == WISP_OK)
        return;
    if (u->is_writable)
        wisp_updater_note(u, err.text);
    next.generation = u->record.generation;
    u->record = next;
}

static void tell_result(wisp_check *c)
{
    const wisp_update_result *result = &c->result;
    wisp_update_entry entry = {.version = result->version, .hash = result->hash};
    wisp_update_event_subject subject = {.entry = &entry, .bytes = result->bytes_fetched};
    bool is_failure =
        result->outcome == WISP_UPDATE_UNAVAILABLE || result->outcome == WISP_UPDATE_FAILED;
    if (result->code != WISP_UPDATE_CODE_NONE) {
        subject.code = wisp_update_code_name(result->code);
        subject.reason = result->reason;
    }
    wisp_updater_event(
        c->updater, is_failure ? WISP_UPDATE_EVENT_KIND_FAILED : WISP_UPDATE_EVENT_KIND_CHECKED,
        &subject);
}

/* Later each time, as long as there is no server to be had. */
static void back_off(wisp_check *c)
{
    wisp_updater *u = c->updater;
    if (c->result.outcome != WISP_UPDATE_UNAVAILABLE) {
        u->failures = 0;
        return;
    }
    if (u->failures < UINT32_MAX)
        u->failures++;
    c->result.server_wait_s = c->server_wait_s;
    c->result.retry_after_s = wisp_backoff_s(u->record.device_id, u->failures, c->server_wait_s);
}

/* A server that is not there says nothing about its content. */
static void count_in_vain(wisp_check *c)
{
    wisp_updater *u = c->updater;
    if (c->result.outcome == WISP_UPDATE_UNAVAILABLE)
        return;
    bool is_wrong = c->result.code == WISP_UPDATE_CODE_BAD_CONTENT;
    u->in_vain = is_wrong ? u->in_vain + (u->in_vain < UINT32_MAX) : 0;
    c->result.in_vain = u->in_vain;
}

/* Lets go of what the work needed; the release's notes stay. */
static void close_work(wisp_check *c)
{
    end_fetch(c);
    end_module(c);
    if (c->is_reporting)
        wisp_report_end(&c->report);
    c->is_reporting = false;
}

static void conclude(wisp_check *c)
{
    wisp_updater *u = c->updater;
    close_work(c);
    pthread_mutex_lock(&u->mutex);
    back_off(c);
    count_in_vain(c);
    remember(c);
    tell_result(c);
    pthread_mutex_unlock(&u->mutex);
    c->progress.phase = WISP_UPDATE_REPORTING;
}

/* --- the machine --------------------------------------------------------------------------- */

/* WISP_OK leads to the next phase, WISP_BUSY to the same one again; anything else, or a result,
 * to the end. */
typedef wisp_status check_phase(wisp_check *c, uint32_t wait_ms, wisp_error *err);

static check_phase *const phases[] = {
    begin_refresh, drive,       trust_time,    find_target, decide,
    ask_leave,     get_modules, tell_download, ask_program, stage,
};

static void work(wisp_check *c, uint32_t wait_ms)
{
    wisp_error err = {.text = ""};
    wisp_status status = phases[c->phase](c, wait_ms, &err);
    if (status == WISP_BUSY)
        return;
    if (status != WISP_OK)
        wisp_check_settle_code(
            c, c->code != WISP_UPDATE_CODE_NONE ? c->code : wisp_update_code_of(status), status,
            err.text);
    c->phase++;
    if (c->is_settled)
        conclude(c);
}

/* Delivers what there is to tell, one batch after the other, until nothing waits or one fails. */
static void report(wisp_check *c, uint32_t wait_ms)
{
    wisp_error err;
    if (!c->is_reporting) {
        c->is_reporting = wisp_report_begin(c->updater, &c->report, &err) == WISP_OK;
        if (!c->is_reporting)
            c->progress.phase = WISP_UPDATE_ENDED;
        return;
    }
    wisp_status status = wisp_report_step(&c->report, wait_ms, &err);
    if (status == WISP_BUSY)
        return;
    wisp_report_end(&c->report);
    c->is_reporting = false;
    if (status != WISP_OK)
        c->progress.phase = WISP_UPDATE_ENDED;
}

bool wisp_check_step(wisp_check *c, uint32_t wait_ms)
{
    if (!c->is_settled)
        work(c, wait_ms);
    else if (c->progress.phase != WISP_UPDATE_ENDED)
        report(c, wait_ms);
    return c->progress.phase == WISP_UPDATE_ENDED;
}

void wisp_check_cancel(wisp_check *c)
{
    if (!c->is_settled) {
        wisp_check_settle_code(c, WISP_UPDATE_CODE_CANCELLED, WISP_OK, NULL);
        conclude(c);
    }
    close_work(c);
    c->progress.phase = WISP_UPDATE_ENDED;
}

wisp_status wisp_check_new(wisp_updater *u, const wisp_update_options *options, wisp_check **out,
                           wisp_error *err)
{
    if (!u->config.net)
        return wisp_fail(err, WISP_INVALID, "this updater has no transport");
    wisp_check *c = wisp_alloc(u->allocator, 1, sizeof *c);
    if (!c)
        return wisp_fail_memory(err, sizeof *c);
    c->updater = u;
    if (options)
        c->options = *options;
    snprintf(c->target_name, sizeof c->target_name, "%s/%s", u->config.channel, u->config.target);
    *out = c;
    return WISP_OK;
}

void wisp_check_free(wisp_check *c)
{
    close_work(c);
    if (c->has_offers)
        wisp_offers_deinit(&c->offers);
    wisp_workflow_free(c->workflow);
    wisp_free(c->updater->allocator, c, sizeof *c);
}
