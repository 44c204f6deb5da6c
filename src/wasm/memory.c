#include <string.h>

#include "wasm/access.h"

static bool is_valid(const wisp_memory_type *type)
{
    wisp_limits limits = type->limits;
    bool is_bounded = limits.max != UINT64_MAX;
    if (type->page_size != WISP_PAGE_SIZE && type->page_size != 1)
        return false;
    uint64_t max = wisp_memory_pages_max(type->is_64, type->page_size);
    return limits.min <= max && limits.min <= limits.max && (!is_bounded || limits.max <= max);
}

wisp_status wisp_memory_type_check(wisp_memory_type *type, wisp_error *err)
{
    if (type->page_size == 0)
        type->page_size = WISP_PAGE_SIZE;
    if (!is_valid(type))
        return wisp_fail(err, WISP_INVALID,
                         "a memory of %llu to %llu pages of %u bytes cannot be",
                         (unsigned long long)type->limits.min,
                         (unsigned long long)type->limits.max, type->page_size);
    if (type->is_shared && type->limits.max == UINT64_MAX)
        return wisp_fail(err, WISP_INVALID, "a shared memory must have a maximum");
    return WISP_OK;
}

wisp_status wisp_memory_new(wisp_store *store, wisp_limits limits, wisp_memory **out,
                            wisp_error *err)
{
    return wisp_memory_new_typed(store, &(wisp_memory_type){.limits = limits}, out, err);
}

static wisp_status check_room(const wisp_store *store, uint64_t size, wisp_error *err)
{
    if (!wisp_range_fits(store->memory_used, size, store->memory_max) || size > SIZE_MAX)
        return wisp_fail(err, WISP_LIMIT, "a memory of %llu bytes, the store has %llu left",
                         (unsigned long long)size,
                         (unsigned long long)(store->memory_max - store->memory_used));
    return WISP_OK;
}

/* The most bytes that a memory of [type] may ever get in [store]. */
static size_t growth_max(const wisp_store *store, const wisp_memory_type *type)
{
    uint64_t pages_max = wisp_memory_pages_max(type->is_64, type->page_size);
    uint64_t size = wisp_memory_pages_size(
        type->limits.max < pages_max ? type->limits.max : pages_max, type->page_size);
    if (size > store->memory_max)
        size = store->memory_max;
    return size < SIZE_MAX ? (size_t)size : SIZE_MAX;
}

/* A memory of [store] without its bytes, of which there will be [size_max] at the most. It is not
 * yet in the store's list. */
static wisp_memory *new_memory(wisp_store *store, const wisp_memory_type *type, size_t size_max)
{
    wisp_memory *memory = wisp_arena_alloc(&store->arena, 1, sizeof *memory);
    if (!memory)
        return NULL;
    memory->type = *type;
    memory->store = store;
    if (store->linear_max < size_max)
        store->linear_max = size_max;
    return memory;
}

static wisp_memory *add_memory(wisp_memory *memory)
{
    wisp_store *store = memory->store;
    memory->next = store->memories;
    store->memories = memory;
    return memory;
}

wisp_status wisp_memory_new_shared(wisp_store *store, wisp_shared_memory *shared,
                                   wisp_memory **out, wisp_error *err)
{
    wisp_memory *memory = new_memory(store, &shared->type, shared->size_max);
    if (!memory)
        return wisp_fail_memory(err, sizeof *memory);
    wisp_shared_memory_hold(shared);
    memory->shared = shared;
    memory->block.data = shared->block.data;
    *out = add_memory(memory);
    return WISP_OK;
}

static wisp_status define_shared(wisp_store *store, const wisp_memory_type *type,
                                 wisp_memory **out, wisp_error *err)
{
    wisp_shared_memory *shared;
    wisp_status status = wisp_shared_memory_make(store->allocator, store->maps_memory, type,
                                                 growth_max(store, type), &shared, err);
    if (status)
        return status;
    status = wisp_memory_new_shared(store, shared, out, err);
    wisp_shared_memory_release(shared);
    return status;
}

bool wisp_memory_make_block(const wisp_store *store, const wisp_memory_type *type, size_t size,
                            wisp_block *out)
{
    return wisp_block_init(out, store->allocator, store->maps_memory, size,
                           growth_max(store, type));
}

static wisp_status define(wisp_store *store, const wisp_memory_type *type, size_t size,
                          wisp_memory **out, wisp_error *err)
{
    wisp_memory *memory = new_memory(store, type, growth_max(store, type));
    if (!memory)
        return wisp_fail_memory(err, sizeof *memory);
    if (!wisp_memory_make_block(store, type, size, &memory->block))
        return wisp_fail_memory(err, size);
    store->memory_used += size;
    *out = add_memory(memory);
    return WISP_OK;
}

