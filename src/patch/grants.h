#ifndef WISP_PATCH_GRANTS_H
#define WISP_PATCH_GRANTS_H

#include "base/memory.h"

/*
 * Which ranges of the program's memory a patch with the grant "arguments" may touch: what the
 * arguments of its calls point at, and what functions that it called gave to it.
 *
 * Calls nest, and each has its own ranges: they are a pile of lists. A list is sorted, and what
 * touches or overlaps in it is one range, so that a patch that walks through a million nodes of
 * an array takes no more than one that looks at two.
 */

enum { WISP_PATCH_RANGES_MAX = 4096 /* of all calls of a thread that are under way */ };

typedef struct wisp_patch_range {
    uint64_t start, end; /* end is behind it, and above start */
} wisp_patch_range;

/* Zeroed with an allocator it is empty. */
typedef struct wisp_patch_grants {
    const wisp_allocator *allocator;
    wisp_patch_range *ranges;
    size_t capacity;
    uint32_t len;
} wisp_patch_grants;

void wisp_patch_grants_deinit(wisp_patch_grants *grants);

/*
 * Adds the [size] bytes at [address] to the list that begins at range [first] and is the last
 * one. Nothing is added for NULL, for no bytes, or for more than there are. False if there are
 * too many ranges, or no memory for them.
 */
bool wisp_patch_grants_add(wisp_patch_grants *grants, uint32_t first, uint64_t address,
                           uint64_t size);

/* Whether all of the [size] bytes at [address] are in one of the [len] sorted [ranges]. */
bool wisp_patch_ranges_have(const wisp_patch_range *ranges, uint32_t len, uint64_t address,
                            uint64_t size);

/* The same for the list of [grants] that begins at [first]. */
static inline bool wisp_patch_grants_have(const wisp_patch_grants *grants, uint32_t first,
                                          uint64_t address, uint64_t size)
{
    return grants->len > first &&
           wisp_patch_ranges_have(grants->ranges + first, grants->len - first, address, size);
}

#endif
