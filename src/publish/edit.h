#ifndef WISP_PUBLISH_EDIT_H
#define WISP_PUBLISH_EDIT_H

#include "publish/change.h"

/*
 * A change of what one channel says of one target: a new release, or new terms for one.
 *
 *     wisp_edit_begin
 *     … changes of edit.custom, or wisp_edit_add …
 *     wisp_edit_finish
 *     wisp_edit_end
 */

typedef struct wisp_edit {
    wisp_change change;
    size_t role; /* of the channel */
    const char *channel, *target;
    char path[WISP_CONTENT_PATH_SIZE]; /* "stable/app.wasm" */
    wisp_json *contents;               /* of the channel's next document */
    wisp_json *custom;                 /* of the target; NULL: nothing was released */
} wisp_edit;

/* Call wisp_edit_end also when this fails. */
wisp_status wisp_edit_begin(wisp_edit *edit, wisp_project *project, const wisp_place *place,
                            wisp_published *out, wisp_error *err);

/* The version that a new release gets: [wanted], or if that is 0 the next in all channels. */
wisp_status wisp_edit_version(const wisp_edit *edit, uint64_t wanted, uint64_t *version,
                              wisp_error *err);

/* Puts [release], which is given away, before those that there are. */
wisp_status wisp_edit_add(wisp_edit *edit, wisp_json *release, wisp_published *out,
                          wisp_error *err);

wisp_status wisp_edit_finish(wisp_edit *edit, bool dry_run, wisp_published *out, wisp_error *err);
void wisp_edit_end(wisp_edit *edit);

#endif
