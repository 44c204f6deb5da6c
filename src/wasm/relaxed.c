#include "wasm/relaxed.h"

/* For callers that are not faster with them in place (builds for size). */
extern inline uint64_t wisp_relaxed_get(const uint8_t *p, size_t size);
extern inline void wisp_relaxed_put(uint8_t *p, size_t size, uint64_t value);

uint64_t wisp_relaxed_get_bytes(const uint8_t *p, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)WISP_RELAXED_GET(uint8_t, p + i) << (8 * i);
    return value;
}

void wisp_relaxed_put_bytes(uint8_t *p, size_t size, uint64_t value)
{
    for (size_t i = 0; i < size; i++)
        WISP_RELAXED_PUT(uint8_t, p + i, value >> (8 * i));
}

enum { WORD = sizeof(uint64_t) };

/* How many bytes may go at once with [left] to go: a word where both places are aligned. */
static size_t step(const uint8_t *to, const uint8_t *from, size_t left)
{
    return left >= WORD && (uintptr_t)to % WORD == 0 && (uintptr_t)from % WORD == 0 ? WORD : 1;
}

static void copy(uint8_t *to, const uint8_t *from, size_t size)
{
    wisp_relaxed_put(to, size, wisp_relaxed_get(from, size));
}

static void move_up(uint8_t *to, const uint8_t *from, size_t size)
{
    for (size_t at = 0, n; at < size; at += n) {
        n = step(to + at, from + at, size - at);
        copy(to + at, from + at, n);
    }
}

/* From the end, where [to] lies above [from] and may overlap it. */
static void move_down(uint8_t *to, const uint8_t *from, size_t size)
{
    for (size_t left = size, n; left > 0; left -= n) {
        n = left >= WORD ? step(to + left - WORD, from + left - WORD, left) : 1;
        copy(to + left - n, from + left - n, n);
    }
}

void wisp_relaxed_move(uint8_t *to, const uint8_t *from, size_t size)
{
    if ((uintptr_t)to <= (uintptr_t)from)
        move_up(to, from, size);
    else
        move_down(to, from, size);
}

void wisp_relaxed_set(uint8_t *to, uint8_t value, size_t size)
{
    for (size_t at = 0, n; at < size; at += n) {
        n = step(to + at, to + at, size - at);
        wisp_relaxed_put(to + at, n, value * (uint64_t)0x0101010101010101);
    }
}
