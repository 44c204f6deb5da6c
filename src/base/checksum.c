#include "base/checksum.h"

#include <string.h>

enum { WORD = 8 };

/* Written out so that compilers see the one load that it is. */
static uint64_t word_at(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

static uint64_t stir(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ sum >> 32;
}

uint64_t wisp_checksum(wisp_bytes bytes)
{
    uint64_t sum = 0;
    uint8_t last[WORD] = {0};
    size_t rest = bytes.size % WORD;
    for (size_t i = 0; i < bytes.size - rest; i += WORD)
        sum = stir(sum, word_at(bytes.data + i));
    if (rest > 0)
        memcpy(last, bytes.data + bytes.size - rest, rest);
    return stir(sum, word_at(last));
}
