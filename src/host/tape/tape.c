#include "host/tape/tape.h"

#include <string.h>

#include "base/memory.h"

enum { LEB_SIZE_MAX = 10 };

void wisp_tape_clear(wisp_tape *tape)
{
    tape->size = 0;
    tape->status = WISP_OK;
    tape->room = tape->capacity < tape->size_max ? tape->capacity : tape->size_max;
}

void wisp_tape_cut(wisp_tape *tape, size_t size)
{
    tape->size = size;
    if (tape->status != WISP_OK)
        tape->room = size;
}

void wisp_tape_deinit(wisp_tape *tape)
{
    wisp_free(tape->allocator, tape->data, tape->capacity);
    tape->data = NULL;
    tape->size = tape->capacity = tape->room = 0;
}

wisp_bytes wisp_tape_calls(const wisp_tape *tape)
{
    return (wisp_bytes){tape->data, tape->size};
}

/* From now on nothing fits. */
static bool refuse(wisp_tape *tape, wisp_status status)
{
    tape->status = status;
    tape->room = tape->size;
    return false;
}

static bool grow(wisp_tape *tape, size_t size)
{
    if (tape->status != WISP_OK)
        return false;
    if (size > tape->size_max - tape->size)
        return refuse(tape, WISP_LIMIT);
    if (!wisp_array_reserve(tape->allocator, &tape->data, &tape->capacity, tape->size + size, 1))
        return refuse(tape, WISP_NO_MEMORY);
    tape->room = tape->capacity < tape->size_max ? tape->capacity : tape->size_max;
    return true;
}

uint8_t *wisp_tape_reserve(wisp_tape *tape, size_t size)
{
    if (size <= tape->room - tape->size)
        return tape->data + tape->size;
    return grow(tape, size) ? tape->data + tape->size : NULL;
}

void wisp_tape_put_long(wisp_tape *tape, uint64_t value)
{
    uint8_t *start = wisp_tape_reserve(tape, LEB_SIZE_MAX), *at = start;
    if (!start)
        return;
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    tape->size += (size_t)(at - start);
}

void wisp_tape_put_s64(wisp_tape *tape, int64_t value)
{
    uint64_t bits = (uint64_t)value;
    wisp_tape_put_u64(tape, value < 0 ? ~(bits << 1) : bits << 1);
}

void wisp_tape_put_bytes(wisp_tape *tape, const void *data, size_t size)
{
    uint8_t *at = size > 0 ? wisp_tape_reserve(tape, size) : NULL;
    if (!at)
        return;
    memcpy(at, data, size);
    tape->size += size;
}

void wisp_tape_put_block(wisp_tape *tape, wisp_bytes bytes)
{
    wisp_tape_put_u64(tape, bytes.size);
    wisp_tape_put_bytes(tape, bytes.data, bytes.size);
}

bool wisp_tape_read_s64(wisp_reader *r, int64_t *out)
{
    uint64_t bits;
    if (!wisp_read_leb_u64(r, &bits))
        return false;
    *out = (int64_t)(bits & 1 ? ~(bits >> 1) : bits >> 1);
    return true;
}

bool wisp_tape_read_block(wisp_reader *r, wisp_bytes *out)
{
    const uint8_t *start = r->at;
    uint64_t size;
    if (!wisp_read_leb_u64(r, &size) || size > wisp_reader_left(r)) {
        r->at = start;
        return false;
    }
    out->size = (size_t)size;
    return wisp_read_bytes(r, out->size, &out->data);
}
