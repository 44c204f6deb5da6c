#ifndef WISP_WASM_SNAPSHOT_H
#define WISP_WASM_SNAPSHOT_H

#include "wasm/runtime.h"

/*
 * A snapshot is its bytes (docs/formats.md): taking it is writing them, and restoring is reading
 * them, whoever wrote them.
 */
struct wisp_snapshot {
    const wisp_allocator *allocator;
    size_t size;
    uint8_t bytes[];
};

#define WISP_SNAPSHOT_MAGIC "wispsnp"

enum {
    WISP_SNAPSHOT_FORMAT = 1,
    WISP_SNAPSHOT_FORMAT_AT = 8,
    WISP_SNAPSHOT_MODULE_SIZE_AT = 12,
    WISP_SNAPSHOT_MODULE_HASH_AT = 16,
    WISP_SNAPSHOT_HEAD_SIZE = 24,
    WISP_GRANULE_SIZE = 4096 /* the zeros of a memory are left out in pieces of as many bytes */
};

/* How many pieces [size] bytes of memory are. */
static inline size_t wisp_granules(size_t size)
{
    return size / WISP_GRANULE_SIZE + (size % WISP_GRANULE_SIZE != 0);
}

/* The end of granule [index] in a memory of [size] bytes, in bytes. */
static inline size_t wisp_granule_end(size_t index, size_t size)
{
    return index < size / WISP_GRANULE_SIZE ? (index + 1) * WISP_GRANULE_SIZE : size;
}

/* Tells of each granule of [block] in [used] whether there is anything but zeros in it. */
void wisp_granules_find_used(const wisp_block *block, bool *used);

/* One of [size] bytes, not cleared; NULL if out of memory. */
wisp_snapshot *wisp_snapshot_new(const wisp_allocator *allocator, size_t size);

/* What tells the bytes of [module] from those of others by mistake; not by intent. Calculated
 * once. Any thread. */
uint64_t wisp_module_hash(const wisp_module *module);

#endif
