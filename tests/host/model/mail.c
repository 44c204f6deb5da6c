#include "parts.h"

#include <stdlib.h>

/* Envelopes: where they are, and how they end. */

/* ------------------------------------------------------------------ lists */

void model_push(model_list *list, model_envelope *envelope)
{
    envelope->next = NULL;
    if (list->last)
        list->last->next = envelope;
    else
        list->first = envelope;
    list->last = envelope;
}

model_envelope *model_pop(model_list *list)
{
    model_envelope *envelope = list->first;
    if (envelope)
        list->first = envelope->next;
    if (!list->first)
        list->last = NULL;
    return envelope;
}

void model_move(model_list *to, model_list *from)
{
    for (model_envelope *envelope; (envelope = model_pop(from));)
        model_push(to, envelope);
}

model_envelope *model_envelope_new(void)
{
    model_envelope *envelope = calloc(1, sizeof *envelope);
    assert_non_null(envelope);
    return envelope;
}

/* ------------------------------------------------------------------ receivers */

bool model_is_up(const model_guest *g)
{
    return g->current.generation > 0 || g->is_paused;
}

bool model_is_open(const model_guest *g)
{
    return model_is_up(g) && !g->is_stopping;
}

static size_t load_of(const model_envelope *envelope)
{
    return envelope->has_data ? sizeof envelope->entry.event : 0;
}

void model_count(model *m, const model_envelope *envelope)
{
    model_guest *to = model_guest_find(m, envelope->target);
    if (to)
        to->waits++;
    m->events += envelope->is_counted;
    m->event_bytes += load_of(envelope);
}

void model_uncount(model *m, const model_envelope *envelope)
{
    model_guest *to = model_guest_find(m, envelope->target);
    if (envelope->is_evicted)
        return;
    if (to)
        to->waits--;
    m->events -= envelope->is_counted;
    m->event_bytes -= load_of(envelope);
}

/* ------------------------------------------------------------------ the end of an envelope */

void model_retire(model *m, model_envelope *envelope)
{
    model_guest *sender = model_guest_find(m, envelope->entry.sender);
    if (envelope->is_taken && sender)
        sender->posts--;
    if (envelope->is_share && envelope->region && envelope->is_writable)
        envelope->region->is_changing = false;
    model_region_free(m, envelope->region);
    free(envelope);
}

void model_finish(model *m, model_envelope *envelope)
{
    if (envelope->serial > 0)
        model_say(m, "[done %u ~%x] ", envelope->serial, model_sight_of(envelope).sum);
    if (envelope->wants_done)
        model_push(&m->ripe, envelope);
    else
        model_retire(m, envelope);
}

void model_drop(model *m, model_envelope *envelope)
{
    model_uncount(m, envelope);
    if (envelope->asking)
        model_request_fail(m, envelope->asking, WISP_NOT_FOUND);
    model_finish(m, envelope);
}

static void drop_from(const model_guest *g, model_list *list, bool messages_too,
                      model_list *dropped)
{
    model_list left = {0};
    for (model_envelope *it; (it = model_pop(list));) {
        bool is_it = it->target == g->id && !it->is_evicted &&
                     (messages_too || it->entry.kind != MODEL_SCRIPT);
        model_push(is_it ? dropped : &left, it);
    }
    *list = left;
}

void model_drop_waiting(model *m, model_guest *g, bool messages_too)
{
    model_list dropped = {0};
    drop_from(g, &g->held, messages_too, &dropped);
    drop_from(g, &m->turn, messages_too, &dropped);
    drop_from(g, &m->queue, messages_too, &dropped);
    for (model_envelope *it; (it = model_pop(&dropped));) {
        g->counts.events_dropped += it->entry.kind != MODEL_SCRIPT;
        model_drop(m, it);
    }
}

static void evict_from(model *m, model_list *list, const model_guest *g, uint32_t id)
{
    for (model_envelope *it = list->first; it; it = it->next) {
        bool is_it = it->timer > 0 && it->target == g->id && (id == 0 || it->timer == id);
        if (!is_it || it->is_evicted)
            continue;
        model_uncount(m, it);
        it->is_evicted = true;
    }
}

void model_evict(model *m, model_guest *g, uint32_t id)
{
    evict_from(m, &m->queue, g, id);
    evict_from(m, &m->turn, g, id);
    evict_from(m, &g->held, g, id);
}
