#ifndef WISP_HOST_PROBATION_H
#define WISP_HOST_PROBATION_H

#include "host/journal.h"

/*
 * The time after a swap in which the old version waits, to go on at once if the new one fails.
 *
 * What the new one was given meanwhile is in its state alone. It is kept in a journal as well,
 * and if the old one comes back, that is given to it before anything else. Should it fail over
 * that, what is left goes to whatever runs after it: the backlog is empty whenever a version runs
 * and no entry is under way.
 */
typedef struct wisp_probation {
    uint32_t entries_left;
    uint64_t ends_ns;     /* it lasts as long as this, by the host's clock */
    wisp_journal journal; /* what the version on probation was given */
    wisp_journal backlog; /* what a version on probation was given that is gone */
} wisp_probation;

/* [guest] has just got a new current version, and a fallback. */
void wisp_probation_begin(wisp_guest *guest);

/* The version on probation has survived [entry]. */
void wisp_probation_survived(wisp_guest *guest, const wisp_entry *entry);

/* Commits the version that is on probation, if any, where only time was missing. */
void wisp_probation_look(wisp_guest *guest, uint64_t now_ns);

/* When that may be: UINT64_MAX if it is not time that is missing. */
uint64_t wisp_probation_next_ns(const wisp_guest *guest);

/* Ends the probation that there is: the new version stays, before its time for a [reason] (NULL:
 * in time), or the old one goes on. */
void wisp_guest_commit(wisp_guest *guest, const char *reason);
void wisp_guest_revert(wisp_guest *guest, uint64_t began_ns, const char *reason,
                       wisp_status status);

/* Puts [entry], which the version on probation failed in, into the backlog, as nothing runs now
 * that could be given it. False if there is no room for it. */
bool wisp_probation_keep(wisp_guest *guest, const wisp_entry *entry);

/* Forgets what [guest] would have to be given again. */
void wisp_probation_clear(wisp_guest *guest);

#endif
