#ifndef WISP_GUEST_WASM_H
#define WISP_GUEST_WASM_H

/*
 * What wisp.h, which includes this, comes to for WebAssembly: how exports and imports are
 * written, where the host puts bytes, and the functions that the compiler needs.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WISP_EXPORT(name) __attribute__((export_name(name), visibility("default")))
#define WISP_IMPORT(name) __attribute__((import_module("wisp"), import_name(name)))

/* ------------------------------------------------------------------ the module */

#define WISP_MODULE(number)                                                                      \
    WISP_MODULE_WITHOUT_BUFFER(number)                                                           \
    WISP_EXPORT("wisp_buffer") void *wisp_buffer(uint32_t size);                                 \
    void *wisp_buffer(uint32_t size)                                                             \
    {                                                                                            \
        static __attribute__((aligned(16))) uint8_t fixed[WISP_BUFFER_SIZE];                     \
        static struct wisp_pages grown;                                                          \
        return size <= sizeof fixed ? fixed : wisp_pages_reserve(&grown, size);                  \
    }

#define WISP_MODULE_WITHOUT_BUFFER(number)                                                       \
    WISP_EXPORT("wisp_version") uint32_t wisp_version(void);                                     \
    uint32_t wisp_version(void)                                                                  \
    {                                                                                            \
        return (number);                                                                         \
    }

#define WISP_STATE(type)                                                                         \
    extern type wisp_state;                                                                      \
    extern const uint32_t wisp_state_size;                                                       \
    type wisp_state;                                                                             \
    const uint32_t wisp_state_size = sizeof(type);

/* ------------------------------------------------------------------ memory */

/* Whole pages of memory that belong to one purpose. */
struct wisp_pages {
    size_t first, count;
};

/* The first page that was ever reserved; 0: none was. What lies behind the data of the module and
 * before it is for malloc (libc/malloc.c). One for all files of the module. */
__attribute__((weak)) size_t wisp_pages_begin;

/* Makes room for [size] bytes there; what they held is lost. NULL if memory is refused. */
static inline void *wisp_pages_reserve(struct wisp_pages *pages, size_t size)
{
    const size_t page_size = 65536;
    size_t count = size / page_size + (size % page_size != 0);
    if (count > pages->count) {
        size_t end = __builtin_wasm_memory_size(0);
        int is_last = pages->count > 0 && pages->first + pages->count == end;
        size_t more = is_last ? count - pages->count : count;
        if (__builtin_wasm_memory_grow(0, more) == SIZE_MAX)
            return NULL;
        if (wisp_pages_begin == 0)
            wisp_pages_begin = end;
        pages->first = is_last ? pages->first : end;
        pages->count = count;
    }
    return (void *)(pages->first * page_size);
}

/* ------------------------------------------------------------------ regions */

/* How many of them a module has at once, at the most. */
#define WISP_REGIONS_MAX 16

WISP_IMPORT("region_open") int wisp_region_open(void *address, size_t size);
WISP_IMPORT("region_close") int wisp_region_close(void *address);

/* Pages that a region has, or that the next one may have. */
struct wisp_region_place {
    struct wisp_pages pages;
    void *used_at; /* NULL: by none */
};

/* One table for all files of the module. */
__attribute__((weak)) struct wisp_region_place wisp_region_places[WISP_REGIONS_MAX];

/* One that is not used, with [size] bytes of pages if there is such; NULL if all are used. */
static inline struct wisp_region_place *wisp_region_find_place(size_t size)
{
    struct wisp_region_place *found = NULL;
    for (int i = 0; i < WISP_REGIONS_MAX; i++) {
        struct wisp_region_place *it = &wisp_region_places[i];
        if (it->used_at)
            continue;
        if (size <= it->pages.count * 65536)
            return it;
        if (!found || it->pages.count < found->pages.count)
            found = it;
    }
    return found;
}

static inline void *wisp_region_new(size_t size)
{
    struct wisp_region_place *place = wisp_region_find_place(size);
    void *address = place && size > 0 ? wisp_pages_reserve(&place->pages, size) : NULL;
    if (!address || wisp_region_open(address, size) != WISP_OK)
        return NULL;
    place->used_at = address;
    return address;
}

static inline int wisp_region_free(void *region)
{
    for (int i = 0; i < WISP_REGIONS_MAX && region; i++) {
        struct wisp_region_place *it = &wisp_region_places[i];
        if (it->used_at == region) {
            it->used_at = NULL;
            return wisp_region_close(region);
        }
    }
    return WISP_FAIL;
}

/*
 * What the compiler adds calls to. Weak, so that every file of a module may include this
 * header, and so that a C library takes precedence.
 */
#define WISP_LIBC(function) __attribute__((weak, no_builtin(#function)))

#ifdef __wasm_bulk_memory__

WISP_LIBC(memcpy) void *memcpy(void *to, const void *from, size_t size)
{
    return __builtin_memcpy(to, from, size);
}

WISP_LIBC(memmove) void *memmove(void *to, const void *from, size_t size)
{
    return __builtin_memmove(to, from, size);
}

WISP_LIBC(memset) void *memset(void *to, int byte, size_t size)
{
    return __builtin_memset(to, byte, size);
}

#else

WISP_LIBC(memcpy) void *memcpy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    return to;
}

WISP_LIBC(memmove) void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to <= (uintptr_t)from)
        for (size_t i = 0; i < size; i++)
            ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    else
        for (size_t i = size; i > 0; i--)
            ((uint8_t *)to)[i - 1] = ((const uint8_t *)from)[i - 1];
    return to;
}

WISP_LIBC(memset) void *memset(void *to, int byte, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)to)[i] = (uint8_t)byte;
    return to;
}

#endif

WISP_LIBC(memcmp) int memcmp(const void *a, const void *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        int difference = ((const uint8_t *)a)[i] - ((const uint8_t *)b)[i];
        if (difference != 0)
            return difference;
    }
    return 0;
}

WISP_LIBC(strlen) size_t strlen(const char *text)
{
    size_t len = 0;
    while (text[len] != '\0')
        len++;
    return len;
}

/* ------------------------------------------------------------------ the heap */

/* Of wisp-cc --libc, whose heap is the module's memory and goes with it. */
void *malloc(size_t size);
void free(void *address);

static inline void *wisp_heap_alloc(size_t size)
{
    return size > 0 ? malloc(size) : (void *)0;
}

static inline void wisp_heap_free(void *address)
{
    free(address);
}

#ifdef __cplusplus
}
#endif

#endif
