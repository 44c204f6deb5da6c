#include "parts.h"

#include <stdio.h>

/* What versions do: guests/puppet.c. */

/* ------------------------------------------------------------------ effects of an entry */

/* What the entry under way has sent: words; posts and replies. */
typedef struct effects {
    char text[4096];
    size_t len;
    model_list out;
} effects;

__attribute__((format(printf, 2, 3))) static void report(effects *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    e->len += (size_t)vsnprintf(e->text + e->len, sizeof e->text - e->len, format, args);
    va_end(args);
    assert_true(e->len < sizeof e->text);
}

static void begin_report(effects *e, const model_guest *g)
{
    report(e, "%u v%u #%u ", g->id, g->current.number, g->current.count);
}

static void release(model *m, model_guest *g, model_envelope *envelope)
{
    if (envelope->entry.kind == MODEL_RESPONSE) {
        model_reply_send(m, envelope);
        return;
    }
    g->counts.events_out++;
    model_push(&m->queue, envelope);
}

static void drop(model *m, model_envelope *envelope)
{
    if (envelope->entry.kind == MODEL_RESPONSE) {
        model_reply_drop(m, envelope);
        return;
    }
    if (envelope->asking)
        model_request_forget(m, envelope->asking);
    envelope->asking = NULL;
    model_drop(m, envelope);
}

static void settle(model *m, model_guest *g, effects *e, bool is_good)
{
    if (is_good)
        model_say(m, "%s", e->text);
    for (model_envelope *envelope; (envelope = model_pop(&e->out));) {
        if (is_good)
            release(m, g, envelope);
        else
            drop(m, envelope);
    }
}

/* ------------------------------------------------------------------ replies */

static uint32_t reply(model *m, model_guest *g, effects *e, uint32_t request, uint32_t code)
{
    model_envelope *it = model_reply_new(m, g->id, request, code);
    if (it)
        model_push(&e->out, it);
    return it ? 0 : 1;
}

/* ------------------------------------------------------------------ its region */

static bool may_open(const model_guest *g, size_t size)
{
    size_t taken = g->loose_bytes;
    return g->loose < MODEL_GUEST_REGIONS && taken <= MODEL_GUEST_REGION_BYTES &&
           size <= MODEL_GUEST_REGION_BYTES - taken;
}

static uint32_t change_region(model *m, model_guest *g, const struct puppet_step *step)
{
    model_version *v = &g->current;
    model_region *before = v->region;
    if (step->a == 0) {
        v->region = NULL;
        model_region_leave(m, g, before);
        return before ? 0 : 1;
    }
    if (before)
        return 1;
    if (!may_open(g, step->a) || model_region_new(m, step->a, &v->region) != WISP_OK) {
        m->reach.refused++;
        return 1;
    }
    m->reach.opened++;
    puppet_fill(v->region->bytes, step->a, step->b, step->c);
    return 0;
}

static uint32_t share(model *m, model_guest *g, effects *e, const struct puppet_step *step)
{
    model_version *v = &g->current;
    if (!v->region)
        return 1;
    if (v->shared++ == 0)
        ((struct puppet_region *)v->region->bytes)->changes += PUPPET_REUSED;
    return model_share_by(m, g, step, &e->out);
}

static void say_shared(model *m, model_guest *g, const model_envelope *envelope)
{
    model_version *v = &g->current;
    const model_region *region = --v->shared == 0 ? v->region : NULL;
    model_say(m, "%u v%u #%u shared %x ~%x; ", g->id, v->number, v->count,
              (unsigned)envelope->entry.type,
              region ? puppet_sum(region->bytes, (uint32_t)region->size) : 0);
}

void model_end(model *m, model_guest *g, model_version *version)
{
    model_region_leave(m, g, version->region);
    *version = (model_version){0};
}

/* ------------------------------------------------------------------ scripts */

static uint32_t perform(model *m, model_guest *g, effects *e, const struct puppet_step *step)
{
    switch (step->op) {
    case PUPPET_POST:
    case PUPPET_POST_ALL:
        return model_post_by(m, g, step, &e->out);
    case PUPPET_SUBSCRIBE:
        return model_subscribe(g, step->a, step->b);
    case PUPPET_UNSUBSCRIBE:
        return model_unsubscribe(g, step->a, step->b);
    case PUPPET_TIMER:
        return model_timer_set(m, g, step);
    case PUPPET_CANCEL:
        return model_timer_cancel(m, g, step->a);
    case PUPPET_REQUEST:
        return model_ask_by(m, g, step, &e->out);
    case PUPPET_REGION:
        return change_region(m, g, step);
    case PUPPET_SHARE:
        return share(m, g, e, step);
    case PUPPET_REPLY:
        return reply(m, g, e, g->current.asked, step->c);
    default:
        return 0;
    }
}

