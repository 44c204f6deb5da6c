#include "host/mail/topics.h"

#include <string.h>

#include "base/memory.h"

uint32_t wisp_topics_find(const wisp_topics *topics, wisp_bytes name)
{
    for (size_t i = 0; i < topics->len; i++)
        if (strlen(topics->names[i]) == name.size &&
            memcmp(topics->names[i], name.data, name.size) == 0)
            return (uint32_t)i + 1;
    return 0;
}

uint32_t wisp_topics_add(wisp_topics *topics, const wisp_allocator *allocator, wisp_bytes name)
{
    if (!wisp_array_reserve(allocator, &topics->names, &topics->capacity, topics->len + 1,
                            sizeof *topics->names))
        return 0;
    char *copy = wisp_alloc(allocator, 1, name.size + 1);
    if (!copy)
        return 0;
    memcpy(copy, name.data, name.size);
    topics->names[topics->len++] = copy;
    return (uint32_t)topics->len;
}

void wisp_topics_deinit(wisp_topics *topics, const wisp_allocator *allocator)
{
    for (size_t i = 0; i < topics->len; i++)
        wisp_free(allocator, topics->names[i], strlen(topics->names[i]) + 1);
    wisp_free(allocator, topics->names, topics->capacity * sizeof *topics->names);
    *topics = (wisp_topics){0};
}
