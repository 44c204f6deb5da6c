#ifndef WISP_SYMBOLS_POINTER_MAP_H
#define WISP_SYMBOLS_POINTER_MAP_H

#include "base/memory.h"

/* What belongs to a place in memory, as entries of debug information are known by theirs. */

typedef struct wisp_pointer_map {
    const wisp_allocator *allocator;
    struct wisp_pointer_entry *entries; /* a power of two of them, open addressing */
    size_t len, capacity;
} wisp_pointer_map;

/* The value of [key]; NULL if it has none. */
void *wisp_pointer_map_get(const wisp_pointer_map *map, const void *key);

/* Sets it; neither is NULL. False if there is no memory. */
bool wisp_pointer_map_set(wisp_pointer_map *map, const void *key, void *value);
void wisp_pointer_map_deinit(wisp_pointer_map *map);

#endif
