#ifndef WISP_HOST_HEAP_H
#define WISP_HOST_HEAP_H

#include <wisp/wasm.h>

/*
 * What a module tells of its own heap, in two variables of type u32 whose addresses it exports:
 * the host reads them without running it. They are the module's to write, so they may be wrong.
 */
typedef struct wisp_heap {
    const wisp_global *size, *peak; /* where they are; NULL if it does not tell */
} wisp_heap;

#define WISP_EXPORT_HEAP_SIZE "wisp_heap_size"
#define WISP_EXPORT_HEAP_PEAK "wisp_heap_peak"

wisp_heap wisp_heap_of(const wisp_instance *instance);

/* Bytes that are allocated now, and that were at the most, in linear memory [memory]; 0 where it
 * does not tell. */
uint32_t wisp_heap_size(const wisp_heap *heap, wisp_memory *memory);
uint32_t wisp_heap_peak(const wisp_heap *heap, wisp_memory *memory);

#endif
