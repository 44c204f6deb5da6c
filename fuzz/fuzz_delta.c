#include "delta/apply.h"
#include "delta/format.h"
#include "generator/generator.h"
#include "publish/delta.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*
 * The first byte says what the rest is:
 *
 *     even    a delta that somebody sent: filter, sizes of the result (2 bytes) and of the first
 *             stream (2), and the chunks. The header is made right, since no fuzzer would guess
 * it; any chunks are streams of something odd     two modules, half of the bytes each (choices of
 * the generator, or with the next bit any bytes): the delta between them makes the second of the
 * first
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A device, and a sum over what it has made. */
typedef struct device {
    wisp_bytes base;
    const uint8_t *expected; /* NULL if anything may come */
    uint64_t made, made_max, sum;
    size_t held;
} device;

static void *allocate(void *user, void *old, size_t old_size, size_t new_size)
{
    device *d = user;
    d->held += new_size - old_size;
    assert(d->held < WISP_DELTA_MEMORY_MAX);
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, new_size);
}

static wisp_status read_base(void *context, void *into, size_t size, uint64_t offset,
                             wisp_error *err)
{
    const device *d = context;
    (void)err;
    assert(offset <= d->base.size && size <= d->base.size - offset);
    memcpy(into, d->base.data + offset, size);
    return WISP_OK;
}

static wisp_status take(void *context, const void *data, size_t size, wisp_error *err)
{
    device *d = context;
    (void)err;
    assert(size > 0 && size <= d->made_max - d->made);
    assert(!d->expected || memcmp(d->expected + d->made, data, size) == 0);
    for (size_t i = 0; i < size; i++)
        d->sum = d->sum * 31 + ((const uint8_t *)data)[i];
    d->made += size;
    return WISP_OK;
}

static wisp_status apply(device *d, wisp_bytes delta, size_t piece)
{
    wisp_allocator allocator = {allocate, d};
    wisp_delta_config config = {.allocator = &allocator,
                                .base_size = d->base.size,
                                .result_is_unknown = true,
                                .read_base = read_base,
                                .sink = take,
                                .context = d};
    wisp_delta_apply *applier;
    wisp_error err = {0};
    memcpy(config.base_hash.bytes, delta.data + 5, WISP_DELTA_CHECK_SIZE);
    wisp_status status = wisp_delta_apply_new(&config, &applier, &err);
    for (size_t at = 0; at < delta.size && status == WISP_OK; at += piece)
        status = wisp_delta_apply_feed(applier, delta.data + at,
                                       delta.size - at < piece ? delta.size - at : piece, &err);
    if (status == WISP_OK)
        status = wisp_delta_apply_finish(applier, &err);
    assert(status == WISP_OK || err.text[0]);
    wisp_delta_apply_free(applier);
    assert(d->held == 0);
    return status;
}

/* A module that foreign deltas are for: that of no choices at all. */
static wisp_bytes plain_module(void)
{
    return generator_module((wisp_bytes){(const uint8_t *)"", 0}, wisp_features_built_in());
}

static void apply_foreign(const uint8_t *data, size_t size)
{
    enum { PREFIX = 5 };
    if (size < PREFIX)
        return;
    wisp_bytes base = plain_module();
    size_t chunks = size - PREFIX, first = data[3] | (size_t)data[4] << 8;
    if (first > chunks)
        first = chunks;
    wisp_delta_header header = {.filter = data[0] & 1 ? WISP_DELTA_RENUMBERED : WISP_DELTA_PLAIN,
                                .base_size = base.size,
                                .result_size = data[1] | (uint64_t)data[2] << 8,
                                .stream_sizes = {first, chunks - first}};
    uint8_t *delta = malloc(WISP_DELTA_HEADER_MAX + chunks);
    assert(delta);
    size_t start = wisp_delta_header_write(&header, delta);
    memcpy(delta + start, data + PREFIX, chunks);
    device whole = {.base = base, .made_max = header.result_size}, pieces = whole;
    wisp_status status = apply(&whole, (wisp_bytes){delta, start + chunks}, start + chunks);
    assert(apply(&pieces, (wisp_bytes){delta, start + chunks}, 3) == status);
    assert(whole.made == pieces.made && whole.sum == pieces.sum);
    free(delta);
    free((void *)base.data);
}

/* Half of the input, as it is or as choices. To be freed by free. */
static wisp_bytes half(const uint8_t *data, size_t size, bool is_any)
{
    if (!is_any)
        return generator_module((wisp_bytes){data, size}, wisp_features_built_in());
    uint8_t *copy = malloc(size ? size : 1);
    assert(copy);
    memcpy(copy, data, size);
    return (wisp_bytes){copy, size};
}

static void make_and_apply(const uint8_t *data, size_t size, bool is_any)
{
    wisp_bytes base = half(data, size / 2, is_any);
    wisp_bytes result = half(data + size / 2, size - size / 2, is_any);
    wisp_delta delta;
    wisp_error err;
    assert(wisp_delta_make(NULL, base, result, &delta, &err) == WISP_OK);
    device d = {.base = base, .made_max = result.size, .expected = result.data};
    assert(apply(&d, delta.bytes, delta.bytes.size) == WISP_OK && d.made == result.size);
    wisp_delta_free(NULL, &delta);
    free((void *)base.data);
    free((void *)result.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] & 1)
        make_and_apply(data + 1, size - 1, data[0] & 2);
    else
        apply_foreign(data + 1, size - 1);
    return 0;
}
