#ifndef WISP_WASM_EXCEPTION_POOL_H
#define WISP_WASM_EXCEPTION_POOL_H

#include <wisp/wasm.h>

#include "base/error.h"
#include "wasm/slot.h"

/*
 * The exceptions of a store. A module can keep references to one in locals, globals, tables
 * and other exceptions, so that nobody knows when the last one is gone: from time to time, as
 * exceptions are made, those that nothing refers to are found and freed.
 *
 * What runs may hold references in any slot of the stack; all slots in use are looked at, and
 * one that happens to look like a reference counts as one. Where the program has one, it is
 * in use while the program holds it (wisp_exception_hold).
 */

struct wisp_exception {
    wisp_tag *tag;
    wisp_exception *next;      /* in its bucket */
    wisp_exception *next_grey; /* in use, and not looked into yet */
    uint32_t holds;            /* by the program */
    bool is_used;
    wisp_slot values[];
};

typedef struct wisp_exception_pool {
    wisp_exception **buckets; /* by address */
    size_t bucket_count, len;
    uint64_t size, size_max, size_next; /* bytes: now, at the most, and when to look for unused */
    wisp_exception *thrown;             /* on its way to a handler */
    wisp_exception *uncaught;           /* what ended the last call */
} wisp_exception_pool;

/* Makes an exception of [tag] with values not set. The stack is in use up to [top]. */
wisp_exception *wisp_exception_make(wisp_tag *tag, const wisp_slot *top);

void wisp_exceptions_free(wisp_store *store);

/* Copies its values to [slots]. */
void wisp_exception_unpack(const wisp_exception *exception, wisp_slot *slots);

/* How many slots the values of [tag] take. */
uint32_t wisp_tag_slots(const wisp_tag *tag);

#endif
