#ifndef WISP_TUF_DRIVE_H
#define WISP_TUF_DRIVE_H

#include "tuf/fetch.h"
#include "tuf/workflow.h"

/* Drives a workflow over a transport that waits, for programs that have nothing else to do. */

typedef struct wisp_drive {
    const wisp_net *net;
    const wisp_allocator *allocator;
    const char *url;        /* of the metadata, without a '/' at the end */
    uint64_t bytes_fetched; /* counted up */
} wisp_drive;

/* Takes the phase that has begun with [status] to its end. */
wisp_status wisp_drive_phase(wisp_drive *drive, wisp_workflow *workflow, wisp_status status,
                             wisp_error *err);

/*
 * Gets the content of [target], which [name] stands for in errors, from below [url], and checks
 * it.
 * *[out] is to be freed by wisp_download_free, also on failure.
 */
wisp_status wisp_drive_content(wisp_drive *drive, const char *url, const char *name,
                               const wisp_target *target, wisp_download *out, wisp_error *err);

#endif
