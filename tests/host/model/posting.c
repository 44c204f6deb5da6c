#include "parts.h"

#include <stdlib.h>

/* Whether an event is taken, and what it becomes. */

static wisp_status check_region(const model_letter *letter)
{
    if (!letter->region)
        return WISP_OK;
    return letter->size > 0 && letter->size <= letter->region->size ? WISP_OK : WISP_INVALID;
}

static wisp_status check_receiver(const model *m, uint32_t target)
{
    const model_guest *to = model_guest_find(m, target);
    if (target == WISP_TO_PROGRAM || target == WISP_TO_ALL)
        return WISP_OK;
    return to && model_is_open(to) ? WISP_OK : WISP_NOT_FOUND;
}

static bool has_room(model *m, const model_letter *letter)
{
    const model_guest *to = model_guest_find(m, letter->target);
    size_t size = letter->has_data ? sizeof letter->event : 0;
    bool has_places = m->events < MODEL_EVENTS_MAX;
    bool has_bytes = size <= MODEL_EVENT_BYTES_MAX - m->event_bytes;
    m->reach.without_place += !has_places;
    m->reach.without_bytes += !has_bytes;
    return has_places && has_bytes && (!to || to->waits < MODEL_QUEUE_MAX);
}

static wisp_status admit(model *m, const model_letter *letter)
{
    if (letter->type < WISP_EVENT_USER || check_region(letter) != WISP_OK)
        return WISP_INVALID;
    wisp_status status = check_receiver(m, letter->target);
    return status == WISP_OK && !has_room(m, letter) ? WISP_LIMIT : status;
}

static model_envelope *envelope_of(const model_letter *letter)
{
    model_envelope *envelope = model_envelope_new();
    envelope->entry =
        (model_entry){.kind = MODEL_EVENT, .type = letter->type, .event = letter->event};
    envelope->target = letter->target;
    envelope->groups = letter->groups;
    envelope->has_data = letter->has_data;
    envelope->serial = letter->serial;
    envelope->region = letter->region;
    envelope->size = letter->size;
    envelope->is_writable = letter->is_writable;
    envelope->is_counted = true;
    return envelope;
}

/* ------------------------------------------------------------------ by the program */

/* The region of [letter] is looked at only if it is one that can be lent. */
static void refuse(model *m, const model_letter *letter)
{
    if (letter->serial == 0)
        return;
    bool has_sight = letter->region && check_region(letter) == WISP_OK;
    uint32_t sum = has_sight ? puppet_sum(letter->region->bytes, (uint32_t)letter->size) : 0;
    model_say(m, "[done %u ~%x] ", letter->serial, sum);
}

static wisp_status take(model *m, const model_letter *letter, model_request *request)
{
    wisp_status status = admit(m, letter);
    if (status != WISP_OK) {
        refuse(m, letter);
        return status;
    }
    model_envelope *envelope = envelope_of(letter);
    if (request)
        model_request_number(m, request, envelope);
    model_region_hold(envelope->region);
    model_count(m, envelope);
    model_push(&m->queue, envelope);
    return WISP_OK;
}

wisp_status model_post(model *m, const model_letter *letter)
{
    return take(m, letter, NULL);
}

wisp_status model_ask(model *m, const model_letter *letter, uint64_t timeout_ns, uint32_t serial)
{
    if (letter->target == WISP_TO_ALL) {
        refuse(m, letter);
        return WISP_INVALID;
    }
    model_request *request = model_request_new(m, WISP_TO_PROGRAM, letter->target, timeout_ns);
    request->cookie = serial;
    wisp_status status = take(m, letter, request);
    if (status != WISP_OK)
        model_request_forget(m, request);
    return status;
}

wisp_status model_send(model *m, uint32_t guest, const struct puppet_script *script)
{
    model_guest *g = model_guest_find(m, guest);
    if (!model_is_up(g))
        return WISP_INVALID;
    if (g->waits >= MODEL_QUEUE_MAX)
        return WISP_LIMIT;
    model_envelope *envelope = model_envelope_new();
    envelope->entry = (model_entry){.kind = MODEL_SCRIPT, .script = *script};
    envelope->target = guest;
    model_count(m, envelope);
    model_push(&m->queue, envelope);
    return WISP_OK;
}

/* ------------------------------------------------------------------ by a module */

static model_envelope *envelope_by(const model_guest *g, const model_letter *letter)
{
    model_envelope *envelope = envelope_of(letter);
    envelope->entry.sender = g->id;
    envelope->generation = g->current.generation;
    return envelope;
}

static bool is_admitted(model *m, const model_guest *g, const model_letter *letter)
{
    return !g->is_stopping && g->posts < MODEL_POSTS_MAX && admit(m, letter) == WISP_OK;
}

/* What was not taken is done with all the same. */
static uint32_t refuse_to(model *m, model_guest *g, model_envelope *envelope)
{
    g->counts.events_refused++;
    model_finish(m, envelope);
    return 1;
}

static void put(model *m, model_guest *g, model_envelope *envelope, model_list *out)
{
    envelope->is_taken = true;
    g->posts++;
    model_count(m, envelope);
    model_push(out, envelope);
}

uint32_t model_post_by(model *m, model_guest *g, const struct puppet_step *step, model_list *out)
{
    bool is_to_all = step->op == PUPPET_POST_ALL;
    model_letter letter = {.target = is_to_all ? WISP_TO_ALL : step->a,
                           .type = step->b,
                           .groups = is_to_all ? step->a : 0,
                           .event = {.value = step->c},
                           .has_data = step->d & PUPPET_HAS_DATA};
    model_envelope *envelope = envelope_by(g, &letter);
    envelope->wants_done = step->d & PUPPET_WANTS_DONE;
    m->reach.callbacks += envelope->wants_done;
    if (is_admitted(m, g, &letter)) {
        put(m, g, envelope, out);
        return 0;
    }
    return refuse_to(m, g, envelope);
}

static bool can_be_shared(const model_letter *letter, uint32_t access)
{
    return check_region(letter) == WISP_OK && !letter->region->is_changing && access <= 1;
}

uint32_t model_share_by(model *m, model_guest *g, const struct puppet_step *step, model_list *out)
{
    model_region *region = g->current.region;
    model_letter letter = {.target = step->a,
                           .type = step->b,
                           .region = region,
                           .size = puppet_share((uint32_t)region->size, step->c),
                           .is_writable = step->d};
    model_envelope *envelope = envelope_by(g, &letter);
    envelope->wants_done = envelope->is_share = true;
    m->reach.callbacks++;
    if (!can_be_shared(&letter, step->d) || !is_admitted(m, g, &letter)) {
        envelope->region = NULL;
        return refuse_to(m, g, envelope);
    }
    m->reach.shared++;
    region->is_changing = letter.is_writable;
    model_region_hold(region);
    put(m, g, envelope, out);
    return 0;
}

uint32_t model_ask_by(model *m, model_guest *g, const struct puppet_step *step, model_list *out)
{
    model_letter letter = {
        .target = step->a, .type = step->b, .event = {.value = step->c}, .has_data = true};
    if (g->requests >= MODEL_POSTS_MAX)
        return 0;
    if (letter.target == WISP_TO_ALL || !is_admitted(m, g, &letter)) {
        g->counts.events_refused++;
        return 0;
    }
    model_envelope *envelope = envelope_by(g, &letter);
    model_request *request = model_request_new(m, g->id, step->a, step->d * UINT64_C(1000));
    request->cookie = step->c;
    model_request_number(m, request, envelope);
    put(m, g, envelope, out);
    return request->number;
}
