#ifndef WISP_WASM_ACCESS_H
#define WISP_WASM_ACCESS_H

#include "wasm/relaxed.h"
#include "wasm/runtime.h"

/*
 * Access to any memory. The handlers of ops.inc know memory 0 where it has addresses of 32
 * bits; instructions on all others name their memory, and have the offset in 64 bits:
 *
 *     memory:2, offset:4
 */
enum { WISP_UNITS_MEMARG = 6 };

/* The [size] bytes at [address] plus the offset of [memarg]; NULL where not all of them are
 * inside. */
static inline uint8_t *wisp_access(const wisp_exec *x, const wisp_slot *address,
                                   const uint16_t *memarg, uint64_t size)
{
    const wisp_memory *memory = x->instance->memories[wisp_unit32(memarg)];
    uint64_t offset = wisp_unit64(memarg + WISP_UNITS_32);
    uint64_t place = wisp_slot_index(address, memory->type.is_64);
    if (place > UINT64_MAX - offset ||
        !wisp_range_fits(place + offset, size, wisp_memory_size(memory)))
        return NULL;
    return memory->block.data + place + offset;
}

/* Moving bytes in and out of memories, other threads permitting; the ranges are inside. */

static inline void wisp_memory_put(const wisp_memory *memory, size_t to, const void *from,
                                   size_t size)
{
    if (wisp_memory_is_shared(memory))
        wisp_relaxed_move(memory->block.data + to, from, size);
    else
        memcpy(memory->block.data + to, from, size);
}

static inline void wisp_memory_take(const wisp_memory *memory, size_t from, void *to, size_t size)
{
    if (wisp_memory_is_shared(memory))
        wisp_relaxed_move(to, memory->block.data + from, size);
    else
        memcpy(to, memory->block.data + from, size);
}

static inline void wisp_memory_move(const wisp_memory *memory, size_t to,
                                    const wisp_memory *source, size_t from, size_t size)
{
    if (wisp_memory_is_shared(memory) || wisp_memory_is_shared(source))
        wisp_relaxed_move(memory->block.data + to, source->block.data + from, size);
    else
        memmove(memory->block.data + to, source->block.data + from, size);
}

static inline void wisp_memory_set(const wisp_memory *memory, size_t to, uint8_t value,
                                   size_t size)
{
    if (wisp_memory_is_shared(memory))
        wisp_relaxed_set(memory->block.data + to, value, size);
    else
        memset(memory->block.data + to, value, size);
}

#endif
