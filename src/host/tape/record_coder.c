#include "host/tape/record_coder.h"

#include <string.h>

#include "base/memory.h"

enum { SAME_MIN = 3 }; /* fewer equal bytes between others do not pay for their two lengths */

void wisp_coder_deinit(wisp_coder *coder)
{
    for (int i = 0; i < WISP_CODER_SLOTS; i++) {
        wisp_free(coder->allocator, coder->slots[i].data, coder->slots[i].capacity);
        coder->slots[i].data = NULL;
        coder->slots[i].size = coder->slots[i].capacity = 0;
    }
}

static wisp_bytes last_of(const wisp_coder *coder, uint32_t slot)
{
    return (wisp_bytes){coder->slots[slot].data, coder->slots[slot].size};
}

static bool keep(wisp_coder *coder, uint32_t slot, wisp_bytes record)
{
    size_t size = record.size < WISP_CODER_KEPT_MAX ? record.size : WISP_CODER_KEPT_MAX;
    if (!wisp_array_reserve(coder->allocator, &coder->slots[slot].data,
                            &coder->slots[slot].capacity, size, 1))
        return false;
    if (size > 0)
        memcpy(coder->slots[slot].data, record.data, size);
    coder->slots[slot].size = size;
    return true;
}

/* How many bytes from [at] on are as in [last]: eight at a time, as most of them are. */
static size_t same_from(wisp_bytes last, wisp_bytes record, size_t at)
{
    uint64_t theirs, ours;
    size_t end = at, size = record.size < last.size ? record.size : last.size;
    for (; end < size && size - end >= sizeof ours; end += sizeof ours) {
        memcpy(&theirs, last.data + end, sizeof theirs);
        memcpy(&ours, record.data + end, sizeof ours);
        if (theirs != ours)
            break;
    }
    while (end < size && record.data[end] == last.data[end])
        end++;
    return end - at;
}

/* How many bytes from [at] on are new, up to some that are not and pay. */
static size_t new_from(wisp_bytes last, wisp_bytes record, size_t at)
{
    size_t same = 0, end = at;
    for (; end < record.size && same < SAME_MIN; end++)
        same = end < last.size && record.data[end] == last.data[end] ? same + 1 : 0;
    return same == SAME_MIN ? end - SAME_MIN - at : record.size - at;
}

bool wisp_coder_encode(wisp_coder *coder, uint32_t slot, wisp_bytes record, wisp_tape *out)
{
    wisp_bytes last = last_of(coder, slot);
    uint8_t first = (uint8_t)slot;
    wisp_tape_put_bytes(out, &first, 1);
    wisp_tape_put_u64(out, record.size);
    for (size_t at = 0; at < record.size;) {
        size_t same = same_from(last, record, at);
        wisp_tape_put_u64(out, same);
        at += same;
        if (at == record.size)
            break;
        size_t len = new_from(last, record, at);
        wisp_tape_put_block(out, (wisp_bytes){record.data + at, len});
        at += len;
    }
    return keep(coder, slot, record);
}

/* The bytes of a record of [size] bytes, after what says so. */
static bool decode(wisp_bytes last, wisp_reader *r, size_t size, wisp_tape *out)
{
    size_t start = out->size;
    while (out->size - start < size) {
        size_t at = out->size - start;
        uint64_t same;
        wisp_bytes news;
        if (!wisp_read_leb_u64(r, &same) || same > size - at ||
            (same > 0 && (at > last.size || same > last.size - at)))
            return false;
        if (same > 0)
            wisp_tape_put_bytes(out, last.data + at, (size_t)same);
        at += (size_t)same;
        if (at == size || out->status != WISP_OK)
            break;
        if (!wisp_tape_read_block(r, &news) || news.size == 0 || news.size > size - at)
            return false;
        wisp_tape_put_bytes(out, news.data, news.size);
        if (out->status != WISP_OK)
            break;
    }
    return out->status == WISP_OK;
}

wisp_status wisp_coder_decode(wisp_coder *coder, wisp_reader *r, wisp_tape *out)
{
    uint8_t slot;
    uint64_t size;
    size_t start = out->size;
    /* No record is longer than what is there and what is kept: so nothing is reserved that
     * does not come. */
    if (!wisp_read_u8(r, &slot) || slot >= WISP_CODER_SLOTS || !wisp_read_leb_u64(r, &size) ||
        size == 0 || size > wisp_reader_left(r) + WISP_CODER_KEPT_MAX ||
        !decode(last_of(coder, slot), r, (size_t)size, out))
        return out->status != WISP_OK ? out->status : WISP_MALFORMED;
    wisp_bytes record = {out->data + start, out->size - start};
    return keep(coder, slot, record) ? WISP_OK : WISP_NO_MEMORY;
}
