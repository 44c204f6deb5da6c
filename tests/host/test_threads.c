#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "stage.h"

/* Posting from other threads, waking, and the thread of the host's own. */

enum { POSTERS = 4, POSTS_EACH = 5000 };

static _Atomic uint64_t handled, done_calls, taken;

static void count_post(void *user, wisp_host *host, const wisp_event *event)
{
    (void)user;
    (void)host;
    handled += event->number;
}

static void count_done(void *user, uint32_t type, const void *data)
{
    (void)user;
    (void)type;
    (void)data;
    done_calls++;
}

static void *post_many(void *context)
{
    wisp_host *host = context;
    wisp_post post = {.target = WISP_TO_PROGRAM, .type = 0x8001, .number = 1, .done = count_done};
    for (int i = 0; i < POSTS_EACH; i++) {
        while (wisp_host_post(host, &post, NULL) != WISP_OK) {
            done_calls--; /* of the one that was refused */
            sched_yield();
        }
        taken++;
    }
    return NULL;
}

static void start_posters(wisp_host *host, pthread_t threads[POSTERS])
{
    handled = done_calls = taken = 0;
    for (int i = 0; i < POSTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, host), 0);
}

static void join(pthread_t threads[POSTERS])
{
    for (int i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
}

static void what_many_threads_post_is_delivered_once_each(void **state)
{
    (void)state;
    wisp_host *host;
    wisp_host_config config = {.events_max = 64, .on_post = count_post};
    assert_int_equal(wisp_host_new(&config, &host, NULL), WISP_OK);
    pthread_t threads[POSTERS];
    start_posters(host, threads);
    while (taken < POSTERS * POSTS_EACH || wisp_host_next_ns(host) == 0)
        wisp_host_step(host, 0);
    join(threads);
    assert_int_equal(handled, POSTERS * POSTS_EACH);
    assert_int_equal(done_calls, POSTERS * POSTS_EACH);
    wisp_host_free(host);
}

static void the_descriptor_is_readable_while_something_waits(void **state)
{
    (void)state;
    wisp_host *host;
    wisp_host_config config = {.on_post = count_post};
    assert_int_equal(wisp_host_new(&config, &host, NULL), WISP_OK);
    int fd = wisp_host_wake_fd(host);
    assert_true(fd >= 0);
    assert_int_equal(wisp_host_wake_fd(host), fd);
    pthread_t threads[POSTERS];
    start_posters(host, threads);
    while (handled < POSTERS * POSTS_EACH) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (wisp_host_next_ns(host) > 0)
            assert_int_equal(poll(&wait, 1, 60000), 1);
        wisp_host_step(host, 0);
    }
    join(threads);
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&wait, 1, 0), 0);
    wisp_host_free(host);
}

static void one_s_own_posts_wake_nobody(void **state)
{
    (void)state;
    wisp_host *host;
    assert_int_equal(wisp_host_new(NULL, &host, NULL), WISP_OK);
    struct pollfd wait = {.fd = wisp_host_wake_fd(host), .events = POLLIN};
    wisp_host_post(host, &(wisp_post){.type = 0x8001}, NULL);
    assert_int_equal(poll(&wait, 1, 0), 0);
    wisp_host_free(host);
}

static void without_descriptors_there_is_none_to_wait_for(void **state)
{
    (void)state;
    wisp_host *host;
    assert_int_equal(wisp_host_new(NULL, &host, NULL), WISP_OK);
    stage_refuse_files(true);
    assert_int_equal(wisp_host_wake_fd(host), -1);
    stage_refuse_files(false);
    assert_true(wisp_host_wake_fd(host) >= 0);
    wisp_host_free(host);
}

static _Atomic uint32_t wakes;

static void on_wake(void *user)
{
    (void)user;
    wakes++;
}

static void *post_two(void *context)
{
    wisp_host_post(context, &(wisp_post){.type = 0x8001}, NULL);
    wisp_host_post(context, &(wisp_post){.type = 0x8001}, NULL);
    return NULL;
}

