#include "parts.h"

#include <string.h>

/* Faults and probation: what follows from an entry. */

/* ------------------------------------------------------------------ giving entries */

static void failed(model *m, model_guest *g);

static bool try_entry(model *m, model_guest *g, const model_entry *entry)
{
    bool is_good = model_enter(m, g, entry);
    if (is_good)
        model_survived(m, g, entry);
    else
        failed(m, g);
    return is_good;
}

static void count(model_guest *g, const model_entry *entry, bool is_good)
{
    wisp_guest_status *c = &g->counts;
    if (entry->kind == MODEL_SCRIPT)
        ++*(is_good ? &c->messages_in : &c->messages_dropped);
    else
        ++*(is_good ? &c->events_in : &c->events_dropped);
}

/* What is given again later comes with its bytes as they are now, and changes nothing. */
static void keep(model_entry *list, size_t *len, const model_entry *entry, bool was_handled)
{
    assert_true(*len < MODEL_JOURNAL_MAX);
    model_entry *kept = &list[(*len)++];
    *kept = *entry;
    kept->changes = NULL;
    kept->was_handled = was_handled;
}

bool model_give(model *m, model_guest *g, const model_entry *entry)
{
    bool was_on_probation = g->fallback.generation > 0;
    bool is_good = try_entry(m, g, entry);
    if (!is_good && was_on_probation) {
        model_catch_up(m, g);
        if (g->current.generation == 0) {
            keep(g->backlog, &g->backlog_len, entry, false);
            return false;
        }
        g->counts.redelivered++;
        is_good = try_entry(m, g, entry);
    }
    count(g, entry, is_good);
    return is_good;
}

void model_catch_up(model *m, model_guest *g)
{
    while (g->backlog_len > 0 && g->current.generation > 0) {
        model_entry entry = g->backlog[0];
        memmove(g->backlog, g->backlog + 1, --g->backlog_len * sizeof *g->backlog);
        g->counts.redelivered++;
        m->reach.redone += entry.size > 0;
        bool is_good = try_entry(m, g, &entry);
        if (!is_good || !entry.was_handled)
            count(g, &entry, is_good);
    }
}

/* ------------------------------------------------------------------ probation */

void model_commit(model *m, model_guest *g)
{
    if (g->on_fault == WISP_ON_FAULT_ROLL_BACK) {
        g->has_former = true;
        g->former = g->fallback.number;
        g->former_saved = g->saved;
    }
    model_end(m, g, &g->fallback);
    g->journal_len = g->backlog_len = 0;
    g->aside = (model_holdings){0};
    model_tell(m, g, "committed", g->current.number);
}

void model_revert(model *m, model_guest *g)
{
    uint32_t number = g->current.number;
    model_evict(m, g, 0);
    model_end(m, g, &g->current);
    g->current = g->fallback;
    g->fallback = (model_version){0};
    g->holdings = g->aside;
    for (size_t i = 0; i < g->holdings.timer_len; i++)
        g->holdings.timers[i].has_rung = false;
    g->aside = (model_holdings){0};
    memcpy(g->backlog, g->journal, sizeof g->backlog);
    g->backlog_len = g->journal_len;
    g->journal_len = 0;
    g->counts.reverts++;
    model_tell(m, g, "reverted", number);
}

void model_survived(model *m, model_guest *g, const model_entry *entry)
{
    g->restarts = 0;
    if (g->fallback.generation == 0)
        return;
    if (--g->entries_left == 0)
        model_commit(m, g);
    else if (entry)
        keep(g->journal, &g->journal_len, entry, true);
}

/* ------------------------------------------------------------------ faults */

void model_start_again(model *m, model_guest *g, uint32_t number)
{
    g->current = model_begin(m, g, number, g->saved);
    g->counts.restarts++;
    model_tell(m, g, "restarted", number);
}

static void go_down(model *m, model_guest *g, uint32_t number)
{
    g->is_down = true;
    m->reach.downs++;
    model_tell(m, g, "down", number);
}

static void restart(model *m, model_guest *g, uint32_t number)
{
    if (g->restarts == MODEL_RESTARTS) {
        go_down(m, g, number);
    } else if (g->restarts++ == 0) {
        model_start_again(m, g, number);
    } else {
        g->is_paused = true;
        g->waiting = number;
        g->due_ns = m->now_ns + (UINT64_C(1000000) * MODEL_PAUSE_MS << (g->restarts - 2));
        g->due_order = ++m->last_order;
        model_tell(m, g, "paused", number);
    }
}

static bool roll_back(model *m, model_guest *g, uint32_t number)
{
    if (g->on_fault != WISP_ON_FAULT_ROLL_BACK || !g->has_former)
        return false;
    g->has_former = false;
    g->current = model_begin(m, g, g->former, g->former_saved);
    g->saved = g->former_saved;
    g->restarts = 0;
    g->counts.reverts++;
    model_tell(m, g, "reverted", number);
    return true;
}

static void recover(model *m, model_guest *g)
{
    uint32_t number = g->current.number;
    model_end(m, g, &g->current);
    model_holdings_clear(m, g);
    if (g->on_fault == WISP_ON_FAULT_DISABLE)
        go_down(m, g, number);
    else if (!roll_back(m, g, number))
        restart(m, g, number);
    if (g->current.generation > 0)
        model_say_started(m, g);
}

static void failed(model *m, model_guest *g)
{
    if (g->fallback.generation > 0)
        model_revert(m, g);
    else if (g->on_fault == WISP_ON_FAULT_DROP)
        model_tell(m, g, "failed", g->current.number);
    else
        recover(m, g);
}
