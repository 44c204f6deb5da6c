#include "host/queue.h"

#include <string.h>

#include "base/memory.h"

bool wisp_queue_push(wisp_queue *queue, const wisp_allocator *allocator, uint32_t channel,
                     wisp_bytes bytes)
{
    if (bytes.size > SIZE_MAX - sizeof(wisp_message))
        return false;
    wisp_message *message = wisp_alloc(allocator, 1, sizeof *message + bytes.size);
    if (!message)
        return false;
    message->channel = channel;
    message->size = bytes.size;
    if (bytes.size > 0)
        memcpy(message->data, bytes.data, bytes.size);
    if (queue->last)
        queue->last->next = message;
    else
        queue->first = message;
    queue->last = message;
    queue->len++;
    return true;
}

wisp_message *wisp_queue_pop(wisp_queue *queue)
{
    wisp_message *message = queue->first;
    if (!message)
        return NULL;
    queue->first = message->next;
    if (!queue->first)
        queue->last = NULL;
    queue->len--;
    return message;
}

void wisp_message_free(wisp_message *message, const wisp_allocator *allocator)
{
    wisp_free(allocator, message, sizeof *message + message->size);
}

void wisp_queue_clear(wisp_queue *queue, const wisp_allocator *allocator)
{
    for (wisp_message *message; (message = wisp_queue_pop(queue));)
        wisp_message_free(message, allocator);
}
