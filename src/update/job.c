#include "base/error.h"
#include "base/memory.h"
#include "update/check.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

/*
 * A check that several threads may hold, of which one at a time drives it. The mutex guards what
 * they all see, and is never held while the check is being driven.
 */

#define THREAD_WAIT_MS 100 /* after which a thread of our own looks whether it was cancelled */

struct wisp_update_job {
    wisp_updater *updater;
    uint32_t holders; /* guarded by the updater's mutex */
    atomic_bool is_cancelled;

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_driven, has_thread;
    pthread_t thread;
    wisp_update_progress progress; /* as of the last step */
    bool has_result;
    wisp_update_result result;

    wisp_check *check; /* of whoever drives */
};

/* --- driving ------------------------------------------------------------------------------- */

static bool has_ended(const wisp_update_job *job)
{
    return job->progress.phase == WISP_UPDATE_ENDED;
}

static struct timespec after_ms(uint32_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* Waits for who drives it now. Call with the mutex held. */
static void wait_for_driver(wisp_update_job *job, uint32_t wait_ms)
{
    struct timespec until = after_ms(wait_ms);
    int waited = 0;
    while (job->is_driven && !has_ended(job) && waited == 0)
        waited = pthread_cond_timedwait(&job->changed, &job->mutex, &until);
}

/* One step, without the mutex. */
static void drive(wisp_update_job *job, uint32_t wait_ms)
{
    if (atomic_load(&job->is_cancelled))
        wisp_check_cancel(job->check);
    else
        wisp_check_step(job->check, wait_ms);
}

/* Lets the others see what the check has come to. */
static void show(wisp_update_job *job)
{
    job->progress = job->check->progress;
    if (job->check->is_settled && !job->has_result) {
        job->has_result = true;
        job->result = job->check->result;
    }
}

/* Who comes from now on gets a new one. */
static void retire(wisp_update_job *job)
{
    wisp_updater *u = job->updater;
    pthread_mutex_lock(&u->mutex);
    if (u->job == job)
        u->job = NULL;
    pthread_mutex_unlock(&u->mutex);
}

bool wisp_update_job_step(wisp_update_job *job, uint32_t wait_ms)
{
    pthread_mutex_lock(&job->mutex);
    if (job->is_driven)
        wait_for_driver(job, wait_ms);
    bool drives = !job->is_driven && !has_ended(job);
    job->is_driven |= drives;
    pthread_mutex_unlock(&job->mutex);
    if (drives) {
        drive(job, wait_ms);
        if (job->check->progress.phase == WISP_UPDATE_ENDED)
            retire(job);
    }
    pthread_mutex_lock(&job->mutex);
    if (drives) {
        show(job);
        job->is_driven = false;
        pthread_cond_broadcast(&job->changed);
    }
    bool ended = has_ended(job);
    pthread_mutex_unlock(&job->mutex);
    return ended;
}

static void *run(void *argument)
{
    while (!wisp_update_job_step(argument, THREAD_WAIT_MS))
        ;
    return NULL;
}

wisp_status wisp_update_job_start_thread(wisp_update_job *job, wisp_error *err)
{
    int failed = 0;
    pthread_mutex_lock(&job->mutex);
    if (!job->has_thread && !has_ended(job)) {
        failed = pthread_create(&job->thread, NULL, run, job);
        job->has_thread = failed == 0;
    }
    pthread_mutex_unlock(&job->mutex);
    return failed ? wisp_fail(err, WISP_IO, "no thread for an update: %s", strerror(failed))
                  : WISP_OK;
}

void wisp_update_job_cancel(wisp_update_job *job)
{
    atomic_store(&job->is_cancelled, true);
}

/* --- looking ------------------------------------------------------------------------------- */

void wisp_update_job_progress(wisp_update_job *job, wisp_update_progress *out)
{
    pthread_mutex_lock(&job->mutex);
    *out = job->progress;
    pthread_mutex_unlock(&job->mutex);
}

bool wisp_update_job_result(wisp_update_job *job, wisp_update_result *out)
{
    pthread_mutex_lock(&job->mutex);
    bool has_result = job->has_result;
    if (has_result)
        *out = job->result;
    pthread_mutex_unlock(&job->mutex);
    return has_result;
}

/* The check leaves the release alone once it has a result. */
const char *wisp_update_job_notes(wisp_update_job *job)
{
    pthread_mutex_lock(&job->mutex);
    const char *notes = job->has_result && job->check->offer ? job->check->offer->notes : "";
    pthread_mutex_unlock(&job->mutex);
    return notes;
}

/* --- life ---------------------------------------------------------------------------------- */

static bool init_locks(wisp_update_job *job)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&job->mutex, NULL) != 0)
        return false;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&job->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (failed)
        pthread_mutex_destroy(&job->mutex);
    return failed == 0;
}

static wisp_status make(wisp_updater *u, const wisp_update_options *options,
                        wisp_update_job **out, wisp_error *err)
{
    wisp_update_job *job = wisp_alloc(u->allocator, 1, sizeof *job);
    if (!job)
        return wisp_fail_memory(err, sizeof *job);
    job->updater = u;
    job->holders = 1;
    wisp_status status = wisp_check_new(u, options, &job->check, err);
    if (status == WISP_OK && !init_locks(job)) {
        wisp_check_free(job->check);
        status = wisp_fail(err, WISP_NO_MEMORY, "out of memory for a lock");
    }
    if (status != WISP_OK) {
        wisp_free(u->allocator, job, sizeof *job);
        return status;
    }
    *out = job;
    return WISP_OK;
}

wisp_status wisp_updater_begin(wisp_updater *u, const wisp_update_options *options,
                               wisp_update_job **out, wisp_error *err)
{
    wisp_status status = WISP_OK;
    pthread_mutex_lock(&u->mutex);
    if (!u->job)
        status = make(u, options, &u->job, err);
    else if (u->job->holders > 0)
        u->job->holders++;
    else
        status = wisp_fail(err, WISP_BUSY, "the last update is being broken off");
    *out = u->job;
    pthread_mutex_unlock(&u->mutex);
    return status;
}

void wisp_update_job_free(wisp_update_job *job)
{
    if (!job)
        return;
    wisp_updater *u = job->updater;
    pthread_mutex_lock(&u->mutex);
    bool is_last = --job->holders == 0;
    pthread_mutex_unlock(&u->mutex);
    if (!is_last)
        return;
    wisp_update_job_cancel(job);
    if (job->has_thread)
        pthread_join(job->thread, NULL);
    retire(job);
    wisp_check_free(job->check);
    pthread_cond_destroy(&job->changed);
    pthread_mutex_destroy(&job->mutex);
    wisp_free(u->allocator, job, sizeof *job);
}

wisp_status wisp_updater_check(wisp_updater *u, wisp_update_result *result, wisp_error *err)
{
    wisp_update_job *job;
    wisp_status status = wisp_updater_begin(u, NULL, &job, err);
    if (status != WISP_OK)
        return status;
    while (!wisp_update_job_step(job, 1000))
        ;
    wisp_update_job_result(job, result);
    wisp_update_job_free(job);
    if (result->status == WISP_NO_MEMORY)
        return wisp_fail(err, WISP_NO_MEMORY, "%.230s", result->reason);
    return WISP_OK;
}
