#ifndef BENCH_KERNELS_KERNEL_H
#define BENCH_KERNELS_KERNEL_H

/*
 * A kernel is a small program that is compiled twice from one source: to a module and
 * natively. It has one function, run, that does an amount of work and returns a checksum of
 * it, the same on every machine. A kernel calls no library and keeps its data in static
 * arrays. An amount of 0 prepares the data and does nothing with them, so that what a
 * program costs besides can be measured too.
 */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

__attribute__((visibility("default"))) u32 run(u32 amount);

/* The next number of a linear congruential generator, for data that is the same everywhere. */
static inline u32 bench_random(u32 *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* [sum] with the number [x] in it, bit for bit. */
static inline u32 bench_fold(u32 sum, double x)
{
    union {
        double number;
        u64 bits;
    } of = {x};
    return sum * 31 + (u32)(of.bits ^ of.bits >> 32);
}

#endif
