#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Guests come and go, and versions in them. */

/* ------------------------------------------------------------------ words */

void model_say(model *m, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    m->heard_len +=
        (size_t)vsnprintf(m->heard + m->heard_len, sizeof m->heard - m->heard_len, format, args);
    va_end(args);
    assert_true(m->heard_len < sizeof m->heard);
}

void model_tell(model *m, const model_guest *g, const char *what, uint32_t number)
{
    model_say(m, "[%u %s %u] ", g->id, what, number);
}

/* ------------------------------------------------------------------ guests */

model_guest *model_guest_find(const model *m, uint32_t id)
{
    for (size_t i = 0; i < m->guest_len; i++)
        if (m->guests[i]->id == id)
            return m->guests[i];
    return NULL;
}

uint32_t model_guest_new(model *m, wisp_on_fault on_fault)
{
    model_guest *g = calloc(1, sizeof *g);
    assert_non_null(g);
    assert_true(m->guest_len < MODEL_GUESTS);
    m->guests[m->guest_len++] = g;
    g->id = ++m->last_guest;
    g->on_fault = on_fault;
    return g->id;
}

static void add_counts(wisp_guest_status *sum, const wisp_guest_status *counts)
{
#define X(field) sum->field += counts->field;
    MODEL_COUNTERS(X)
#undef X
}

void model_guest_free(model *m, uint32_t guest)
{
    model_stop(m, guest);
    size_t at = 0;
    while (m->guests[at]->id != guest)
        at++;
    add_counts(&m->reach.counts, &m->guests[at]->counts);
    free(m->guests[at]);
    memmove(m->guests + at, m->guests + at + 1, (--m->guest_len - at) * sizeof *m->guests);
    m->reach.frees++;
}

wisp_guest_state model_guest_state(const model_guest *g)
{
    if (g->is_down)
        return WISP_GUEST_STATE_DOWN;
    if (g->is_paused)
        return WISP_GUEST_STATE_PAUSED;
    if (g->current.generation == 0)
        return WISP_GUEST_STATE_EMPTY;
    return g->fallback.generation > 0 ? WISP_GUEST_STATE_PROBATION : WISP_GUEST_STATE_RUNNING;
}

/* ------------------------------------------------------------------ versions */

wisp_status model_start(model *m, uint32_t guest, uint32_t number)
{
    model_guest *g = model_guest_find(m, guest);
    if (g->current.generation > 0)
        return WISP_INVALID;
    g->current = model_begin(m, g, number, g->saved);
    g->is_down = g->is_paused = g->has_former = false;
    g->restarts = 0;
    model_tell(m, g, "started", number);
    model_say_started(m, g);
    model_catch_up(m, g);
    model_refresh(m, g);
    return WISP_OK;
}

wisp_status model_swap(model *m, uint32_t guest, uint32_t number)
{
    model_guest *g = model_guest_find(m, guest);
    if (g->current.generation == 0)
        return WISP_INVALID;
    model_holdings before = g->holdings;
    model_saved fresh = {true, g->current.count};
    model_version next = model_begin(m, g, number, fresh);
    if (g->fallback.generation > 0)
        model_commit(m, g);
    g->saved = fresh;
    g->fallback = g->current;
    g->current = next;
    g->aside = before;
    g->entries_left = MODEL_PROBATION;
    g->restarts = 0;
    g->counts.swaps++;
    model_tell(m, g, "swapped", number);
    model_say_started(m, g);
    model_refresh(m, g);
    return WISP_OK;
}

wisp_status model_decide(model *m, uint32_t guest, bool is_commit)
{
    model_guest *g = model_guest_find(m, guest);
    if (g->fallback.generation == 0)
        return WISP_INVALID;
    if (is_commit) {
        model_commit(m, g);
    } else {
        model_revert(m, g);
        model_catch_up(m, g);
    }
    model_refresh(m, g);
    return WISP_OK;
}

wisp_status model_save(model *m, uint32_t guest)
{
    model_guest *g = model_guest_find(m, guest);
    if (g->current.generation == 0 || g->fallback.generation > 0)
        return WISP_INVALID;
    g->saved = (model_saved){true, g->current.count};
    return WISP_OK;
}

static void stop_version(model *m, model_guest *g)
{
    uint32_t number = g->current.number;
    g->is_stopping = true;
    model_refresh(m, g);
    model_last_calls(m, g);
    model_say_stopped(m, g);
    model_last_calls(m, g);
    model_end(m, g, &g->fallback);
    model_end(m, g, &g->current);
    g->aside = (model_holdings){0};
    model_tell(m, g, "stopped", number);
    g->is_stopping = false;
}

void model_stop(model *m, uint32_t guest)
{
    model_guest *g = model_guest_find(m, guest);
    if (g->current.generation > 0)
        stop_version(m, g);
    else if (g->is_paused)
        model_tell(m, g, "stopped", 0);
    g->is_down = g->is_paused = g->has_former = false;
    g->restarts = 0;
    g->saved = (model_saved){0};
    model_holdings_clear(m, g);
    model_drop_waiting(m, g, true);
    g->journal_len = g->backlog_len = 0;
    model_refresh(m, g);
}

/* ------------------------------------------------------------------ life */

void model_init(model *m, uint64_t now_ns)
{
    memset(m, 0, sizeof *m);
    m->now_ns = now_ns;
}

/* As when a host is freed; what it says is not compared any more. */
void model_deinit(model *m)
{
    while (m->guest_len > 0)
        model_guest_free(m, m->guests[m->guest_len - 1]->id);
    while (m->open)
        model_request_fail(m, m->open, WISP_NOT_FOUND);
    for (model_envelope *envelope; (envelope = model_pop(&m->queue));)
        model_drop(m, envelope);
    for (model_envelope *envelope; (envelope = model_pop(&m->ripe));) {
        m->reach.callbacks_of_none++;
        model_retire(m, envelope);
    }
}
