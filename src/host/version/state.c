#include "host/version/state.h"

#include <string.h>

#include "base/memory.h"

wisp_status wisp_state_append(wisp_state *state, const wisp_allocator *allocator,
                              uint64_t size_max, wisp_bytes bytes)
{
    if (state->status != WISP_OK || bytes.size == 0)
        return state->status;
    if (state->size > size_max || bytes.size > size_max - state->size)
        return state->status = WISP_LIMIT;
    if (!wisp_array_reserve(allocator, &state->data, &state->capacity, state->size + bytes.size,
                            1))
        return state->status = WISP_NO_MEMORY;
    memcpy(state->data + state->size, bytes.data, bytes.size);
    state->size += bytes.size;
    return WISP_OK;
}

void wisp_state_clear(wisp_state *state, const wisp_allocator *allocator)
{
    wisp_free(allocator, state->data, state->capacity);
    *state = (wisp_state){0};
}
