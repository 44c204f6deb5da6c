#ifndef WISP_PUBLISH_DELTA_H
#define WISP_PUBLISH_DELTA_H

#include <wisp/base.h>

/*
 * Makes deltas: what a device that has one module needs to make another (delta/apply.h).
 */

typedef struct wisp_delta {
    wisp_bytes bytes;   /* of the allocator that it was made with */
    bool is_renumbered; /* the modules were understood, and that made it smaller */
} wisp_delta;

/*
 * Makes the smallest delta that it knows how to make of [base] and [result], any bytes, of at
 * most 2 GiB each. It has been applied, and made [result], when this returns. The same input
 * gives the same delta. Free *[out] with wisp_delta_free.
 *
 * Takes 20 to 30 times the size of the base in memory, and some tenths of a second for a
 * megabyte. Returns WISP_LIMIT or WISP_NO_MEMORY. Any thread.
 */
wisp_status wisp_delta_make(const wisp_allocator *allocator, wisp_bytes base, wisp_bytes result,
                            wisp_delta *out, wisp_error *err);
void wisp_delta_free(const wisp_allocator *allocator, wisp_delta *delta);

#endif
