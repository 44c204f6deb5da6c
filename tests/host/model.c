#include "model.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ words */

__attribute__((format(printf, 2, 3))) static void say(model *m, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    m->heard_len +=
        (size_t)vsnprintf(m->heard + m->heard_len, sizeof m->heard - m->heard_len, format, args);
    va_end(args);
    assert_true(m->heard_len < sizeof m->heard);
}

static void tell(model *m, const model_guest *g, const char *what, uint32_t number)
{
    say(m, "[%u %s %u] ", g->id, what, number);
}

/* ------------------------------------------------------------------ lists */

static void push(model_list *list, model_envelope *envelope)
{
    envelope->next = NULL;
    if (list->last)
        list->last->next = envelope;
    else
        list->first = envelope;
    list->last = envelope;
}

static model_envelope *pop(model_list *list)
{
    model_envelope *envelope = list->first;
    if (envelope)
        list->first = envelope->next;
    if (!list->first)
        list->last = NULL;
    return envelope;
}

static void move(model_list *to, model_list *from)
{
    for (model_envelope *envelope; (envelope = pop(from));)
        push(to, envelope);
}

static model_envelope *new_envelope(void)
{
    model_envelope *envelope = calloc(1, sizeof *envelope);
    assert_non_null(envelope);
    return envelope;
}

static model_guest *guest_of(model *m, uint32_t id)
{
    return id >= 1 && id <= MODEL_GUESTS ? &m->guests[id] : NULL;
}

static bool is_up(const model_guest *g)
{
    return g->current.generation > 0 || g->is_paused;
}

/* ------------------------------------------------------------------ effects of an entry */

/* What the entry under way has sent: words, and posts. */
typedef struct effects {
    char text[4096];
    size_t len;
    model_list posts;
} effects;

__attribute__((format(printf, 2, 3))) static void report(effects *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    e->len += (size_t)vsnprintf(e->text + e->len, sizeof e->text - e->len, format, args);
    va_end(args);
    assert_true(e->len < sizeof e->text);
}

static void finish(model *m, model_envelope *envelope);

static void uncount(model *m, const model_envelope *envelope)
{
    model_guest *to = guest_of(m, envelope->target);
    if (to && !envelope->is_evicted)
        to->waits--;
}

static void settle(model *m, model_guest *g, effects *e, bool is_good)
{
    if (is_good)
        say(m, "%s", e->text);
    for (model_envelope *envelope; (envelope = pop(&e->posts));) {
        if (is_good) {
            g->counts.events_out++;
            push(&m->queue, envelope);
        } else {
            uncount(m, envelope);
            finish(m, envelope);
        }
    }
}

/* ------------------------------------------------------------------ posting */

static wisp_status admit(model *m, uint32_t target, uint32_t type)
{
    if (type < WISP_EVENT_USER)
        return WISP_INVALID;
    if (target == WISP_TO_PROGRAM || target == WISP_TO_ALL)
        return WISP_OK;
    model_guest *to = guest_of(m, target);
    if (!to || !is_up(to) || to->is_stopping)
        return WISP_NOT_FOUND;
    if (to->waits >= MODEL_QUEUE_MAX)
        return WISP_LIMIT;
    to->waits++;
    return WISP_OK;
}

wisp_status model_post(model *m, uint32_t target, uint32_t type, uint32_t groups,
                       struct puppet_event event, bool has_data, uint32_t serial)
{
    wisp_status status = admit(m, target, type);
    if (status != WISP_OK) {
        if (serial > 0)
            say(m, "[done %u] ", serial);
        return status;
    }
    model_envelope *envelope = new_envelope();
    envelope->entry = (model_entry){.kind = MODEL_EVENT, .type = type, .event = event};
    envelope->target = target;
    envelope->groups = groups;
    envelope->has_data = has_data;
    envelope->serial = serial;
    push(&m->queue, envelope);
    return WISP_OK;
}

