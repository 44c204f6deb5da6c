#include "kernel.h"

#define N 120

static double a[N][N], b[N][N], c[N][N];

static void fill(void)
{
    for (u32 i = 0; i < N; i++) {
        for (u32 k = 0; k < N; k++) {
            a[i][k] = (double)((i * k + 1) % N) / N;
            b[i][k] = (double)(i * (k + 2) % N) / N;
            c[i][k] = (double)(i * (k + 3) % N) / N;
        }
    }
}

static void multiply(double alpha, double beta)
{
    for (u32 i = 0; i < N; i++) {
        for (u32 k = 0; k < N; k++)
            c[i][k] *= beta;
        for (u32 m = 0; m < N; m++) {
            for (u32 k = 0; k < N; k++)
                c[i][k] += alpha * a[i][m] * b[m][k];
        }
    }
}

/* C = alpha A B + beta C, along the rows. */
u32 run(u32 rounds)
{
    u32 sum = 0;
    fill();
    for (u32 i = 0; i < rounds; i++) {
        multiply(1.5, 0.2);
        sum = bench_fold(sum, c[i % N][N / 2]);
    }
    return sum;
}
