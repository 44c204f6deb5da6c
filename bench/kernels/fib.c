#include "kernels.h"

/* Recursion: the cost of a call, which inlining would hide. */
__attribute__((noinline)) u32 bench_fib(u32 n)
{
    return n < 2 ? n : bench_fib(n - 1) + bench_fib(n - 2);
}
