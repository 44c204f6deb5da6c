#ifndef WISP_UPDATE_EVENTS_H
#define WISP_UPDATE_EVENTS_H

#include "update/event_ring.h"
#include "update/updater.h"

/*
 * Telling what happens, from within the updater. An event that cannot be noted never disturbs
 * what it is about.
 */

/* What an event is about; what does not apply is left out. */
typedef struct wisp_update_event_subject {
    const wisp_update_entry *entry; /* version, hash and attempts */
    uint64_t bytes;                 /* fetched */
    const char *code, *reason;
} wisp_update_event_subject;

/*
 * Notes that [kind] happened to [subject], after the record has followed. A check or a failure
 * that is like the last one is noted once a day, so that a device that asks each minute writes no
 * more than one that asks each day. Call with the mutex held.
 */
void wisp_updater_event(wisp_updater *updater, wisp_update_event_kind kind,
                        const wisp_update_event_subject *subject);

/* Notes that the trial of [entry] ended without a word: its process is gone, or asked anew. */
void wisp_updater_attempt_ended(wisp_updater *updater, const wisp_update_entry *entry);

#endif
