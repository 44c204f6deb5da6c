#include "kernel.h"

#define ROWS    390
#define COLUMNS 410

static double a[ROWS][COLUMNS], x[COLUMNS], y[COLUMNS];

static void fill(void)
{
    for (u32 i = 0; i < COLUMNS; i++)
        x[i] = 1 + (double)i / COLUMNS;
    for (u32 i = 0; i < ROWS; i++) {
        for (u32 k = 0; k < COLUMNS; k++)
            a[i][k] = (double)((i + k) % COLUMNS) / (5 * ROWS);
    }
}

static void multiply(void)
{
    for (u32 k = 0; k < COLUMNS; k++)
        y[k] = 0;
    for (u32 i = 0; i < ROWS; i++) {
        double row = 0;
        for (u32 k = 0; k < COLUMNS; k++)
            row += a[i][k] * x[k];
        for (u32 k = 0; k < COLUMNS; k++)
            y[k] += a[i][k] * row;
    }
}

/* y = A'(A x): a matrix that is read twice for each row. */
u32 run(u32 rounds)
{
    u32 sum = 0;
    fill();
    for (u32 i = 0; i < rounds; i++) {
        multiply();
        sum = bench_fold(sum, y[i % COLUMNS]);
        x[i % COLUMNS] += 0.5;
    }
    return sum;
}
