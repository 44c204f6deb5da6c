#include "bridge.h"

#include <stddef.h>

/* Where there is no libffi, nothing is compared with. */

const void *bench_closure(bench_shape shape)
{
    (void)shape;
    return NULL;
}

bool bench_dynamic_calls(bench_shape shape, const void *function, void *const *arguments,
                         unsigned count)
{
    (void)shape, (void)function, (void)arguments, (void)count;
    return false;
}
