#include "delta/stream.h"

#include "base/memory.h"

#include <lzma.h>

enum { ROOM = 512, NUMBER_BITS = 64 };

struct wisp_delta_stream {
    const wisp_allocator *allocator;
    lzma_allocator hook;
    lzma_stream lzma;
    uint64_t number; /* what has come of one */
    uint32_t number_bits;
    uint32_t at, size; /* of the decoded bytes: read up to here, and there */
    uint8_t chunk[WISP_DELTA_CHUNK];
    uint8_t decoded[ROOM];
};

/* liblzma frees without telling the size; it is kept before the block. */
typedef union block_head {
    size_t size;
    max_align_t align;
} block_head;

static void *hook_alloc(void *user, size_t count, size_t size)
{
    const wisp_allocator *allocator = user;
    if (size && count > (SIZE_MAX - sizeof(block_head)) / size)
        return NULL;
    size_t whole = count * size + sizeof(block_head);
    block_head *head = wisp_realloc(allocator, NULL, 0, whole);
    if (!head)
        return NULL;
    head->size = whole;
    return head + 1;
}

static void hook_free(void *user, void *block)
{
    if (!block)
        return;
    block_head *head = (block_head *)block - 1;
    wisp_free(user, head, head->size);
}

wisp_delta_stream *wisp_delta_stream_new(const wisp_allocator *allocator)
{
    lzma_options_lzma options = {.dict_size = WISP_DELTA_DICTIONARY,
                                 .lc = WISP_DELTA_LC,
                                 .lp = WISP_DELTA_LP,
                                 .pb = WISP_DELTA_PB};
    lzma_filter filters[] = {{LZMA_FILTER_LZMA1, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    wisp_delta_stream *s = wisp_alloc(allocator, 1, sizeof *s);
    if (!s)
        return NULL;
    s->allocator = allocator;
    s->hook = (lzma_allocator){hook_alloc, hook_free, (void *)(uintptr_t)allocator};
    s->lzma = (lzma_stream)LZMA_STREAM_INIT;
    s->lzma.allocator = &s->hook;
    if (lzma_raw_decoder(&s->lzma, filters) != LZMA_OK) {
        wisp_delta_stream_free(s);
        return NULL;
    }
    return s;
}

void wisp_delta_stream_free(wisp_delta_stream *s)
{
    if (!s)
        return;
    lzma_end(&s->lzma);
    wisp_free(s->allocator, s, sizeof *s);
}

uint8_t *wisp_delta_stream_chunk(wisp_delta_stream *s)
{
    return s->chunk;
}

void wisp_delta_stream_supply(wisp_delta_stream *s, size_t size)
{
    s->lzma.next_in = s->chunk;
    s->lzma.avail_in = size;
}

/* Decodes some bytes, if all that were there have been read. Ends, if ever, with the
 * result's last byte: a stream that says that it ends is damaged. */
static wisp_delta_got refill(wisp_delta_stream *s)
{
    if (s->at < s->size)
        return WISP_DELTA_GOT;
    s->lzma.next_out = s->decoded;
    s->lzma.avail_out = sizeof s->decoded;
    lzma_ret ret = lzma_code(&s->lzma, LZMA_RUN);
    s->at = 0;
    s->size = (uint32_t)(sizeof s->decoded - s->lzma.avail_out);
    if (s->size)
        return WISP_DELTA_GOT;
    return ret == LZMA_OK || ret == LZMA_BUF_ERROR ? WISP_DELTA_STARVED : WISP_DELTA_DAMAGED;
}

wisp_delta_got wisp_delta_stream_number(wisp_delta_stream *s, uint64_t *out)
{
    wisp_delta_got got;
    while ((got = refill(s)) == WISP_DELTA_GOT) {
        uint8_t byte = s->decoded[s->at++];
        if (s->number_bits + 7 > NUMBER_BITS && byte > 1)
            return WISP_DELTA_DAMAGED;
        s->number |= (uint64_t)(byte & 0x7f) << s->number_bits;
        s->number_bits += 7;
        if (byte < 0x80) {
            *out = s->number;
            s->number = 0;
            s->number_bits = 0;
            return WISP_DELTA_GOT;
        }
    }
    return got;
}

wisp_delta_got wisp_delta_stream_bytes(wisp_delta_stream *s, size_t *size, const uint8_t **out)
{
    wisp_delta_got got = refill(s);
    if (got != WISP_DELTA_GOT)
        return got;
    if (*size > s->size - s->at)
        *size = s->size - s->at;
    *out = s->decoded + s->at;
    s->at += (uint32_t)*size;
    return WISP_DELTA_GOT;
}
