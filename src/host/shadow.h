#ifndef WISP_HOST_SHADOW_H
#define WISP_HOST_SHADOW_H

#include "host/version/entry.h"

/*
 * A candidate in the shadow of the version that runs. The calls of that version are written on
 * the guest's tape, and played back to the candidate, which is made the same entry after it. So
 * nothing that the candidate does is performed or counted.
 *
 * It never outlives the version that it shadows: whatever changes that ends the shadow first.
 */
typedef struct wisp_shadow wisp_shadow;

/* [entry] was made into the current version of [guest], which has a shadow, and gave [status], no
 * fault: makes it into the candidate, compares, and tells. May end the shadow. */
void wisp_shadow_follow(wisp_guest *guest, const wisp_entry *entry, wisp_status status);

/* Swaps to the candidate if it has earned it. Not from inside an entry. */
void wisp_shadow_promote(wisp_guest *guest);

/* Lets the candidate of [guest] go, if there is one, for a [reason]. */
void wisp_shadow_end(wisp_guest *guest, const char *reason);

#endif
