#ifndef WISP_HOST_QUEUE_H
#define WISP_HOST_QUEUE_H

#include <wisp/base.h>

/* Messages that wait for their module, first in, first out. All zero is an empty queue. */

typedef struct wisp_message wisp_message;

struct wisp_message {
    wisp_message *next;
    uint32_t channel;
    size_t size;
    uint8_t data[];
};

typedef struct wisp_queue {
    wisp_message *first, *last;
    uint32_t len;
} wisp_queue;

/* Appends a copy of [bytes]. False, with nothing changed, if memory is refused. */
bool wisp_queue_push(wisp_queue *queue, const wisp_allocator *allocator, uint32_t channel,
                     wisp_bytes bytes);

/* Takes the first message out; it is the caller's. NULL if the queue is empty. */
wisp_message *wisp_queue_pop(wisp_queue *queue);

void wisp_message_free(wisp_message *message, const wisp_allocator *allocator);

void wisp_queue_clear(wisp_queue *queue, const wisp_allocator *allocator);

#endif
