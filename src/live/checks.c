#include "live/checks.h"

#include "base/error.h"
#include "update/policy.h"

#include <string.h>

#define JOB_WAIT_MS 100 /* after which the watching thread looks whether it is to end */

void wisp_checks_init(wisp_checks *checks, wisp_updater *updater, const wisp_os *os)
{
    memset(checks, 0, sizeof *checks);
    checks->updater = updater;
    checks->os = os;
    pthread_mutex_init(&checks->lock, NULL);
}

void wisp_checks_stop(wisp_checks *checks)
{
    wisp_watcher_stop(&checks->watcher);
}

void wisp_checks_deinit(wisp_checks *checks)
{
    wisp_checks_stop(checks);
    pthread_mutex_destroy(&checks->lock);
}

/* Keeps what a check came to, on whichever thread, for the owner's turn. */
static void keep_result(wisp_checks *checks, const wisp_update_result *result)
{
    pthread_mutex_lock(&checks->lock);
    checks->result = *result;
    checks->has_result = true;
    checks->ended_ns = checks->os->monotonic_ns(checks->os->user);
    pthread_mutex_unlock(&checks->lock);
    if (result->outcome == WISP_UPDATE_STAGED)
        atomic_store(&checks->staged, true);
    atomic_store(&checks->ended, true);
}

wisp_status wisp_checks_run(wisp_checks *checks, wisp_update_result *result, wisp_error *err)
{
    if (wisp_updater_is_follower(checks->updater))
        return wisp_fail(err, WISP_BUSY, "another process has the folder, and checks");
    wisp_status status = wisp_updater_check(checks->updater, result, err);
    if (status == WISP_OK)
        keep_result(checks, result);
    return status;
}

/* One job, broken off when the watching ends; false if it did not come to a result. */
static bool run_job(wisp_checks *checks, wisp_update_result *result)
{
    wisp_update_job *job;
    if (wisp_updater_begin(checks->updater, NULL, &job, NULL) != WISP_OK)
        return false;
    while (!wisp_watcher_is_closing(&checks->watcher) && !wisp_update_job_step(job, JOB_WAIT_MS))
        ;
    bool has_result = wisp_update_job_result(job, result);
    wisp_update_job_free(job);
    return has_result;
}

static uint64_t watch(void *context)
{
    wisp_checks *checks = context;
    wisp_update_result result;
    bool has_result = !wisp_updater_is_follower(checks->updater) && run_job(checks, &result);
    if (has_result)
        keep_result(checks, &result);
    return wisp_next_check_ms(checks->device_id, checks->turn++, checks->policy.interval_ms,
                              has_result ? &result : NULL);
}

wisp_status wisp_checks_watch(wisp_checks *checks, const wisp_live_policy *policy,
                              wisp_error *err)
{
    if (checks->watcher.running)
        return wisp_fail(err, WISP_INVALID, "already watching for updates");
    wisp_update_status status;
    wisp_updater_status(checks->updater, &status);
    memcpy(checks->device_id, status.device_id, sizeof checks->device_id);
    checks->policy = *policy;
    checks->watcher.work = watch;
    checks->watcher.context = checks;
    uint64_t pause_ms =
        policy->not_at_start
            ? wisp_next_check_ms(checks->device_id, checks->turn++, policy->interval_ms, NULL)
            : 0;
    return wisp_watcher_start(&checks->watcher, pause_ms, err);
}

void wisp_checks_wake(wisp_checks *checks)
{
    if (checks->watcher.running)
        wisp_watcher_wake(&checks->watcher);
}

void wisp_checks_foreground(wisp_checks *checks)
{
    uint64_t now = checks->os->monotonic_ns(checks->os->user);
    uint64_t pause_ns = 1000000 * (uint64_t)checks->policy.foreground_ms;
    pthread_mutex_lock(&checks->lock);
    bool is_due = checks->ended_ns == 0 || now - checks->ended_ns >= pause_ns;
    pthread_mutex_unlock(&checks->lock);
    if (checks->policy.foreground_ms > 0 && is_due)
        wisp_checks_wake(checks);
}

bool wisp_checks_take(wisp_checks *checks, wisp_update_result *out)
{
    pthread_mutex_lock(&checks->lock);
    bool has_result = checks->has_result;
    *out = checks->result;
    checks->has_result = false;
    pthread_mutex_unlock(&checks->lock);
    return has_result;
}
