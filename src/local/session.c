#include "local/session.h"

#include "base/error.h"
#include "base/memory.h"
#include "local/answer.h"

#include <errno.h>
#include <string.h>

#define TRANSFERS_MAX 16          /* system calls in one step */
#define TRANSFER_SIZE (64u << 10) /* bytes in one of them */

static uint64_t now_of(const wisp_session *s)
{
    return s->service->os->monotonic_ns(s->service->os->user);
}

static void enter(wisp_session *s, wisp_session_phase phase)
{
    s->phase = phase;
    s->done = 0;
}

static void start_clock(wisp_session *s)
{
    s->deadline_ns = now_of(s) + UINT64_C(1000000) * s->service->timeout_ms;
}

static void free_payload(wisp_session *s)
{
    wisp_free(s->service->allocator, s->payload, s->payload_room);
    s->payload = NULL;
    s->payload_room = 0;
}

static void free_answer(wisp_session *s)
{
    wisp_free(s->service->allocator, s->answer, s->answer_size);
    s->answer = NULL;
    s->answer_size = 0;
}

void wisp_session_begin(wisp_session *s, const wisp_local_service *service, int fd)
{
    *s = (wisp_session){.service = service, .fd = fd};
    start_clock(s);
}

void wisp_session_end(wisp_session *s)
{
    free_payload(s);
    free_answer(s);
    s->service->calls->close(s->service->calls->user, s->fd);
    s->fd = -1;
}

/* ------------------------------------------------------------------ answering */

/* Keeps [answer], which is freed, to be sent. Without memory for it the client is closed. */
static void answer_with(wisp_session *s, wisp_json *answer)
{
    size_t size = 0;
    char *text = answer ? wisp_json_canonical(answer, &size) : NULL;
    wisp_json_free(answer);
    enter(s, WISP_SESSION_OVER);
    if (text && size <= WISP_PACKET_ANSWER_MAX)
        s->answer = wisp_alloc(s->service->allocator, 1, WISP_PACKET_HEAD_SIZE + size);
    if (s->answer) {
        s->answer_size = WISP_PACKET_HEAD_SIZE + size;
        wisp_packet_write(&(wisp_packet){.text_size = (uint32_t)size}, s->answer);
        memcpy(s->answer + WISP_PACKET_HEAD_SIZE, text, size);
        enter(s, WISP_SESSION_ANSWER);
        start_clock(s);
    }
    wisp_json_text_free(text);
}

/* What follows in the stream cannot be told from garbage: this is the last answer. */
static void refuse(wisp_session *s, const wisp_error *err)
{
    s->is_last = true;
    answer_with(s, wisp_answer_failure(err));
}

static void perform(wisp_session *s)
{
    wisp_bytes text = {s->text, s->packet.text_size},
               payload = {s->payload, s->packet.payload_size};
    answer_with(s, s->service->perform(s->service->user, text, payload));
    free_payload(s);
}

/* ------------------------------------------------------------------ what comes in */

static void take_head(wisp_session *s)
{
    wisp_error err;
    wisp_status status = wisp_packet_read(s->head, sizeof s->text, &s->packet, &err);
    uint32_t size_max = s->service->payload_size_max;
    if (status == WISP_OK && s->packet.payload_size > size_max)
        status = wisp_fail(&err, WISP_LIMIT, "%u bytes along with a request, expected at most %u",
                           (unsigned)s->packet.payload_size, (unsigned)size_max);
    if (status != WISP_OK)
        refuse(s, &err);
    else
        enter(s, WISP_SESSION_TEXT);
}

/* The part of the request that is under way: how large it is. */
static size_t part_size(const wisp_session *s)
{
    switch (s->phase) {
    case WISP_SESSION_HEAD:
        return sizeof s->head;
    case WISP_SESSION_TEXT:
        return s->packet.text_size;
    case WISP_SESSION_PAYLOAD:
        return s->packet.payload_size;
    case WISP_SESSION_ANSWER:
    case WISP_SESSION_OVER:
        break;
    }
    return 0;
}

/* Goes on from a part that is whole, over those that are empty, to the answer. */
static void advance(wisp_session *s)
{
    while (s->phase < WISP_SESSION_ANSWER && s->done == part_size(s)) {
        if (s->phase == WISP_SESSION_HEAD)
            take_head(s);
        else if (s->phase == WISP_SESSION_TEXT)
            enter(s, WISP_SESSION_PAYLOAD);
        else
            perform(s);
    }
}

/* Where the next [size] bytes of the part go; NULL if memory is refused. */
static uint8_t *place_for(wisp_session *s, size_t size)
{
    if (s->phase == WISP_SESSION_HEAD)
        return s->head + s->done;
    if (s->phase == WISP_SESSION_TEXT)
        return s->text + s->done;
    bool has_room = wisp_array_reserve(s->service->allocator, &s->payload, &s->payload_room,
                                       s->done + size, 1);
    return has_room ? s->payload + s->done : NULL;
}

/* False if there is nothing to read now. */
static bool receive_some(wisp_session *s)
{
    size_t left = part_size(s) - s->done;
    size_t size = left < TRANSFER_SIZE ? left : TRANSFER_SIZE;
    uint8_t *into = place_for(s, size);
    int64_t n =
        into ? s->service->calls->receive(s->service->calls->user, s->fd, into, size) : -ENOMEM;
    if (n == -EINTR || n == -EAGAIN)
        return n == -EINTR;
    if (n <= 0) {
        enter(s, WISP_SESSION_OVER);
        return false;
    }
    if (s->phase == WISP_SESSION_HEAD && s->done == 0)
        start_clock(s); /* a request has begun */
    s->done += (size_t)n;
    advance(s);
    return true;
}

/* ------------------------------------------------------------------ what goes out */

/* False if nothing can be sent now. */
static bool send_some(wisp_session *s)
{
    size_t left = s->answer_size - s->done;
    size_t size = left < TRANSFER_SIZE ? left : TRANSFER_SIZE;
    int64_t n =
        s->service->calls->send(s->service->calls->user, s->fd, s->answer + s->done, size);
    if (n == -EINTR || n == -EAGAIN)
        return n == -EINTR;
    if (n <= 0) {
        enter(s, WISP_SESSION_OVER);
        return false;
    }
    s->done += (size_t)n;
    if (s->done < s->answer_size)
        return true;
    free_answer(s);
    enter(s, s->is_last ? WISP_SESSION_OVER : WISP_SESSION_HEAD);
    start_clock(s);
    return false; /* the next request has its turn later */
}

void wisp_session_step(wisp_session *s, uint64_t now_ns)
{
    bool goes_on = true;
    for (int i = 0; i < TRANSFERS_MAX && goes_on && s->phase != WISP_SESSION_OVER; i++)
        goes_on = s->phase == WISP_SESSION_ANSWER ? send_some(s) : receive_some(s);
    if (now_ns >= s->deadline_ns)
        enter(s, WISP_SESSION_OVER);
}
