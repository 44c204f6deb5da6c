#include "kernel.h"

#define ITERATIONS 100

static u32 escape(double cr, double ci)
{
    double r = 0, i = 0;
    u32 n = 0;
    while (n < ITERATIONS && r * r + i * i <= 4.0) {
        double next = r * r - i * i + cr;
        i = 2.0 * r * i + ci;
        r = next;
        n++;
    }
    return n;
}

/* Floating-point numbers that stay in registers: a picture of [size] squared points. */
u32 run(u32 size)
{
    u32 sum = 0;
    for (u32 y = 0; y < size; y++) {
        for (u32 x = 0; x < size; x++)
            sum = sum * 31 + escape(3.0 * x / size - 2.0, 2.0 * y / size - 1.0);
    }
    return sum;
}
