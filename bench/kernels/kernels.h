#ifndef BENCH_KERNELS_KERNELS_H
#define BENCH_KERNELS_KERNELS_H

/*
 * Small programs that are compiled twice from one source: to a module and natively. Each is
 * a function of its amount of work that returns a checksum, calls no library and keeps its
 * data in static arrays.
 */

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

/* Name, amount of work. The amounts make each take some ten milliseconds natively. */
#define BENCH_KERNELS(X)                                                                         \
    X(fib, 32)                                                                                   \
    X(sieve, 6)                                                                                  \
    X(sha256, 60)                                                                                \
    X(matmul, 6)                                                                                 \
    X(nbody, 200000)                                                                             \
    X(mandelbrot, 400)                                                                           \
    X(sort, 2)                                                                                   \
    X(vm, 500000)                                                                                \
    X(indirect, 4000000)                                                                         \
    X(scan, 1500)

#define X(name, amount) u32 bench_##name(u32 amount_of_work);
BENCH_KERNELS(X)
#undef X

/* The next number of a linear congruential generator, for data that is the same everywhere. */
static inline u32 bench_random(u32 *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

#endif
