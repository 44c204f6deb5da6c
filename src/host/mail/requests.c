#include "host/mail/requests.h"

#include <stddef.h>
#include <string.h>

#include <wisp/bridge.h>

#include "base/error.h"
#include "base/memory.h"
#include "host/guest.h"

enum { NOTE_SIZE = 16 };

#define TIMEOUT_NS UINT64_C(10000000000)

/* ------------------------------------------------------------------ life */

void wisp_request_free(wisp_request *request)
{
    wisp_host *host = request->host;
    bool is_program = request->asker == WISP_TO_PROGRAM; /* on whichever thread */
    wisp_guest *asker = is_program ? NULL : wisp_host_guest(host, request->asker);
    if (asker)
        asker->requests_len--;
    wisp_mail_recycle(&host->mail, request->answer);
    wisp_free(host->allocator, request, sizeof *request);
}

static wisp_request *new_request(wisp_host *host, uint32_t asked, uint64_t timeout_ns)
{
    wisp_request *request = wisp_alloc(host->allocator, 1, sizeof *request);
    if (!request)
        return NULL;
    request->host = host;
    request->asked = asked;
    request->answer = wisp_mail_make(&host->mail, NOTE_SIZE);
    if (!request->answer) {
        wisp_request_free(request);
        return NULL;
    }
    uint64_t now_ns = wisp_host_now_ns(host);
    request->deadline_ns = now_ns > UINT64_MAX - timeout_ns ? UINT64_MAX : now_ns + timeout_ns;
    return request;
}

static void ring(wisp_alarm *alarm, uint64_t now_ns)
{
    (void)now_ns;
    wisp_request_fail((wisp_request *)((uint8_t *)alarm - offsetof(wisp_request, alarm)),
                      WISP_LIMIT);
}

static bool is_open(const wisp_request *request)
{
    return request->alarm.ring != NULL;
}

void wisp_request_open(wisp_request *request)
{
    wisp_host *host = request->host;
    wisp_requests *all = &host->requests;
    if (!wisp_alarms_join(&host->alarms, host->allocator)) {
        wisp_request_fail(request, WISP_NO_MEMORY);
        return;
    }
    wisp_index_add(&all->open, host->allocator, &request->link, request->link.key);
    request->next = all->first;
    if (all->first)
        all->first->prev = request;
    all->first = request;
    request->alarm.ring = ring;
    wisp_alarms_set(&host->alarms, &request->alarm, request->deadline_ns);
}

static void close(wisp_request *request)
{
    wisp_requests *all = &request->host->requests;
    if (!is_open(request))
        return;
    wisp_index_remove(&all->open, &request->link);
    *(request->prev ? &request->prev->next : &all->first) = request->next;
    if (request->next)
        request->next->prev = request->prev;
    wisp_alarms_leave(&request->host->alarms, &request->alarm);
}

static wisp_request *find(wisp_host *host, uint32_t number)
{
    return (wisp_request *)wisp_index_find(&host->requests.open, number);
}

/* ------------------------------------------------------------------ answering */

/* Who is to get the answer of [request]; false if nobody is. */
static bool find_asker(const wisp_request *request, wisp_guest **out)
{
    *out = NULL;
    if (request->asker == WISP_TO_PROGRAM)
        return true;
    *out = wisp_host_guest(request->host, request->asker);
    return *out && (*out)->epoch == request->epoch && (*out)->mailbox.is_open;
}

static void address(wisp_envelope *envelope, const wisp_request *request, wisp_guest *asker)
{
    envelope->kind = asker ? WISP_MAIL_EVENT : WISP_MAIL_RESPONSE;
    envelope->to = asker;
    envelope->target = request->asker;
    envelope->sender = request->asked;
    envelope->type = WISP_EVENT_RESPONSE;
    envelope->response = request->response;
    envelope->user = request->user;
}

