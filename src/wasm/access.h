#ifndef WISP_WASM_ACCESS_H
#define WISP_WASM_ACCESS_H

#include "wasm/bits.h"
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

#endif
