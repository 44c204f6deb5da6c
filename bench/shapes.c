#include "shapes.h"

#include "bench.h"

int add_ints(int a, int b)
{
    return a + b;
}

long *first_pointer(long *a, long *b)
{
    return a ? a : b;
}

double add_doubles(double a, int b, double c)
{
    return a + b + c;
}

long add_longs(long a, long b, long c, long d, long e, long f, long g, long h)
{
    return a + b + c + d + e + f + g + h;
}

bench_pair change_pair(bench_pair pair)
{
    pair.number++;
    return pair;
}

static long behind;

/* Calls of [function], whose type is [result] with [params], with [arguments]. */
#define TIMER(name, result, params, ...)                                                         \
    static double time_##name(const void *function)                                              \
    {                                                                                            \
        result(*volatile called) params = (result(*) params)(uintptr_t)function;                 \
        double began = bench_processor_ns();                                                     \
        for (unsigned i = 0; i < BENCH_CALLS; i++)                                               \
            (void)called(__VA_ARGS__);                                                           \
        return (bench_processor_ns() - began) / BENCH_CALLS;                                     \
    }
TIMER(INTS, int, (int, int), 1, 2)
TIMER(POINTERS, long *, (long *, long *), &behind, NULL)
TIMER(DOUBLES, double, (double, int, double), 1.5, 2, 3.5)
TIMER(LONGS, long, (long, long, long, long, long, long, long, long), 1, 2, 3, 4, 5, 6, 7, 8)
TIMER(PAIR, bench_pair, (bench_pair), (bench_pair){7, 2.5})

static double (*const timers[])(const void *) = {
#define X(name, function, text, signature) [BENCH_##name] = time_##name,
    BENCH_SHAPES(X)
#undef X
};

const void *const bench_shape_functions[] = {
#define X(name, function, text, signature) [BENCH_##name] = (const void *)(uintptr_t)function,
    BENCH_SHAPES(X)
#undef X
};

const char *const bench_shape_symbols[] = {
#define X(name, function, text, signature) [BENCH_##name] = #function,
    BENCH_SHAPES(X)
#undef X
};

const char *const bench_shape_texts[] = {
#define X(name, function, text, signature) [BENCH_##name] = text,
    BENCH_SHAPES(X)
#undef X
};

const char *const bench_shape_signatures[] = {
#define X(name, function, text, signature) [BENCH_##name] = signature,
    BENCH_SHAPES(X)
#undef X
};

double bench_shape_time(bench_shape shape, const void *function)
{
    return timers[shape](function);
}
