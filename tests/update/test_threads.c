#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "device.h"
#include "../scratch.h"

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A check on one thread, everything else on another; made for the thread sanitizer. */

static device d;

/* --- a check that waits for the network holds nobody up ---------------------------------- */

typedef struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_waiting, is_open;
} gate;

static gate at_server = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void wait_at_server(repo *self, const char *path)
{
    (void)self;
    (void)path;
    pthread_mutex_lock(&at_server.mutex);
    at_server.is_waiting = true;
    pthread_cond_signal(&at_server.changed);
    while (!at_server.is_open)
        pthread_cond_wait(&at_server.changed, &at_server.mutex);
    pthread_mutex_unlock(&at_server.mutex);
}

static void *check_once(void *context)
{
    wisp_update_result *result = context;
    wisp_updater_check(d.updater, result, NULL);
    return NULL;
}

static void a_check_that_waits_for_the_server_holds_nobody_up(void **state)
{
    (void)state;
    pthread_t thread;
    wisp_update_result result;
    wisp_update_job *joined;
    device_init(&d);
    assert_int_equal(device_open(&d), WISP_OK);
    repo_release(&d.repo, 2, "module two");
    device_check(&d);
    d.repo.on_request = wait_at_server;
    assert_int_equal(pthread_create(&thread, NULL, check_once, &result), 0);
    pthread_mutex_lock(&at_server.mutex);
    while (!at_server.is_waiting)
        pthread_cond_wait(&at_server.changed, &at_server.mutex);
    pthread_mutex_unlock(&at_server.mutex);

    /* The other thread is inside of its request: all of this must return. */
    assert_int_equal(device_acquire(&d)->source, WISP_IMAGE_TRIAL);
    device_commit(&d);
    assert_int_equal(device_status(&d).good.version, 2);
    assert_int_equal(wisp_updater_begin(d.updater, NULL, &joined, &d.err), WISP_OK);
    assert_false(wisp_update_job_step(joined, 1));
    assert_false(wisp_update_job_result(joined, &result));

    pthread_mutex_lock(&at_server.mutex);
    at_server.is_open = true;
    pthread_cond_broadcast(&at_server.changed);
    pthread_mutex_unlock(&at_server.mutex);
    while (!wisp_update_job_step(joined, 1000))
        ;
    pthread_join(thread, NULL);
    assert_int_equal(result.outcome, WISP_UPDATE_UP_TO_DATE);
    assert_true(wisp_update_job_result(joined, &result));
    assert_int_equal(result.outcome, WISP_UPDATE_UP_TO_DATE);
    wisp_update_job_free(joined);
    device_deinit(&d);
}

/* --- what was judged before the wait is judged again after it ---------------------------- */

static void try_meanwhile(repo *self, const char *path)
{
    wisp_image *image = self->context;
    if (strncmp(path, "targets/", 8) == 0 && !image->bytes.data)
        assert_int_equal(wisp_updater_acquire(d.updater, image, NULL), WISP_OK);
}

static void a_trial_that_began_during_a_download_is_not_swept_away(void **state)
{
    (void)state;
    wisp_image image = {0};
    device_init(&d);
    assert_int_equal(device_open(&d), WISP_OK);
    repo_release(&d.repo, 2, "module two");
    device_check(&d);
    repo_release(&d.repo, 3, "module three");
    d.repo.on_request = try_meanwhile;
    d.repo.context = &image;
    assert_int_equal(device_check(&d), WISP_UPDATE_DEFERRED);
    assert_int_equal(d.result.code, WISP_UPDATE_CODE_ON_TRIAL);
    assert_int_equal(image.source, WISP_IMAGE_TRIAL);
    assert_int_equal(wisp_updater_commit(d.updater, &image, NULL), WISP_OK);
    wisp_image_free(d.updater, &image);
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    device_deinit(&d);
}

/* --- no rest for the sanitizer ----------------------------------------------------------- */

/* On a real disk, since the one in memory is for one thread. */
static char dir[] = "threads-XXXXXX"; /* where the test is run */

static void *check_often(void *context)
{
    char content[32];
    (void)context;
    for (uint64_t version = 2; version < 40; version++) {
        wisp_update_result result;
        snprintf(content, sizeof content, "module %d", (int)version);
        repo_release(&d.repo, version, content);
        assert_int_equal(wisp_updater_check(d.updater, &result, NULL), WISP_OK);
        assert_int_equal(wisp_updater_report(d.updater, NULL), WISP_OK);
    }
    return NULL;
}

