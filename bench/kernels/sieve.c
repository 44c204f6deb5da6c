#include "kernel.h"

#define LIMIT 1000000

static u8 is_composite[LIMIT];

static u32 count_primes(void)
{
    u32 primes = 0;
    for (u32 i = 0; i < LIMIT; i++)
        is_composite[i] = 0;
    for (u32 i = 2; i < LIMIT; i++) {
        if (is_composite[i])
            continue;
        primes++;
        for (u64 k = (u64)i * i; k < LIMIT; k += i)
            is_composite[k] = 1;
    }
    return primes;
}

/* Byte stores with growing strides. */
u32 run(u32 rounds)
{
    u32 sum = 0;
    for (u32 i = 0; i < rounds; i++)
        sum = sum * 31 + count_primes();
    return sum;
}
