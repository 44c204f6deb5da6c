#include <string.h>

#include "wasm/runtime.h"

static bool is_valid(wisp_limits limits)
{
    bool is_bounded = limits.max != UINT64_MAX;
    return limits.min <= WISP_PAGES_MAX && limits.min <= limits.max &&
           (!is_bounded || limits.max <= WISP_PAGES_MAX);
}

wisp_status wisp_memory_new(wisp_store *store, wisp_limits limits, wisp_memory **out,
                            wisp_error *err)
{
    if (!is_valid(limits))
        return wisp_fail(err, WISP_INVALID, "a memory of %llu to %llu pages, at most %d can be",
                         (unsigned long long)limits.min, (unsigned long long)limits.max,
                         WISP_PAGES_MAX);
    uint64_t size = limits.min * WISP_PAGE_SIZE;
    if (!wisp_range_fits(store->memory_used, size, store->memory_max) || size > SIZE_MAX)
        return wisp_fail(err, WISP_LIMIT, "a memory of %llu bytes, the store has %llu left",
                         (unsigned long long)size,
                         (unsigned long long)(store->memory_max - store->memory_used));
    wisp_memory *memory = wisp_arena_alloc(&store->arena, 1, sizeof *memory);
    if (!memory)
        return wisp_fail_memory(err, sizeof *memory);
    memory->data = wisp_alloc(store->allocator, (size_t)size, 1);
    if (!memory->data)
        return wisp_fail_memory(err, (size_t)size);
    memory->size = size;
    memory->limits = limits;
    memory->store = store;
    memory->next = store->memories;
    store->memories = memory;
    store->memory_used += size;
    *out = memory;
    return WISP_OK;
}

static size_t block_size(const wisp_memory *memory)
{
    return memory->size ? (size_t)memory->size : 1;
}

void wisp_memories_free(wisp_store *store, const wisp_memory *until)
{
    while (store->memories != until) {
        wisp_memory *memory = store->memories;
        store->memories = memory->next;
        store->memory_used -= memory->size;
        wisp_free(store->allocator, memory->data, block_size(memory));
    }
}

int64_t wisp_memory_grow_by(wisp_memory *memory, uint64_t pages)
{
    wisp_store *store = memory->store;
    uint64_t old = memory->size / WISP_PAGE_SIZE;
    uint64_t max = memory->limits.max < WISP_PAGES_MAX ? memory->limits.max : WISP_PAGES_MAX;
    if (!wisp_range_fits(old, pages, max))
        return -1;
    if (pages == 0)
        return (int64_t)old;
    uint64_t added = pages * WISP_PAGE_SIZE, size = memory->size + added;
    if (!wisp_range_fits(store->memory_used, added, store->memory_max) || size > SIZE_MAX)
        return -1;
    uint8_t *data =
        wisp_realloc(store->allocator, memory->data, block_size(memory), (size_t)size);
    if (!data)
        return -1;
    memset(data + memory->size, 0, (size_t)added);
    memory->data = data;
    memory->size = size;
    store->memory_used += added;
    return (int64_t)old;
}

uint64_t wisp_memory_size(const wisp_memory *memory)
{
    return memory->size;
}

wisp_status wisp_memory_grow(wisp_memory *memory, uint64_t pages, wisp_error *err)
{
    if (wisp_memory_grow_by(memory, pages) < 0)
        return wisp_fail(err, WISP_LIMIT, "a memory of %llu pages cannot grow by %llu",
                         (unsigned long long)(memory->size / WISP_PAGE_SIZE),
                         (unsigned long long)pages);
    return WISP_OK;
}

static wisp_status check_range(const wisp_memory *memory, uint64_t address, uint64_t size,
                               wisp_error *err)
{
    if (wisp_range_fits(address, size, memory->size))
        return WISP_OK;
    return wisp_fail(err, WISP_LIMIT, "%llu bytes at address %llu, the memory has %llu",
                     (unsigned long long)size, (unsigned long long)address,
                     (unsigned long long)memory->size);
}

wisp_status wisp_memory_read(const wisp_memory *memory, uint64_t address, void *into, size_t size,
                             wisp_error *err)
{
    wisp_status status = check_range(memory, address, size, err);
    if (status == WISP_OK && size)
        memcpy(into, memory->data + address, size);
    return status;
}

wisp_status wisp_memory_write(wisp_memory *memory, uint64_t address, const void *from,
                              size_t size, wisp_error *err)
{
    wisp_status status = check_range(memory, address, size, err);
    if (status == WISP_OK && size)
        memcpy(memory->data + address, from, size);
    return status;
}

uint8_t *wisp_memory_at(wisp_memory *memory, uint64_t address, uint64_t size)
{
    return wisp_range_fits(address, size, memory->size) ? memory->data + address : NULL;
}