static void a_check_and_everything_else_run_side_by_side(void **state)
{
    (void)state;
    pthread_t thread;
    device_init(&d);
    assert_non_null(mkdtemp(dir));
    d.config.dir = dir;
    d.config.os = NULL;
    d.config.events_url = "http://repo/events"; /* which takes anything */
    repo_put(&d.repo, "events", (wisp_bytes){(const uint8_t *)"ok", 2});
    assert_int_equal(device_open(&d), WISP_OK);
    assert_int_equal(pthread_create(&thread, NULL, check_often, NULL), 0);
    for (int i = 0; i < 2000; i++) {
        wisp_image image;
        wisp_update_status status;
        assert_int_equal(wisp_updater_acquire(d.updater, &image, NULL), WISP_OK);
        if (image.source == WISP_IMAGE_TRIAL && i % 3)
            assert_int_equal(wisp_updater_commit(d.updater, &image, NULL), WISP_OK);
        else if (image.source == WISP_IMAGE_TRIAL)
            assert_int_equal(wisp_updater_reject(d.updater, &image, "no", NULL), WISP_OK);
        wisp_image_free(d.updater, &image);
        wisp_updater_status(d.updater, &status);
    }
    pthread_join(thread, NULL);
    device_deinit(&d);
    scratch_remove(dir);
}

/* --- jobs on threads of their own, shared and cancelled ----------------------------------- */

static void *watch_job(void *context)
{
    wisp_update_job *job;
    wisp_update_progress progress;
    wisp_update_result result;
    (void)context;
    for (int i = 0; i < 60; i++) {
        wisp_status status = wisp_updater_begin(d.updater, NULL, &job, NULL);
        if (status == WISP_BUSY) /* the last one is being broken off */
            continue;
        assert_int_equal(status, WISP_OK);
        if (i % 3 == 0)
            assert_int_equal(wisp_update_job_start_thread(job, NULL), WISP_OK);
        if (i % 7 == 0)
            wisp_update_job_cancel(job);
        for (int k = 0; k < i && !wisp_update_job_step(job, 1); k++) {
            wisp_update_job_progress(job, &progress);
            wisp_update_job_result(job, &result);
            wisp_update_job_notes(job);
        }
        wisp_update_job_free(job);
    }
    return NULL;
}

static void jobs_are_shared_driven_and_cancelled_by_many(void **state)
{
    (void)state;
    char path[] = "threads-XXXXXX";
    pthread_t threads[4];
    device_init(&d);
    assert_non_null(mkdtemp(path));
    d.config.dir = path;
    d.config.os = NULL;
    assert_int_equal(device_open(&d), WISP_OK);
    repo_release(&d.repo, 2, "module two");
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, watch_job, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(device_check(&d), WISP_UPDATE_STAGED);
    device_deinit(&d);
    scratch_remove(path);
}

/* --- two processes on one folder --------------------------------------------------------- */

/* What opening the folder gives to another process, which then ends without closing it. */
static wisp_status open_elsewhere(void)
{
    int ended;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        wisp_updater *updater;
        wisp_error err = {0};
        wisp_status status = wisp_updater_open(&d.config, &updater, &err);
        bool is_said = status == WISP_OK || strstr(err.text, d.config.dir);
        _exit(is_said ? (int)status : 99);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended));
    return (wisp_status)WEXITSTATUS(ended);
}

static void the_second_of_two_processes_is_told_so(void **state)
{
    (void)state;
    char shared[] = "processes-XXXXXX";
    device_init(&d);
    assert_non_null(mkdtemp(shared));
    d.config.dir = shared;
    d.config.os = NULL;
    assert_int_equal(device_open(&d), WISP_OK);
    assert_int_equal(open_elsewhere(), WISP_BUSY);
    device_close(&d);
    assert_int_equal(open_elsewhere(), WISP_OK);
    assert_int_equal(device_open(&d), WISP_OK); /* whoever ends gives the folder back */
    device_deinit(&d);
    scratch_remove(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_that_waits_for_the_server_holds_nobody_up),
        cmocka_unit_test(a_trial_that_began_during_a_download_is_not_swept_away),
        cmocka_unit_test(a_check_and_everything_else_run_side_by_side),
        cmocka_unit_test(jobs_are_shared_driven_and_cancelled_by_many),
        cmocka_unit_test(the_second_of_two_processes_is_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
