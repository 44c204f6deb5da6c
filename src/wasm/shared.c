#include "wasm/shared.h"

#include "base/error.h"
#include "base/memory.h"
#include "wasm/module.h"

wisp_status wisp_shared_memory_make(const wisp_allocator *allocator, bool is_mapped,
                                    const wisp_memory_type *type, size_t size_max,
                                    wisp_shared_memory **out, wisp_error *err)
{
    wisp_shared_memory *shared = wisp_alloc(allocator, 1, sizeof *shared);
    if (!shared)
        return wisp_fail_memory(err, sizeof *shared);
    size_t size = (size_t)(type->limits.min * type->page_size);
    shared->parking = wisp_parking_new(allocator);
    if (!shared->parking ||
        !wisp_block_init_fixed(&shared->block, allocator, is_mapped, size, size_max)) {
        wisp_parking_free(shared->parking);
        wisp_free(allocator, shared, sizeof *shared);
        return wisp_fail_memory(err, size_max);
    }
    atomic_init(&shared->holders, 1);
    atomic_init(&shared->size, size);
    shared->type = *type;
    shared->size_max = size_max;
    *out = shared;
    return WISP_OK;
}

wisp_status wisp_shared_memory_new(const wisp_allocator *allocator, const wisp_memory_type *type,
                                   wisp_shared_memory **out, wisp_error *err)
{
    wisp_memory_type whole = *type;
    whole.is_shared = true;
    wisp_status status = wisp_memory_type_check(&whole, err);
    if (status)
        return status;
    uint64_t size_max = wisp_memory_pages_size(whole.limits.max, whole.page_size);
    if (size_max > SIZE_MAX)
        return wisp_fail(err, WISP_LIMIT, "a shared memory of up to %llu bytes",
                         (unsigned long long)size_max);
    return wisp_shared_memory_make(wisp_allocator_or_default(allocator), !allocator, &whole,
                                   (size_t)size_max, out, err);
}

void wisp_shared_memory_hold(wisp_shared_memory *shared)
{
    atomic_fetch_add_explicit(&shared->holders, 1, memory_order_relaxed);
}

void wisp_shared_memory_release(wisp_shared_memory *shared)
{
    if (!shared || atomic_fetch_sub_explicit(&shared->holders, 1, memory_order_acq_rel) != 1)
        return;
    const wisp_allocator *allocator = shared->block.allocator;
    wisp_block_deinit(&shared->block);
    wisp_parking_free(shared->parking);
    wisp_free(allocator, shared, sizeof *shared);
}

/* Committing is done again by those who come second, which changes nothing. */
size_t wisp_shared_memory_grow_by(wisp_shared_memory *shared, size_t added)
{
    size_t old = wisp_shared_memory_size(shared);
    do {
        if (added > shared->size_max - old ||
            !wisp_block_commit(&shared->block, old, old + added))
            return SIZE_MAX;
    } while (!atomic_compare_exchange_weak_explicit(&shared->size, &old, old + added,
                                                    memory_order_acq_rel, memory_order_acquire));
    return old;
}