wisp_status model_send(model *m, uint32_t guest, const struct puppet_script *script)
{
    model_guest *g = guest_of(m, guest);
    if (!is_up(g))
        return WISP_INVALID;
    if (g->waits >= MODEL_QUEUE_MAX)
        return WISP_LIMIT;
    g->waits++;
    model_envelope *envelope = new_envelope();
    envelope->entry = (model_entry){.kind = MODEL_SCRIPT, .script = *script};
    envelope->target = guest;
    push(&m->queue, envelope);
    return WISP_OK;
}

/* What a step of a script that posts gives: 0 if it is taken. */
static uint32_t post(model *m, model_guest *g, effects *e, const struct puppet_step *step)
{
    bool is_to_all = step->op == PUPPET_POST_ALL;
    model_envelope *envelope = new_envelope();
    envelope->entry = (model_entry){
        .kind = MODEL_EVENT, .sender = g->id, .type = step->b, .event = {step->c, 0}};
    envelope->target = is_to_all ? WISP_TO_ALL : step->a;
    envelope->groups = is_to_all ? step->a : 0;
    envelope->generation = g->current.generation;
    envelope->wants_done = step->d & PUPPET_WANTS_DONE;
    envelope->has_data = step->d & PUPPET_HAS_DATA;
    if (!g->is_stopping && admit(m, envelope->target, step->b) == WISP_OK) {
        push(&e->posts, envelope);
        return 0;
    }
    g->counts.events_refused++;
    finish(m, envelope);
    return 1;
}

/* ------------------------------------------------------------------ subscriptions and timers */

