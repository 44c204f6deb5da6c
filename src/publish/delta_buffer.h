#ifndef WISP_PUBLISH_DELTA_BUFFER_H
#define WISP_PUBLISH_DELTA_BUFFER_H

#include "base/memory.h"

#include <string.h>

/* Bytes that grow at their end. */

typedef struct wisp_delta_buffer {
    const wisp_allocator *allocator;
    uint8_t *data;
    size_t size, capacity;
} wisp_delta_buffer;

static inline wisp_bytes wisp_delta_buffer_bytes(const wisp_delta_buffer *buffer)
{
    return (wisp_bytes){buffer->data, buffer->size};
}

/* False, with nothing changed, if there is no memory. */
static inline bool wisp_delta_buffer_add(wisp_delta_buffer *buffer, const void *data, size_t size)
{
    if (size == 0)
        return true;
    if (size > SIZE_MAX - buffer->size ||
        !wisp_array_reserve(buffer->allocator, &buffer->data, &buffer->capacity,
                            buffer->size + size, 1))
        return false;
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    return true;
}

static inline void wisp_delta_buffer_deinit(wisp_delta_buffer *buffer)
{
    wisp_free(buffer->allocator, buffer->data, buffer->capacity);
    *buffer = (wisp_delta_buffer){.allocator = buffer->allocator};
}

#endif
