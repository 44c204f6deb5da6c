#ifndef WISP_WASM_SHARED_H
#define WISP_WASM_SHARED_H

#include <stdatomic.h>

#include <wisp/wasm.h>

#include "os/parking.h"
#include "wasm/block.h"

/*
 * A memory that several stores use on as many threads. It never moves, and its size only grows;
 * an access that seems to be beyond it reads it anew, so no store has to be told when another
 * one grows it.
 */
struct wisp_shared_memory {
    atomic_uint holders;
    atomic_size_t size; /* bytes; block.size is not used */
    wisp_memory_type type;
    size_t size_max; /* bytes */
    wisp_block block;
    wisp_parking *parking; /* of memory.atomic.wait, by address */
};

/* Whether there can be a memory of [type]; a page size of 0 becomes what it stands for
 * (memory.c). */
wisp_status wisp_memory_type_check(wisp_memory_type *type, wisp_error *err);

/* wisp_shared_memory_new for one that may grow to [size_max] bytes (shared.c). */
wisp_status wisp_shared_memory_make(const wisp_allocator *allocator, bool is_mapped,
                                    const wisp_memory_type *type, size_t size_max,
                                    wisp_shared_memory **out, wisp_error *err);

/* Grows by [added] bytes. Gives the old size, or SIZE_MAX if it cannot. Any thread. */
size_t wisp_shared_memory_grow_by(wisp_shared_memory *shared, size_t added);

static inline size_t wisp_shared_memory_size(const wisp_shared_memory *shared)
{
    return atomic_load_explicit(&shared->size, memory_order_acquire);
}

#endif
