#ifndef WISP_UPDATE_PACKER_H
#define WISP_UPDATE_PACKER_H

#include "base/reader.h"

#include <string.h>

/*
 * Writes the device's binary files: little-endian numbers and texts of fixed size, front to
 * back into a block that is large enough for all of them. The reading half is base/reader.h.
 */

typedef struct wisp_packer {
    uint8_t *at;
} wisp_packer;

static inline void wisp_pack_bytes(wisp_packer *p, const void *bytes, size_t size)
{
    memcpy(p->at, bytes, size);
    p->at += size;
}

static inline void wisp_pack_u32(wisp_packer *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        *p->at++ = (uint8_t)(value >> 8 * i);
}

static inline void wisp_pack_u64(wisp_packer *p, uint64_t value)
{
    wisp_pack_u32(p, (uint32_t)value);
    wisp_pack_u32(p, (uint32_t)(value >> 32));
}

/* [text] in a field of [size] bytes, cut to fit and filled with zeros; at least one is left. */
static inline void wisp_pack_text(wisp_packer *p, const char *text, size_t size)
{
    size_t len = strnlen(text, size - 1);
    memset(p->at, 0, size);
    memcpy(p->at, text, len);
    p->at += size;
}

static inline void wisp_unpack_bytes(wisp_reader *r, void *out, size_t size)
{
    const uint8_t *bytes;
    if (wisp_read_bytes(r, size, &bytes))
        memcpy(out, bytes, size);
}

static inline uint32_t wisp_unpack_u32(wisp_reader *r)
{
    uint32_t value = 0;
    wisp_read_u32le(r, &value);
    return value;
}

static inline uint64_t wisp_unpack_u64(wisp_reader *r)
{
    uint64_t value = 0;
    wisp_read_u64le(r, &value);
    return value;
}

/* The last byte of the field is made a NUL, whatever was read. */
static inline void wisp_unpack_text(wisp_reader *r, char *text, size_t size)
{
    wisp_unpack_bytes(r, text, size);
    text[size - 1] = '\0';
}

#endif
