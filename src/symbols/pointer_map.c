#include "symbols/pointer_map.h"

struct wisp_pointer_entry {
    const void *key;
    void *value;
};

/* Where [key] is, or would be. There always is a free entry. */
static struct wisp_pointer_entry *find(const wisp_pointer_map *map, const void *key)
{
    uint64_t hash = (uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15);
    size_t mask = map->capacity - 1, at = (size_t)(hash >> 32) & mask;
    while (map->entries[at].key && map->entries[at].key != key)
        at = (at + 1) & mask;
    return &map->entries[at];
}

void *wisp_pointer_map_get(const wisp_pointer_map *map, const void *key)
{
    return map->len ? find(map, key)->value : NULL;
}

static bool grow(wisp_pointer_map *map)
{
    wisp_pointer_map grown = {map->allocator, NULL, map->len,
                              map->capacity ? 2 * map->capacity : 256};
    grown.entries = wisp_alloc(map->allocator, grown.capacity, sizeof *grown.entries);
    if (!grown.entries)
        return false;
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->entries[i].key)
            *find(&grown, map->entries[i].key) = map->entries[i];
    }
    wisp_free(map->allocator, map->entries, map->capacity * sizeof *map->entries);
    *map = grown;
    return true;
}

bool wisp_pointer_map_set(wisp_pointer_map *map, const void *key, void *value)
{
    if (4 * (map->len + 1) > 3 * map->capacity && !grow(map))
        return false;
    struct wisp_pointer_entry *entry = find(map, key);
    map->len += !entry->key;
    *entry = (struct wisp_pointer_entry){key, value};
    return true;
}

void wisp_pointer_map_deinit(wisp_pointer_map *map)
{
    wisp_free(map->allocator, map->entries, map->capacity * sizeof *map->entries);
    *map = (wisp_pointer_map){.allocator = map->allocator};
}
