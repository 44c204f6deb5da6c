#ifndef WISP_DELTA_RENUMBERING_H
#define WISP_DELTA_RENUMBERING_H

#include "delta/format.h"
#include "delta/rewriter.h"

/*
 * Which number becomes which. For each kind of reference the numbers from 0 up to some end are
 * cut into intervals, and these are put into another order; from the end on every number stays.
 * So it is always one to one, and its inverse is such an order too.
 *
 * It is built interval by interval in the order of the numbers that are looked up.
 */

typedef struct wisp_delta_interval {
    uint32_t from, to; /* its first number, and what that becomes */
} wisp_delta_interval;

/* The intervals of one kind. */
typedef struct wisp_delta_order {
    wisp_delta_interval *intervals; /* room for them, of the owner's */
    uint32_t len;
    uint32_t from_end, to_end; /* of the last one */
} wisp_delta_order;

/* Adds an interval of [length] numbers, which become those from [to] on. The owner has made sure
 * that there is room. False if there are no such numbers. */
bool wisp_delta_order_add(wisp_delta_order *order, uint64_t length, uint64_t to);

uint64_t wisp_delta_order_map(const wisp_delta_order *order, uint64_t value);

#endif
