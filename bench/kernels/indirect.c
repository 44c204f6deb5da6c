#include "kernel.h"

static u32 add(u32 x)
{
    return x + 0x9e3779b9u;
}

static u32 twist(u32 x)
{
    return x << 5 ^ x >> 3;
}

static u32 scale(u32 x)
{
    return x * 2654435761u;
}

static u32 flip(u32 x)
{
    return ~x;
}

static u32 (*volatile const functions[4])(u32) = {add, twist, scale, flip};

/* Calls through pointers that change with the data. */
u32 run(u32 rounds)
{
    u32 x = 1;
    for (u32 i = 0; i < rounds; i++)
        x = functions[(x >> 7 ^ i) & 3](x);
    return x;
}
