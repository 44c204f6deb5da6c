#ifndef WISP_HOST_TIMERS_H
#define WISP_HOST_TIMERS_H

#include "host/mail/alarms.h"
#include "host/mail/envelope.h"

/*
 * The timers of a guest: each posts an event to it, once or again and again.
 *
 * Due times do not drift: they are whole numbers of intervals after the first. One that passes
 * while the event before still waits is skipped, so that no more than one event of a timer
 * ever waits, and cancelling the timer takes that out too.
 */
struct wisp_timer {
    wisp_alarm alarm; /* first, so that it is the timer; not used by one that is set aside */
    wisp_timer *next; /* of the same guest */
    wisp_guest *guest;
    uint32_t id;
    uint64_t due_ns, every_ns; /* every_ns 0: once */
    uint64_t cookie;
    uint64_t generation;  /* of the version that has set it last */
    wisp_envelope *event; /* that waits, or NULL */
};

/* All zero is none. */
typedef struct wisp_timers {
    wisp_timer *first;
    uint32_t len;
    uint32_t last_id;
} wisp_timers;

/* What a version asks for. */
typedef struct wisp_timer_spec {
    uint64_t generation, due_ns, every_ns, cookie;
} wisp_timer_spec;

/* Sets a timer of [guest]; its id, or 0 if memory is refused. */
uint32_t wisp_timers_set(wisp_guest *guest, const wisp_timer_spec *spec);

/*
 * The same for a version that is about to take over, and sets what the one before it has set
 * already: an inherited timer with the same cookie becomes its own, and if it has the same
 * interval as well, keeps its phase. Its id; 0 if there is none.
 */
uint32_t wisp_timers_inherit(wisp_guest *guest, const wisp_timer_spec *spec);

/* Ends the timer [id] with the event of it that may wait; false if there is none. */
bool wisp_timers_cancel(wisp_guest *guest, uint32_t id);

/* [event], of a timer, goes to its guest now: that ends a timer that is due once. */
void wisp_timers_delivered(wisp_envelope *event);

/* Ends all timers of [guest]. */
void wisp_timers_clear(wisp_guest *guest);

/* Makes *[aside], which must hold none, a copy of the timers of [guest]; false if memory is
 * refused. */
bool wisp_timers_copy(wisp_guest *guest, wisp_timers *aside);

/* Puts what was set aside, less the timers that have run out since, in the place of those of
 * [guest]. Cannot fail. */
void wisp_timers_put_back(wisp_guest *guest, wisp_timers *aside);

/* Forgets what was set aside. */
void wisp_timers_forget(wisp_timers *aside);

#endif
