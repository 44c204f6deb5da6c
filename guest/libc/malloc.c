#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * First fit, from a list of free blocks in the order of their addresses, in which neighbours are
 * joined. Memory behind the module's data is taken, and then grown by whole pages; what is not
 * used of them is a free block too. Nothing is given back.
 */

enum { PAGE_SIZE = 65536, ALIGNMENT = 16 };

/* In front of every block, used or free. */
typedef struct block {
    alignas(ALIGNMENT) size_t size; /* with this header; a multiple of ALIGNMENT */
    struct block *next;             /* of a free one */
} block;

extern char __heap_base; /* by the linker: where the data ends */

/* Of wisp_wasm.h: pages from this one on may be buffers and regions. 0: none is. */
__attribute__((weak)) size_t wisp_pages_begin;

static block *free_blocks;
static bool has_begun;

/* Bytes of the blocks that are used, headers and all, now and at the most: exported by the
 * linker, so that the host can tell (docs/host.md). */
extern uint32_t wisp_heap_size, wisp_heap_peak;
uint32_t wisp_heap_size, wisp_heap_peak;

static bool touch(const block *low, const block *high)
{
    return (const char *)low + low->size == (const char *)high;
}

/* Puts [b] into the list and joins it with its neighbours. */
static void give_back(block *b)
{
    block **link = &free_blocks, *before = NULL;
    while (*link && *link < b) {
        before = *link;
        link = &before->next;
    }
    b->next = *link;
    *link = b;
    if (b->next && touch(b, b->next)) {
        b->size += b->next->size;
        b->next = b->next->next;
    }
    if (before && touch(before, b)) {
        before->size += b->size;
        before->next = b->next;
    }
}

/* Adds the bytes from [from] to [to] as a free block. */
static void add_memory(uintptr_t from, uintptr_t to)
{
    if (to < from + 2 * sizeof(block))
        return;
    block *b = (block *)from;
    b->size = to - from;
    give_back(b);
}

/* Adds memory: first what lies behind the data, then pages for [size] bytes. */
static bool grow(size_t size)
{
    if (!has_begun) {
        has_begun = true;
        uintptr_t begin = ((uintptr_t)&__heap_base + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        size_t end = wisp_pages_begin ? wisp_pages_begin : __builtin_wasm_memory_size(0);
        add_memory(begin, end * PAGE_SIZE);
        return true;
    }
    size_t pages = size / PAGE_SIZE + 1;
    size_t old = __builtin_wasm_memory_grow(0, pages);
    if (old == SIZE_MAX)
        return false;
    add_memory(old * PAGE_SIZE, (old + pages) * PAGE_SIZE);
    return true;
}

/* Takes [size] bytes off the first block that has them; NULL where none has. */
static block *take(size_t size)
{
    block **link = &free_blocks;
    while (*link && (*link)->size < size)
        link = &(*link)->next;
    block *found = *link;
    if (!found)
        return NULL;
    if (found->size - size < 2 * sizeof(block)) {
        *link = found->next;
        return found;
    }
    block *rest = (block *)(void *)((char *)found + size);
    rest->size = found->size - size;
    rest->next = found->next;
    *link = rest;
    found->size = size;
    return found;
}

void *malloc(size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t whole = (size + sizeof(block) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    block *b;
    while (!(b = take(whole)) && grow(whole))
        ;
    if (!b)
        return NULL;
    wisp_heap_size += b->size;
    if (wisp_heap_size > wisp_heap_peak)
        wisp_heap_peak = wisp_heap_size;
    return b + 1;
}

void free(void *address)
{
    if (!address)
        return;
    block *b = (block *)address - 1;
    wisp_heap_size -= b->size;
    give_back(b);
}

void *calloc(size_t count, size_t size)
{
    size_t product;
    if (__builtin_mul_overflow(count, size, &product))
        return NULL;
    void *address = malloc(product);
    return address ? memset(address, 0, product) : NULL;
}

void *realloc(void *old, size_t size)
{
    if (!old)
        return malloc(size);
    size_t room = ((block *)old - 1)->size - sizeof(block);
    if (size <= room)
        return old;
    void *address = malloc(size);
    if (!address)
        return NULL;
    memcpy(address, old, room);
    free(old);
    return address;
}
