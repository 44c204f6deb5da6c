#include "delta/format.h"

#include "base/error.h"
#include "base/reader.h"

#include <string.h>

size_t wisp_delta_number_write(uint64_t value, uint8_t out[WISP_DELTA_NUMBER_MAX])
{
    size_t size = 0;
    for (; value >= 0x80; value >>= 7)
        out[size++] = (uint8_t)(value | 0x80);
    out[size++] = (uint8_t)value;
    return size;
}

size_t wisp_delta_header_write(const wisp_delta_header *header,
                               uint8_t out[WISP_DELTA_HEADER_MAX])
{
    uint8_t *at = out;
    memcpy(at, WISP_DELTA_MAGIC, WISP_DELTA_MAGIC_SIZE);
    at += WISP_DELTA_MAGIC_SIZE;
    *at++ = WISP_DELTA_VERSION;
    *at++ = (uint8_t)header->filter;
    memcpy(at, header->base_check, WISP_DELTA_CHECK_SIZE);
    at += WISP_DELTA_CHECK_SIZE;
    memcpy(at, header->result_check, WISP_DELTA_CHECK_SIZE);
    at += WISP_DELTA_CHECK_SIZE;
    at += wisp_delta_number_write(header->base_size, at);
    at += wisp_delta_number_write(header->result_size, at);
    for (int i = 0; i < WISP_DELTA_STREAM_COUNT; i++)
        at += wisp_delta_number_write(header->stream_sizes[i], at);
    return (size_t)(at - out);
}

/* What can be said of the first bytes, before all of the header is there. */
static wisp_status read_start(wisp_bytes bytes, wisp_error *err)
{
    size_t known = bytes.size < WISP_DELTA_MAGIC_SIZE ? bytes.size : WISP_DELTA_MAGIC_SIZE;
    if (known && memcmp(bytes.data, WISP_DELTA_MAGIC, known) != 0)
        return wisp_fail_at(err, WISP_MISMATCH, 0, "this is no delta: it should begin with '%s'",
                            WISP_DELTA_MAGIC);
    if (bytes.size > 3 && bytes.data[3] != WISP_DELTA_VERSION)
        return wisp_fail_at(err, WISP_UNSUPPORTED, 3, "the delta has format %u, expected %u",
                            bytes.data[3], WISP_DELTA_VERSION);
    if (bytes.size > 4 && bytes.data[4] > WISP_DELTA_RENUMBERED)
        return wisp_fail_at(err, WISP_UNSUPPORTED, 4, "the delta has filter %u, expected 0 or 1",
                            bytes.data[4]);
    return WISP_OK;
}

wisp_status wisp_delta_header_read(wisp_bytes bytes, wisp_delta_header *out, size_t *size,
                                   wisp_error *err)
{
    wisp_reader r = wisp_reader_of(bytes);
    const uint8_t *start, *base, *result;
    *size = 0;
    wisp_status status = read_start(bytes, err);
    if (status != WISP_OK)
        return status;
    if (wisp_read_bytes(&r, WISP_DELTA_MAGIC_SIZE + 2, &start) &&
        wisp_read_bytes(&r, WISP_DELTA_CHECK_SIZE, &base) &&
        wisp_read_bytes(&r, WISP_DELTA_CHECK_SIZE, &result) &&
        wisp_read_leb_u64(&r, &out->base_size) && wisp_read_leb_u64(&r, &out->result_size) &&
        wisp_read_leb_u64(&r, &out->stream_sizes[WISP_DELTA_NUMBERS]) &&
        wisp_read_leb_u64(&r, &out->stream_sizes[WISP_DELTA_BYTES])) {
        out->filter = start[WISP_DELTA_MAGIC_SIZE + 1];
        memcpy(out->base_check, base, WISP_DELTA_CHECK_SIZE);
        memcpy(out->result_check, result, WISP_DELTA_CHECK_SIZE);
        *size = (size_t)(r.at - bytes.data);
        return WISP_OK;
    }
    if (bytes.size >= WISP_DELTA_HEADER_MAX)
        return wisp_fail(err, WISP_MALFORMED, "the header of the delta has no end");
    return WISP_OK;
}
