#ifndef WISP_HOST_ALARMS_H
#define WISP_HOST_ALARMS_H

#include <wisp/base.h>

/*
 * What a host has to do at some time: timers, tasks that are due, requests that end, restarts.
 * A binary heap, soonest first; of equals, the one that was set first. An alarm knows its place,
 * so that one of many thousands can be taken out or moved at once.
 */

typedef struct wisp_alarm wisp_alarm;

struct wisp_alarm {
    uint64_t due_ns, serial;
    size_t place; /* in the heap, from 1 on; 0: it is not set */
    /* Called when it is due, when it is no longer set; it may be set again. */
    void (*ring)(wisp_alarm *alarm, uint64_t now_ns);
};

/* All zero is none. */
typedef struct wisp_alarms {
    wisp_alarm **items;
    size_t len, capacity;
    size_t joined;
    uint64_t serial; /* of the last one that was set */
} wisp_alarms;

/* Makes room for one more alarm, so that setting it cannot fail, until it leaves. False if memory
 * is refused. */
bool wisp_alarms_join(wisp_alarms *alarms, const wisp_allocator *allocator);

/* Clears [alarm], which has joined, and gives its room away. */
void wisp_alarms_leave(wisp_alarms *alarms, wisp_alarm *alarm);

/* Sets [alarm] to [due_ns], whether it was set or not. */
void wisp_alarms_set(wisp_alarms *alarms, wisp_alarm *alarm, uint64_t due_ns);

/* Nothing happens to one that is not set. */
void wisp_alarms_clear(wisp_alarms *alarms, wisp_alarm *alarm);

/* When the next one is due; UINT64_MAX without any. */
uint64_t wisp_alarms_next_ns(const wisp_alarms *alarms);

/* Rings all that are due at [now_ns], but those not that are set meanwhile. */
void wisp_alarms_ring(wisp_alarms *alarms, uint64_t now_ns);

void wisp_alarms_deinit(wisp_alarms *alarms, const wisp_allocator *allocator);

#endif
