#include "parts.h"

/* Subscriptions and timers; and all that is due at some time. */

/* ------------------------------------------------------------------ subscriptions */

uint32_t model_subscribe(model_guest *g, uint32_t type, uint32_t groups)
{
    model_holdings *h = &g->holdings;
    size_t i = 0;
    while (i < h->subscription_len && h->subscriptions[i].type != type)
        i++;
    if (i == h->subscription_len && i == MODEL_SUBSCRIPTIONS)
        return 1;
    if (i == h->subscription_len)
        h->subscriptions[h->subscription_len++].groups = 0;
    h->subscriptions[i].type = type;
    h->subscriptions[i].groups |= groups ? groups : UINT32_MAX;
    return 0;
}

uint32_t model_unsubscribe(model_guest *g, uint32_t type, uint32_t groups)
{
    model_holdings *h = &g->holdings;
    uint32_t gone = groups ? groups : UINT32_MAX;
    for (size_t i = 0; i < h->subscription_len; i++) {
        if (h->subscriptions[i].type != type || !(h->subscriptions[i].groups & gone))
            continue;
        h->subscriptions[i].groups &= ~gone;
        if (h->subscriptions[i].groups == 0)
            h->subscriptions[i] = h->subscriptions[--h->subscription_len];
        return 0;
    }
    return 1;
}

uint32_t model_groups_of(const model_guest *g, uint32_t type)
{
    for (size_t i = 0; i < g->holdings.subscription_len; i++)
        if (g->holdings.subscriptions[i].type == type)
            return g->holdings.subscriptions[i].groups;
    return 0;
}

uint32_t *model_program_groups(model *m, uint32_t type)
{
    bool is_of_users = type >= WISP_EVENT_USER;
    uint32_t at = is_of_users ? type - WISP_EVENT_USER : MODEL_TYPES + type - WISP_EVENT_STARTED;
    assert_true(at < MODEL_TYPES + 2);
    return &m->program_groups[at];
}

bool model_has_audience(model *m, uint32_t type)
{
    for (size_t i = 0; i < m->guest_len; i++)
        if (model_groups_of(m->guests[i], type))
            return true;
    return *model_program_groups(m, type) != 0;
}

/* ------------------------------------------------------------------ timers */

static model_timer *find(model_holdings *h, uint32_t id)
{
    for (size_t i = 0; i < h->timer_len; i++)
        if (h->timers[i].id == id)
            return &h->timers[i];
    return NULL;
}

static void end(model_holdings *h, model_timer *timer)
{
    *timer = h->timers[--h->timer_len];
}

uint32_t model_timer_set(model *m, model_guest *g, const struct puppet_step *step)
{
    model_holdings *h = &g->holdings;
    if (h->timer_len == MODEL_TIMERS)
        return 0;
    h->timers[h->timer_len++] = (model_timer){.id = ++h->last_timer,
                                              .due_ns = m->now_ns + step->a * UINT64_C(1000),
                                              .every_ns = step->b * UINT64_C(1000),
                                              .order = ++m->last_order,
                                              .cookie = step->c};
    return h->last_timer;
}

uint32_t model_timer_cancel(model *m, model_guest *g, uint32_t id)
{
    model_timer *timer = find(&g->holdings, id);
    if (!timer)
        return 1;
    model_evict(m, g, id);
    end(&g->holdings, timer);
    return 0;
}

void model_timer_delivered(model_guest *g, uint32_t id)
{
    model_timer *timer = find(&g->holdings, id), *aside = find(&g->aside, id);
    timer->has_rung = false;
    if (aside && timer->every_ns > 0)
        aside->due_ns = timer->due_ns;
    else if (aside)
        end(&g->aside, aside);
    if (timer->every_ns == 0)
        end(&g->holdings, timer);
}

void model_holdings_clear(model *m, model_guest *g)
{
    model_evict(m, g, 0);
    g->holdings = (model_holdings){.last_timer = g->holdings.last_timer};
    g->epoch++;
}

/* ------------------------------------------------------------------ what is due */

/* A timer or a request; all zero is none. Of those that are due at the same time, the one that
 * was set first comes first. */
typedef struct alarm {
    uint64_t due_ns, order;
    model_guest *guest;
    model_timer *timer;
    model_request *request;
} alarm;

static void take_if_next(alarm *next, alarm it, uint64_t now_ns)
{
    bool is_none = !next->timer && !next->request;
    bool is_before =
        it.due_ns != next->due_ns ? it.due_ns < next->due_ns : it.order < next->order;
    if (it.due_ns <= now_ns && (is_none || is_before))
        *next = it;
}

static alarm next_due(const model *m)
{
    alarm next = {0};
    for (size_t g = 0; g < m->guest_len; g++) {
        model_holdings *h = &m->guests[g]->holdings;
        for (model_timer *it = h->timers; it < h->timers + h->timer_len; it++)
            if (it->every_ns > 0 || !it->has_rung)
                take_if_next(&next,
                             (alarm){it->due_ns, it->order, .guest = m->guests[g], .timer = it},
                             m->now_ns);
    }
    for (model_request *it = m->open; it; it = it->next)
        take_if_next(&next, (alarm){it->due_ns, it->order, .request = it}, m->now_ns);
    return next;
}

static void ring(model *m, model_guest *g, model_timer *timer)
{
    if (!timer->has_rung) {
        model_envelope *envelope = model_envelope_new();
        envelope->entry = (model_entry){
            .kind = MODEL_EVENT, .type = WISP_EVENT_TIMER, .event = {.value = timer->cookie}};
        envelope->target = g->id;
        envelope->timer = timer->id;
        model_count(m, envelope);
        model_push(&m->queue, envelope);
        timer->has_rung = true;
    }
    while (timer->every_ns > 0 && timer->due_ns <= m->now_ns)
        timer->due_ns += timer->every_ns;
    timer->order = ++m->last_order;
}

void model_ring(model *m)
{
    for (alarm it; it = next_due(m), it.timer || it.request;) {
        if (it.timer)
            ring(m, it.guest, it.timer);
        else
            model_request_fail(m, it.request, WISP_LIMIT);
    }
}
