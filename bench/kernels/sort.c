#include "kernel.h"

#define LEN 60000

static u32 items[LEN];

static void sort(u32 *from, u32 *to)
{
    while (to - from > 1) {
        u32 pivot = from[(to - from) / 2];
        u32 *low = from, *high = to - 1;
        while (low <= high) {
            while (*low < pivot)
                low++;
            while (*high > pivot)
                high--;
            if (low > high)
                break;
            u32 item = *low;
            *low++ = *high;
            *high-- = item;
        }
        sort(from, high + 1);
        from = low;
    }
}

/* Data-dependent branches: quicksort of random numbers. */
u32 run(u32 rounds)
{
    u32 sum = 0;
    for (u32 round = 0; round < rounds; round++) {
        u32 seed = round + 7;
        for (u32 i = 0; i < LEN; i++)
            items[i] = bench_random(&seed);
        sort(items, items + LEN);
        for (u32 i = 1; i < LEN; i++)
            sum = sum * 31 + (items[i] - items[i - 1]);
    }
    return sum;
}
