#include <wisp/wisp.h>

#include "base/error.h"
#include "base/memory.h"
#include "live/checks.h"
#include "update/entry.h"

#include <stdio.h>
#include <string.h>

/* A module and the bytes that it was made from; empty where module is NULL. */
typedef struct release {
    wisp_image image;
    wisp_module *module;
} release;

struct wisp_live {
    wisp_live_config config;
    wisp_updater_config update; /* the same with our own accept */
    const wisp_allocator *allocator;
    const wisp_os *os;
    wisp_updater *updater;
    wisp_host *host;
    wisp_guest *guest;
    release current; /* what runs, or on probation waits to come back */
    release trial;   /* what runs on probation */

    /* What the guest has told since the last settle; acted on outside of its handlers. */
    bool committed, reverted, down;
    char reason[WISP_ERROR_TEXT_MAX];

    wisp_checks checks;
    char trouble[WISP_ERROR_TEXT_MAX]; /* our own; the updater has its own */
    wisp_update_status status;         /* where wisp_live_trouble finds the updater's */
};

/* ------------------------------------------------------------------ the guest's handlers */

static void forward_message(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    const wisp_guest_config *to = &((wisp_live *)user)->config.guest;
    if (to->on_message)
        to->on_message(to->user, guest, channel, bytes);
}

static void forward_log(void *user, wisp_guest *guest, wisp_log_level level, const char *text,
                        size_t size)
{
    const wisp_guest_config *to = &((wisp_live *)user)->config.guest;
    if (to->on_log)
        to->on_log(to->user, guest, level, text, size);
}

static wisp_status forward_link(void *user, wisp_linker *linker, wisp_error *err)
{
    const wisp_guest_config *to = &((wisp_live *)user)->config.guest;
    return to->on_link ? to->on_link(to->user, linker, err) : WISP_OK;
}

static void note_event(void *user, wisp_guest *guest, const wisp_guest_event *event)
{
    wisp_live *live = user;
    live->committed |= event->kind == WISP_GUEST_COMMITTED;
    live->reverted |= event->kind == WISP_GUEST_REVERTED;
    live->down |= event->kind == WISP_GUEST_DOWN;
    if (event->kind == WISP_GUEST_REVERTED || event->kind == WISP_GUEST_DOWN)
        snprintf(live->reason, sizeof live->reason, "%s", event->reason);
    const wisp_guest_config *to = &live->config.guest;
    if (to->on_event)
        to->on_event(to->user, guest, event);
}

/* ------------------------------------------------------------------ releases */

static void unload(wisp_live *live, release *it)
{
    wisp_module_free(it->module);
    it->module = NULL;
    if (it->image.module_len > 0)
        wisp_image_free(live->updater, &it->image);
}

static wisp_status load(wisp_live *live, release *it, wisp_error *err)
{
    return wisp_module_new_borrowed(live->allocator, it->image.bytes, &it->module, err);
}

static void remember(wisp_live *live, wisp_status status, const wisp_error *err)
{
    if (status)
        snprintf(live->trouble, sizeof live->trouble, "%s", err->text);
}

static void reject(wisp_live *live, const release *it, const char *reason)
{
    wisp_error err;
    remember(live, wisp_updater_reject(live->updater, &it->image, reason, &err), &err);
}

static bool is_embedded(const release *it)
{
    return it->image.source == WISP_IMAGE_BASE;
}

/* Starts the last good module that starts; what does not is banned. */
static wisp_status start_good(wisp_live *live, wisp_error *err)
{
    wisp_error local;
    err = err ? err : &local;
    for (;;) {
        wisp_status status = wisp_updater_acquire_good(live->updater, &live->current.image, err);
        if (status)
            return status;
        status = load(live, &live->current, err);
        if (!status)
            status = wisp_guest_start(live->guest, live->current.module, err);
        if (!status)
            return WISP_OK;
        bool last = is_embedded(&live->current) || status == WISP_NO_MEMORY;
        if (!last)
            reject(live, &live->current, err->text);
        unload(live, &live->current);
        if (last)
            return status;
    }
}

/* The updater decides when a release counts as good: it may have to last for a while first. */
static void follow_commit(wisp_live *live)
{
    wisp_error err;
    wisp_image *image = &live->current.image;
    if (image->source != WISP_IMAGE_TRIAL)
        return;
    remember(live, wisp_updater_poll(live->updater, &err), &err);
    if (wisp_updater_state(live->updater, image) == WISP_STATE_GOOD)
        image->source = WISP_IMAGE_GOOD;
}

/* Makes [it], which was on probation, what runs; [it] is empty afterwards. */
static void commit(wisp_live *live, release *it)
{
    wisp_error err;
    remember(live, wisp_updater_commit(live->updater, &it->image, &err), &err);
    unload(live, &live->current);
    live->current = *it;
    memset(it, 0, sizeof *it);
    follow_commit(live);
}

