#include "kernel.h"

#define LEN 8

/* How often a prefix must be turned around until the first number is 0. */
static u32 count_flips(const u8 *permutation)
{
    u8 now[LEN];
    u32 flips = 0;
    for (u32 i = 0; i < LEN; i++)
        now[i] = permutation[i];
    for (u32 first; (first = now[0]) != 0; flips++) {
        for (u32 low = 0, high = first; low < high; low++, high--) {
            u8 number = now[low];
            now[low] = now[high];
            now[high] = number;
        }
    }
    return flips;
}

/* Rotates the first [len] numbers by one. */
static void rotate(u8 *permutation, u32 len)
{
    u8 first = permutation[0];
    for (u32 i = 0; i + 1 < len; i++)
        permutation[i] = permutation[i + 1];
    permutation[len - 1] = first;
}

/* Visits all permutations; the most flips and an alternating sum of them. */
static u32 visit(void)
{
    u8 permutation[LEN];
    u32 turns[LEN + 1] = {0}, most = 0, sum = 0, sign = 1;
    for (u32 i = 0; i < LEN; i++)
        permutation[i] = (u8)i;
    for (u32 len = 2; len <= LEN;) {
        u32 flips = count_flips(permutation);
        most = flips > most ? flips : most;
        sum += sign * flips;
        sign = 0 - sign;
        for (len = 2; len <= LEN; len++) {
            rotate(permutation, len);
            if (++turns[len] < len)
                break;
            turns[len] = 0;
        }
    }
    return sum * 64 + most;
}

/* Permutations of small arrays of bytes. */
u32 run(u32 rounds)
{
    u32 sum = 0;
    for (u32 i = 0; i < rounds; i++)
        sum = sum * 31 + visit();
    return sum;
}