static void the_program_is_told_once_that_it_is_to_step(void **state)
{
    (void)state;
    wisp_host *host;
    wisp_host_config config = {.on_wake = on_wake};
    assert_int_equal(wisp_host_new(&config, &host, NULL), WISP_OK);
    for (uint32_t i = 1; i <= 2; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, post_two, host);
        pthread_join(thread, NULL);
        assert_int_equal(wakes, i);
        wisp_host_step(host, 0);
    }
    wisp_host_free(host);
}

/* ------------------------------------------------------------------ the host's own thread */

struct scene {
    wisp_host *host;
    wisp_guest *guest;
    wisp_guest_status status;
    wisp_status outcome;
};

static void start_actor(void *user)
{
    struct scene *scene = user;
    wisp_guest_config config = {.name = "actor", .queue_len_max = 64};
    assert_int_equal(wisp_guest_new(scene->host, &config, &scene->guest, NULL), WISP_OK);
    scene->outcome = wisp_guest_start(scene->guest, rig_module("actor"), NULL);
}

static void look(void *user)
{
    struct scene *scene = user;
    wisp_guest_status_get(scene->guest, &scene->status);
}

static void *post_to_guest(void *context)
{
    wisp_post post = {.target = 1, .type = 0x8001, .done = count_done};
    for (int i = 0; i < POSTS_EACH; i++)
        taken += wisp_host_post(context, &post, NULL) == WISP_OK;
    return NULL;
}

static void a_host_runs_on_a_thread_of_its_own(void **state)
{
    (void)state;
    struct scene scene = {0};
    taken = done_calls = 0;
    assert_int_equal(wisp_host_new(NULL, &scene.host, NULL), WISP_OK);
    assert_int_equal(wisp_host_thread_start(scene.host, NULL), WISP_OK);
    assert_int_equal(wisp_host_thread_start(scene.host, NULL), WISP_INVALID);
    wisp_host_call(scene.host, start_actor, &scene);
    assert_int_equal(scene.outcome, WISP_OK);
    pthread_t threads[POSTERS];
    for (int i = 0; i < POSTERS; i++)
        pthread_create(&threads[i], NULL, post_to_guest, scene.host);
    join(threads);
    do
        wisp_host_call(scene.host, look, &scene);
    while (scene.status.events_in < taken);
    assert_int_equal(scene.status.events_in, taken);
    wisp_host_thread_stop(scene.host);
    assert_int_equal(done_calls, POSTERS * POSTS_EACH); /* also of those that were refused */
    wisp_host_free(scene.host);
}

static void stop_from_inside(void *user)
{
    struct scene *scene = user;
    wisp_host_call(scene->host, look, scene); /* at once, on this thread */
    scene->outcome = wisp_guest_stop(scene->guest);
}

static void timers_ring_on_the_thread(void **state)
{
    (void)state;
    struct scene scene = {0};
    assert_int_equal(wisp_host_new(NULL, &scene.host, NULL), WISP_OK);
    wisp_host_call(scene.host, start_actor, &scene); /* there is no thread yet */
    struct act act = {.number = 1000, .count = 1000};
    wisp_guest_deliver(scene.guest, ACT_TIMER_SET, (wisp_bytes){(uint8_t *)&act, sizeof act},
                       NULL);
    assert_int_equal(wisp_host_thread_start(scene.host, NULL), WISP_OK);
    do
        wisp_host_call(scene.host, look, &scene);
    while (scene.status.events_in < 3);
    wisp_host_call(scene.host, stop_from_inside, &scene);
    assert_int_equal(scene.outcome, WISP_OK);
    wisp_host_free(scene.host); /* with its thread */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_many_threads_post_is_delivered_once_each),
        cmocka_unit_test(the_descriptor_is_readable_while_something_waits),
        cmocka_unit_test(one_s_own_posts_wake_nobody),
        cmocka_unit_test(without_descriptors_there_is_none_to_wait_for),
        cmocka_unit_test(the_program_is_told_once_that_it_is_to_step),
        cmocka_unit_test(a_host_runs_on_a_thread_of_its_own),
        cmocka_unit_test(timers_ring_on_the_thread),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
