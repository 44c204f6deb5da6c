#include "program.h"

/* Patches that do next to nothing, so that what is left is the way to them and back. */

WISP_PATCH(add_ints) int add_ints(int a, int b)
{
    (void)b;
    return a;
}

WISP_PATCH(first_pointer) long *first_pointer(long *a, long *b)
{
    (void)b;
    return a;
}

WISP_PATCH(add_doubles) double add_doubles(double a, int b, double c)
{
    (void)b, (void)c;
    return a;
}

WISP_PATCH(add_longs)
long add_longs(long a, long b, long c, long d, long e, long f, long g, long h)
{
    (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    return a;
}

WISP_PATCH(change_pair) bench_pair change_pair(bench_pair pair)
{
    return pair;
}

WISP_PATCH(call_through) int call_through(int a, int b)
{
    return original_call_through(a, b);
}

WISP_PATCH(look_behind) long *look_behind(long *a, long *b)
{
    return *a ? b : a;
}
