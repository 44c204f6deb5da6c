#ifndef BENCH_BRIDGE_H
#define BENCH_BRIDGE_H

#include <stdbool.h>
#include <stdint.h>

/* What crosses, of each a native function of its kind, which does next to nothing. */
#define BENCH_SHAPES(X)                                                                          \
    X(INTS, "int(int, int)", "(ii)i")                                                            \
    X(POINTERS, "void *(void *, void *)", "(pp)p")                                               \
    X(DOUBLES, "double(double, int, double)", "(did)d")                                          \
    X(LONGS, "long(8 of long)", "(llllllll)l")                                                   \
    X(PAIR, "struct pair(struct pair)", "({16,8:0l8d}){16,8:0l8d}")

typedef enum bench_shape {
#define X(name, text, signature) BENCH_##name,
    BENCH_SHAPES(X)
#undef X
        BENCH_SHAPE_COUNT
} bench_shape;

/* "({16,8:0l8d})" */
typedef struct bench_pair {
    int64_t number;
    double real;
} bench_pair;

/* By libffi: a closure of [shape] that gives the first of its arguments, for as long as the
 * process lives. NULL if there is none, or no libffi. */
const void *bench_closure(bench_shape shape);

/* By libffi: calls [function] of [shape] [count] times with [arguments]. False if it cannot. */
bool bench_dynamic_calls(bench_shape shape, const void *function, void *const *arguments,
                         unsigned count);

#endif
