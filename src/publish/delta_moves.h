#ifndef WISP_PUBLISH_DELTA_MOVES_H
#define WISP_PUBLISH_DELTA_MOVES_H

#include "publish/delta_plan.h"

/* One reference of a module, and the number that stands in its place in the base. */
typedef struct wisp_delta_pair {
    uint32_t plain, base;
} wisp_delta_pair;

/*
 * Finds the moves that explain most of [len] pairs, which it sorts. [price] is how many pairs a
 * move must explain to be worth its bytes. Gives no moves where nothing is gained. False if there
 * is no memory. Free [out] in any case.
 */
bool wisp_delta_moves_find(const wisp_allocator *allocator, wisp_delta_pair *pairs, size_t len,
                           uint32_t price, wisp_delta_moves *out);
void wisp_delta_moves_free(const wisp_allocator *allocator, wisp_delta_moves *moves);

uint64_t wisp_delta_moves_map(const wisp_delta_moves *moves, uint64_t plain);

#endif
