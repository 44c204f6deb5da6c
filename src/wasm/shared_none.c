#include "base/error.h"
#include "wasm/shared.h"
#include "wasm/walk.h"

/* In place of shared.c and what threads need besides, in a build without them. No module gets
 * as far as these: the feature is denied. */

static wisp_status refuse(wisp_error *err)
{
    return wisp_fail(err, WISP_UNSUPPORTED, "shared memories are not built in");
}

wisp_status wisp_shared_memory_make(const wisp_allocator *allocator, bool is_mapped,
                                    const wisp_memory_type *type, size_t size_max,
                                    wisp_shared_memory **out, wisp_error *err)
{
    (void)allocator, (void)is_mapped, (void)type, (void)size_max, (void)out;
    return refuse(err);
}

wisp_status wisp_shared_memory_new(const wisp_allocator *allocator, const wisp_memory_type *type,
                                   wisp_shared_memory **out, wisp_error *err)
{
    (void)allocator, (void)type, (void)out;
    return refuse(err);
}

void wisp_shared_memory_hold(wisp_shared_memory *shared)
{
    (void)shared;
}

void wisp_shared_memory_release(wisp_shared_memory *shared)
{
    (void)shared;
}

size_t wisp_shared_memory_grow_by(wisp_shared_memory *shared, size_t added)
{
    (void)shared, (void)added;
    return SIZE_MAX;
}

void wisp_walk_atomic(wisp_compiler *c)
{
    (void)c;
}
