#include "host/version/state_region.h"

#include <wisp/bridge.h>

#include "base/error.h"

wisp_status wisp_state_region_find(const wisp_instance *instance, wisp_memory *memory,
                                   wisp_state_region *out, wisp_error *err)
{
    *out = (wisp_state_region){0};
    const wisp_global *state = wisp_instance_global(instance, WISP_EXPORT_STATE);
    const wisp_global *state_size = wisp_instance_global(instance, WISP_EXPORT_STATE_SIZE);
    if (!state || !state_size)
        return WISP_OK;
    uint32_t address = (uint32_t)wisp_global_get(state).of.i32;
    uint32_t size_address = (uint32_t)wisp_global_get(state_size).of.i32;
    const uint8_t *size = wisp_memory_at(memory, size_address, sizeof(uint32_t));
    if (!size)
        return wisp_fail(err, WISP_MISMATCH, "'%s' is at address %u, outside the memory",
                         WISP_EXPORT_STATE_SIZE, size_address);
    *out = (wisp_state_region){address, wisp_get_u32(size)};
    if (!wisp_memory_at(memory, address, out->size))
        return wisp_fail(err, WISP_MISMATCH,
                         "'%s' is at address %u, where %u bytes are outside the memory",
                         WISP_EXPORT_STATE, address, out->size);
    return WISP_OK;
}
