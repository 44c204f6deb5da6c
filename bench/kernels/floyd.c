#include "kernel.h"

#define N 140

static int path[N][N];

static void fill(u32 round)
{
    for (u32 i = 0; i < N; i++) {
        for (u32 k = 0; k < N; k++) {
            path[i][k] = (int)(i * k % 7 + 1 + round % 3);
            if ((i + k) % 13 == 0 || (i + k) % 7 == 0 || (i + k) % 11 == 0)
                path[i][k] = 999;
        }
    }
}

static void shorten(void)
{
    for (u32 k = 0; k < N; k++) {
        for (u32 i = 0; i < N; i++) {
            for (u32 m = 0; m < N; m++) {
                int around = path[i][k] + path[k][m];
                path[i][m] = path[i][m] < around ? path[i][m] : around;
            }
        }
    }
}

/* The shortest paths between all pairs of places. */
u32 run(u32 rounds)
{
    u32 sum = 0;
    for (u32 i = 0; i < rounds; i++) {
        fill(i);
        shorten();
        for (u32 k = 0; k < N; k++)
            sum = sum * 31 + (u32)path[k][(k + i) % N];
    }
    return sum;
}