static bool traps(const model_version *v, const struct puppet_step *step)
{
    bool is_one = step->op == PUPPET_TRAP || step->op == PUPPET_ABORT;
    return is_one && (step->a == 0 || step->a == v->number);
}

/* False if it trapped; so below. */
static bool run_script(model *m, model_guest *g, effects *e, const struct puppet_script *script)
{
    g->current.count++;
    for (uint32_t i = 0; i < script->len; i++) {
        if (traps(&g->current, &script->steps[i]))
            return false;
        uint32_t answer = perform(m, g, e, &script->steps[i]);
        begin_report(e, g);
        report(e, "did %u =%u; ", script->steps[i].op, answer);
    }
    return true;
}

/* ------------------------------------------------------------------ events */

static void answer(model *m, model_guest *g, effects *e, const model_entry *entry)
{
    if (entry->event.value % PUPPET_ANSWERS != 0) {
        g->current.asked = entry->request;
        return;
    }
    uint32_t is_refused = reply(m, g, e, entry->request, entry->event.value);
    begin_report(e, g);
    report(e, "replied %u =%u; ", entry->request, is_refused);
}

static void change(model *m, const model_entry *entry, uint32_t version)
{
    m->reach.sights += entry->size > 0;
    if (!entry->changes)
        return;
    m->reach.changes++;
    puppet_change(entry->changes->bytes, (uint32_t)entry->size, version);
}

static bool handle(model *m, model_guest *g, effects *e, const model_entry *entry)
{
    model_version *v = &g->current;
    if (entry->event.traps_in == v->number || entry->event.traps_in == PUPPET_EACH)
        return false;
    v->count++;
    if (entry->request > 0)
        answer(m, g, e, entry);
    begin_report(e, g);
    if (entry->guest > 0)
        report(e, "note %x %u =%u; ", (unsigned)entry->type, entry->guest, entry->event.value);
    else
        report(e, "got %u %x =%u ~%x; ", entry->sender, (unsigned)entry->type, entry->event.value,
               entry->sum);
    change(m, entry, v->number);
    return true;
}

static bool handle_response(model *m, model_guest *g, effects *e, const model_answer *answer)
{
    g->current.count++;
    m->reach.answers[answer->status]++;
    begin_report(e, g);
    report(e, "answered %u: %d %d =%u; ", answer->request, answer->status, answer->code,
           answer->cookie);
    return true;
}

bool model_enter(model *m, model_guest *g, const model_entry *entry)
{
    effects e = {.len = 0};
    bool is_good = entry->kind == MODEL_SCRIPT  ? run_script(m, g, &e, &entry->script)
                   : entry->kind == MODEL_EVENT ? handle(m, g, &e, entry)
                                                : handle_response(m, g, &e, &entry->answer);
    settle(m, g, &e, is_good);
    g->counts.traps += !is_good;
    return is_good;
}

/* ------------------------------------------------------------------ the rest of a life */

model_version model_begin(model *m, model_guest *g, uint32_t number, model_saved saved)
{
    if (number == 2)
        model_subscribe(g, WISP_EVENT_USER + 2, 1);
    return (model_version){.generation = ++m->last_generation,
                           .number = number,
                           .count = saved.is_some ? saved.count : 0};
}

void model_say_started(model *m, const model_guest *g)
{
    model_say(m, "%u v%u #0 started; ", g->id, g->current.number);
}

void model_say_done(model *m, model_guest *g, const model_envelope *envelope)
{
    if (envelope->is_share) {
        say_shared(m, g, envelope);
        return;
    }
    model_say(m, "%u v%u #%u done %x =%u %d; ", g->id, g->current.number, g->current.count,
              (unsigned)envelope->entry.type, envelope->entry.event.value, envelope->has_data);
}

void model_say_stopped(model *m, model_guest *g)
{
    static const struct puppet_step step = {PUPPET_POST, WISP_TO_PROGRAM, WISP_EVENT_USER,
                                            PUPPET_LAST, PUPPET_WANTS_DONE};
    effects e = {.len = 0};
    uint32_t answer = model_post_by(m, g, &step, &e.out);
    begin_report(&e, g);
    report(&e, "stopped =%u; ", answer);
    settle(m, g, &e, true);
}