static void fill(wisp_envelope *envelope, const wisp_request *request, wisp_status status,
                 int32_t code, wisp_bytes bytes)
{
    wisp_put_u32(envelope->room, request->link.key);
    wisp_put_u32(envelope->room + 4, (uint32_t)status);
    wisp_put_u32(envelope->room + 8, (uint32_t)code);
    wisp_put_u32(envelope->room + 12, request->cookie);
    if (bytes.size > 0)
        memcpy(envelope->room + NOTE_SIZE, bytes.data, bytes.size);
    envelope->data = envelope->room;
    envelope->size = NOTE_SIZE + bytes.size;
}

/* Sends [envelope], which is filled, as the answer of [request], and ends that. It is counted
 * against no limit: there is one of each request at most, and those are limited. */
static void send(wisp_request *request, wisp_envelope *envelope)
{
    wisp_host *host = request->host;
    wisp_mail *mail = &host->mail;
    wisp_guest *asker;
    close(request);
    if (find_asker(request, &asker)) {
        address(envelope, request, asker);
        wisp_mail_lock(mail);
        wisp_mail_count(mail, asker ? &asker->mailbox : NULL, envelope);
        wisp_envelopes_push(&mail->queue, envelope);
        wisp_mail_unlock(mail);
    } else {
        wisp_mail_recycle(&host->mail, envelope);
    }
    wisp_request_free(request);
}

void wisp_request_fail(wisp_request *request, wisp_status status)
{
    wisp_envelope *answer = request->answer;
    request->answer = NULL;
    fill(answer, request, status, 0, (wisp_bytes){NULL, 0});
    send(request, answer);
}

void wisp_requests_fail(wisp_host *host, uint32_t number, wisp_status status)
{
    wisp_request *request = number ? find(host, number) : NULL;
    if (request)
        wisp_request_fail(request, status);
}

void wisp_requests_leave(wisp_guest *guest)
{
    wisp_request *next;
    for (wisp_request *it = guest->host->requests.first; it; it = next) {
        next = it->next;
        if (it->asked == guest->id)
            wisp_request_fail(it, WISP_NOT_FOUND);
    }
}

void wisp_requests_end(wisp_host *host)
{
    while (host->requests.first)
        wisp_request_fail(host->requests.first, WISP_NOT_FOUND);
}

/* The answer of [asked] to request [number], not yet sent. */
static wisp_status make_reply(wisp_host *host, uint32_t asked, uint32_t number, int32_t code,
                              wisp_bytes bytes, wisp_envelope **out, wisp_error *err)
{
    wisp_request *request = find(host, number);
    wisp_guest *asker;
    if (!request || request->asked != asked || request->is_replied ||
        !find_asker(request, &asker))
        return wisp_fail(err, WISP_NOT_FOUND, "nobody waits for an answer to request %u", number);
    size_t size_max = asker ? asker->mailbox.size_max : host->mail.size_max;
    if (bytes.size > SIZE_MAX - NOTE_SIZE || NOTE_SIZE + bytes.size > size_max)
        return wisp_fail(err, WISP_LIMIT, "an answer of %zu bytes, who asked takes up to %zu",
                         bytes.size, size_max);
    *out = wisp_mail_make(&host->mail, NOTE_SIZE + bytes.size);
    if (!*out)
        return wisp_fail_memory(err, bytes.size);
    fill(*out, request, WISP_OK, code, bytes);
    (*out)->request = number;
    return WISP_OK;
}

/* The request may be gone meanwhile, as its asker is. */
static void send_reply(wisp_host *host, wisp_envelope *reply)
{
    wisp_request *request = find(host, reply->request);
    reply->request = 0;
    if (request)
        send(request, reply);
    else
        wisp_mail_recycle(&host->mail, reply);
}

static void release_reply(wisp_guest *guest, void *object)
{
    send_reply(guest->host, object);
}

static void drop_reply(wisp_guest *guest, void *object)
{
    wisp_request *request = find(guest->host, ((wisp_envelope *)object)->request);
    if (request)
        request->is_replied = false;
    wisp_mail_recycle(&guest->host->mail, object);
}

