#include "kernel.h"

#define SIZE 65536

static u8 from[SIZE], to[SIZE];

/* Many small pieces, as strings and messages are copied. */
static void copy_pieces(u32 seed)
{
    for (u32 i = 0; i < 600; i++) {
        u32 size = 8 + bench_random(&seed) % 120;
        u32 at = bench_random(&seed) % (SIZE - 128);
        __builtin_memcpy(to + at, from + SIZE - 128 - at, size);
    }
}

static void move_and_fill(u32 round)
{
    __builtin_memcpy(to, from, SIZE);
    __builtin_memmove(to + 1, to, SIZE - 1 - round % 64);
    __builtin_memset(from + round % 1024, (int)round, 1024);
}

static u32 find(u8 byte)
{
    u32 at = 0;
    while (at < SIZE && to[at] != byte)
        at++;
    return at;
}

static u32 count_equal(void)
{
    u32 equal = 0;
    for (u32 i = 0; i < SIZE; i++)
        equal += from[i] == to[i];
    return equal;
}

static void swap_words(void)
{
    u32 *low = (u32 *)(void *)to, *high = low + SIZE / sizeof(u32);
    while (low < --high) {
        u32 word = *low;
        *low++ = *high;
        *high = word;
    }
}

/* Copies, fills and scans of bytes: library functions where the target has them. */
u32 run(u32 rounds)
{
    u32 sum = 0, seed = 5;
    for (u32 i = 0; i < SIZE; i++)
        from[i] = (u8)(bench_random(&seed) & 0x7f);
    for (u32 i = 0; i < rounds; i++) {
        move_and_fill(i);
        copy_pieces(i);
        sum = sum * 31 + find((u8)(0x80 | i));
        sum = sum * 31 + count_equal();
        swap_words();
        sum = sum * 31 + to[i % SIZE];
    }
    return sum;
}
