#ifndef WISP_HOST_REQUESTS_H
#define WISP_HOST_REQUESTS_H

#include "host/mail/alarms.h"
#include "host/mail/envelope.h"
#include "host/mail/index.h"
#include "host/version/version.h"

/*
 * Requests: events that are answered, each exactly once.
 *
 * A request travels with its event until that is taken from the queue. From then on it is open:
 * it can be answered, and its time runs out. What answers it when nobody does has been made
 * before, so that memory cannot keep the one who asked waiting.
 */
struct wisp_request {
    wisp_index_link link; /* by number; first, so that it is the request */
    wisp_alarm alarm;
    wisp_host *host;
    wisp_request *prev, *next; /* of those that are open */
    uint32_t asked;            /* a guest, or WISP_TO_PROGRAM */
    uint32_t asker;            /* likewise */
    uint64_t epoch;            /* of the asker: it wants no answer if it has begun anew since */
    uint32_t cookie;
    wisp_response_fn response; /* of the program, with user */
    void *user;
    uint64_t deadline_ns;
    bool is_replied; /* in the entry under way */
    wisp_envelope *answer;
};

/* All zero is none. */
typedef struct wisp_requests {
    wisp_index open;
    wisp_request *first;
    uint32_t last_number; /* under the lock of the mail */
} wisp_requests;

/* A module asks, as guest/wisp.h says: its number, 0 if it is refused. */
uint32_t wisp_request_by_module(wisp_version *version, const wisp_post *post, int64_t timeout_us,
                                uint32_t cookie);

/* A module answers; false if nobody waits for that any more, or it is too large. */
bool wisp_reply_by_module(wisp_version *version, uint32_t number, int32_t code, wisp_bytes bytes);

/* The event of a request is taken from the queue. */
void wisp_request_open(wisp_request *request);

/* Answers [request], open or not, with [status] and nothing else, and ends it. */
void wisp_request_fail(wisp_request *request, wisp_status status);

/* The same for number [number], if that is open. */
void wisp_requests_fail(wisp_host *host, uint32_t number, wisp_status status);

/* [guest] answers nothing any more. */
void wisp_requests_leave(wisp_guest *guest);

/* Ends [request], which was never posted, without an answer. */
void wisp_request_free(wisp_request *request);

/* Tells the program the answer that [envelope] carries. */
void wisp_response_tell(const wisp_envelope *envelope);

/* Answers all that are still open, as the host ends. */
void wisp_requests_end(wisp_host *host);

#endif
