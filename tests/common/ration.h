#ifndef TESTS_COMMON_RATION_H
#define TESTS_COMMON_RATION_H

#include <wisp/base.h>

/*
 * Memory that knows how much of it is held, and that refuses one request when a test wants it to.
 * Tests refuse the first, the second and so on, until there was none to refuse:
 *
 *     for (uint64_t n = 1; ration_refuse(&r, n), work(), ration_struck(&r); n++)
 *         ;
 *     ration_refuse(&r, 0);
 */

typedef struct ration {
    uint64_t requests;
    uint64_t refuse_at; /* the request that is refused; 0 for none */
    int64_t live;       /* blocks that are held */
    int64_t live_bytes; /* and their size; the JSON library's is not known */
} ration;

/* An allocator that draws on [r]. */
wisp_allocator ration_allocator(ration *r);

/* Has the JSON library of this process draw on [r] from now on, or on the heap alone if [r] is
 * NULL. It must hold nothing then. */
void ration_json(ration *r);

/* Refuses request [n], counted from 1 and from now on; 0 for none. */
void ration_refuse(ration *r, uint64_t n);

/* Whether the request has come that was to be refused. */
bool ration_struck(const ration *r);

#endif
