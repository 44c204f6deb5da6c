#include "base/reader.h"

/* For callers that are not faster with them in place (builds for size). */
extern inline size_t wisp_reader_left(const wisp_reader *r);
extern inline bool wisp_read_u8(wisp_reader *r, uint8_t *out);
extern inline bool wisp_read_bytes(wisp_reader *r, size_t size, const uint8_t **out);
extern inline bool wisp_read_leb_u32(wisp_reader *r, uint32_t *out);
extern inline bool wisp_read_leb_u64(wisp_reader *r, uint64_t *out);
extern inline bool wisp_read_leb_s32(wisp_reader *r, int32_t *out);

bool wisp_read_u32le(wisp_reader *r, uint32_t *out)
{
    const uint8_t *p;
    if (!wisp_read_bytes(r, 4, &p))
        return false;
    *out = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    return true;
}

bool wisp_read_u64le(wisp_reader *r, uint64_t *out)
{
    uint32_t low, high;
    if (wisp_reader_left(r) < 8 || !wisp_read_u32le(r, &low) || !wisp_read_u32le(r, &high))
        return false;
    *out = (uint64_t)high << 32 | low;
    return true;
}

/*
 * Both readers below take 7 bits a byte, lowest first. The last byte that [bits] allows has
 * (bits % 7) bits of value; what lies above them must repeat the sign, or be zero.
 */
static bool read_unsigned(wisp_reader *r, unsigned bits, uint64_t *out)
{
    uint64_t value = 0;
    const uint8_t *p = r->at;
    for (unsigned shift = 0; p != r->end && shift < bits; shift += 7) {
        uint8_t byte = *p++;
        unsigned room = bits - shift;
        if (room < 7 && (byte & 0x7f) >> room)
            return false;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            r->at = p;
            *out = value;
            return true;
        }
    }
    return false;
}

static bool read_signed(wisp_reader *r, unsigned bits, int64_t *out)
{
    uint64_t value = 0;
    const uint8_t *p = r->at;
    for (unsigned shift = 0; p != r->end && shift < bits; shift += 7) {
        uint8_t byte = *p++;
        unsigned room = bits - shift;
        if (room < 7) {
            unsigned above = (byte & 0x7f) >> (room - 1);
            if (above != 0 && above != 0x7fu >> (room - 1))
                return false;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            if (shift + 7 < 64 && (byte & 0x40))
                value |= ~(uint64_t)0 << (shift + 7);
            r->at = p;
            *out = (int64_t)value;
            return true;
        }
    }
    return false;
}

bool wisp_read_long_u32(wisp_reader *r, uint32_t *out)
{
    uint64_t wide;
    if (!read_unsigned(r, 32, &wide))
        return false;
    *out = (uint32_t)wide;
    return true;
}

bool wisp_read_long_u64(wisp_reader *r, uint64_t *out)
{
    return read_unsigned(r, 64, out);
}

bool wisp_read_long_s32(wisp_reader *r, int32_t *out)
{
    int64_t wide;
    if (!read_signed(r, 32, &wide))
        return false;
    *out = (int32_t)wide;
    return true;
}

bool wisp_read_leb_s33(wisp_reader *r, int64_t *out)
{
    return read_signed(r, 33, out);
}

bool wisp_read_leb_s64(wisp_reader *r, int64_t *out)
{
    return read_signed(r, 64, out);
}
