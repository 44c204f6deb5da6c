#ifndef WISP_HOST_INDEX_H
#define WISP_HOST_INDEX_H

#include <wisp/base.h>

/* Things by their number: guests by id, audiences by type, requests. A thing brings the link that
 * it is found by, so that adding one cannot fail. */

typedef struct wisp_index_link wisp_index_link;

struct wisp_index_link {
    wisp_index_link *next;
    uint32_t key;
};

enum { WISP_INDEX_FEW = 16 };

/* All zero is empty. */
typedef struct wisp_index {
    wisp_index_link **buckets; /* NULL: [few] are enough */
    uint32_t bucket_count;
    uint32_t len;
    wisp_index_link *few[WISP_INDEX_FEW];
} wisp_index;

/* Adds [link] under [key], which is not in it. */
void wisp_index_add(wisp_index *index, const wisp_allocator *allocator, wisp_index_link *link,
                    uint32_t key);

/* The link under [key], or NULL. */
wisp_index_link *wisp_index_find(const wisp_index *index, uint32_t key);

/* [link] must be in it. */
void wisp_index_remove(wisp_index *index, wisp_index_link *link);

void wisp_index_deinit(wisp_index *index, const wisp_allocator *allocator);

#endif