/* Puts the module on probation in the guest. In one that is down or paused there is nothing to go
 * back to, so that its start is all the proof there can be. */
static wisp_status try_out(wisp_live *live, release *trial, wisp_error *err)
{
    wisp_guest_status guest;
    wisp_guest_status_get(live->guest, &guest);
    if (guest.state != WISP_GUEST_STATE_DOWN && guest.state != WISP_GUEST_STATE_PAUSED)
        return wisp_guest_swap(live->guest, trial->module, err);
    wisp_status status = wisp_guest_start(live->guest, trial->module, err);
    if (!status)
        commit(live, trial);
    return status;
}

/* What failed on probation: the embedded one cannot be banned, and that memory is short says
 * nothing about a module. */
static void give_up(wisp_live *live, release *trial, wisp_status status, const char *reason)
{
    if (is_embedded(trial) || status == WISP_NO_MEMORY)
        snprintf(live->trouble, sizeof live->trouble, "%s", reason);
    else
        reject(live, trial, reason);
    unload(live, trial);
}

static void swap_in(wisp_live *live, release *trial)
{
    wisp_error err;
    wisp_status status = load(live, trial, &err);
    if (!status)
        status = try_out(live, trial, &err);
    if (status)
        give_up(live, trial, status, err.text);
}

/* Takes the staged release, if there still is one, and puts it on probation. */
static void swap_staged(wisp_live *live)
{
    wisp_error err;
    release *trial = &live->trial;
    wisp_status status = wisp_updater_acquire(live->updater, &trial->image, &err);
    remember(live, status, &err);
    if (status)
        return;
    if (trial->image.source == WISP_IMAGE_TRIAL)
        swap_in(live, trial);
    else
        unload(live, trial);
}

/* Has the last good release take the place of what runs, with the same probation as any other. */
static void swap_good(wisp_live *live)
{
    wisp_error err;
    release *trial = &live->trial;
    wisp_status status = wisp_updater_acquire_good(live->updater, &trial->image, &err);
    remember(live, status, &err);
    if (status)
        return;
    if (wisp_hash_equal(&trial->image.hash, &live->current.image.hash))
        unload(live, trial);
    else
        swap_in(live, trial);
}

/* A check may have found that what runs is not to run any more. */
static void replace_unwanted(wisp_live *live)
{
    wisp_image_state state = wisp_updater_state(live->updater, &live->current.image);
    if (state != WISP_STATE_GOOD && state != WISP_STATE_TRIAL)
        swap_good(live);
}

static bool has_candidate(wisp_live *live)
{
    wisp_updater_status(live->updater, &live->status);
    return live->status.candidate.state != WISP_STATE_EMPTY;
}

/* Where another process has the folder, what it has proved good is for this one as well; where
 * it has ended, all else is for this one to do. */
static void follow_owner(wisp_live *live)
{
    if (live->trial.module || !wisp_updater_follow(live->updater))
        return;
    if (!wisp_updater_is_follower(live->updater)) {
        atomic_store(&live->checks.staged, has_candidate(live));
        wisp_checks_wake(&live->checks);
    }
    swap_good(live);
}

/* Tells the updater what became of the release on probation, and frees what no longer runs. */
static void settle(wisp_live *live)
{
    wisp_error err;
    if (live->committed)
        commit(live, &live->trial);
    else if (live->reverted)
        give_up(live, &live->trial, WISP_OK, live->reason);
    live->committed = live->reverted = false;
    if (live->down && !is_embedded(&live->current)) {
        reject(live, &live->current, live->reason);
        unload(live, &live->current);
        remember(live, start_good(live, &err), &err);
    }
    live->down = false;
}

/* What checks have found since the last step is acted on while nothing is on probation. */
static void act_on_checks(wisp_live *live)
{
    if (live->trial.module)
        return;
    if (atomic_exchange(&live->checks.staged, false))
        swap_staged(live);
    if (!live->trial.module && atomic_exchange(&live->checks.ended, false))
        replace_unwanted(live);
}

/* ------------------------------------------------------------------ checks */

static wisp_status accept_guest(wisp_live *live, wisp_bytes bytes, wisp_error *err)
{
    wisp_module *module;
    wisp_status status = wisp_module_new_borrowed(live->allocator, bytes, &module, err);
    if (status)
        return status;
    status = wisp_host_accepts(&live->config.guest, module, err);
    wisp_module_free(module);
    return status;
}

/* What comes along with the guest is the program's to use: it need not be a module at all, but
 * one that says that it is must load. */
static wisp_status accept_companion(wisp_live *live, const wisp_image_module *it, wisp_error *err)
{
    static const uint8_t magic[] = {0, 'a', 's', 'm'};
    wisp_module *module;
    if (it->bytes.size < sizeof magic || memcmp(it->bytes.data, magic, sizeof magic) != 0)
        return WISP_OK;
    wisp_status status = wisp_module_new_borrowed(live->allocator, it->bytes, &module, err);
    if (!status)
        wisp_module_free(module);
    return status;
}

