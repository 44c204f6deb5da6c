#ifndef WISP_TUF_SEARCH_H
#define WISP_TUF_SEARCH_H

#include "trust/delegations.h"

/*
 * The search for one target through the graph of delegations (TUF 5.6.7): depth first, each
 * document before those below it, each role once, and no further than a terminating delegation
 * allows. It walks; getting the documents is for the caller:
 *
 *     status = wisp_search_begin(&search, …, targets, "app.wasm", …);
 *     while (status == WISP_OK && !search.is_found) {
 *         status = wisp_search_next(&search, &delegation, &err);
 *         … get the document of delegation.role, and verify it by delegation.signers …
 *         status = wisp_search_enter(&search, document, &err);
 *     }
 */

typedef struct wisp_search_frame {
    wisp_metadata *owned;          /* NULL for the top-level targets */
    const wisp_metadata *document; /* whose delegations are being gone through */
    size_t cursor;                 /* of wisp_delegations_next */
} wisp_search_frame;

typedef struct wisp_search {
    const wisp_allocator *allocator;
    char *target; /* its name */
    wisp_target_path path;
    uint32_t roles_max;
    size_t size_left;          /* bytes that further documents may have */
    wisp_search_frame *frames; /* from the top-level targets down to where the search is */
    size_t frame_len, frame_capacity;
    char (*visited)[WISP_ROLE_NAME_SIZE]; /* delegated roles, in the order of the search */
    size_t visited_len, visited_capacity;
    bool is_found;
    wisp_file_info found; /* in the last frame's document */
} wisp_search;

/* Begins at [targets], which is borrowed. wisp_search_end must follow, also on failure. */
wisp_status wisp_search_begin(wisp_search *search, const wisp_allocator *allocator,
                              const wisp_metadata *targets, const char *target,
                              uint32_t roles_max, size_t size_max, wisp_error *err);
void wisp_search_end(wisp_search *search);

/*
 * Fills [out] with the next delegation to follow, while nothing is found. WISP_NOT_FOUND if
 * nobody is left to ask, WISP_LIMIT, WISP_NO_MEMORY.
 */
wisp_status wisp_search_next(wisp_search *search, wisp_delegation *out, wisp_error *err);

/* Looks into [document] of the last delegation; takes it in any case. */
wisp_status wisp_search_enter(wisp_search *search, wisp_metadata *document, wisp_error *err);

#endif
