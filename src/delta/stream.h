#ifndef WISP_DELTA_STREAM_H
#define WISP_DELTA_STREAM_H

#include "delta/format.h"

#include <wisp/base.h>

/*
 * One of the compressed streams of a delta, decoded as it is read. The one file behind this
 * header is the only one on the device that knows the compression library (liblzma).
 *
 * It never waits: what cannot be read for want of input is read again later, when the next chunk
 * has come. Memory: that of the decoder, from the stream's allocator, all of it at once.
 */

typedef struct wisp_delta_stream wisp_delta_stream;

/* NULL if refused. */
wisp_delta_stream *wisp_delta_stream_new(const wisp_allocator *allocator);
void wisp_delta_stream_free(wisp_delta_stream *stream);

/* Where the next chunk is put, WISP_DELTA_CHUNK bytes of room; only when the last was used up. */
uint8_t *wisp_delta_stream_chunk(wisp_delta_stream *stream);
/* Says that it is there, of [size] bytes. */
void wisp_delta_stream_supply(wisp_delta_stream *stream, size_t size);

typedef enum wisp_delta_got {
    WISP_DELTA_GOT,     /* what was asked for */
    WISP_DELTA_STARVED, /* the next chunk is needed first */
    WISP_DELTA_DAMAGED  /* the input is not what a compressor writes */
} wisp_delta_got;

/* The next number. */
wisp_delta_got wisp_delta_stream_number(wisp_delta_stream *stream, uint64_t *out);

/* The next bytes, *[size] at most, in place; *[size] becomes how many there are, 1 or more. */
wisp_delta_got wisp_delta_stream_bytes(wisp_delta_stream *stream, size_t *size,
                                       const uint8_t **out);

#endif
