#include <string.h>

#include "wasm/runtime.h"

static bool is_valid(const wisp_memory_type *type)
{
    wisp_limits limits = type->limits;
    bool is_bounded = limits.max != UINT64_MAX;
    if (type->page_size != WISP_PAGE_SIZE && type->page_size != 1)
        return false;
    uint64_t max = wisp_pages_max(type->is_64, type->page_size);
    return limits.min <= max && limits.min <= limits.max && (!is_bounded || limits.max <= max);
}

/* Bytes of [pages] pages; UINT64_MAX where there are more than can be counted. */
static uint64_t size_of(uint64_t pages, uint32_t page_size)
{
    return pages > UINT64_MAX / page_size ? UINT64_MAX : pages * page_size;
}

wisp_status wisp_memory_new(wisp_store *store, wisp_limits limits, wisp_memory **out,
                            wisp_error *err)
{
    return wisp_memory_new_typed(store, &(wisp_memory_type){.limits = limits}, out, err);
}

static wisp_status check_new(const wisp_store *store, const wisp_memory_type *type,
                             wisp_error *err)
{
    if (!is_valid(type))
        return wisp_fail(err, WISP_INVALID,
                         "a memory of %llu to %llu pages of %u bytes cannot be",
                         (unsigned long long)type->limits.min,
                         (unsigned long long)type->limits.max, type->page_size);
    uint64_t size = size_of(type->limits.min, type->page_size);
    if (!wisp_range_fits(store->memory_used, size, store->memory_max) || size > SIZE_MAX)
        return wisp_fail(err, WISP_LIMIT, "a memory of %llu bytes, the store has %llu left",
                         (unsigned long long)size,
                         (unsigned long long)(store->memory_max - store->memory_used));
    return WISP_OK;
}

/* The most bytes that a memory of [type] may ever get in [store]. */
static size_t growth_max(const wisp_store *store, const wisp_memory_type *type)
{
    uint64_t pages_max = wisp_pages_max(type->is_64, type->page_size);
    uint64_t size =
        size_of(type->limits.max < pages_max ? type->limits.max : pages_max, type->page_size);
    if (size > store->memory_max)
        size = store->memory_max;
    return size < SIZE_MAX ? (size_t)size : SIZE_MAX;
}

wisp_status wisp_memory_new_typed(wisp_store *store, const wisp_memory_type *type,
                                  wisp_memory **out, wisp_error *err)
{
    wisp_memory_type whole = *type;
    if (whole.page_size == 0)
        whole.page_size = WISP_PAGE_SIZE;
    wisp_status status = check_new(store, &whole, err);
    if (status)
        return status;
    uint64_t size = size_of(whole.limits.min, whole.page_size);
    wisp_memory *memory = wisp_arena_alloc(&store->arena, 1, sizeof *memory);
    if (!memory)
        return wisp_fail_memory(err, sizeof *memory);
    if (!wisp_block_init(&memory->block, store->allocator, store->maps_memory, (size_t)size,
                         growth_max(store, &whole)))
        return wisp_fail_memory(err, (size_t)size);
    memory->type = whole;
    memory->store = store;
    memory->next = store->memories;
    store->memories = memory;
    store->memory_used += size;
    *out = memory;
    return WISP_OK;
}

void wisp_memories_free(wisp_store *store, const wisp_memory *until)
{
    while (store->memories != until) {
        wisp_memory *memory = store->memories;
        store->memories = memory->next;
        store->memory_used -= memory->block.size;
        wisp_block_deinit(&memory->block);
    }
}

int64_t wisp_memory_grow_by(wisp_memory *memory, uint64_t pages)
{
    wisp_store *store = memory->store;
    const wisp_memory_type *type = &memory->type;
    uint64_t old = memory->block.size / type->page_size;
    uint64_t pages_max = wisp_pages_max(type->is_64, type->page_size);
    uint64_t max = type->limits.max < pages_max ? type->limits.max : pages_max;
    if (!wisp_range_fits(old, pages, max))
        return -1;
    if (pages == 0)
        return (int64_t)old;
    uint64_t added = size_of(pages, type->page_size);
    if (!wisp_range_fits(store->memory_used, added, store->memory_max) ||
        added > SIZE_MAX - memory->block.size)
        return -1;
    if (!wisp_block_grow(&memory->block, memory->block.size + (size_t)added))
        return -1;
    store->memory_used += added;
    return (int64_t)old;
}

uint64_t wisp_memory_size(const wisp_memory *memory)
{
    return memory->block.size;
}

wisp_status wisp_memory_grow(wisp_memory *memory, uint64_t pages, wisp_error *err)
{
    if (wisp_memory_grow_by(memory, pages) < 0)
        return wisp_fail(err, WISP_LIMIT, "a memory of %llu pages cannot grow by %llu",
                         (unsigned long long)(memory->block.size / memory->type.page_size),
                         (unsigned long long)pages);
    return WISP_OK;
}

static wisp_status check_range(const wisp_memory *memory, uint64_t address, uint64_t size,
                               wisp_error *err)
{
    if (wisp_range_fits(address, size, memory->block.size))
        return WISP_OK;
    return wisp_fail(err, WISP_LIMIT, "%llu bytes at address %llu, the memory has %llu",
                     (unsigned long long)size, (unsigned long long)address,
                     (unsigned long long)memory->block.size);
}

wisp_status wisp_memory_read(const wisp_memory *memory, uint64_t address, void *into, size_t size,
                             wisp_error *err)
{
    wisp_status status = check_range(memory, address, size, err);
    if (status == WISP_OK && size)
        memcpy(into, memory->block.data + address, size);
    return status;
}

wisp_status wisp_memory_write(wisp_memory *memory, uint64_t address, const void *from,
                              size_t size, wisp_error *err)
{
    wisp_status status = check_range(memory, address, size, err);
    if (status == WISP_OK && size)
        memcpy(memory->block.data + address, from, size);
    return status;
}

uint8_t *wisp_memory_at(wisp_memory *memory, uint64_t address, uint64_t size)
{
    return wisp_range_fits(address, size, memory->block.size) ? memory->block.data + address
                                                              : NULL;
}
