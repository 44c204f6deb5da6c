#ifndef WISP_WASM_BLOCK_H
#define WISP_WASM_BLOCK_H

#include <wisp/wasm.h>

/*
 * The bytes of a linear memory and where they come from: address space that is reserved for as
 * much as the memory may get, so that it never moves, is never copied and is cleared by the
 * system; or else the allocator, where growing may move them.
 */
typedef struct wisp_block {
    uint8_t *data;
    size_t size;
    size_t reserved; /* bytes of address space at data; 0: they are the allocator's */
    bool has_files;  /* files were mapped over parts of it (mapping.c) */
    const wisp_allocator *allocator;
} wisp_block;

/*
 * Makes [block] of [size] zeros, which may grow to [size_max]: as reserved address space if
 * [is_mapped] and the system has it, else from [allocator]. False if out of memory.
 */
bool wisp_block_init(wisp_block *block, const wisp_allocator *allocator, bool is_mapped,
                     size_t size, size_t size_max);
void wisp_block_deinit(wisp_block *block);

/* The same for one that will never move: what the system does not reserve is allocated at once,
 * all [size_max] bytes. Such a block grows by wisp_block_commit alone. */
bool wisp_block_init_fixed(wisp_block *block, const wisp_allocator *allocator, bool is_mapped,
                           size_t size, size_t size_max);

/* Makes the first [size] bytes of a fixed [block] usable, of which [old_size] are; false if out
 * of memory. Does not touch [block], so that several threads may do it. */
bool wisp_block_commit(const wisp_block *block, size_t old_size, size_t size);

/* Grows to [size], with zeros. False, with nothing changed, if out of memory. */
bool wisp_block_grow(wisp_block *block, size_t size);

#endif
