#include "kernel.h"

#define N 150

static double a[N][N], b[N][N];

static void fill(void)
{
    for (u32 i = 0; i < N; i++) {
        for (u32 k = 0; k < N; k++) {
            a[i][k] = ((double)i * (k + 2) + 2) / N;
            b[i][k] = ((double)i * (k + 3) + 3) / N;
        }
    }
}

static void relax(double to[N][N], double from[N][N])
{
    for (u32 i = 1; i < N - 1; i++) {
        for (u32 k = 1; k < N - 1; k++)
            to[i][k] = 0.2 * (from[i][k] + from[i][k - 1] + from[i][k + 1] + from[i + 1][k] +
                              from[i - 1][k]);
    }
}

/* A stencil of five points from one grid to another. */
u32 run(u32 steps)
{
    u32 sum = 0;
    fill();
    for (u32 i = 0; i < steps; i++) {
        relax(b, a);
        relax(a, b);
        sum = bench_fold(sum, a[i % N][N / 2]);
    }
    return sum;
}
