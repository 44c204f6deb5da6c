#ifndef WISP_HOST_RECORDER_H
#define WISP_HOST_RECORDER_H

#include <wisp/record.h>

#include "host/version/version.h"

/* What writes the recording of one guest. Every function may end it, if something fails. */

typedef struct wisp_recorder wisp_recorder;

/* [version] is about to be loaded: it gets a life in the recording of its guest, if there is
 * one. */
void wisp_recorder_begin_life(wisp_version *version);

/* It was loaded, or was not. */
void wisp_recorder_note_load(wisp_version *version, wisp_status status);

/* An entry is about to be made: a good moment to begin a segment. */
void wisp_recorder_before(wisp_version *version, const wisp_entry *entry);

/* It was made; its calls are on the tape. */
void wisp_recorder_note(wisp_version *version, const wisp_entry *entry, wisp_status status,
                        int32_t answer);

/* Hands over what was gathered by the recordings of all guests of [host]. */
void wisp_recorders_flush(wisp_host *host);

/* Ends the recording of [guest], if there is one, and says why. */
void wisp_recorder_end(wisp_guest *guest, wisp_status status, const char *reason);

#endif
