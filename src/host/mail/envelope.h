#ifndef WISP_HOST_ENVELOPE_H
#define WISP_HOST_ENVELOPE_H

#include <wisp/event.h>

/*
 * What is on its way through a host: a message or an event, with whom it is for, who has posted
 * it, and whom to tell when nobody looks at its data any more.
 *
 * An envelope is made under the lock of the mail (mail.h) on any thread. Once it is taken from
 * the queue it belongs to the thread of the host.
 */

typedef enum wisp_mail_kind {
    WISP_MAIL_MESSAGE, /* of the program's to one guest; its channel is the type */
    WISP_MAIL_EVENT,
    WISP_MAIL_RESPONSE, /* to a request of the program's */
    WISP_MAIL_EVICTED   /* nobody gets it any more */
} wisp_mail_kind;

typedef struct wisp_envelope wisp_envelope;
typedef struct wisp_timer wisp_timer;
typedef struct wisp_request wisp_request;

struct wisp_envelope {
    wisp_envelope *next; /* in the one list that it is in */
    wisp_mail_kind kind;
    wisp_guest *to; /* who gets it; NULL: the program or all, as target says */
    uint32_t target;
    uint32_t sender; /* a guest, or WISP_TO_PROGRAM */
    uint32_t type, groups, request;
    uint64_t number;  /* where size is 0 */
    const void *data; /* in room, in region, or lent by the program */
    size_t size;
    wisp_region *region;  /* that it carries, or NULL */
    wisp_timer *timer;    /* whose event it is, or NULL */
    wisp_request *asking; /* whose event it is, until it is taken from the queue; or NULL */
    bool region_writable;
    bool is_counted; /* among the events that may wait in the host */
    bool is_refused; /* nothing but a record of a post whose done has to be called */

    /* A module's post: by which version, where its data is there, and its function done. */
    uint64_t generation, address, func;
    /* A program's. */
    wisp_done_fn done;
    wisp_response_fn response; /* whom a WISP_MAIL_RESPONSE is for */
    void *user;                /* for these */

    size_t room_size;
    _Alignas(16) uint8_t room[];
};

/* Bytes of its own that it takes, for which there are limits; those of a region are limited where
 * that is made. */
static inline size_t wisp_envelope_load(const wisp_envelope *envelope)
{
    return envelope->region ? 0 : envelope->size;
}

/* First in, first out. All zero is empty. */
typedef struct wisp_envelopes {
    wisp_envelope *first, *last;
} wisp_envelopes;

static inline void wisp_envelopes_push(wisp_envelopes *list, wisp_envelope *envelope)
{
    envelope->next = NULL;
    if (list->last)
        list->last->next = envelope;
    else
        list->first = envelope;
    list->last = envelope;
}

static inline wisp_envelope *wisp_envelopes_pop(wisp_envelopes *list)
{
    wisp_envelope *envelope = list->first;
    if (!envelope)
        return NULL;
    list->first = envelope->next;
    if (!list->first)
        list->last = NULL;
    return envelope;
}

/* Moves all of [from] behind [list]. */
static inline void wisp_envelopes_append(wisp_envelopes *list, wisp_envelopes *from)
{
    if (!from->first)
        return;
    if (list->last)
        list->last->next = from->first;
    else
        list->first = from->first;
    list->last = from->last;
    *from = (wisp_envelopes){0};
}

#endif
