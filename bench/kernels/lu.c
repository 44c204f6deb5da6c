#include "kernel.h"

#define N 120

static double a[N][N];

/* Diagonally dominant, so that no pivot is small. */
static void fill(u32 round)
{
    for (u32 i = 0; i < N; i++) {
        for (u32 k = 0; k < N; k++)
            a[i][k] = (double)((i * k + round) % N) / N;
        a[i][i] += N;
    }
}

static void decompose(void)
{
    for (u32 i = 0; i < N; i++) {
        for (u32 k = 0; k < i; k++) {
            for (u32 m = 0; m < k; m++)
                a[i][k] -= a[i][m] * a[m][k];
            a[i][k] /= a[k][k];
        }
        for (u32 k = i; k < N; k++) {
            for (u32 m = 0; m < i; m++)
                a[i][k] -= a[i][m] * a[m][k];
        }
    }
}

/* Triangular loops: the decomposition A = L U. */
u32 run(u32 rounds)
{
    u32 sum = 0;
    for (u32 i = 0; i < rounds; i++) {
        fill(i);
        decompose();
        sum = bench_fold(sum, a[N - 1][N - 1]);
    }
    return sum;
}
