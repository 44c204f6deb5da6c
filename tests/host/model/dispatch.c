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

/* Tells who has subscribed to that, if anybody has, that [g] is there or is gone. */
static void announce(model *m, model_guest *g)
{
    uint32_t type = model_is_up(g) ? WISP_EVENT_STARTED : WISP_EVENT_STOPPED;
    if (g->is_announced == model_is_up(g))
        return;
    g->is_announced = model_is_up(g);
    if (g->current.generation > 0)
        g->announced = g->current.number;
    if (!model_has_audience(m, type))
        return;
    model_envelope *note = model_envelope_new();
    note->target = WISP_TO_ALL;
    note->entry = (model_entry){
        .kind = MODEL_EVENT, .type = type, .event = {.value = g->announced}, .guest = g->id};
    model_push(&m->queue, note);
}

void model_refresh(model *m, model_guest *g)
{
    if (!model_is_open(g)) {
        model_drop_waiting(m, g, false);
        model_requests_leave(m, g);
    }
    announce(m, g);
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

static void do_what_was_told(model *m)
{
    model_armed armed = m->armed;
    m->armed = (model_armed){0};
    if (armed.makes_guest && m->guest_len < MODEL_GUESTS)
        model_guest_new(m, WISP_ON_FAULT_RESTART);
    if (model_guest_find(m, armed.sends_to))
        model_say(m, "[sent %d] ", model_send(m, armed.sends_to, &armed.script));
}

/* The program answers requests as modules do. */
static void tell_program(model *m, const model_envelope *envelope)
{
    model_entry entry = model_sight_of(envelope);
    model_say(m, "[%u %x =%u ~%x ?%u !%u] ", entry.sender, (unsigned)entry.type,
              entry.event.value, entry.sum, entry.request, entry.guest);
    if (entry.request > 0 && entry.event.value % PUPPET_ANSWERS == 0)
        model_say(m, "[replied %d] ", model_reply(m, entry.request, entry.event.value));
    do_what_was_told(m);
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
    if (*model_program_groups(m, type) & groups)
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

wisp_status model_deliver(model *m, uint32_t guest, const struct puppet_script *script)
{
    model_guest *g = model_guest_find(m, guest);
    model_entry entry = {.kind = MODEL_SCRIPT, .script = *script};
    if (g->current.generation == 0)
        return WISP_INVALID;
    bool is_good = model_give(m, g, &entry);
    model_refresh(m, g);
    return is_good ? WISP_OK : WISP_TRAP;
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
