#ifndef WISP_LOCAL_PACKET_H
#define WISP_LOCAL_PACKET_H

#include <wisp/base.h>

/*
 * What goes over a local socket, either way: a head of fixed size, a JSON object, and
 * the bytes of a module or a patch, which answers do not have. docs/formats.md has the bytes.
 */

#define WISP_PACKET_HEAD_SIZE   16u
#define WISP_PACKET_REQUEST_MAX 4096u      /* bytes of the JSON of a request */
#define WISP_PACKET_ANSWER_MAX  (4u << 20) /* of an answer */

typedef struct wisp_packet {
    uint32_t text_size, payload_size;
} wisp_packet;

void wisp_packet_write(const wisp_packet *packet, uint8_t head[WISP_PACKET_HEAD_SIZE]);

/* WISP_MALFORMED for what is no head, or has more text than [text_max]; WISP_UNSUPPORTED for
 * another format. */
wisp_status wisp_packet_read(const uint8_t head[WISP_PACKET_HEAD_SIZE], uint32_t text_max,
                             wisp_packet *out, wisp_error *err);

#endif
