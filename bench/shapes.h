#ifndef BENCH_SHAPES_H
#define BENCH_SHAPES_H

#include <stdint.h>

/* What crosses, of each a native function of its kind, which does next to nothing. */
#define BENCH_SHAPES(X)                                                                          \
    X(INTS, add_ints, "int(int, int)", "(ii)i")                                                  \
    X(POINTERS, first_pointer, "long *(long *, long *)", "(p8p8)p8")                             \
    X(DOUBLES, add_doubles, "double(double, int, double)", "(did)d")                             \
    X(LONGS, add_longs, "long(8 of long)", "(llllllll)l")                                        \
    X(PAIR, change_pair, "struct pair(struct pair)", "({16,8:0l8d}){16,8:0l8d}")

typedef enum bench_shape {
#define X(name, function, text, signature) BENCH_##name,
    BENCH_SHAPES(X)
#undef X
        BENCH_SHAPE_COUNT
} bench_shape;

/* "({16,8:0l8d})" */
typedef struct bench_pair {
    int64_t number;
    double real;
} bench_pair;

/* The functions. */
int add_ints(int a, int b);
long *first_pointer(long *a, long *b);
double add_doubles(double a, int b, double c);
long add_longs(long a, long b, long c, long d, long e, long f, long g, long h);
bench_pair change_pair(bench_pair pair);

enum { BENCH_CALLS = 400000 }; /* of a run */

/* Of each shape: what C calls it, its signature, its function and what that is called. */
extern const char *const bench_shape_texts[BENCH_SHAPE_COUNT];
extern const char *const bench_shape_signatures[BENCH_SHAPE_COUNT];
extern const void *const bench_shape_functions[BENCH_SHAPE_COUNT];
extern const char *const bench_shape_symbols[BENCH_SHAPE_COUNT];

/* Nanoseconds of a call of [function], which is of [shape], with a loop around it. */
double bench_shape_time(bench_shape shape, const void *function);

#endif
