#ifndef WISP_HOST_SPREAD_H
#define WISP_HOST_SPREAD_H

#include <wisp/host.h>

/*
 * How often which value was measured, in a fixed number of buckets: up to 8 one for each value,
 * and above that eight for each power of two, so that a bucket's bounds are within one eighth of
 * each other. A count that is full halves them all: what is old then weighs less.
 */

enum {
    WISP_SPREAD_BITS =
        48, /* of the largest value that has a bucket of its own: three days of ns */
    WISP_SPREAD_BUCKETS = (WISP_SPREAD_BITS - 2) * 8
};

/* All zero is nothing measured. */
typedef struct wisp_spread_counts {
    uint32_t counts[WISP_SPREAD_BUCKETS];
    uint64_t max;
} wisp_spread_counts;

void wisp_spread_add(wisp_spread_counts *counts, uint64_t value);

/* What wisp_spread promises; all 0 if nothing was measured. */
wisp_spread wisp_spread_of(const wisp_spread_counts *counts);

#endif
