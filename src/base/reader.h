#ifndef WISP_BASE_READER_H
#define WISP_BASE_READER_H

#include <wisp/base.h>

/*
 * Reads foreign bytes front to back without ever leaving them. Every function returns false,
 * with the reader where it was, when the bytes end too early or do not encode a number; the
 * caller, who knows what was expected, words the error.
 */

typedef struct wisp_reader {
    const uint8_t *start, *at, *end;
} wisp_reader;

static inline wisp_reader wisp_reader_of(wisp_bytes bytes)
{
    const uint8_t *end = bytes.size ? bytes.data + bytes.size : bytes.data; /* of NULL too */
    return (wisp_reader){bytes.data, bytes.data, end};
}

inline size_t wisp_reader_left(const wisp_reader *r)
{
    return (size_t)(r->end - r->at);
}

inline bool wisp_read_u8(wisp_reader *r, uint8_t *out)
{
    if (r->at == r->end)
        return false;
    *out = *r->at++;
    return true;
}

/* [size] bytes in place. */
inline bool wisp_read_bytes(wisp_reader *r, size_t size, const uint8_t **out)
{
    if (wisp_reader_left(r) < size)
        return false;
    *out = r->at;
    r->at += size;
    return true;
}

/* Little-endian numbers of fixed width. */
bool wisp_read_u32le(wisp_reader *r, uint32_t *out);
bool wisp_read_u64le(wisp_reader *r, uint64_t *out);

/* LEB128 of at most 32, 33 or 64 bits; bits beyond the width must be zero or the sign
 * (WebAssembly core specification 5.2.2). */
bool wisp_read_leb_s33(wisp_reader *r, int64_t *out);
bool wisp_read_leb_s64(wisp_reader *r, int64_t *out);

/* The same, for wisp_read_leb_u32 and so on, which read most numbers, of one byte, in place. */
bool wisp_read_long_u32(wisp_reader *r, uint32_t *out);
bool wisp_read_long_u64(wisp_reader *r, uint64_t *out);
bool wisp_read_long_s32(wisp_reader *r, int32_t *out);

inline bool wisp_read_leb_u32(wisp_reader *r, uint32_t *out)
{
    if (r->at == r->end || *r->at >= 0x80)
        return wisp_read_long_u32(r, out);
    *out = *r->at++;
    return true;
}

inline bool wisp_read_leb_u64(wisp_reader *r, uint64_t *out)
{
    if (r->at == r->end || *r->at >= 0x80)
        return wisp_read_long_u64(r, out);
    *out = *r->at++;
    return true;
}

inline bool wisp_read_leb_s32(wisp_reader *r, int32_t *out)
{
    if (r->at == r->end || *r->at >= 0x80)
        return wisp_read_long_s32(r, out);
    uint8_t byte = *r->at++;
    *out = (byte ^ 0x40) - 0x40; /* its sign is bit 6 */
    return true;
}

#endif
