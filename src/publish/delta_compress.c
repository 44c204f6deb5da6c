#include "publish/delta_compress.h"

#include "base/error.h"
#include "delta/format.h"

#include <lzma.h>

enum { PIECE = 4096, DEPTH = 1000 /* of the search for matches: as good as it gets */ };

/* Runs the encoder to its end. */
static lzma_ret encode(lzma_stream *lzma, wisp_delta_buffer *out)
{
    uint8_t piece[PIECE];
    lzma_ret ret;
    do {
        lzma->next_out = piece;
        lzma->avail_out = sizeof piece;
        ret = lzma_code(lzma, LZMA_FINISH);
        if (!wisp_delta_buffer_add(out, piece, sizeof piece - lzma->avail_out))
            return LZMA_MEM_ERROR;
    } while (ret == LZMA_OK);
    return ret;
}

wisp_status wisp_delta_compress(wisp_bytes bytes, wisp_delta_buffer *out, wisp_error *err)
{
    lzma_options_lzma options = {.dict_size = WISP_DELTA_DICTIONARY,
                                 .lc = WISP_DELTA_LC,
                                 .lp = WISP_DELTA_LP,
                                 .pb = WISP_DELTA_PB,
                                 .mode = LZMA_MODE_NORMAL,
                                 .nice_len = 273,
                                 .mf = LZMA_MF_BT4,
                                 .depth = DEPTH};
    lzma_filter filters[] = {{LZMA_FILTER_LZMA1EXT, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    lzma_stream lzma = LZMA_STREAM_INIT;
    lzma.next_in = bytes.data;
    lzma.avail_in = bytes.size;
    lzma_ret ret = lzma_raw_encoder(&lzma, filters);
    if (ret == LZMA_OK)
        ret = encode(&lzma, out);
    lzma_end(&lzma);
    return ret == LZMA_STREAM_END ? WISP_OK : wisp_fail_memory(err, bytes.size);
}
