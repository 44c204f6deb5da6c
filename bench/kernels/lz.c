#include "kernel.h"

/* A compressor that finds what was there before, by a hash of four bytes, and its reverse. */

#define SIZE      65536
#define HASH_BITS 12
#define MATCH_MIN 4
#define MATCH_MAX (MATCH_MIN + 127)

static u8 plain[SIZE], packed[SIZE + SIZE / 64 + 16], unpacked[SIZE];
static u32 last_at[1 << HASH_BITS];

static void write_words(void)
{
    static const char *const WORDS[] = {"module ", "linear ", "memory ", "table ",
                                        "of ",     "the ",    "a ",      "function ",
                                        "trap. ",  "and ",    "stack\n"};
    u32 seed = 9, at = 0;
    while (at < SIZE) {
        const char *word = WORDS[bench_random(&seed) % (sizeof WORDS / sizeof *WORDS)];
        while (*word && at < SIZE)
            plain[at++] = (u8)*word++;
        if (at < SIZE && bench_random(&seed) % 5 == 0)
            plain[at++] = (u8)('0' + bench_random(&seed) % 10);
    }
}

static u32 hash(const u8 *at)
{
    u32 four = at[0] | (u32)at[1] << 8 | (u32)at[2] << 16 | (u32)at[3] << 24;
    return four * 2654435761u >> (32 - HASH_BITS);
}

static u32 match_len(u32 earlier, u32 at)
{
    u32 len = 0;
    while (len < MATCH_MAX && at + len < SIZE && plain[earlier + len] == plain[at + len])
        len++;
    return len;
}

/* A run of literals: its length, 1 to 127, and the bytes. */
static u32 put_literals(u32 out, u32 from, u32 to)
{
    while (from < to) {
        u32 len = to - from < 127 ? to - from : 127;
        packed[out++] = (u8)len;
        for (u32 i = 0; i < len; i++)
            packed[out++] = plain[from++];
    }
    return out;
}

/* A match: 0x80 and its length beyond the least, and how far back it is. */
static u32 put_match(u32 out, u32 len, u32 distance)
{
    packed[out++] = (u8)(0x80 | (len - MATCH_MIN));
    packed[out++] = (u8)distance;
    packed[out++] = (u8)(distance >> 8);
    return out;
}

static u32 compress(void)
{
    u32 out = 0, literals = 0, at = 0;
    for (u32 i = 0; i < sizeof last_at / sizeof *last_at; i++)
        last_at[i] = 0;
    while (at + MATCH_MIN <= SIZE) {
        u32 *slot = &last_at[hash(plain + at)];
        u32 earlier = *slot, len = at > earlier ? match_len(earlier, at) : 0;
        *slot = at;
        if (len < MATCH_MIN) {
            at++;
            continue;
        }
        out = put_literals(out, literals, at);
        out = put_match(out, len, at - earlier);
        at += len;
        literals = at;
    }
    return put_literals(out, literals, SIZE);
}

static u32 expand(u32 size)
{
    u32 out = 0;
    for (u32 at = 0; at < size;) {
        u32 token = packed[at++];
        if (token < 0x80) {
            for (u32 i = 0; i < token; i++)
                unpacked[out++] = packed[at++];
            continue;
        }
        u32 distance = packed[at] | (u32)packed[at + 1] << 8;
        at += 2;
        for (u32 i = 0; i < (token & 0x7f) + MATCH_MIN; i++, out++)
            unpacked[out] = unpacked[out - distance];
    }
    return out;
}

u32 run(u32 rounds)
{
    u32 sum = 0;
    write_words();
    for (u32 round = 0; round < rounds; round++) {
        plain[round % SIZE] ^= 1;
        u32 size = compress();
        if (expand(size) != SIZE)
            return 0;
        for (u32 i = 0; i < SIZE; i++)
            sum = sum * 31 + (unpacked[i] ^ plain[i]);
        sum = sum * 31 + size;
    }
    return sum;
}