static const wisp_effect_ops reply_ops = {release_reply, drop_reply};

bool wisp_reply_by_module(wisp_version *version, uint32_t number, int32_t code, wisp_bytes bytes)
{
    wisp_guest *guest = version->guest;
    wisp_host *host = guest->host;
    wisp_envelope *reply;
    if (make_reply(host, guest->id, number, code, bytes, &reply, NULL) != WISP_OK)
        return false;
    if (!wisp_effects_add(&version->effects, host->allocator, &reply_ops, reply)) {
        wisp_mail_recycle(&host->mail, reply);
        return false;
    }
    find(host, number)->is_replied = true;
    return true;
}

wisp_status wisp_host_reply(wisp_host *host, uint32_t request, int32_t code, wisp_bytes answer,
                            wisp_error *err)
{
    wisp_envelope *reply;
    wisp_status status = make_reply(host, WISP_TO_PROGRAM, request, code, answer, &reply, err);
    if (status == WISP_OK)
        send_reply(host, reply);
    return status;
}

void wisp_response_tell(const wisp_envelope *envelope)
{
    const uint8_t *note = envelope->data;
    wisp_bytes answer = {note + NOTE_SIZE, envelope->size - NOTE_SIZE};
    envelope->response(envelope->user, (wisp_status)wisp_get_u32(note + 4),
                       (int32_t)wisp_get_u32(note + 8), answer);
}

/* ------------------------------------------------------------------ asking */

static wisp_status make(wisp_host *host, const wisp_post *post, const wisp_origin *from,
                        uint64_t timeout_ns, wisp_envelope **out, wisp_error *err)
{
    if (post->target == WISP_TO_ALL)
        return wisp_fail(err, WISP_INVALID, "a request to all, expected to one");
    wisp_request *request = new_request(host, post->target, timeout_ns);
    if (!request)
        return wisp_fail_memory(err, sizeof *request);
    wisp_status status = wisp_post_make(host, post, from, out, err);
    if (status != WISP_OK) {
        wisp_request_free(request);
        return status;
    }
    wisp_mail_lock(&host->mail);
    if (++host->requests.last_number == 0)
        host->requests.last_number = 1;
    request->link.key = (*out)->request = host->requests.last_number;
    wisp_mail_unlock(&host->mail);
    (*out)->asking = request;
    return WISP_OK;
}

uint32_t wisp_request_by_module(wisp_version *version, const wisp_post *post, int64_t timeout_us,
                                uint32_t cookie)
{
    wisp_guest *guest = version->guest;
    wisp_origin from = {.version = version};
    wisp_envelope *envelope;
    if (timeout_us < 0 || timeout_us > INT64_MAX / 1000 ||
        guest->requests_len >= guest->config.posts_max)
        return 0;
    uint64_t timeout_ns = timeout_us > 0 ? (uint64_t)timeout_us * 1000 : TIMEOUT_NS;
    if (make(guest->host, post, &from, timeout_ns, &envelope, NULL) != WISP_OK) {
        guest->counts.events_refused++;
        return 0;
    }
    guest->requests_len++;
    envelope->asking->asker = guest->id;
    envelope->asking->epoch = guest->epoch;
    envelope->asking->cookie = cookie;
    uint32_t number = envelope->request;
    return wisp_post_send(version, envelope) ? number : 0;
}

wisp_status wisp_host_request(wisp_host *host, const wisp_post *post, uint64_t timeout_ns,
                              wisp_response_fn response, void *user, wisp_error *err)
{
    wisp_envelope *envelope;
    wisp_status status =
        make(host, post, NULL, timeout_ns > 0 ? timeout_ns : TIMEOUT_NS, &envelope, err);
    if (status != WISP_OK) {
        wisp_post_tell_done(post);
        return status;
    }
    envelope->asking->response = response;
    envelope->asking->user = user;
    wisp_host_put(host, envelope);
    return WISP_OK;
}