static uint32_t subscribe(model_holdings *h, uint32_t type, uint32_t groups)
{
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

static uint32_t unsubscribe(model_holdings *h, uint32_t type, uint32_t groups)
{
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

static uint32_t groups_of(const model_guest *g, uint32_t type)
{
    for (size_t i = 0; i < g->holdings.subscription_len; i++)
        if (g->holdings.subscriptions[i].type == type)
            return g->holdings.subscriptions[i].groups;
    return 0;
}

static model_timer *find_timer(model_holdings *h, uint32_t id)
{
    for (size_t i = 0; i < h->timer_len; i++)
        if (h->timers[i].id == id)
            return &h->timers[i];
    return NULL;
}

/* Takes the event of timer [id] (0: of each timer) of [g] out of [list]. */
static void evict_from(model *m, model_list *list, const model_guest *g, uint32_t id)
{
    for (model_envelope *it = list->first; it; it = it->next) {
        bool is_it = it->timer > 0 && it->target == g->id && (id == 0 || it->timer == id);
        if (!is_it || it->is_evicted)
            continue;
        uncount(m, it);
        it->is_evicted = true;
    }
}

static void evict(model *m, model_guest *g, uint32_t id)
{
    evict_from(m, &m->queue, g, id);
    evict_from(m, &m->turn, g, id);
    evict_from(m, &g->held, g, id);
}

static uint32_t set_timer(model *m, model_guest *g, const struct puppet_step *step)
{
    model_holdings *h = &g->holdings;
    if (h->timer_len == MODEL_TIMERS)
        return 0;
    h->timers[h->timer_len++] = (model_timer){.id = ++g->holdings.last_timer,
                                              .due_ns = m->now_ns + step->a * UINT64_C(1000),
                                              .every_ns = step->b * UINT64_C(1000),
                                              .order = ++m->last_order,
                                              .cookie = step->c};
    return g->holdings.last_timer;
}

static uint32_t cancel_timer(model *m, model_guest *g, uint32_t id)
{
    model_timer *timer = find_timer(&g->holdings, id);
    if (!timer)
        return 1;
    evict(m, g, id);
    *timer = g->holdings.timers[--g->holdings.timer_len];
    return 0;
}

/* The event of [timer] is about to be handled. */
static void timer_delivered(model_guest *g, uint32_t id)
{
    model_timer *timer = find_timer(&g->holdings, id), *aside = find_timer(&g->aside, id);
    timer->has_rung = false;
    if (aside && timer->every_ns > 0)
        aside->due_ns = timer->due_ns;
    else if (aside)
        *aside = g->aside.timers[--g->aside.timer_len];
    if (timer->every_ns == 0)
        *timer = g->holdings.timers[--g->holdings.timer_len];
}

static void clear_holdings(model *m, model_guest *g)
{
    evict(m, g, 0);
    g->holdings = (model_holdings){.last_timer = g->holdings.last_timer};
}

/* ------------------------------------------------------------------ what versions do */

static uint32_t perform(model *m, model_guest *g, effects *e, const struct puppet_step *step)
{
    switch (step->op) {
    case PUPPET_POST:
    case PUPPET_POST_ALL:
        return post(m, g, e, step);
    case PUPPET_SUBSCRIBE:
        return subscribe(&g->holdings, step->a, step->b);
    case PUPPET_UNSUBSCRIBE:
        return unsubscribe(&g->holdings, step->a, step->b);
    case PUPPET_TIMER:
        return set_timer(m, g, step);
    case PUPPET_CANCEL:
        return cancel_timer(m, g, step->a);
    default:
        return 0;
    }
}

static bool traps(const model_version *v, const struct puppet_step *step)
{
    bool is_one = step->op == PUPPET_TRAP || step->op == PUPPET_ABORT;
    return is_one && (step->a == 0 || step->a == v->number);
}

/* False if it trapped. */
static bool run_script(model *m, model_guest *g, effects *e, const struct puppet_script *script)
{
    model_version *v = &g->current;
    v->count++;
    for (uint32_t i = 0; i < script->len; i++) {
        if (traps(v, &script->steps[i]))
            return false;
        uint32_t answer = perform(m, g, e, &script->steps[i]);
        report(e, "%u v%u #%u did %u =%u; ", g->id, v->number, v->count, script->steps[i].op,
               answer);
    }
    return true;
}

static bool handle(model_guest *g, effects *e, const model_entry *entry)
{
    model_version *v = &g->current;
    if (entry->event.traps_in == v->number || entry->event.traps_in == PUPPET_EACH)
        return false;
    v->count++;
    report(e, "%u v%u #%u got %u %x =%u; ", g->id, v->number, v->count, entry->sender,
           (unsigned)entry->type, entry->event.value);
    return true;
}

static bool enter(model *m, model_guest *g, const model_entry *entry)
{
    effects e = {.len = 0};
    bool is_good =
        entry->kind == MODEL_SCRIPT ? run_script(m, g, &e, &entry->script) : handle(g, &e, entry);
    settle(m, g, &e, is_good);
    g->counts.traps += !is_good;
    return is_good;
}

/* Starts version [number]; what it reports is for later. */
static model_version begin(model *m, model_guest *g, uint32_t number, model_saved saved)
{
    if (number == 2)
        subscribe(&g->holdings, WISP_EVENT_USER + 2, 1);
    return (model_version){++m->last_generation, number, saved.is_some ? saved.count : 0};
}

static void say_started(model *m, const model_guest *g)
{
    say(m, "%u v%u #0 started; ", g->id, g->current.number);
}

/* ------------------------------------------------------------------ faults and probation */

static void survived(model *m, model_guest *g, const model_entry *entry);
static void failed(model *m, model_guest *g);
static void catch_up(model *m, model_guest *g);

static bool try_entry(model *m, model_guest *g, const model_entry *entry)
{
    bool is_good = enter(m, g, entry);
    if (is_good)
        survived(m, g, entry);
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

/* A version gets [entry]; what is to be done if it fails is done. */
static void give(model *m, model_guest *g, const model_entry *entry)
{
    bool was_on_probation = g->fallback.generation > 0;
    bool is_good = try_entry(m, g, entry);
    if (!is_good && was_on_probation) {
        catch_up(m, g);
        if (g->current.generation == 0) {
            assert_true(g->backlog_len < MODEL_JOURNAL_MAX);
            g->backlog[g->backlog_len++] = *entry; /* not handled by anybody yet */
            return;
        }
        g->counts.redelivered++;
        is_good = try_entry(m, g, entry);
    }
    count(g, entry, is_good);
}

static void catch_up(model *m, model_guest *g)
{
    while (g->backlog_len > 0 && g->current.generation > 0) {
        model_entry entry = g->backlog[0];
        memmove(g->backlog, g->backlog + 1, --g->backlog_len * sizeof *g->backlog);
        g->counts.redelivered++;
        bool is_good = try_entry(m, g, &entry);
        if (!is_good || !entry.was_handled)
            count(g, &entry, is_good);
    }
}

static void commit(model *m, model_guest *g)
{
    if (g->on_fault == WISP_ON_FAULT_ROLL_BACK) {
        g->has_former = true;
        g->former = g->fallback.number;
        g->former_saved = g->saved;
    }
    g->fallback = (model_version){0};
    g->journal_len = g->backlog_len = 0;
    g->aside = (model_holdings){0};
    tell(m, g, "committed", g->current.number);
}

static void revert(model *m, model_guest *g)
{
    uint32_t number = g->current.number;
    evict(m, g, 0);
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
    tell(m, g, "reverted", number);
}

static void survived(model *m, model_guest *g, const model_entry *entry)
{
    g->restarts = 0;
    if (g->fallback.generation == 0)
        return;
    if (--g->entries_left == 0) {
        commit(m, g);
    } else if (entry) {
        assert_true(g->journal_len < MODEL_JOURNAL_MAX);
        g->journal[g->journal_len] = *entry;
        g->journal[g->journal_len++].was_handled = true;
    }
}

static void start_again(model *m, model_guest *g, uint32_t number)
{
    g->current = begin(m, g, number, g->saved);
    g->counts.restarts++;
    tell(m, g, "restarted", number);
}

static void restart(model *m, model_guest *g, uint32_t number)
{
    if (g->restarts == MODEL_RESTARTS) {
        g->is_down = true;
        g->downs++;
        tell(m, g, "down", number);
    } else if (g->restarts++ == 0) {
        start_again(m, g, number);
    } else {
        g->is_paused = true;
        g->waiting = number;
        g->due_ns = m->now_ns + (UINT64_C(1000000) * MODEL_PAUSE_MS << (g->restarts - 2));
        g->due_order = ++m->last_order;
        tell(m, g, "paused", number);
    }
}

static bool roll_back(model *m, model_guest *g, uint32_t number)
{
    if (g->on_fault != WISP_ON_FAULT_ROLL_BACK || !g->has_former)
        return false;
    g->has_former = false;
    g->current = begin(m, g, g->former, g->former_saved);
    g->saved = g->former_saved;
    g->restarts = 0;
    g->counts.reverts++;
    tell(m, g, "reverted", number);
    return true;
}

static void failed(model *m, model_guest *g)
{
    uint32_t number = g->current.number;
    if (g->fallback.generation > 0) {
        revert(m, g);
    } else if (g->on_fault == WISP_ON_FAULT_DROP) {
        tell(m, g, "failed", number);
    } else {
        g->current = (model_version){0};
        clear_holdings(m, g);
        if (!roll_back(m, g, number))
            restart(m, g, number);
        if (g->current.generation > 0)
            say_started(m, g);
    }
}

/* ------------------------------------------------------------------ done */

/* Nothing more is to be done with [envelope] but to tell who has posted it. */
static void finish(model *m, model_envelope *envelope)
{
    if (envelope->serial > 0)
        say(m, "[done %u] ", envelope->serial);
    if (envelope->wants_done)
        push(&m->ripe, envelope);
    else
        free(envelope);
}

static void say_done(model *m, const model_guest *g, const model_envelope *envelope)
{
    say(m, "%u v%u #%u done %x =%u %d; ", g->id, g->current.number, g->current.count,
        (unsigned)envelope->entry.type, envelope->entry.event.value, envelope->has_data);
}

static void refresh(model *m, model_guest *g);

static void call_done(model *m)
{
    model_list ripe = m->ripe;
    m->ripe = (model_list){0};
    for (model_envelope *envelope; (envelope = pop(&ripe));) {
        model_guest *g = guest_of(m, envelope->entry.sender);
        if (g->fallback.generation == envelope->generation) {
            push(&g->parked, envelope);
            continue;
        }
        if (g->current.generation == envelope->generation) {
            g->counts.callbacks_called++;
            say_done(m, g, envelope);
            survived(m, g, NULL);
            refresh(m, g);
        } else {
            g->counts.callbacks_cancelled++;
        }
        free(envelope);
    }
}

/* ------------------------------------------------------------------ delivering */

static void drop(model *m, model_guest *g, model_list *list, bool messages_too)
{
    model_list left = {0}, dropped = {0};
    for (model_envelope *it; (it = pop(list));) {
        bool is_it = it->target == g->id && !it->is_evicted &&
                     (messages_too || it->entry.kind == MODEL_EVENT);
        push(is_it ? &dropped : &left, it);
    }
    *list = left;
    for (model_envelope *it; (it = pop(&dropped));) {
        g->counts.events_dropped += it->entry.kind == MODEL_EVENT;
        uncount(m, it);
        finish(m, it);
    }
}

static void drop_waiting(model *m, model_guest *g, bool messages_too)
{
    drop(m, g, &g->held, messages_too);
    drop(m, g, &m->turn, messages_too);
    drop(m, g, &m->queue, messages_too);
}

/* What follows when a guest comes up or goes down. */
static void refresh(model *m, model_guest *g)
{
    if (!is_up(g) || g->is_stopping)
        drop_waiting(m, g, false);
    if (g->current.generation > 0 && g->held.first) {
        move(&g->held, &m->queue);
        m->queue = g->held;
        g->held = (model_list){0};
    }
    if (g->fallback.generation == 0)
        move(&m->ripe, &g->parked);
}

static void tell_program(model *m, const model_envelope *envelope)
{
    say(m, "[%u %x =%u] ", envelope->entry.sender, (unsigned)envelope->entry.type,
        envelope->entry.event.value);
}

static void tell_all(model *m, const model_envelope *envelope)
{
    uint32_t type = envelope->entry.type;
    uint32_t groups = envelope->groups ? envelope->groups : UINT32_MAX;
    if (m->program_groups[type - WISP_EVENT_USER] & groups)
        tell_program(m, envelope);
    for (uint32_t id = 1; id <= MODEL_GUESTS; id++) {
        model_guest *g = &m->guests[id];
        if (!(groups_of(g, type) & groups))
            continue;
        if (g->current.generation > 0) {
            give(m, g, &envelope->entry);
            refresh(m, g);
        } else {
            g->counts.events_dropped++;
        }
    }
}

static void deliver(model *m, model_envelope *envelope)
{
    model_guest *to = guest_of(m, envelope->target);
    if (envelope->is_evicted)
        return;
    uncount(m, envelope);
    if (envelope->timer > 0)
        timer_delivered(to, envelope->timer);
    if (to) {
        give(m, to, &envelope->entry);
        refresh(m, to);
    } else if (envelope->target == WISP_TO_ALL) {
        tell_all(m, envelope);
    } else {
        tell_program(m, envelope);
    }
}

/* Of those that are due at the same time, the one that was set first comes first. */
static bool is_before(const model_timer *a, const model_timer *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

/* The timer of all that is due first; NULL if none is. */
static model_timer *next_timer(model *m, model_guest **guest)
{
    model_timer *next = NULL;
    for (uint32_t id = 1; id <= MODEL_GUESTS; id++) {
        model_holdings *h = &m->guests[id].holdings;
        for (size_t i = 0; i < h->timer_len; i++) {
            model_timer *timer = &h->timers[i];
            bool is_set = timer->every_ns > 0 || !timer->has_rung;
            if (!is_set || timer->due_ns > m->now_ns || (next && !is_before(timer, next)))
                continue;
            next = timer;
            *guest = &m->guests[id];
        }
    }
    return next;
}

static void ring(model *m, model_guest *g, model_timer *timer)
{
    if (!timer->has_rung) {
        model_envelope *envelope = new_envelope();
        envelope->entry = (model_entry){
            .kind = MODEL_EVENT, .type = WISP_EVENT_TIMER, .event = {timer->cookie, 0}};
        envelope->target = g->id;
        envelope->timer = timer->id;
        g->waits++;
        push(&m->queue, envelope);
        timer->has_rung = true;
    }
    while (timer->every_ns > 0 && timer->due_ns <= m->now_ns)
        timer->due_ns += timer->every_ns;
    timer->order = ++m->last_order;
}

static bool is_later(const model_guest *a, const model_guest *b)
{
    return a->due_ns != b->due_ns ? a->due_ns > b->due_ns : a->due_order > b->due_order;
}

/* Those that are due last come first, as the host has them in a list. How many there were. */
static uint32_t end_pauses(model *m)
{
    for (uint32_t ended = 0;; ended++) {
        model_guest *last = NULL;
        for (uint32_t id = 1; id <= MODEL_GUESTS; id++) {
            model_guest *g = &m->guests[id];
            if (g->is_paused && g->due_ns <= m->now_ns && (!last || is_later(g, last)))
                last = g;
        }
        if (!last)
            return ended;
        last->is_paused = false;
        start_again(m, last, last->waiting);
        say_started(m, last);
        catch_up(m, last);
        refresh(m, last);
    }
}

void model_step(model *m)
{
    model_guest *g = NULL;
    for (model_timer *timer; (timer = next_timer(m, &g));)
        ring(m, g, timer);
    uint32_t ended = end_pauses(m);
    call_done(m);
    m->turn = m->queue;
    m->queue = (model_list){0};
    for (model_envelope *envelope; (envelope = pop(&m->turn));) {
        model_guest *to = guest_of(m, envelope->target);
        if (to && to->current.generation == 0 && !envelope->is_evicted) {
            push(&to->held, envelope);
            continue;
        }
        deliver(m, envelope);
        finish(m, envelope);
        call_done(m);
    }
    while (ended-- > 0)
        call_done(m);
}

/* ------------------------------------------------------------------ versions come and go */

wisp_status model_start(model *m, uint32_t guest, uint32_t number)
{
    model_guest *g = guest_of(m, guest);
    if (g->current.generation > 0)
        return WISP_INVALID;
    g->current = begin(m, g, number, g->saved);
    g->is_down = g->is_paused = g->has_former = false;
    g->restarts = 0;
    tell(m, g, "started", number);
    say_started(m, g);
    catch_up(m, g);
    refresh(m, g);
    return WISP_OK;
}

wisp_status model_swap(model *m, uint32_t guest, uint32_t number)
{
    model_guest *g = guest_of(m, guest);
    if (g->current.generation == 0)
        return WISP_INVALID;
    model_holdings before = g->holdings;
    model_saved fresh = {true, g->current.count};
    model_version next = begin(m, g, number, fresh);
    if (g->fallback.generation > 0)
        commit(m, g);
    g->saved = fresh;
    g->fallback = g->current;
    g->current = next;
    g->aside = before;
    g->entries_left = MODEL_PROBATION;
    g->restarts = 0;
    g->counts.swaps++;
    tell(m, g, "swapped", number);
    say_started(m, g);
    refresh(m, g);
    return WISP_OK;
}

wisp_status model_decide(model *m, uint32_t guest, bool is_commit)
{
    model_guest *g = guest_of(m, guest);
    if (g->fallback.generation == 0)
        return WISP_INVALID;
    if (is_commit) {
        commit(m, g);
    } else {
        revert(m, g);
        catch_up(m, g);
    }
    refresh(m, g);
    return WISP_OK;
}

wisp_status model_save(model *m, uint32_t guest)
{
    model_guest *g = guest_of(m, guest);
    if (g->current.generation == 0 || g->fallback.generation > 0)
        return WISP_INVALID;
    g->saved = (model_saved){true, g->current.count};
    return WISP_OK;
}

/* The functions done that can still be called, before the guest stops. */
static void last_calls(model *m, model_guest *g)
{
    model_list ripe = m->ripe;
    m->ripe = (model_list){0};
    for (model_envelope *envelope; (envelope = pop(&ripe));) {
        if (envelope->entry.sender != g->id) {
            push(&m->ripe, envelope);
            continue;
        }
        if (envelope->generation == g->current.generation) {
            g->counts.callbacks_called++;
            say_done(m, g, envelope);
        } else {
            g->counts.callbacks_cancelled++;
        }
        free(envelope);
    }
}

static void say_stopped(model *m, model_guest *g)
{
    static const struct puppet_step step = {PUPPET_POST, WISP_TO_PROGRAM, WISP_EVENT_USER,
                                            PUPPET_LAST, PUPPET_WANTS_DONE};
    effects e = {.len = 0};
    uint32_t answer = post(m, g, &e, &step);
    report(&e, "%u v%u #%u stopped =%u; ", g->id, g->current.number, g->current.count, answer);
    settle(m, g, &e, true);
}

void model_stop(model *m, uint32_t guest)
{
    model_guest *g = guest_of(m, guest);
    if (g->current.generation > 0) {
        g->is_stopping = true;
        refresh(m, g);
        last_calls(m, g);
        say_stopped(m, g);
        last_calls(m, g);
        uint32_t number = g->current.number;
        g->current = g->fallback = (model_version){0};
        g->aside = (model_holdings){0};
        tell(m, g, "stopped", number);
        g->is_stopping = false;
    } else if (g->is_paused) {
        tell(m, g, "stopped", 0);
    }
    g->is_down = g->is_paused = g->has_former = false;
    g->restarts = 0;
    g->saved = (model_saved){0};
    clear_holdings(m, g);
    drop_waiting(m, g, true);
    g->journal_len = g->backlog_len = 0;
    refresh(m, g);
}

/* ------------------------------------------------------------------ life */

void model_init(model *m, uint64_t now_ns)
{
    static const wisp_on_fault on_fault[] = {WISP_ON_FAULT_RESTART, WISP_ON_FAULT_DROP,
                                             WISP_ON_FAULT_ROLL_BACK, WISP_ON_FAULT_RESTART};
    memset(m, 0, sizeof *m);
    m->now_ns = now_ns;
    for (uint32_t id = 1; id <= MODEL_GUESTS; id++) {
        m->guests[id].id = id;
        m->guests[id].on_fault = on_fault[id - 1];
    }
}

static void empty(model_list *list)
{
    for (model_envelope *envelope; (envelope = pop(list));)
        free(envelope);
}

void model_deinit(model *m)
{
    empty(&m->queue);
    empty(&m->ripe);
    for (uint32_t id = 1; id <= MODEL_GUESTS; id++) {
        empty(&m->guests[id].held);
        empty(&m->guests[id].parked);
    }
}

wisp_guest_state model_state(const model *m, uint32_t guest)
{
    const model_guest *g = &m->guests[guest];
    if (g->is_down)
        return WISP_GUEST_STATE_DOWN;
    if (g->is_paused)
        return WISP_GUEST_STATE_PAUSED;
    if (g->current.generation == 0)
        return WISP_GUEST_STATE_EMPTY;
    return g->fallback.generation > 0 ? WISP_GUEST_STATE_PROBATION : WISP_GUEST_STATE_RUNNING;
}

uint32_t model_cancelled_soon(const model *m, uint32_t guest)
{
    const model_guest *g = &m->guests[guest];
    uint32_t count = 0;
    for (const model_envelope *it = m->ripe.first; it; it = it->next)
        count += it->entry.sender == guest && it->generation != g->current.generation &&
                 it->generation != g->fallback.generation;
    return count;
}
