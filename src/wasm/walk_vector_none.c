#include "wasm/walk.h"

/* In place of walk_vector.c where vectors are not built in. */
void wisp_walk_vector(wisp_compiler *c)
{
    wisp_walk_refuse(c, WISP_FEATURE_SIMD);
}
