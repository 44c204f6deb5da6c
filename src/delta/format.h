#ifndef WISP_DELTA_FORMAT_H
#define WISP_DELTA_FORMAT_H

#include <wisp/update.h>

/*
 * What the maker and the applier of deltas agree on; docs/formats.md, "Delta", has every byte.
 *
 * Behind the header a delta is two compressed streams, one of numbers and one of bytes, cut into
 * chunks. There is nothing between chunks: the next one belongs to the stream that the applier
 * needs next, which whoever makes the delta finds out by applying it.
 */

#define WISP_DELTA_MAGIC      "wdl"
#define WISP_DELTA_MAGIC_SIZE 3
#define WISP_DELTA_VERSION    1

typedef enum wisp_delta_filter {
    WISP_DELTA_PLAIN,     /* the records make the result */
    WISP_DELTA_RENUMBERED /* they make its renumbered form (rewriter.h) */
} wisp_delta_filter;

/*
 * How much of a hash is in the delta: enough to tell a mix-up before any work. Whole hashes
 * would be the larger part of a small delta, which cannot be compressed, and say nothing that
 * the signed metadata does not.
 */
#define WISP_DELTA_CHECK_SIZE 4

typedef enum wisp_delta_stream_kind {
    WISP_DELTA_NUMBERS,
    WISP_DELTA_BYTES,
    WISP_DELTA_STREAM_COUNT
} wisp_delta_stream_kind;

#define WISP_DELTA_CHUNK 256 /* bytes; the last one of a stream may be shorter */

/* Both streams are LZMA, without a header or an end marker. */
#define WISP_DELTA_DICTIONARY 16384
#define WISP_DELTA_LC         3
#define WISP_DELTA_LP         0
#define WISP_DELTA_PB         0

typedef struct wisp_delta_header {
    wisp_delta_filter filter;
    uint8_t base_check[WISP_DELTA_CHECK_SIZE], result_check[WISP_DELTA_CHECK_SIZE];
    uint64_t base_size, result_size;
    uint64_t stream_sizes[WISP_DELTA_STREAM_COUNT]; /* compressed */
} wisp_delta_header;

/* The most and the least that a header takes. */
#define WISP_DELTA_HEADER_MAX (5 + 2 * WISP_DELTA_CHECK_SIZE + 4 * 10)

/*
 * Reads the header at the start of [bytes]; *[size] is how many bytes it takes, 0 if there must
 * be more to tell. WISP_MISMATCH if this is no delta, WISP_UNSUPPORTED, WISP_MALFORMED.
 */
wisp_status wisp_delta_header_read(wisp_bytes bytes, wisp_delta_header *out, size_t *size,
                                   wisp_error *err);

/* Writes it, and returns its size. */
size_t wisp_delta_header_write(const wisp_delta_header *header,
                               uint8_t out[WISP_DELTA_HEADER_MAX]);

/* Numbers are LEB128 of at most 64 bits. Signed ones are folded: 0, -1, 1, -2, … */
#define WISP_DELTA_NUMBER_MAX 10
size_t wisp_delta_number_write(uint64_t value, uint8_t out[WISP_DELTA_NUMBER_MAX]);

static inline uint64_t wisp_delta_fold(uint64_t difference)
{
    return difference >> 63 ? ~(difference << 1) : difference << 1;
}

static inline uint64_t wisp_delta_unfold(uint64_t folded)
{
    return folded & 1 ? ~(folded >> 1) : folded >> 1;
}

/* A run of a record: so many bytes equal to the base's, then so many that are changed. The
 * latter is in the low bits; if they are all set, what it is more than that follows. */
#define WISP_DELTA_CHANGED_BITS 2
#define WISP_DELTA_CHANGED_MASK ((1 << WISP_DELTA_CHANGED_BITS) - 1)

/* The most that a renumbering may have of intervals, for all kinds and for the locals of a body.
 */
#define WISP_DELTA_INTERVALS_MAX       1536
#define WISP_DELTA_LOCAL_INTERVALS_MAX 256

#endif
