#include "live/patches.h"

#include "base/error.h"
#include "base/memory.h"
#include "live/patch_orders.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HEALTH_MS    30000
#define CLIENTS_MAX  4
#define TIMEOUT_MS   10000
#define PATCH_MAX    (16u << 20) /* bytes of one that comes over the socket */
#define ATTEMPTS_MAX 1

/* The module that patches nothing: what stands for "no patch" in the updater, and what a
 * publisher releases to take all back. */
static const uint8_t nothing[] = {0, 'a', 's', 'm', 1, 0, 0, 0};

static bool is_nothing(wisp_bytes patch)
{
    return patch.size == sizeof nothing && memcmp(patch.data, nothing, sizeof nothing) == 0;
}

/* ------------------------------------------------------------------ telling */

void wisp_patches_tell(wisp_patches *patches, const char *format, ...)
{
    char line[2 * WISP_ERROR_TEXT_MAX];
    if (!patches->config.on_news)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    patches->config.on_news(patches->config.user, line);
}

static void remember(wisp_patches *patches, wisp_status status, const wisp_error *err)
{
    if (status)
        snprintf(patches->trouble, sizeof patches->trouble, "%s", err->text);
}

/* ------------------------------------------------------------------ faults */

/* On the thread that called the function, which may hold any lock of the program. */
static void note_fault(void *user, const wisp_patch_fault *fault)
{
    wisp_patches *patches = user;
    wisp_patches_faults *faults = &patches->faults;
    pthread_mutex_lock(&faults->lock);
    faults->count++;
    snprintf(faults->last, sizeof faults->last, "%s: %s%s%s", fault->function, fault->text,
             fault->backtrace[0] ? "; " : "", fault->backtrace);
    faults->last[strcspn(faults->last, "\n")] = 0;
    if (fault->is_disabled && !faults->is_disabled) {
        faults->is_disabled = true;
        memcpy(faults->reason, faults->last, sizeof faults->reason);
    }
    pthread_mutex_unlock(&faults->lock);
    if (patches->config.patcher.on_fault)
        patches->config.patcher.on_fault(patches->config.patcher.user, fault);
}

/* Copies what was noted since the last time; true if a function was disabled, which is then
 * forgotten. */
static bool take_faults(wisp_patches *patches, wisp_patches_faults *out)
{
    wisp_patches_faults *faults = &patches->faults;
    pthread_mutex_lock(&faults->lock);
    *out = *faults;
    faults->is_disabled = false;
    pthread_mutex_unlock(&faults->lock);
    return out->is_disabled;
}

/* ------------------------------------------------------------------ applying */

static void let_go(wisp_patches *patches)
{
    if (patches->source == WISP_PATCHES_RELEASE)
        wisp_image_free(patches->updater, &patches->image);
    memset(&patches->image, 0, sizeof patches->image);
    patches->source = WISP_PATCHES_NOTHING;
}

static wisp_status put_in(wisp_patches *patches, wisp_bytes patch, wisp_error *err)
{
    wisp_patches_faults old;
    wisp_status status = is_nothing(patch) ? wisp_patcher_remove(patches->patcher, err)
                                           : wisp_patcher_apply(patches->patcher, patch, err);
    if (status == WISP_OK)
        take_faults(patches, &old); /* of what was there before */
    return status;
}

static void reject(wisp_patches *patches, const wisp_image *image, const char *reason)
{
    wisp_error err;
    remember(patches, wisp_updater_reject(patches->updater, image, reason, &err), &err);
}

/* Makes [image], which is given away, what is applied. */
static wisp_status apply(wisp_patches *patches, wisp_image *image, wisp_error *err)
{
    wisp_status status = put_in(patches, image->bytes, err);
    if (status) {
        wisp_patches_tell(patches, "patch %llu cannot be applied: %s",
                          (unsigned long long)image->version, err->text);
        if (image->source != WISP_IMAGE_BASE && status != WISP_NO_MEMORY)
            reject(patches, image, err->text);
        wisp_image_free(patches->updater, image);
        return status;
    }
    let_go(patches);
    patches->source = WISP_PATCHES_RELEASE;
    patches->image = *image;
    if (image->source == WISP_IMAGE_TRIAL) { /* counts once it has lasted for health_ms */
        wisp_error late;
        remember(patches, wisp_updater_commit(patches->updater, image, &late), &late);
    }
    if (is_nothing(image->bytes))
        wisp_patches_tell(patches, "no patch: the program's own code runs");
    else
        wisp_patches_tell(patches, "patch %llu is applied%s", (unsigned long long)image->version,
                          image->source == WISP_IMAGE_TRIAL ? ", on trial" : "");
    return WISP_OK;
}

