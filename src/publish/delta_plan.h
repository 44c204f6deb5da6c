#ifndef WISP_PUBLISH_DELTA_PLAN_H
#define WISP_PUBLISH_DELTA_PLAN_H

#include "delta/rewriter.h"
#include "publish/delta_buffer.h"

/*
 * How a module is to be renumbered so that it resembles another one.
 *
 * Nothing is known of how either was made. Both are written with all references left out, so
 * that code which differs in references alone is the same; what then matches in the two says, for
 * each reference in the one, what stands in its place in the other. From these pairs follows
 * which numbers have become which: an order of intervals for each kind, such that few
 * intervals explain many pairs.
 */

/* [length] numbers from [plain] on, which become those from [renumbered] on. */
typedef struct wisp_delta_move {
    uint32_t plain, renumbered, length;
} wisp_delta_move;

/* All numbers from 0 up to some end, in the plain order; none if every number stays. */
typedef struct wisp_delta_moves {
    wisp_delta_move *items;
    size_t len, capacity;
} wisp_delta_moves;

typedef struct wisp_delta_body {
    uint64_t body; /* from 1 */
    wisp_delta_moves locals;
} wisp_delta_body;

typedef struct wisp_delta_plan {
    const wisp_allocator *allocator;
    wisp_delta_moves kinds[WISP_REFERENCE_COUNT];
    wisp_delta_body *bodies; /* those whose locals move, in their order */
    size_t body_count, body_capacity;
} wisp_delta_plan;

/*
 * Finds out how [module] is to be renumbered to resemble [base]. WISP_MALFORMED or
 * WISP_UNSUPPORTED if one of them is no module that can be. Free [out] in any case.
 */
wisp_status wisp_delta_plan_make(const wisp_allocator *allocator, wisp_bytes base,
                                 wisp_bytes module, wisp_delta_plan *out, wisp_error *err);
void wisp_delta_plan_free(wisp_delta_plan *plan);

/*
 * Writes the renumbered form of [module]. [stops], of plan->body_count, receives where in it the
 * content of the bodies begins.
 */
wisp_status wisp_delta_plan_apply(const wisp_delta_plan *plan, wisp_bytes module,
                                  wisp_delta_buffer *out, uint64_t *stops, wisp_error *err);

#endif
