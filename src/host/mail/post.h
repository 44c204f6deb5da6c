#ifndef WISP_HOST_POST_H
#define WISP_HOST_POST_H

#include "host/mail/envelope.h"
#include "host/version/version.h"

/*
 * Posting: whether an event is taken is decided here, at once, and what is taken becomes an
 * envelope.
 *
 * What a module posts is an effect of the entry under way: it goes into the queue when that has
 * ended well, and an entry that fails has posted nothing.
 */

/* By whom a module's post is, and whom to tell. */
typedef struct wisp_origin {
    wisp_version *version;
    uint64_t address; /* of the data, as the module has posted it */
    uint64_t func;    /* done; 0: none */
} wisp_origin;

/*
 * Makes an envelope of [post], which is counted as waiting. [from] is NULL for the program's.
 * WISP_INVALID, WISP_LIMIT, WISP_NOT_FOUND as in event.h. Any thread, for the program's.
 */
wisp_status wisp_post_make(wisp_host *host, const wisp_post *post, const wisp_origin *from,
                           wisp_envelope **out, wisp_error *err);

/*
 * A module posts: WISP_OK with *[is_taken], or the reason why the module has to be broken off.
 * If it is not taken, done is called nevertheless, after the entry.
 */
wisp_status wisp_post_by_module(const wisp_origin *from, const wisp_post *post, bool *is_taken,
                                wisp_error *err);

/* The same for the region that the version has at [from]->address, which is put into [post]:
 * [access] is one of WISP_REGION_… of guest/wisp.h. */
wisp_status wisp_post_region_by_module(const wisp_origin *from, wisp_post *post, uint32_t access,
                                       bool *is_taken, wisp_error *err);

/* The same for [envelope], which is made already; false, with nothing of it left, for want of
 * memory. */
bool wisp_post_send(wisp_version *version, wisp_envelope *envelope);

/* Puts the program's [envelope] into the queue. Any thread. */
void wisp_host_put(wisp_host *host, wisp_envelope *envelope);

/* Calls the done of the program's [post], which was refused. */
void wisp_post_tell_done(const wisp_post *post);

enum { WISP_GUEST_NOTE_SIZE = 16 };

/* Writes [note] as modules get it. */
void wisp_put_guest_note(void *into, const wisp_guest_note *note);

/* Posts to all who have subscribed to [type], WISP_EVENT_STARTED or _STOPPED, a note of
 * [version] of [guest]. Nobody is told if memory is refused. */
void wisp_post_note(const wisp_guest *guest, uint32_t type, uint32_t version);

#endif
