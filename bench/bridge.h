#ifndef BENCH_BRIDGE_H
#define BENCH_BRIDGE_H

#include <stdbool.h>

#include "shapes.h"

/* By libffi: a closure of [shape] that gives the first of its arguments, for as long as the
 * process lives. NULL if there is none, or no libffi. */
const void *bench_closure(bench_shape shape);

/* By libffi: calls [function] of [shape] [count] times with [arguments]. False if it cannot. */
bool bench_dynamic_calls(bench_shape shape, const void *function, void *const *arguments,
                         unsigned count);

#endif