/* The staged release, or the last good one that can be applied; what cannot is banned, until
 * there is none left but the program's own code. */
static void apply_next(wisp_patches *patches)
{
    for (;;) {
        wisp_error err;
        wisp_image image;
        wisp_status status = wisp_updater_acquire(patches->updater, &image, &err);
        if (status == WISP_OK && image.source == WISP_IMAGE_BASE &&
            patches->source == WISP_PATCHES_NOTHING) {
            wisp_image_free(patches->updater, &image); /* it runs already */
            return;
        }
        bool is_last = status != WISP_OK || image.source == WISP_IMAGE_BASE;
        if (status == WISP_OK)
            status = apply(patches, &image, &err);
        remember(patches, status, &err);
        if (is_last || status == WISP_OK || status == WISP_NO_MEMORY)
            return;
    }
}

/* A function of what is applied has failed too often. */
static void give_up(wisp_patches *patches, const char *reason)
{
    if (patches->source == WISP_PATCHES_NOTHING)
        return;
    if (patches->source == WISP_PATCHES_TRIED)
        wisp_patches_tell(patches, "the tried patch is taken back: %s", reason);
    else
        wisp_patches_tell(patches, "patch %llu is taken back: %s",
                          (unsigned long long)patches->image.version, reason);
    if (patches->source == WISP_PATCHES_RELEASE)
        reject(patches, &patches->image, reason);
    if (patches->updater) {
        apply_next(patches);
    } else {
        wisp_error err;
        remember(patches, wisp_patcher_remove(patches->patcher, &err), &err);
        let_go(patches);
    }
}

wisp_status wisp_patches_try(wisp_patches *patches, wisp_bytes patch, wisp_error *err)
{
    if (!patches->patcher)
        return wisp_fail(err, WISP_UNSUPPORTED, "%s", patches->trouble);
    wisp_status status = put_in(patches, patch, err);
    if (status)
        return status;
    let_go(patches);
    patches->source = WISP_PATCHES_TRIED;
    wisp_patches_tell(patches, "a patch is tried");
    return WISP_OK;
}

wisp_status wisp_patches_end_try(wisp_patches *patches, wisp_error *err)
{
    if (patches->source != WISP_PATCHES_TRIED)
        return wisp_fail(err, WISP_NOT_FOUND, "no patch is tried here");
    wisp_status status = wisp_patcher_remove(patches->patcher, err);
    let_go(patches);
    if (patches->updater)
        apply_next(patches);
    return status;
}

/* ------------------------------------------------------------------ steps */

/* Tells of faults in which the original ran and nothing else followed. */
static void tell_faults(wisp_patches *patches, const wisp_patches_faults *faults)
{
    if (faults->count == patches->faults_told)
        return;
    wisp_patches_tell(patches, "the original ran, %llu times by now: %s",
                      (unsigned long long)faults->count, faults->last);
    patches->faults_told = faults->count;
}

/* The updater decides when a patch counts as good, and whether it still is. */
static void follow_trial(wisp_patches *patches)
{
    wisp_error err;
    wisp_image *image = &patches->image;
    if (patches->source != WISP_PATCHES_RELEASE)
        return;
    if (image->source == WISP_IMAGE_TRIAL) {
        remember(patches, wisp_updater_poll(patches->updater, &err), &err);
        if (wisp_updater_state(patches->updater, image) == WISP_STATE_GOOD) {
            image->source = WISP_IMAGE_GOOD;
            wisp_patches_tell(patches, "patch %llu has proved good",
                              (unsigned long long)image->version);
        }
    }
}

static bool is_unwanted(const wisp_patches *patches)
{
    if (patches->source != WISP_PATCHES_RELEASE || patches->image.source == WISP_IMAGE_BASE)
        return false;
    wisp_image_state state = wisp_updater_state(patches->updater, &patches->image);
    return state != WISP_STATE_GOOD && state != WISP_STATE_TRIAL;
}

