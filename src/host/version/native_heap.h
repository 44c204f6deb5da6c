#ifndef WISP_HOST_NATIVE_HEAP_H
#define WISP_HOST_NATIVE_HEAP_H

#include <wisp/base.h>

/* What a native module has allocated with wisp_heap_alloc: counted, limited, and given back when
 * its version ends. All zero, but for size_max, is nothing. */
typedef struct wisp_native_block wisp_native_block;

typedef struct wisp_native_heap {
    wisp_native_block *blocks;
    uint64_t size, peak, size_max; /* bytes that were asked for */
} wisp_native_heap;

/* [size] bytes, aligned for any type, not cleared; NULL for 0, over size_max or if refused. */
void *wisp_native_heap_alloc(wisp_native_heap *heap, const wisp_allocator *allocator,
                             size_t size);

/* NULL is fine. */
void wisp_native_heap_free(wisp_native_heap *heap, const wisp_allocator *allocator,
                           void *address);

void wisp_native_heap_clear(wisp_native_heap *heap, const wisp_allocator *allocator);

#endif
