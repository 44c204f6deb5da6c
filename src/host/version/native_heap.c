#include "host/version/native_heap.h"

#include "base/memory.h"

struct wisp_native_block {
    wisp_native_block *prev, *next;
    size_t size;
    _Alignas(16) uint8_t data[];
};

void *wisp_native_heap_alloc(wisp_native_heap *heap, const wisp_allocator *allocator, size_t size)
{
    if (size == 0 || size > SIZE_MAX - sizeof(wisp_native_block) ||
        size > heap->size_max - heap->size)
        return NULL;
    wisp_native_block *block = wisp_realloc(allocator, NULL, 0, sizeof *block + size);
    if (!block)
        return NULL;
    *block = (wisp_native_block){.next = heap->blocks, .size = size};
    if (heap->blocks)
        heap->blocks->prev = block;
    heap->blocks = block;
    heap->size += size;
    if (heap->size > heap->peak)
        heap->peak = heap->size;
    return block->data;
}

void wisp_native_heap_free(wisp_native_heap *heap, const wisp_allocator *allocator, void *address)
{
    if (!address)
        return;
    uint8_t *data = address;
    wisp_native_block *block = (void *)(data - sizeof(wisp_native_block));
    *(block->prev ? &block->prev->next : &heap->blocks) = block->next;
    if (block->next)
        block->next->prev = block->prev;
    heap->size -= block->size;
    wisp_free(allocator, block, sizeof *block + block->size);
}

void wisp_native_heap_clear(wisp_native_heap *heap, const wisp_allocator *allocator)
{
    while (heap->blocks)
        wisp_native_heap_free(heap, allocator, heap->blocks->data);
}
