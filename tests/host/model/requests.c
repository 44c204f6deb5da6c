#include "parts.h"

#include <stdlib.h>

/* Events that are answered, each exactly once. */

#define TIMEOUT_NS UINT64_C(10000000000)

/* ------------------------------------------------------------------ life */

model_request *model_request_new(model *m, uint32_t asker, uint32_t asked, uint64_t timeout_ns)
{
    model_guest *g = model_guest_find(m, asker);
    model_request *request = calloc(1, sizeof *request);
    assert_non_null(request);
    request->asker = asker;
    request->asked = asked;
    request->epoch = g ? g->epoch : 0;
    request->due_ns = m->now_ns + (timeout_ns > 0 ? timeout_ns : TIMEOUT_NS);
    if (g)
        g->requests++;
    return request;
}

void model_request_number(model *m, model_request *request, model_envelope *envelope)
{
    request->number = envelope->entry.request = ++m->last_request;
    envelope->asking = request;
}

void model_request_open(model *m, model_request *request)
{
    request->order = ++m->last_order;
    request->next = m->open;
    m->open = request;
}

static model_request *find(const model *m, uint32_t number)
{
    model_request *request = m->open;
    while (request && request->number != number)
        request = request->next;
    return request;
}

static void close(model *m, const model_request *request)
{
    model_request **at = &m->open;
    while (*at && *at != request)
        at = &(*at)->next;
    if (*at)
        *at = request->next;
}

void model_request_forget(model *m, model_request *request)
{
    model_guest *g = model_guest_find(m, request->asker);
    if (g)
        g->requests--;
    free(request);
}

/* ------------------------------------------------------------------ answers */

/* Whether whoever has asked still wants an answer. */
static bool is_wanted(const model *m, const model_request *request)
{
    const model_guest *g = model_guest_find(m, request->asker);
    return request->asker == WISP_TO_PROGRAM ||
           (g && g->epoch == request->epoch && model_is_open(g));
}

static model_envelope *answer(const model_request *request, wisp_status status, uint32_t code)
{
    model_envelope *envelope = model_envelope_new();
    envelope->target = request->asker;
    envelope->entry.kind = MODEL_RESPONSE;
    envelope->entry.sender = request->asked;
    envelope->entry.answer =
        (model_answer){request->number, (int32_t)status, (int32_t)code, request->cookie};
    return envelope;
}

static void send(model *m, model_request *request, model_envelope *envelope)
{
    close(m, request);
    if (is_wanted(m, request)) {
        model_count(m, envelope);
        model_push(&m->queue, envelope);
    } else {
        free(envelope);
    }
    model_request_forget(m, request);
}

void model_request_fail(model *m, model_request *request, wisp_status status)
{
    send(m, request, answer(request, status, 0));
}

void model_requests_fail(model *m, uint32_t number, wisp_status status)
{
    model_request *request = find(m, number);
    if (request)
        model_request_fail(m, request, status);
}

void model_requests_leave(model *m, const model_guest *g)
{
    model_request *next;
    for (model_request *it = m->open; it; it = next) {
        next = it->next;
        if (it->asked == g->id)
            model_request_fail(m, it, WISP_NOT_FOUND);
    }
}

/* ------------------------------------------------------------------ replies */

model_envelope *model_reply_new(model *m, uint32_t replier, uint32_t number, uint32_t code)
{
    model_request *request = find(m, number);
    if (!request || request->asked != replier || request->is_replied || !is_wanted(m, request))
        return NULL;
    request->is_replied = true;
    return answer(request, WISP_OK, code);
}

void model_reply_send(model *m, model_envelope *reply)
{
    model_request *request = find(m, reply->entry.answer.request);
    if (request)
        send(m, request, reply);
    else
        free(reply);
}

void model_reply_drop(model *m, model_envelope *reply)
{
    model_request *request = find(m, reply->entry.answer.request);
    if (request)
        request->is_replied = false;
    free(reply);
}

wisp_status model_reply(model *m, uint32_t request, uint32_t code)
{
    model_envelope *reply = model_reply_new(m, WISP_TO_PROGRAM, request, code);
    if (!reply)
        return WISP_NOT_FOUND;
    model_reply_send(m, reply);
    return WISP_OK;
}
