#include "base/memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

struct wisp_arena_chunk {
    wisp_arena_chunk *next;
    size_t size; /* of the whole block, this header included */
    size_t used;
};

#define ALIGNMENT   alignof(max_align_t)
#define FIRST_ROOM  256 /* bytes in an arena's first chunk */
#define HEADER_SIZE ((sizeof(wisp_arena_chunk) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)

static void *default_alloc(void *user, void *old, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, new_size);
}

const wisp_allocator wisp_allocator_default = {default_alloc, NULL};

const wisp_allocator *wisp_allocator_or_default(const wisp_allocator *allocator)
{
    return allocator ? allocator : &wisp_allocator_default;
}

static bool product(size_t count, size_t size, size_t *out)
{
    if (size != 0 && count > SIZE_MAX / size)
        return false;
    *out = count * size;
    return true;
}

void *wisp_alloc(const wisp_allocator *allocator, size_t count, size_t size)
{
    size_t total;
    if (!product(count, size, &total))
        return NULL;
    void *block = wisp_realloc(allocator, NULL, 0, total ? total : 1);
    if (block)
        memset(block, 0, total);
    return block;
}

void *wisp_realloc(const wisp_allocator *allocator, void *old, size_t old_size, size_t new_size)
{
    return allocator->alloc(allocator->user, old, old_size, new_size);
}

void wisp_free(const wisp_allocator *allocator, void *block, size_t size)
{
    if (block)
        allocator->alloc(allocator->user, block, size ? size : 1, 0);
}

bool wisp_array_reserve(const wisp_allocator *allocator, void *array, size_t *capacity,
                        size_t needed, size_t item_size)
{
    if (needed <= *capacity)
        return true;
    size_t wanted = *capacity > SIZE_MAX / 2 ? needed : *capacity * 2;
    if (wanted < needed)
        wanted = needed;
    if (wanted < 8)
        wanted = 8;
    size_t size;
    if (!product(wanted, item_size, &size))
        return false;
    void *block;
    memcpy(&block, array, sizeof block);
    block = wisp_realloc(allocator, block, *capacity * item_size, size);
    if (!block)
        return false;
    memcpy(array, &block, sizeof block);
    *capacity = wanted;
    return true;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void wisp_arena_init(wisp_arena *arena, const wisp_allocator *allocator, size_t chunk_size)
{
    arena->allocator = allocator;
    arena->chunks = NULL;
    arena->chunk_size = chunk_size;
    arena->room = smaller(FIRST_ROOM, chunk_size);
}

void wisp_arena_deinit(wisp_arena *arena)
{
    wisp_arena_chunk *chunk = arena->chunks;
    while (chunk) {
        wisp_arena_chunk *next = chunk->next;
        wisp_free(arena->allocator, chunk, chunk->size);
        chunk = next;
    }
    arena->chunks = NULL;
}

static wisp_arena_chunk *add_chunk(wisp_arena *arena, size_t room)
{
    if (room > SIZE_MAX - HEADER_SIZE)
        return NULL;
    size_t size = HEADER_SIZE + room;
    wisp_arena_chunk *chunk = wisp_realloc(arena->allocator, NULL, 0, size);
    if (!chunk)
        return NULL;
    chunk->size = size;
    chunk->used = HEADER_SIZE;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk;
}

void *wisp_arena_take(wisp_arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGNMENT)
        return NULL;
    size_t total = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    wisp_arena_chunk *chunk = arena->chunks;
    if (!chunk || chunk->size - chunk->used < total) {
        chunk = add_chunk(arena, total > arena->room ? total : arena->room);
        arena->room = smaller(2 * arena->room, arena->chunk_size);
    }
    if (!chunk)
        return NULL;
    void *block = (uint8_t *)chunk + chunk->used;
    chunk->used += total;
    return block;
}

void *wisp_arena_alloc(wisp_arena *arena, size_t count, size_t size)
{
    size_t total;
    void *block = product(count, size, &total) ? wisp_arena_take(arena, total) : NULL;
    return block ? memset(block, 0, total) : NULL;
}

void *wisp_arena_copy(wisp_arena *arena, const void *items, size_t count, size_t size)
{
    size_t total;
    void *block = product(count, size, &total) ? wisp_arena_take(arena, total) : NULL;
    if (block && total)
        memcpy(block, items, total);
    return block;
}

char *wisp_arena_text(wisp_arena *arena, const void *text, size_t size)
{
    if (size == SIZE_MAX)
        return NULL;
    char *copy = wisp_arena_alloc(arena, size + 1, 1);
    if (copy && size)
        memcpy(copy, text, size);
    return copy;
}
