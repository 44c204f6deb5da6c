#ifndef WISP_HOST_TOPICS_H
#define WISP_HOST_TOPICS_H

#include <wisp/event.h>

/* The names that stand for types of events: topic number n has the type WISP_EVENT_TOPIC | n,
 * from 1 on. All zero is none. */
typedef struct wisp_topics {
    char **names;
    size_t len, capacity;
} wisp_topics;

enum { WISP_TOPIC_SIZE_MAX = 255 };

/* The number of topic [name], 0 if there is none yet. */
uint32_t wisp_topics_find(const wisp_topics *topics, wisp_bytes name);

/* Adds one; 0 if memory is refused. */
uint32_t wisp_topics_add(wisp_topics *topics, const wisp_allocator *allocator, wisp_bytes name);

void wisp_topics_deinit(wisp_topics *topics, const wisp_allocator *allocator);

#endif