/* Before anything is staged: does it load, and would it run here? Any thread. */
static wisp_status accept(void *user, const wisp_image *image, wisp_error *err)
{
    wisp_live *live = user;
    wisp_status status = accept_guest(live, image->bytes, err);
    for (uint32_t i = 1; i < image->module_len && !status; i++)
        status = accept_companion(live, &image->modules[i], err);
    const wisp_updater_config *theirs = &live->config.update;
    if (!status && theirs->accept)
        status = theirs->accept(theirs->user, image, err);
    return status;
}

static bool may_download(void *user, uint64_t bytes, bool is_mandatory)
{
    const wisp_updater_config *theirs = &((wisp_live *)user)->config.update;
    return theirs->may_download(theirs->user, bytes, is_mandatory);
}

wisp_status wisp_live_check(wisp_live *live, wisp_update_result *result, wisp_error *err)
{
    return wisp_checks_run(&live->checks, result, err);
}

wisp_status wisp_live_watch(wisp_live *live, const wisp_live_policy *policy, wisp_error *err)
{
    if (!live->config.update.net || !live->config.update.url)
        return wisp_fail(err, WISP_INVALID, "nothing to watch: no net or url in the config");
    return wisp_checks_watch(&live->checks, policy, err);
}

void wisp_live_foreground(wisp_live *live)
{
    wisp_checks_foreground(&live->checks);
}

static void report_check(wisp_live *live)
{
    wisp_update_result result;
    if (wisp_checks_take(&live->checks, &result) && live->config.on_check)
        live->config.on_check(live->config.guest.user, &result);
}

/* ------------------------------------------------------------------ life */

static wisp_status open_updater(wisp_live *live, wisp_error *err)
{
    live->update = live->config.update;
    live->update.accept = accept;
    live->update.may_download = live->update.may_download ? may_download : NULL;
    live->update.user = live;
    live->update.follows = true;
    return wisp_updater_open(&live->update, &live->updater, err);
}

static wisp_status open_guest(wisp_live *live, wisp_error *err)
{
    wisp_host_config host = {.allocator = live->allocator,
                             .os = live->os,
                             .blackbox = live->config.blackbox,
                             .blames_max = live->config.blames_max};
    wisp_status status = wisp_host_new(&host, &live->host, err);
    if (status)
        return status;
    wisp_guest_config guest = live->config.guest;
    guest.on_message = forward_message;
    guest.on_log = forward_log;
    guest.on_event = note_event;
    guest.on_link = forward_link;
    guest.on_unused = NULL; /* whose modules these are, and when they go, is known here */
    guest.user = live;
    /* The release before is the updater's to choose, of those that it has not banned. */
    if (guest.on_fault == WISP_ON_FAULT_ROLL_BACK)
        guest.on_fault = WISP_ON_FAULT_DISABLE;
    return wisp_guest_new(live->host, &guest, &live->guest, err);
}

wisp_status wisp_live_open(const wisp_live_config *config, wisp_live **out, wisp_error *err)
{
    const wisp_allocator *allocator = wisp_allocator_or_default(config->update.allocator);
    wisp_live *live = wisp_alloc(allocator, 1, sizeof *live);
    if (!live)
        return wisp_fail_memory(err, sizeof *live);
    live->config = *config;
    live->allocator = allocator;
    live->os = config->update.os ? config->update.os : wisp_os_posix();
    wisp_status status = open_updater(live, err);
    wisp_checks_init(&live->checks, live->updater, live->os);
    if (!status)
        status = open_guest(live, err);
    if (!status)
        status = start_good(live, err);
    if (status) {
        wisp_live_close(live);
        return status;
    }
    live->down = false;
    atomic_store(&live->checks.staged, has_candidate(live));
    *out = live;
    return WISP_OK;
}

void wisp_live_close(wisp_live *live)
{
    if (!live)
        return;
    wisp_checks_stop(&live->checks);
    wisp_host_free(live->host);
    unload(live, &live->trial);
    unload(live, &live->current);
    wisp_updater_close(live->updater);
    wisp_checks_deinit(&live->checks);
    wisp_free(live->allocator, live, sizeof *live);
}

void wisp_live_step(wisp_live *live)
{
    settle(live);
    follow_commit(live);
    follow_owner(live);
    act_on_checks(live);
    wisp_host_step(live->host, live->os->monotonic_ns(live->os->user));
    settle(live);
    report_check(live);
}

wisp_guest *wisp_live_guest(wisp_live *live)
{
    return live->guest;
}

const wisp_image *wisp_live_image(const wisp_live *live)
{
    return live->trial.module ? &live->trial.image : &live->current.image;
}

const char *wisp_live_trouble(wisp_live *live)
{
    if (live->trouble[0])
        return live->trouble;
    wisp_updater_status(live->updater, &live->status);
    return live->status.trouble;
}
