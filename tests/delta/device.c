#include "device.h"

#include "base/error.h"
#include "base/memory.h"
#include "trust/crypto.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void *allocate(void *user, void *old, size_t old_size, size_t new_size)
{
    delta_device *d = user;
    if (new_size && ++d->allocations == d->failing_allocation)
        return NULL;
    d->held += new_size - old_size;
    if (d->held > d->held_most)
        d->held_most = d->held;
    return wisp_allocator_default.alloc(wisp_allocator_default.user, old, old_size, new_size);
}

static wisp_status read_base(void *context, void *into, size_t size, uint64_t offset,
                             wisp_error *err)
{
    delta_device *d = context;
    assert(size > 0 && offset <= d->base.size && size <= d->base.size - offset);
    if (++d->reads == d->failing_read)
        return wisp_fail(err, WISP_IO, "the base cannot be read");
    memcpy(into, d->base.data + offset, size);
    return WISP_OK;
}

static wisp_status take(void *context, const void *data, size_t size, wisp_error *err)
{
    delta_device *d = context;
    assert(size > 0);
    if (++d->sinks == d->failing_sink)
        return wisp_fail(err, WISP_LIMIT, "the disk is full");
    if (d->size + size > d->room) {
        d->room = 2 * (d->size + size);
        d->result = realloc(d->result, d->room);
        assert(d->result);
    }
    memcpy(d->result + d->size, data, size);
    d->size += size;
    return WISP_OK;
}

void delta_device_init(delta_device *d, wisp_bytes base, wisp_bytes result)
{
    *d = (delta_device){.base = base, .allocator = {allocate, d}};
    d->config = (wisp_delta_config){.allocator = &d->allocator,
                                    .base_size = base.size,
                                    .result_size = result.size,
                                    .read_base = read_base,
                                    .sink = take,
                                    .context = d};
    bool hashed =
        wisp_sha256(base, &d->config.base_hash) && wisp_sha256(result, &d->config.result_hash);
    assert(hashed);
    (void)hashed;
}

void delta_device_deinit(delta_device *d)
{
    assert(d->held == 0);
    free(d->result);
    *d = (delta_device){0};
}

wisp_status delta_device_apply(delta_device *d, wisp_bytes delta, size_t piece, wisp_error *err)
{
    wisp_delta_apply *apply;
    d->size = 0;
    wisp_status status = wisp_delta_apply_new(&d->config, &apply, err);
    if (status != WISP_OK)
        return status;
    for (size_t at = 0; at < delta.size && status == WISP_OK; at += piece) {
        size_t left = delta.size - at;
        status = wisp_delta_apply_feed(apply, delta.data + at, left < piece ? left : piece, err);
    }
    if (status == WISP_OK)
        status = wisp_delta_apply_finish(apply, err);
    wisp_delta_apply_free(apply);
    return status;
}

bool delta_device_has(const delta_device *d, wisp_bytes result)
{
    return d->size == result.size &&
           (d->size == 0 || memcmp(d->result, result.data, d->size) == 0);
}
