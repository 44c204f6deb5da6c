#include "kernel.h"

#define SIZE 160

static int a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

static void fill(u32 seed)
{
    for (u32 i = 0; i < SIZE; i++) {
        for (u32 k = 0; k < SIZE; k++) {
            a[i][k] = (int)(bench_random(&seed) & 255);
            b[i][k] = (int)(bench_random(&seed) & 255);
        }
    }
}

static void multiply(void)
{
    for (u32 i = 0; i < SIZE; i++) {
        for (u32 k = 0; k < SIZE; k++) {
            int sum = 0;
            for (u32 m = 0; m < SIZE; m++)
                sum += a[i][m] * b[m][k];
            c[i][k] = sum;
        }
    }
}

/* Two-dimensional addressing: products of integer matrices. */
u32 run(u32 rounds)
{
    u32 sum = 0;
    for (u32 round = 0; round < rounds; round++) {
        fill(round + 1);
        multiply();
        for (u32 i = 0; i < SIZE; i++)
            sum = sum * 31 + (u32)c[i][SIZE - 1 - i];
    }
    return sum;
}
