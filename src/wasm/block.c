#include "wasm/block.h"

#include <string.h>

#include "base/memory.h"
#include "os/pages.h"

/* At the most, of one memory: 64 GiB; where addresses have 32 bits, 1 GiB. */
#define RESERVED_MAX ((size_t)1 << (sizeof(size_t) > 4 ? 36 : 30))

static bool reserve(wisp_block *block, size_t size, size_t size_max)
{
    size_t reserved = size_max < RESERVED_MAX ? size_max : RESERVED_MAX;
    if (size > reserved || reserved == 0)
        return false;
    uint8_t *data = wisp_pages_reserve(reserved);
    if (!data)
        return false;
    if (!wisp_pages_commit(data, 0, size)) {
        wisp_pages_release(data, reserved);
        return false;
    }
    block->data = data;
    block->reserved = reserved;
    return true;
}

bool wisp_block_init(wisp_block *block, const wisp_allocator *allocator, bool is_mapped,
                     size_t size, size_t size_max)
{
    *block = (wisp_block){.size = size, .allocator = allocator};
    if (is_mapped && reserve(block, size, size_max))
        return true;
    block->data = wisp_alloc(allocator, size, 1);
    return block->data != NULL;
}

bool wisp_block_init_fixed(wisp_block *block, const wisp_allocator *allocator, bool is_mapped,
                           size_t size, size_t size_max)
{
    *block = (wisp_block){.size = size_max, .allocator = allocator};
    if (is_mapped && size_max <= RESERVED_MAX && reserve(block, size, size_max))
        return true;
    block->data = wisp_alloc(allocator, size_max, 1);
    return block->data != NULL;
}

bool wisp_block_commit(const wisp_block *block, size_t old_size, size_t size)
{
    return !block->reserved || wisp_pages_commit(block->data, old_size, size);
}

/* What the allocator gave for it, which is never nothing. */
static size_t allocated(const wisp_block *block)
{
    return block->size ? block->size : 1;
}

void wisp_block_deinit(wisp_block *block)
{
    if (block->reserved)
        wisp_pages_release(block->data, block->reserved);
    else
        wisp_free(block->allocator, block->data, allocated(block));
}

bool wisp_block_grow(wisp_block *block, size_t size)
{
    if (block->reserved) {
        if (size > block->reserved || !wisp_pages_commit(block->data, block->size, size))
            return false;
    } else {
        uint8_t *data = wisp_realloc(block->allocator, block->data, allocated(block), size);
        if (!data)
            return false;
        memset(data + block->size, 0, size - block->size);
        block->data = data;
    }
    block->size = size;
    return true;
}
