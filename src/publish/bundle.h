#ifndef WISP_PUBLISH_BUNDLE_H
#define WISP_PUBLISH_BUNDLE_H

#include "publish/project.h"

/*
 * A repository in one file, for devices without a network (docs/formats.md, "Bundle"): a tar
 * file, by libarchive, with the very files that a web server would show. It is verified before it
 * is written, and written atomically.
 */

typedef struct wisp_bundled {
    size_t file_len; /* in the bundle */
    uint64_t size;   /* of the bundle, in bytes */
    int64_t expires; /* until when a device takes it, in seconds since 1970 */
} wisp_bundled;

/* Writes everything that a device needs of [channel] (NULL: the first of the config) to the file
 * [path], which is replaced. As publish.h says of failures. */
wisp_status wisp_bundle(wisp_project *project, const char *channel, const char *path,
                        wisp_bundled *out, wisp_error *err);

#endif
