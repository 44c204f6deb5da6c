#include "wisp.h"

/* Traps in a nested call, so that backtraces have lines. The tests know the numbers of the lines:
 * what is added goes to the end. */

__attribute__((noinline)) static int divide(int a, int b)
{
    return a / b;
}

__attribute__((always_inline)) static inline int half_of(int a)
{
    int less = a - 1;
    return 1 + divide(a, less);
}

__attribute__((always_inline)) static inline int both(int a, int b)
{
    int first = half_of(b);
    return first + half_of(a);
}

WISP_EXPORT("run") int run(int a)
{
    int b = a + 2;
    return both(a, b);
}
