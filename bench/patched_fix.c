#include "program.h"

/*
 * Patches that do next to nothing, so that what is left is the way to them and back: for wasm64,
 * where types are the program's own, and for wasm32, where its pointers are numbers, and structs
 * do not go by value.
 */
#ifdef __wasm64__
typedef long number;
typedef long *pointer;
#define NUMBER_AT(address) (*(address))
#else
typedef int64_t number;
typedef wisp_address pointer;
#define NUMBER_AT(address) wisp_load_i64(address)
#endif

WISP_PATCH(add_ints) int add_ints(int a, int b)
{
    (void)b;
    return a;
}

WISP_PATCH(first_pointer) pointer first_pointer(pointer a, pointer b)
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
number add_longs(number a, number b, number c, number d, number e, number f, number g, number h)
{
    (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    return a;
}

#ifdef __wasm64__
WISP_PATCH(change_pair) bench_pair change_pair(bench_pair pair)
{
    return pair;
}
#endif

WISP_PATCH(call_through) int call_through(int a, int b)
{
    return original_call_through(a, b);
}

WISP_PATCH(look_behind) pointer look_behind(pointer a, pointer b)
{
    return NUMBER_AT(a) ? b : a;
}