static void act_on_checks(wisp_patches *patches)
{
    bool is_staged = atomic_exchange(&patches->checks.staged, false);
    bool has_ended = atomic_exchange(&patches->checks.ended, false);
    if (is_staged || (has_ended && is_unwanted(patches)))
        apply_next(patches);
}

/* One process at a time can be asked. */
static wisp_status listen(wisp_patches *patches, wisp_error *err)
{
    if (!patches->config.socket ||
        (patches->updater && wisp_updater_is_follower(patches->updater)))
        return WISP_OK;
    wisp_local_service service = {.allocator = patches->allocator,
                                  .os = patches->os,
                                  .calls = wisp_socket_calls_local(),
                                  .path = patches->config.socket,
                                  .clients_max = CLIENTS_MAX,
                                  .timeout_ms = TIMEOUT_MS,
                                  .payload_size_max = PATCH_MAX,
                                  .perform = wisp_patch_order_perform,
                                  .user = patches};
    wisp_status status = wisp_local_server_open(&service, &patches->server, err);
    if (status) {
        wisp_local_server_close(patches->server);
        patches->server = NULL;
    }
    return status;
}

/* Where another process has the folder, what it has proved good is for this one as well; where
 * it has ended, all else is for this one to do. */
static void follow_owner(wisp_patches *patches)
{
    wisp_error err;
    if (!wisp_updater_follow(patches->updater))
        return;
    if (!wisp_updater_is_follower(patches->updater)) {
        wisp_patches_tell(patches, "the process that had the folder has ended: now this one has");
        remember(patches, listen(patches, &err), &err);
        wisp_checks_wake(&patches->checks);
    }
    apply_next(patches);
}

void wisp_patches_step(wisp_patches *patches)
{
    wisp_update_result result;
    if (patches->patcher) {
        wisp_patches_faults faults;
        bool is_disabled = take_faults(patches, &faults);
        tell_faults(patches, &faults);
        if (is_disabled)
            give_up(patches, faults.reason);
        wisp_patcher_reclaim(patches->patcher);
    }
    if (patches->updater) {
        follow_owner(patches);
        follow_trial(patches);
        act_on_checks(patches);
    }
    if (patches->server)
        wisp_local_server_step(patches->server);
    if (wisp_checks_take(&patches->checks, &result) && patches->config.on_check)
        patches->config.on_check(patches->config.user, &result);
}

/* ------------------------------------------------------------------ life */

/* Before anything is staged: could it be applied here? Any thread. */
static wisp_status accept(void *user, const wisp_image *image, wisp_error *err)
{
    wisp_patches *patches = user;
    wisp_status status = WISP_OK;
    if (!is_nothing(image->bytes))
        status = wisp_patcher_check(patches->patcher, image->bytes, err);
    const wisp_updater_config *theirs = &patches->config.update;
    if (!status && theirs->accept)
        status = theirs->accept(theirs->user, image, err);
    return status;
}

/* What else the program is asked and told: [user] of its configs, where ours is in the place. */

static bool may_download(void *user, uint64_t bytes, bool is_mandatory)
{
    const wisp_updater_config *theirs = &((wisp_patches *)user)->config.update;
    return theirs->may_download(theirs->user, bytes, is_mandatory);
}

static bool allow(void *user, const wisp_patch_import *import)
{
    const wisp_patcher_config *theirs = &((wisp_patches *)user)->config.patcher;
    return theirs->allow(theirs->user, import);
}

static void hand_on_log(void *user, const char *line)
{
    const wisp_patcher_config *theirs = &((wisp_patches *)user)->config.patcher;
    theirs->on_log(theirs->user, line);
}

static wisp_status open_patcher(wisp_patches *patches, wisp_error *err)
{
    wisp_error local;
    wisp_patcher_config config = patches->config.patcher;
    config.allow = config.allow ? allow : NULL;
    config.on_fault = note_fault;
    config.on_log = config.on_log ? hand_on_log : NULL;
    config.user = patches;
    wisp_status status = wisp_patcher_new(&config, &patches->patcher, &local);
    if (status == WISP_BUSY || status == WISP_UNSUPPORTED) {
        remember(patches, status, &local);
        return WISP_OK;
    }
    if (status && err)
        *err = local;
    return status;
}

