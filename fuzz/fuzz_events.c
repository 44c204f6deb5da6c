#include "update/event_ring.h"

#include <assert.h>
#include <string.h>
#include <zlib.h>

/*
 * What a device finds in its file of events: the first byte chooses a place or a block in front,
 * the rest are its bytes. The check sum is made right, since no fuzzer would guess it.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fill(uint8_t block[WISP_UPDATE_EVENT_BLOCK_SIZE], const uint8_t *data, size_t size)
{
    size_t end = WISP_UPDATE_EVENT_BLOCK_SIZE - 4;
    memset(block, 0, WISP_UPDATE_EVENT_BLOCK_SIZE);
    memcpy(block, data, size < end ? size : end);
    uint32_t sum = (uint32_t)crc32(0, block, (uInt)end);
    for (size_t i = 0; i < 4; i++)
        block[end + i] = (uint8_t)(sum >> 8 * i);
}

static void read_event(const uint8_t block[WISP_UPDATE_EVENT_BLOCK_SIZE])
{
    uint8_t again[WISP_UPDATE_EVENT_BLOCK_SIZE];
    uint64_t series, same;
    wisp_update_event event, back;
    if (!wisp_update_event_decode(block, &series, &event))
        return;
    assert(series && event.sequence && event.kind < WISP_UPDATE_EVENT_KIND_LEN);
    assert(memchr(event.channel, '\0', sizeof event.channel));
    assert(memchr(event.variant, '\0', sizeof event.variant));
    assert(memchr(event.code, '\0', sizeof event.code));
    assert(memchr(event.reason, '\0', sizeof event.reason));
    wisp_update_event_encode(series, &event, again);
    assert(wisp_update_event_decode(again, &same, &back));
    assert(same == series && back.sequence == event.sequence && back.lost == event.lost);
    assert(back.is_private == event.is_private && strcmp(back.reason, event.reason) == 0);
}

static void read_delivery(const uint8_t block[WISP_UPDATE_EVENT_BLOCK_SIZE])
{
    uint8_t again[WISP_UPDATE_EVENT_BLOCK_SIZE];
    uint64_t series, same;
    wisp_update_event_delivery delivery, back;
    if (!wisp_update_event_delivery_decode(block, &series, &delivery))
        return;
    assert(series && delivery.generation);
    assert(delivery.batch_len >= 1 && delivery.batch_len <= WISP_UPDATE_EVENT_BATCH_MAX);
    wisp_update_event_delivery_encode(series, &delivery, again);
    assert(wisp_update_event_delivery_decode(again, &same, &back));
    assert(same == series && back.generation == delivery.generation);
    assert(back.acknowledged == delivery.acknowledged && back.next_try == delivery.next_try);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t block[WISP_UPDATE_EVENT_BLOCK_SIZE];
    if (size == 0)
        return 0;
    fill(block, data + 1, size - 1);
    if (data[0] % 2)
        read_delivery(block);
    else
        read_event(block);
    return 0;
}
