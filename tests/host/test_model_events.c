#include "model/pair.h"

#include <inttypes.h>
#include <stdlib.h>

/*
 * A host with some guests and a model of it (model/model.h) get the same random calls: guests
 * made and freed, posts to one and to all, of regions too, subscriptions, timers, requests and
 * answers, traps, aborts, swaps, shadows, stops, restarts. After each call both must have let the
 * same be seen, in the same order, and counted the same; what was recorded meanwhile happens once
 * more as it did; in the end each function done was called once, each request had one response,
 * and no memory is left.
 *
 * WISP_TEST_SEED=n runs one walk of seed n, WISP_TEST_WALKS=n so many of them.
 */

enum { WALKS = 12 };

static struct pair pair; /* too large for a stack */

/* ------------------------------------------------------------------ what walks are to meet */

static void add(model_reach *sum, const model_reach *reach)
{
#define X(field) sum->counts.field += reach->counts.field;
    MODEL_COUNTERS(X)
#undef X
    sum->frees += reach->frees;
    sum->downs += reach->downs;
    sum->callbacks += reach->callbacks;
    sum->callbacks_of_none += reach->callbacks_of_none;
    for (int status = 0; status <= WISP_BUSY; status++)
        sum->answers[status] += reach->answers[status];
    sum->without_place += reach->without_place;
    sum->without_bytes += reach->without_bytes;
    sum->opened += reach->opened;
    sum->refused += reach->refused;
    sum->shared += reach->shared;
    sum->sights += reach->sights;
    sum->changes += reach->changes;
    sum->redone += reach->redone;
}

/* Each done function of a module was called, or could not be, for a reason that is counted. */
static void check_callbacks(const model_reach *reach)
{
    const wisp_guest_status *c = &reach->counts;
    assert_int_equal(reach->callbacks,
                     c->callbacks_called + c->callbacks_cancelled + reach->callbacks_of_none);
}

/* A walk that does not meet what it is for would show nothing. */
static void check_reach_of_one(const model_reach *reach)
{
    const wisp_guest_status *c = &reach->counts;
    assert_true(c->events_in > PAIR_OPERATIONS / 10);
    assert_true(c->callbacks_called > PAIR_OPERATIONS / 40);
    assert_true(c->events_dropped > 0 && c->events_refused > 0 && c->redelivered > 0);
    assert_true(c->callbacks_cancelled > 0 && c->traps > 0);
    assert_true(c->reverts > 0 && c->restarts > 0);
    assert_true(reach->answers[WISP_OK] > 0 && reach->answers[WISP_LIMIT] > 0);
    assert_true(reach->sights > 0 && reach->changes > 0);
}

/* What not each of them meets, but all together do. */
static void check_reach_of_all(const model_reach *reach)
{
    assert_true(reach->downs > 0 && reach->frees > 0 && reach->callbacks_of_none > 0);
    assert_true(reach->answers[WISP_NOT_FOUND] > 0 && reach->answers[WISP_TRAP] > 0);
    assert_true(reach->redone > 0);
    assert_true(reach->opened > 0 && reach->refused > 0 && reach->shared > 0);
    assert_true(reach->without_place > 0 && reach->without_bytes > 0);
}

static void print_reach(const model_reach *r)
{
    const wisp_guest_status *c = &r->counts;
    print_message("# %" PRIu64 " events, %u callbacks (%" PRIu64 " called, %" PRIu64
                  " cancelled, %u of guests that were gone)\n",
                  c->events_in, r->callbacks, c->callbacks_called, c->callbacks_cancelled,
                  r->callbacks_of_none);
    print_message("# answers: %u, %u of none, %u of who trapped, %u late\n", r->answers[WISP_OK],
                  r->answers[WISP_NOT_FOUND], r->answers[WISP_TRAP], r->answers[WISP_LIMIT]);
    print_message("# %u posts were too many, and %u of too many bytes\n", r->without_place,
                  r->without_bytes);
    print_message("# regions of modules: %u made, %u refused; shared %u times\n", r->opened,
                  r->refused, r->shared);
    print_message("# regions: %u seen, %u changed, %u again; guests: %u freed, %u down\n",
                  r->sights, r->changes, r->redone, r->frees, r->downs);
}

/* ------------------------------------------------------------------ walks */

static void walk(uint64_t seed)
{
    struct pair *p = &pair;
    pair_begin(p, seed);
    for (p->operation = 0; p->operation < PAIR_OPERATIONS; p->operation++) {
        pair_call(p);
        pair_compare(p);
    }
    pair_end(p);
    assert_true(p->shadows > 0 && p->replayed > 0);
    check_callbacks(&p->model.reach);
    check_reach_of_one(&p->model.reach);
}

static uint64_t number_of(const char *name, uint64_t if_unset)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : if_unset;
}

static void a_host_behaves_as_its_model(void **state)
{
    (void)state;
    uint64_t seed = number_of("WISP_TEST_SEED", 0);
    uint64_t walks = seed > 0 ? 1 : number_of("WISP_TEST_WALKS", WALKS);
    model_reach all = {.frees = 0};
    for (uint64_t i = 0; i < walks; i++) {
        uint64_t of_this = seed > 0 ? seed : i + 1;
        print_message("# walk of seed %" PRIu64 "\n", of_this);
        walk(of_this);
        add(&all, &pair.model.reach);
    }
    print_reach(&all);
    if (walks >= WALKS)
        check_reach_of_all(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_host_behaves_as_its_model)};
    return cmocka_run_group_tests(tests, NULL, rig_free_modules);
}
