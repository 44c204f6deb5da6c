#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <wisp/event.h>

#include "guests/relay.h"

/*
 * One host with 1,000 modules, and events that they pass on to each other, round after round,
 * while some of them are swapped: each event comes home once, after the way that it must have
 * taken; each module was given as many as it says; and memory is, at the end of each round, what
 * it was at the end of the first ones.
 *
 * WISP_LOAD_SECONDS=n goes on for so long (./dev load); else it is a few rounds.
 */

enum {
    GUESTS = 1000,
    CHAINS = 1000, /* of events that are posted in a round */
    HOPS = 20,     /* of each */
    SWAPS = 50,    /* in a round, in the midst of it */
    ROUNDS = 45,
    WARM_UP = GUESTS / SWAPS + 1 /* rounds, until each guest has been swapped */
};

#define MEMORY_MAX ((size_t)120 << 20) /* for all, more is refused */

struct load {
    struct ledger ledger;
    wisp_host *host;
    wisp_guest *guests[GUESTS + 1];
    uint8_t home[CHAINS];     /* how often each chain of this round has come home */
    uint32_t calls;           /* answers to the call of this round */
    uint64_t events, swapped; /* in all */
    uint64_t counted;         /* by the modules themselves */
};

static struct load load;

/* ------------------------------------------------------------------ where events should come */

/* What the sum of chain [serial] is when it comes home. */
static uint32_t sum_of(uint32_t serial)
{
    struct relay r = {.serial = serial, .hops = HOPS, .len = GUESTS};
    uint32_t at = 1 + serial % GUESTS;
    for (;; at = relay_next(&r, at)) {
        r.sum = relay_mark(&r, at);
        if (r.hops-- == 0)
            return r.sum;
    }
}

static void on_post(void *user, wisp_host *host, const wisp_event *event)
{
    (void)host;
    struct load *l = user;
    struct relay r;
    assert_int_equal(event->type, RELAY_HOME);
    assert_int_equal(event->size, sizeof r);
    memcpy(&r, event->data, sizeof r);
    if (r.serial == CHAINS) {
        l->calls++;
        return;
    }
    assert_in_range(r.serial, 0, CHAINS - 1);
    assert_int_equal(r.hops, 0);
    assert_int_equal(r.sum, sum_of(r.serial));
    assert_int_equal(l->home[r.serial]++, 0);
}

static void on_message(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes)
{
    (void)channel;
    struct load *l = user;
    uint32_t count;
    wisp_guest_status status;
    memcpy(&count, bytes.data, sizeof count);
    wisp_guest_status_get(guest, &status);
    assert_int_equal(count, status.events_in);
    l->counted += count;
}

/* ------------------------------------------------------------------ rounds */

static const wisp_module *version(uint64_t number)
{
    return rig_module(number % 2 == 0 ? "relay_1" : "relay_2");
}

static void begin(struct load *l)
{
    memset(l, 0, sizeof *l);
    ledger_init(&l->ledger);
    l->ledger.bytes_max = MEMORY_MAX;
    wisp_host_config config = {.allocator = &l->ledger.allocator, .on_post = on_post, .user = l};
    assert_int_equal(wisp_host_new(&config, &l->host, NULL), WISP_OK);
    wisp_guest_config guest = {.limits = {.stack_size = 8 << 10, .memory_max = 1 << 20},
                               .probation_entries = 5,
                               .on_message = on_message,
                               .user = l};
    for (uint32_t id = 1; id <= GUESTS; id++) {
        assert_int_equal(wisp_guest_new(l->host, &guest, &l->guests[id], NULL), WISP_OK);
        assert_int_equal(wisp_guest_start(l->guests[id], version(0), NULL), WISP_OK);
    }
}

static void post(struct load *l, uint32_t target, uint32_t type, uint32_t serial)
{
    struct relay r = {.serial = serial, .hops = HOPS, .len = GUESTS};
    wisp_post post = {.target = target, .type = type, .data = &r, .size = sizeof r};
    assert_int_equal(wisp_host_post(l->host, &post, NULL), WISP_OK);
}

/* Each guest in its turn goes from one version to the other and back. */
static void swap_some(struct load *l)
{
    for (int i = 0; i < SWAPS; i++, l->swapped++) {
        wisp_guest *guest = l->guests[1 + l->swapped % GUESTS];
        assert_int_equal(wisp_guest_swap(guest, version(l->swapped / GUESTS + 1), NULL), WISP_OK);
    }
}

static void play_round(struct load *l)
{
    memset(l->home, 0, sizeof l->home);
    l->calls = 0;
    for (uint32_t serial = 0; serial < CHAINS; serial++)
        post(l, 1 + serial % GUESTS, RELAY_HOP, serial);
    for (uint32_t step = 0; wisp_host_next_ns(l->host) == 0; step++) {
        if (step == HOPS / 2) {
            swap_some(l);
            post(l, WISP_TO_ALL, RELAY_CALL, CHAINS);
        }
        wisp_host_step(l->host, step);
    }
    for (uint32_t serial = 0; serial < CHAINS; serial++)
        assert_int_equal(l->home[serial], 1);
    assert_int_equal(l->calls, GUESTS);
    l->events += (uint64_t)CHAINS * (HOPS + 2) + 2 * GUESTS;
}

static void end(struct load *l)
{
    wisp_guest_status status;
    uint64_t handled = 0;
    for (uint32_t id = 1; id <= GUESTS; id++) {
        wisp_guest_status_get(l->guests[id], &status);
        handled += status.events_in;
        assert_int_equal(status.events_dropped + status.events_refused + status.traps, 0);
        assert_int_equal(status.reverts + status.restarts + status.redelivered, 0);
    }
    wisp_host_free(l->host);
    assert_int_equal(l->counted, handled);
    assert_int_equal(l->ledger.live_bytes, 0);
}

/* Of the host's own memory nothing may grow; so it is looked at when all is quiet. A probation
 * that is not over holds an old version: all are ended before. */
static size_t memory_of(struct load *l)
{
    for (uint32_t id = 1; id <= GUESTS; id++)
        wisp_guest_decide(l->guests[id], true, NULL, NULL);
    return l->ledger.live_bytes;
}

static void all_events_of_a_thousand_modules_come_home_and_memory_stays_flat(void **state)
{
    (void)state;
    struct load *l = &load;
    const char *seconds = getenv("WISP_LOAD_SECONDS");
    time_t ends = seconds ? time(NULL) + (time_t)strtol(seconds, NULL, 10) : 0;
    uint64_t rounds = 0;
    size_t settled = 0;
    begin(l);
    for (; rounds < ROUNDS || time(NULL) < ends; rounds++) {
        play_round(l);
        size_t size = memory_of(l);
        if (rounds < WARM_UP)
            settled = size > settled ? size : settled;
        assert_true(size <= settled);
    }
    print_message("# %llu events, %llu swaps, %zu KiB\n", (unsigned long long)l->events,
                  (unsigned long long)l->swapped, settled >> 10);
    end(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_events_of_a_thousand_modules_come_home_and_memory_stays_flat),
    };
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
