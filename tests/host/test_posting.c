#include "rig.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <wisp/event.h>

#include "guests/relay.h"

/*
 * Several threads post as fast as they can while the thread of the host delivers, and swaps,
 * stops and starts guests meanwhile. Each post is done with once, whatever becomes of it; what
 * was taken is delivered once or counted as dropped; what was refused never comes.
 *
 * The events are those of guests/relay.c, which sends each home.
 */

enum { THREADS = 3, POSTS = 3000, GUESTS = 3, VISITOR = 3 /* comes and goes */ };

struct item {
    struct relay relay;
    uint32_t target;
    wisp_status status; /* of the post */
    atomic_uint done;
    unsigned home; /* how often it came to the program */
};

struct crowd {
    wisp_host *host;
    wisp_guest *guests[GUESTS + 1];
    struct item items[THREADS * POSTS];
    atomic_uint posting; /* threads that still are */
};

static struct crowd crowd;

static void on_done(void *user, uint32_t type, const void *data)
{
    (void)type, (void)data;
    atomic_fetch_add(&((struct item *)user)->done, 1);
}

static void on_post(void *user, wisp_host *host, const wisp_event *event)
{
    (void)host;
    struct crowd *c = user;
    struct relay r;
    assert_int_equal(event->size, sizeof r);
    memcpy(&r, event->data, sizeof r);
    c->items[r.serial].home++;
}

static void post(struct crowd *c, struct item *item)
{
    bool is_home = item->target == WISP_TO_PROGRAM;
    wisp_post post = {.target = item->target,
                      .type = is_home ? RELAY_HOME : RELAY_HOP,
                      .data = &item->relay,
                      .size = sizeof item->relay,
                      .done = on_done,
                      .user = item};
    item->status = wisp_host_post(c->host, &post, NULL);
}

static void *post_all(void *context)
{
    struct item *items = context;
    for (uint32_t i = 0; i < POSTS; i++) {
        post(&crowd, &items[i]);
        if (items[i].status != WISP_OK)
            sched_yield();
    }
    atomic_fetch_sub(&crowd.posting, 1);
    return NULL;
}

/* ------------------------------------------------------------------ the thread of the host */

static void come_and_go(struct crowd *c, uint32_t turn)
{
    wisp_guest *guest = c->guests[VISITOR];
    if (turn % 40 == 10)
        assert_int_equal(wisp_guest_stop(guest), WISP_OK);
    if (turn % 40 == 20)
        assert_int_equal(wisp_guest_start(guest, rig_module("relay_1"), NULL), WISP_OK);
    if (turn % 8 == 0)
        assert_int_equal(wisp_guest_swap(c->guests[1 + turn / 8 % 2],
                                         rig_module(turn % 16 ? "relay_1" : "relay_2"), NULL),
                         WISP_OK);
}

static void begin(struct crowd *c)
{
    memset(c, 0, sizeof *c);
    wisp_host_config config = {.on_post = on_post, .user = c};
    assert_int_equal(wisp_host_new(&config, &c->host, NULL), WISP_OK);
    for (uint32_t id = 1; id <= GUESTS; id++) {
        wisp_guest_config guest = {.queue_len_max = 60, .probation_entries = 20};
        assert_int_equal(wisp_guest_new(c->host, &guest, &c->guests[id], NULL), WISP_OK);
        assert_int_equal(wisp_guest_start(c->guests[id], rig_module("relay_1"), NULL), WISP_OK);
    }
    for (uint32_t i = 0; i < THREADS * POSTS; i++) {
        c->items[i].target = i % (GUESTS + 1);
        c->items[i].relay = (struct relay){.serial = i, .len = GUESTS};
    }
    atomic_store(&c->posting, THREADS);
}

/* What is dropped is what the visitor had waiting when it was stopped. */
static void check(struct crowd *c)
{
    uint64_t taken = 0, home = 0, lost = 0;
    for (uint32_t i = 0; i < THREADS * POSTS; i++) {
        const struct item *item = &c->items[i];
        assert_int_equal(atomic_load(&item->done), 1);
        assert_true(item->home <= (item->status == WISP_OK));
        if (item->target == WISP_TO_PROGRAM)
            assert_int_equal(item->home, item->status == WISP_OK);
        taken += item->status == WISP_OK;
        home += item->home;
    }
    for (uint32_t id = 1; id <= GUESTS; id++) {
        wisp_guest_status status;
        wisp_guest_status_get(c->guests[id], &status);
        lost += status.events_dropped;
        assert_int_equal(status.queue_len + status.traps, 0);
        assert_true(status.queue_peak > 0 && status.queue_peak <= 60);
    }
    assert_int_equal(taken, home + lost);
    assert_true(home > 0);
}

static void posts_of_many_threads_are_done_with_once_each(void **state)
{
    (void)state;
    struct crowd *c = &crowd;
    pthread_t threads[THREADS];
    begin(c);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_all, &c->items[i * POSTS]), 0);
    for (uint32_t turn = 0; atomic_load(&c->posting) > 0; turn++) {
        wisp_host_step(c->host, turn);
        come_and_go(c, turn);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    while (wisp_host_next_ns(c->host) == 0)
        wisp_host_step(c->host, UINT64_MAX);
    check(c);
    wisp_host_free(c->host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_of_many_threads_are_done_with_once_each),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
