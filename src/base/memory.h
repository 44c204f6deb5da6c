#ifndef WISP_BASE_MEMORY_H
#define WISP_BASE_MEMORY_H

#include <wisp/base.h>

/*
 * All memory comes through here: single blocks whose size the owner remembers, and arenas
 * for things that are born together and die together.
 */

/* malloc and free. */
extern const wisp_allocator wisp_allocator_default;

/* [allocator], or the default one for NULL. */
const wisp_allocator *wisp_allocator_or_default(const wisp_allocator *allocator);

/* A block of [count] * [size] bytes, cleared. NULL if refused, or if the product overflows. */
void *wisp_alloc(const wisp_allocator *allocator, size_t count, size_t size);

/* Resizes [old] as realloc does; new bytes are not cleared. */
void *wisp_realloc(const wisp_allocator *allocator, void *old, size_t old_size, size_t new_size);

/* Frees a block of [size] bytes. NULL is fine. */
void wisp_free(const wisp_allocator *allocator, void *block, size_t size);

/*
 * Makes room for [needed] items of [item_size] in the array at *[array] that has room for
 * *[capacity]. Grows by doubling. Returns false, with nothing changed, if refused.
 * *[array] is any object pointer, hence void *.
 */
bool wisp_array_reserve(const wisp_allocator *allocator, void *array, size_t *capacity,
                        size_t needed, size_t item_size);

typedef struct wisp_arena_chunk wisp_arena_chunk;

/* Memory that is freed all at once. Initialise with wisp_arena_init. */
typedef struct wisp_arena {
    const wisp_allocator *allocator;
    wisp_arena_chunk *chunks; /* newest first */
    size_t chunk_size;        /* of ordinary chunks, in the end: each is twice the one before */
    size_t room;              /* of the next one */
} wisp_arena;

void wisp_arena_init(wisp_arena *arena, const wisp_allocator *allocator, size_t chunk_size);
void wisp_arena_deinit(wisp_arena *arena);

/* [count] * [size] bytes, cleared, aligned for any type; NULL if refused or on overflow. */
void *wisp_arena_alloc(wisp_arena *arena, size_t count, size_t size);

/* [size] bytes, likewise, but not cleared. */
void *wisp_arena_take(wisp_arena *arena, size_t size);

/* A copy of [count] * [size] bytes at [items], likewise. */
void *wisp_arena_copy(wisp_arena *arena, const void *items, size_t count, size_t size);

/* A NUL-terminated copy of [size] bytes at [text]; NULL if refused. */
char *wisp_arena_text(wisp_arena *arena, const void *text, size_t size);

#endif