wisp_status wisp_memory_new_typed(wisp_store *store, const wisp_memory_type *type,
                                  wisp_memory **out, wisp_error *err)
{
    wisp_memory_type whole = *type;
    wisp_status status = wisp_memory_type_check(&whole, err);
    uint64_t size = status ? 0 : wisp_memory_pages_size(whole.limits.min, whole.page_size);
    if (status == WISP_OK)
        status = check_room(store, size, err);
    if (status)
        return status;
    if (whole.is_shared)
        return define_shared(store, &whole, out, err);
    return define(store, &whole, (size_t)size, out, err);
}

static void deinit_memory(wisp_memory *memory)
{
    if (wisp_memory_is_shared(memory)) {
        wisp_shared_memory_release(memory->shared);
        return;
    }
    memory->store->memory_used -= memory->block.size;
    wisp_block_deinit(&memory->block);
}

void wisp_memories_free(wisp_store *store, const wisp_memory *until)
{
    while (store->memories != until) {
        wisp_memory *memory = store->memories;
        store->memories = memory->next;
        deinit_memory(memory);
    }
}

/* Grows one that is the store's alone by [added] bytes. */
static bool grow_own(wisp_memory *memory, uint64_t added)
{
    wisp_store *store = memory->store;
    if (!wisp_range_fits(store->memory_used, added, store->memory_max) ||
        added > SIZE_MAX - memory->block.size ||
        !wisp_block_grow(&memory->block, memory->block.size + (size_t)added))
        return false;
    store->memory_used += added;
    return true;
}

static int64_t grow_shared(wisp_memory *memory, uint64_t added)
{
    size_t old =
        added > SIZE_MAX ? SIZE_MAX : wisp_shared_memory_grow_by(memory->shared, (size_t)added);
    return old == SIZE_MAX ? -1 : (int64_t)(old / memory->type.page_size);
}

static int64_t grow(wisp_memory *memory, uint64_t pages)
{
    const wisp_memory_type *type = &memory->type;
    uint64_t old = wisp_memory_size(memory) / type->page_size;
    uint64_t pages_max = wisp_memory_pages_max(type->is_64, type->page_size);
    uint64_t max = type->limits.max < pages_max ? type->limits.max : pages_max;
    uint64_t added = wisp_memory_pages_size(pages, type->page_size);
    if (!wisp_range_fits(old, pages, max))
        return -1;
    if (wisp_memory_is_shared(memory))
        return grow_shared(memory, added);
    return pages == 0 || grow_own(memory, added) ? (int64_t)old : -1;
}

int64_t wisp_memory_grow_by(wisp_memory *memory, uint64_t pages)
{
    int64_t old = grow(memory, pages);
    wisp_exec_reload(&memory->store->exec);
    return old;
}

uint64_t wisp_memory_size(const wisp_memory *memory)
{
    return wisp_memory_is_shared(memory) ? wisp_shared_memory_size(memory->shared)
                                         : memory->block.size;
}

wisp_shared_memory *wisp_memory_shared(const wisp_memory *memory)
{
    return memory->shared;
}

wisp_status wisp_memory_grow(wisp_memory *memory, uint64_t pages, wisp_error *err)
{
    if (wisp_memory_grow_by(memory, pages) < 0)
        return wisp_fail(err, WISP_LIMIT, "a memory of %llu pages cannot grow by %llu",
                         (unsigned long long)(wisp_memory_size(memory) / memory->type.page_size),
                         (unsigned long long)pages);
    return WISP_OK;
}

static wisp_status check_range(const wisp_memory *memory, uint64_t address, uint64_t size,
                               wisp_error *err)
{
    if (wisp_range_fits(address, size, wisp_memory_size(memory)))
        return WISP_OK;
    return wisp_fail(err, WISP_LIMIT, "%llu bytes at address %llu, the memory has %llu",
                     (unsigned long long)size, (unsigned long long)address,
                     (unsigned long long)wisp_memory_size(memory));
}

wisp_status wisp_memory_read(const wisp_memory *memory, uint64_t address, void *into, size_t size,
                             wisp_error *err)
{
    wisp_status status = check_range(memory, address, size, err);
    if (status == WISP_OK && size)
        wisp_memory_take(memory, (size_t)address, into, size);
    return status;
}

wisp_status wisp_memory_write(wisp_memory *memory, uint64_t address, const void *from,
                              size_t size, wisp_error *err)
{
    wisp_status status = check_range(memory, address, size, err);
    if (status == WISP_OK && size)
        wisp_memory_put(memory, (size_t)address, from, size);
    return status;
}

uint8_t *wisp_memory_at(wisp_memory *memory, uint64_t address, uint64_t size)
{
    return wisp_range_fits(address, size, wisp_memory_size(memory)) ? memory->block.data + address
                                                                    : NULL;
}