static wisp_status open_updater(wisp_patches *patches, wisp_error *err)
{
    wisp_updater_config *update = &patches->update;
    *update = patches->config.update;
    update->target = patches->place.target;
    update->dir = patches->place.dir;
    update->follows = true;
    update->accept = accept;
    update->may_download = update->may_download ? may_download : NULL;
    update->user = patches;
    if (update->base.size == 0)
        update->base = (wisp_bytes){nothing, sizeof nothing};
    if (update->attempts_max == 0)
        update->attempts_max = ATTEMPTS_MAX;
    if (update->health_ms == 0)
        update->health_ms = HEALTH_MS;
    return wisp_updater_open(update, &patches->updater, err);
}

/* All that can be opened; what cannot, and is no failure, is in the trouble. */
static wisp_status open_all(wisp_patches *patches, wisp_error *err)
{
    wisp_status status =
        wisp_build_place_init(&patches->place, &patches->config.update, patches->build_id, err);
    if (!status)
        status = open_patcher(patches, err);
    if (!status && patches->patcher)
        status = open_updater(patches, err);
    if (!status)
        status = listen(patches, err);
    return status;
}

wisp_status wisp_patches_open(const wisp_patches_config *config, wisp_patches **out,
                              wisp_error *err)
{
    const wisp_allocator *allocator = wisp_allocator_or_default(config->update.allocator);
    wisp_patches *patches = wisp_alloc(allocator, 1, sizeof *patches);
    if (!patches)
        return wisp_fail_memory(err, sizeof *patches);
    memset(patches, 0, sizeof *patches);
    patches->config = *config;
    patches->allocator = allocator;
    patches->os = config->update.os ? config->update.os : wisp_os_posix();
    pthread_mutex_init(&patches->faults.lock, NULL);
    wisp_status status = WISP_OK;
    if (wisp_program_build_id(patches->build_id))
        status = open_all(patches, err);
    else
        snprintf(patches->trouble, sizeof patches->trouble,
                 "this program has no build-id: link it with -Wl,--build-id");
    wisp_checks_init(&patches->checks, patches->updater, patches->os);
    if (status) {
        wisp_patches_close(patches);
        return status;
    }
    if (patches->updater && wisp_updater_is_follower(patches->updater))
        wisp_patches_tell(patches, "another process has the folder %s: it is followed",
                          patches->place.dir);
    if (patches->updater)
        apply_next(patches);
    *out = patches;
    return WISP_OK;
}

void wisp_patches_close(wisp_patches *patches)
{
    if (!patches)
        return;
    wisp_checks_deinit(&patches->checks);
    wisp_local_server_close(patches->server);
    bool is_idle = !patches->patcher || wisp_patcher_free(patches->patcher) == WISP_OK;
    let_go(patches);
    wisp_updater_close(patches->updater);
    wisp_build_place_deinit(&patches->place);
    if (!is_idle)
        return; /* threads inside of a patch may still have a fault to note */
    pthread_mutex_destroy(&patches->faults.lock);
    wisp_free(patches->allocator, patches, sizeof *patches);
}

wisp_status wisp_patches_check(wisp_patches *patches, wisp_update_result *result, wisp_error *err)
{
    if (!patches->updater)
        return wisp_fail(err, WISP_INVALID, "%s", patches->trouble);
    return wisp_checks_run(&patches->checks, result, err);
}

wisp_status wisp_patches_watch(wisp_patches *patches, const wisp_live_policy *policy,
                               wisp_error *err)
{
    if (!patches->updater)
        return wisp_fail(err, WISP_INVALID, "nothing to watch: %s", patches->trouble);
    if (!patches->config.update.net)
        return wisp_fail(err, WISP_INVALID, "nothing to watch: no net in the config");
    return wisp_checks_watch(&patches->checks, policy, err);
}

int wisp_patches_fd(const wisp_patches *patches)
{
    return patches->server ? wisp_local_server_fd(patches->server) : -1;
}

uint64_t wisp_patches_version(const wisp_patches *patches)
{
    return patches->source == WISP_PATCHES_RELEASE ? patches->image.version : 0;
}

wisp_patcher *wisp_patches_patcher(wisp_patches *patches)
{
    return patches->patcher;
}

const char *wisp_patches_trouble(wisp_patches *patches)
{
    if (patches->trouble[0] || !patches->updater)
        return patches->trouble;
    wisp_updater_status(patches->updater, &patches->status);
    return patches->status.trouble;
}
