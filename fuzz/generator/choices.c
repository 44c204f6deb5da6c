#include "state.h"

#include <string.h>

static uint8_t take(generator *g)
{
    return g->taken < g->choices.size ? g->choices.data[g->taken++] : 0;
}

uint32_t pick(generator *g, uint32_t count)
{
    return count > 1 ? take(g) % count : 0;
}

bool once_in(generator *g, uint32_t count)
{
    return pick(g, count) == count - 1;
}

bool is_exhausted(const generator *g)
{
    return g->taken >= g->choices.size;
}

bool has(const generator *g, uint32_t feature)
{
    return (g->features & feature) != 0;
}

uint64_t pick_number(generator *g)
{
    static const uint64_t EDGES[] = {
        0,
        1,
        UINT64_MAX,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        0x8000,
        0x7f,
        0x80,
        0x7fffffffffffffff,
        0x8000000000000000,
        0xffff,
        0x3f800000,
        0x7f800000,
        0x7fc00000,
        0x3ff0000000000000,
        0x7ff0000000000000,
        0x4330000000000000,
        0xbf000000,
        0x00000001,
        0x4f000000,
        0xc3e0000000000000,
        0x41dfffffffc00000,
        0xff800000,
    };
    if (pick(g, 2) == 0)
        return EDGES[pick(g, sizeof EDGES / sizeof *EDGES)];
    uint64_t number = 0;
    for (uint32_t i = pick(g, 9); i > 0; i--)
        number = number << 8 | take(g);
    return number;
}

uint8_t pick_type(generator *g)
{
    static const uint8_t TYPES[] = {I32, I64, I32, F32, F64, I64, I32, FUNCREF, EXTERNREF};
    if (has(g, WISP_FEATURE_SIMD) && pick(g, 6) == 5)
        return V128;
    uint32_t count = has(g, WISP_FEATURE_REFERENCE_TYPES) ? sizeof TYPES : sizeof TYPES - 2;
    return TYPES[pick(g, count)];
}
