#include "kernel.h"

#define N 120

static double a[N][N];

static void fill(void)
{
    for (u32 i = 0; i < N; i++) {
        for (u32 k = 0; k < N; k++)
            a[i][k] = ((double)i * (k + 2) + 2) / N;
    }
}

static void relax(void)
{
    for (u32 i = 1; i < N - 1; i++) {
        for (u32 k = 1; k < N - 1; k++)
            a[i][k] = (a[i - 1][k - 1] + a[i - 1][k] + a[i - 1][k + 1] + a[i][k - 1] + a[i][k] +
                       a[i][k + 1] + a[i + 1][k - 1] + a[i + 1][k] + a[i + 1][k + 1]) /
                      9.0;
    }
}

/* A stencil of nine points in place, each of which waits for the one before. */
u32 run(u32 steps)
{
    u32 sum = 0;
    fill();
    for (u32 i = 0; i < steps; i++) {
        relax();
        sum = bench_fold(sum, a[i % N][N / 2]);
    }
    return sum;
}
