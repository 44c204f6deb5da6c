#include "parts.h"

/* The queue on its way to the receivers, and what follows: done; and one step. */

/* ------------------------------------------------------------------ done */

static void call_one(model *m, model_envelope *envelope)
{
    model_guest *g = model_guest_find(m, envelope->entry.sender);
    if (g && g->fallback.generation == envelope->generation) {
        model_push(&g->parked, envelope);
        return;
    }
    model_envelope it = *envelope;
    model_retire(m, envelope);
    if (!g) {
        m->reach.callbacks_of_none++;
    } else if (g->current.generation == it.generation) {
        g->counts.callbacks_called++;
        model_say_done(m, g, &it);
        model_survived(m, g, NULL);
        model_refresh(m, g);
    } else {
        g->counts.callbacks_cancelled++;
    }
}

static void call_done(model *m)
{
    model_list ripe = m->ripe;
    m->ripe = (model_list){0};
    for (model_envelope *envelope; (envelope = model_pop(&ripe));)
        call_one(m, envelope);
}

void model_last_calls(model *m, model_guest *g)
{
    model_list ripe = m->ripe;
    m->ripe = (model_list){0};
    for (model_envelope *envelope; (envelope = model_pop(&ripe));) {
        if (envelope->entry.sender != g->id) {
            model_push(&m->ripe, envelope);
            continue;
        }
        if (envelope->generation == g->current.generation) {
            g->counts.callbacks_called++;
            model_say_done(m, g, envelope);
        } else {
            g->counts.callbacks_cancelled++;
        }
        model_retire(m, envelope);
    }
}

/* ------------------------------------------------------------------ delivering */

void model_refresh(model *m, model_guest *g)
{
    if (!model_is_open(g)) {
        model_drop_waiting(m, g, false);
        model_requests_leave(m, g);
    }
    if (g->current.generation > 0 && g->held.first) {
        model_move(&g->held, &m->queue);
        m->queue = g->held;
        g->held = (model_list){0};
    }
    if (g->fallback.generation == 0)
        model_move(&m->ripe, &g->parked);
}

static void give(model *m, model_guest *g, const model_envelope *envelope)
{
    model_entry entry = model_sight_of(envelope);
    if (!model_give(m, g, &entry))
        model_requests_fail(m, entry.request, WISP_TRAP);
    model_refresh(m, g);
}

/* The program answers requests as modules do. */
static void tell_program(model *m, const model_envelope *envelope)
{
    model_entry entry = model_sight_of(envelope);
    model_say(m, "[%u %x =%u ~%x ?%u] ", entry.sender, (unsigned)entry.type, entry.event.value,
              entry.sum, entry.request);
    if (entry.request > 0 && entry.event.value % PUPPET_ANSWERS == 0)
        model_say(m, "[replied %d] ", model_reply(m, entry.request, entry.event.value));
}

static void tell_response(model *m, const model_answer *answer)
{
    m->reach.answers[answer->status]++;
    model_say(m, "[answered %u: %d %d] ", answer->cookie, answer->status, answer->code);
}

static void tell_all(model *m, const model_envelope *envelope)
{
    uint32_t type = envelope->entry.type;
    uint32_t groups = envelope->groups ? envelope->groups : UINT32_MAX;
    if (m->program_groups[type - WISP_EVENT_USER] & groups)
        tell_program(m, envelope);
    for (size_t i = 0; i < m->guest_len; i++) {
        model_guest *g = m->guests[i];
        if (!(model_groups_of(g, type) & groups))
            continue;
        if (g->current.generation > 0)
            give(m, g, envelope);
        else
            g->counts.events_dropped++;
    }
}

static void deliver(model *m, const model_envelope *envelope)
{
    model_guest *to = model_guest_find(m, envelope->target);
    if (envelope->is_evicted)
        return;
    model_uncount(m, envelope);
    if (envelope->timer > 0)
        model_timer_delivered(to, envelope->timer);
    if (to)
        give(m, to, envelope);
    else if (envelope->target == WISP_TO_ALL)
        tell_all(m, envelope);
    else if (envelope->entry.kind == MODEL_RESPONSE)
        tell_response(m, &envelope->entry.answer);
    else
        tell_program(m, envelope);
}

/* ------------------------------------------------------------------ a step */

static bool is_later(const model_guest *a, const model_guest *b)
{
    return a->due_ns != b->due_ns ? a->due_ns > b->due_ns : a->due_order > b->due_order;
}

/* Those that are due last come first, as the host has them in a list. How many there were. */
static uint32_t end_pauses(model *m)
{
    for (uint32_t ended = 0;; ended++) {
        model_guest *last = NULL;
        for (size_t i = 0; i < m->guest_len; i++) {
            model_guest *g = m->guests[i];
            if (g->is_paused && g->due_ns <= m->now_ns && (!last || is_later(g, last)))
                last = g;
        }
        if (!last)
            return ended;
        last->is_paused = false;
        model_start_again(m, last, last->waiting);
        model_say_started(m, last);
        model_catch_up(m, last);
        model_refresh(m, last);
    }
}

static void take(model *m, model_envelope *envelope)
{
    model_guest *to = model_guest_find(m, envelope->target);
    if (envelope->asking)
        model_request_open(m, envelope->asking);
    envelope->asking = NULL;
    if (to && to->current.generation == 0 && !envelope->is_evicted) {
        model_push(&to->held, envelope);
        return;
    }
    deliver(m, envelope);
    model_finish(m, envelope);
    call_done(m);
}

void model_step(model *m)
{
    model_ring(m);
    uint32_t ended = end_pauses(m);
    call_done(m);
    m->turn = m->queue;
    m->queue = (model_list){0};
    for (model_envelope *envelope; (envelope = model_pop(&m->turn));)
        take(m, envelope);
    while (ended-- > 0)
        call_done(m);
}
