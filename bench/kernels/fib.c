#include "kernel.h"

static __attribute__((noinline)) u32 fib(u32 n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

/* Recursion: the cost of a call, which inlining would hide. */
u32 run(u32 n)
{
    return fib(n);
}
