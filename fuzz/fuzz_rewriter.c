#include "delta/rewriter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*
 * Any bytes as a module whose references are renumbered: the first byte says how. What comes
 * through on the way out is the same again after the way back, and on either way the size of
 * the pieces makes no difference.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct passage {
    uint32_t turn; /* numbers below this are exchanged with those as far above it */
    uint8_t *data;
    size_t size, room;
} passage;

static uint64_t turn(void *context, wisp_reference kind, uint64_t value)
{
    const passage *p = context;
    assert(value < wisp_reference_end(kind));
    if (value >= 2 * (uint64_t)p->turn)
        return value;
    return value < p->turn ? value + p->turn : value - p->turn;
}

static wisp_status keep(void *context, const uint8_t *data, size_t size, wisp_error *err)
{
    passage *p = context;
    (void)err;
    if (p->size + size > p->room) {
        p->room = 2 * (p->size + size);
        p->data = realloc(p->data, p->room);
        assert(p->data);
    }
    memcpy(p->data + p->size, data, size);
    p->size += size;
    return WISP_OK;
}

static wisp_status pass(passage *p, wisp_bytes in, bool to_plain, size_t piece)
{
    wisp_rewriter rw;
    wisp_error err = {0};
    wisp_status status = WISP_OK;
    wisp_rewriter_init(&rw, &(wisp_rewriter_config){to_plain, turn, keep, p});
    for (size_t at = 0; at < in.size && status == WISP_OK; at += piece) {
        size_t size = in.size - at < piece ? in.size - at : piece;
        status = wisp_rewriter_feed(&rw, in.data + at, &size, &err);
    }
    if (status == WISP_OK)
        status = wisp_rewriter_finish(&rw, &err);
    assert(status == WISP_OK || err.text[0]);
    return status;
}

static bool is_same(const passage *p, const uint8_t *data, size_t size)
{
    return p->size == size && (size == 0 || memcmp(p->data, data, size) == 0);
}

/* One way, in large pieces and in small ones. */
static wisp_status pass_twice(passage *p, wisp_bytes in, bool to_plain)
{
    passage again = *p;
    wisp_status status = pass(p, in, to_plain, 4000);
    assert(pass(&again, in, to_plain, 3) == status);
    assert(status != WISP_OK || is_same(&again, p->data, p->size));
    free(again.data);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    wisp_bytes module = {data + 1, size - 1};
    uint32_t by = (uint32_t)1 << data[0] % 27;
    passage out = {.turn = by}, back = {.turn = by}, foreign = {.turn = by};
    if (pass_twice(&out, module, false) == WISP_OK) {
        wisp_status status = pass_twice(&back, (wisp_bytes){out.data, out.size}, true);
        assert(status == WISP_OK && is_same(&back, module.data, module.size));
    }
    pass_twice(&foreign, module, true);
    free(out.data);
    free(back.data);
    free(foreign.data);
    return 0;
}
