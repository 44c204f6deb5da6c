#ifndef WISP_WASM_RELAXED_H
#define WISP_WASM_RELAXED_H

#include "wasm/bits.h"

/*
 * Plain access to memory that other threads use at the same time. WebAssembly lets such
 * accesses race; in C they must be atomic, of the weakest kind. As in WebAssembly, an aligned
 * number is read and written whole, any other byte by byte.
 */

#define WISP_RELAXED_GET(type, p)                                                                \
    __atomic_load_n((const type *)(const void *)(p), __ATOMIC_RELAXED)
#define WISP_RELAXED_PUT(type, p, v)                                                             \
    __atomic_store_n((type *)(void *)(p), (type)(v), __ATOMIC_RELAXED)

uint64_t wisp_relaxed_get_bytes(const uint8_t *p, size_t size);
void wisp_relaxed_put_bytes(uint8_t *p, size_t size, uint64_t value);

/* The little-endian number of [size] bytes, 1, 2, 4 or 8, at [p]. */
inline uint64_t wisp_relaxed_get(const uint8_t *p, size_t size)
{
    if (size == 1)
        return WISP_RELAXED_GET(uint8_t, p);
    if (__builtin_expect((uintptr_t)p % size != 0, 0))
        return wisp_relaxed_get_bytes(p, size);
    if (size == 2)
        return WISP_LE16(WISP_RELAXED_GET(uint16_t, p));
    if (size == 4)
        return WISP_LE32(WISP_RELAXED_GET(uint32_t, p));
    return WISP_LE64(WISP_RELAXED_GET(uint64_t, p));
}

inline void wisp_relaxed_put(uint8_t *p, size_t size, uint64_t value)
{
    if (size == 1)
        WISP_RELAXED_PUT(uint8_t, p, value);
    else if (__builtin_expect((uintptr_t)p % size != 0, 0))
        wisp_relaxed_put_bytes(p, size, value);
    else if (size == 2)
        WISP_RELAXED_PUT(uint16_t, p, WISP_LE16((uint16_t)value));
    else if (size == 4)
        WISP_RELAXED_PUT(uint32_t, p, WISP_LE32((uint32_t)value));
    else
        WISP_RELAXED_PUT(uint64_t, p, WISP_LE64(value));
}

/* memmove and memset, on either of whose sides other threads may be. */
void wisp_relaxed_move(uint8_t *to, const uint8_t *from, size_t size);
void wisp_relaxed_set(uint8_t *to, uint8_t value, size_t size);

#endif
