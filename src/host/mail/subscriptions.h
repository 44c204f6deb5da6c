#ifndef WISP_HOST_SUBSCRIPTIONS_H
#define WISP_HOST_SUBSCRIPTIONS_H

#include <wisp/host.h>

#include "host/mail/index.h"

/*
 * Who gets the events that are posted to all: by type, an audience in the order of the
 * subscribers' ids, the program (0) first.
 */

typedef struct wisp_audience wisp_audience;
typedef struct wisp_subscription wisp_subscription;

struct wisp_subscription {
    wisp_audience *audience;
    wisp_subscription *prev, *next; /* in the audience */
    wisp_subscription *next_own;    /* of the same subscriber */
    wisp_guest *guest;              /* NULL: the program */
    uint32_t id;                    /* of the subscriber */
    uint32_t groups;                /* never 0 */
};

struct wisp_audience {
    wisp_index_link link; /* by type; first, so that it is the audience */
    wisp_subscription *first, *last;
    uint32_t refs; /* subscriptions of this type, also those that were set aside */
};

/* All zero is none. */
typedef struct wisp_subscriptions {
    wisp_index audiences;
    wisp_subscription *cursor; /* next in the audience that an event is being delivered to */
} wisp_subscriptions;

/* What one guest, or the program, has subscribed to. */
typedef struct wisp_subscriber {
    wisp_guest *guest; /* NULL: the program */
    uint32_t id;
    uint32_t len;
    bool is_aside; /* a copy that is not in force */
    wisp_subscription *first;
} wisp_subscriber;

/* Adds the bits [groups] (0: all) for events of [type]. False if memory is refused. */
bool wisp_subscriptions_add(wisp_subscriptions *all, const wisp_allocator *allocator,
                            wisp_subscriber *who, uint32_t type, uint32_t groups);

/* Whether [who] has subscribed to [type] with any group. */
bool wisp_subscriptions_has(const wisp_subscriber *who, uint32_t type);

/* Takes the bits [groups] (0: all) away; false if [who] had none of them. */
bool wisp_subscriptions_remove(wisp_subscriptions *all, const wisp_allocator *allocator,
                               wisp_subscriber *who, uint32_t type, uint32_t groups);

/* Takes all away that [who] has, or that was set aside. */
void wisp_subscriptions_clear(wisp_subscriptions *all, const wisp_allocator *allocator,
                              wisp_subscriber *who);

/* Makes *[aside], which must hold nothing, a copy of what [who] has. False if memory is refused.
 */
bool wisp_subscriptions_copy(wisp_subscriptions *all, const wisp_allocator *allocator,
                             const wisp_subscriber *who, wisp_subscriber *aside);

/* Puts what was set aside in the place of what [who] has. Cannot fail. */
void wisp_subscriptions_put_back(wisp_subscriptions *all, const wisp_allocator *allocator,
                                 wisp_subscriber *who, wisp_subscriber *aside);

/* Whether anybody has subscribed to [type]. */
bool wisp_subscriptions_any(const wisp_subscriptions *all, uint32_t type);

/* Goes through the subscribers to [type]; they may come and go meanwhile. One at a time. */
void wisp_subscriptions_begin(wisp_subscriptions *all, uint32_t type);
const wisp_subscription *wisp_subscriptions_next(wisp_subscriptions *all);

void wisp_subscriptions_deinit(wisp_subscriptions *all, const wisp_allocator *allocator);

#endif
