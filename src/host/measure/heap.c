#include "host/measure/heap.h"

#include <wisp/bridge.h>

wisp_heap wisp_heap_of(const wisp_instance *instance)
{
    return (wisp_heap){
        .size = wisp_instance_global(instance, WISP_EXPORT_HEAP_SIZE),
        .peak = wisp_instance_global(instance, WISP_EXPORT_HEAP_PEAK),
    };
}

static uint32_t read(const wisp_global *address, wisp_memory *memory)
{
    if (!address)
        return 0;
    uint32_t at = (uint32_t)wisp_global_get(address).of.i32;
    const uint8_t *bytes = wisp_memory_at(memory, at, sizeof(uint32_t));
    return bytes ? wisp_get_u32(bytes) : 0;
}

uint32_t wisp_heap_size(const wisp_heap *heap, wisp_memory *memory)
{
    return read(heap->size, memory);
}

uint32_t wisp_heap_peak(const wisp_heap *heap, wisp_memory *memory)
{
    return read(heap->peak, memory);
}
