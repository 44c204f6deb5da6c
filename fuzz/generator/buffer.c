#include "state.h"

#include <stdlib.h>
#include <string.h>

void put_bytes(buffer *out, const void *from, size_t size)
{
    if (out->capacity - out->size < size) {
        out->capacity = 2 * (out->size + size) + 256;
        out->data = realloc(out->data, out->capacity);
        if (!out->data)
            abort();
    }
    if (size > 0)
        memcpy(out->data + out->size, from, size);
    out->size += size;
}

void put(buffer *out, uint8_t byte)
{
    put_bytes(out, &byte, 1);
}

void put_u32(buffer *out, uint32_t number)
{
    for (; number >= 0x80; number >>= 7)
        put(out, (uint8_t)(number | 0x80));
    put(out, (uint8_t)number);
}

void put_s64(buffer *out, int64_t number)
{
    for (; number < -64 || number > 63; number >>= 7)
        put(out, (uint8_t)((number & 0x7f) | 0x80));
    put(out, (uint8_t)(number & 0x7f));
}

void put_name(buffer *out, const char *name)
{
    put_u32(out, (uint32_t)strlen(name));
    put_bytes(out, name, strlen(name));
}

void put_sized(buffer *out, buffer *content)
{
    put_u32(out, (uint32_t)content->size);
    put_bytes(out, content->data, content->size);
    free_buffer(content);
}

void free_buffer(buffer *b)
{
    free(b->data);
    *b = (buffer){0};
}
