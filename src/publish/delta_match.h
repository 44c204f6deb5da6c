#ifndef WISP_PUBLISH_DELTA_MATCH_H
#define WISP_PUBLISH_DELTA_MATCH_H

#include <wisp/base.h>

/*
 * Which parts of one text resemble which parts of another. The one file behind this header is
 * the only one that knows the library for suffix arrays (libdivsufsort).
 */

/* [size] bytes from [at] on in the text resemble those from [base] on in the base. */
typedef struct wisp_delta_match {
    size_t at, base, size;
} wisp_delta_match;

typedef struct wisp_delta_matches {
    wisp_delta_match *items; /* in the text's order, one behind the other, some of size 0 */
    size_t len, capacity;
} wisp_delta_matches;

/*
 * Finds the matches of [text] in [base], each of at most 2 GiB. What is between them is like
 * nothing in the base. Takes memory of about five times the base. WISP_LIMIT, WISP_NO_MEMORY.
 */
wisp_status wisp_delta_match_find(const wisp_allocator *allocator, wisp_bytes base,
                                  wisp_bytes text, wisp_delta_matches *out, wisp_error *err);
void wisp_delta_matches_free(const wisp_allocator *allocator, wisp_delta_matches *matches);

#endif
