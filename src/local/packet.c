#include "local/packet.h"

#include "base/error.h"
#include "base/reader.h"

#include <string.h>

#define FORMAT 1

static const uint8_t MAGIC[4] = {'w', 'm', 'n', 'g'};

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        *at++ = (uint8_t)(value >> 8 * i);
    return at;
}

void wisp_packet_write(const wisp_packet *packet, uint8_t head[WISP_PACKET_HEAD_SIZE])
{
    memcpy(head, MAGIC, sizeof MAGIC);
    uint8_t *at = put_u32(head + sizeof MAGIC, FORMAT);
    at = put_u32(at, packet->text_size);
    put_u32(at, packet->payload_size);
}

wisp_status wisp_packet_read(const uint8_t head[WISP_PACKET_HEAD_SIZE], uint32_t text_max,
                             wisp_packet *out, wisp_error *err)
{
    wisp_reader r = wisp_reader_of((wisp_bytes){head, WISP_PACKET_HEAD_SIZE});
    const uint8_t *magic;
    uint32_t format = 0;
    bool is_whole = wisp_read_bytes(&r, sizeof MAGIC, &magic) && wisp_read_u32le(&r, &format) &&
                    wisp_read_u32le(&r, &out->text_size) &&
                    wisp_read_u32le(&r, &out->payload_size);
    if (!is_whole || memcmp(magic, MAGIC, sizeof MAGIC) != 0)
        return wisp_fail_at(err, WISP_MALFORMED, 0, "no packet: it does not begin with 'wmng'");
    if (format != FORMAT)
        return wisp_fail_at(err, WISP_UNSUPPORTED, 4, "format %u, expected %u", (unsigned)format,
                            (unsigned)FORMAT);
    if (out->text_size > text_max)
        return wisp_fail_at(err, WISP_MALFORMED, 8, "%u bytes of JSON, expected at most %u",
                            (unsigned)out->text_size, (unsigned)text_max);
    return WISP_OK;
}
