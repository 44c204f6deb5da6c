#ifndef WISP_UPDATE_EVENT_RING_H
#define WISP_UPDATE_EVENT_RING_H

#include "os/folder.h"

#include <wisp/update.h>

/*
 * What happened on this device, for whoever runs the fleet: the last 64 events in the file
 * "events", each in a place of one disk sector with a check sum. A new event takes the place of
 * the oldest one, so that the file never grows, and a power cut costs the event that was being
 * written and the one in whose place it was. An event that makes room before it was delivered is
 * counted as lost.
 *
 * In front of the places are two blocks that are written in turns and hold how far the events
 * were delivered. Without them all are delivered again, and the receiver drops repeats: an event
 * is known by the ring's series, a random number from when the file was made, and its sequence.
 * The layout is in docs/formats.md.
 */

#define WISP_UPDATE_EVENT_RING_LEN   WISP_UPDATE_EVENTS_MAX
#define WISP_UPDATE_EVENT_BATCH_MAX  16 /* that are delivered at once */
#define WISP_UPDATE_EVENT_BLOCK_SIZE 512

/* How far the delivery is. */
typedef struct wisp_update_event_delivery {
    uint64_t generation;   /* of the last block written; 0 before the first */
    uint64_t acknowledged; /* sequence: all up to it need no delivery */
    uint64_t refused;      /* events that the endpoint would not take */
    int64_t next_try;      /* seconds since 1970; 0 for now */
    uint32_t failures;     /* since the last success */
    uint32_t batch_len;    /* how many events to send at once: fewer after a refusal */
    uint32_t refusals;     /* in a row */
} wisp_update_event_delivery;

typedef struct wisp_update_event_ring {
    bool is_known;     /* what the file holds was read: only then is it written */
    uint64_t series;   /* 0 before the file is made */
    uint64_t sequence; /* of the newest event */
    uint64_t waiting;  /* bit n: the event in place n is to be delivered */
    uint64_t lost;     /* events that are gone before they were delivered */
    wisp_update_event_delivery delivery;
    wisp_update_event last_check, last_failure; /* sequence 0 for none */
} wisp_update_event_ring;

/* One place, its check sum included, and back: false for a free or damaged one. */
void wisp_update_event_encode(uint64_t series, const wisp_update_event *event,
                              uint8_t block[WISP_UPDATE_EVENT_BLOCK_SIZE]);
bool wisp_update_event_decode(const uint8_t block[WISP_UPDATE_EVENT_BLOCK_SIZE], uint64_t *series,
                              wisp_update_event *out);

/* One of the two blocks in front, likewise. */
void wisp_update_event_delivery_encode(uint64_t series,
                                       const wisp_update_event_delivery *delivery,
                                       uint8_t block[WISP_UPDATE_EVENT_BLOCK_SIZE]);
bool wisp_update_event_delivery_decode(const uint8_t block[WISP_UPDATE_EVENT_BLOCK_SIZE],
                                       uint64_t *series, wisp_update_event_delivery *out);

/* Reads what can be read: an empty ring where the file is missing (WISP_OK), or damaged as a
 * whole. WISP_IO, WISP_NO_MEMORY. */
wisp_status wisp_update_event_ring_load(const wisp_folder *folder, wisp_update_event_ring *out,
                                        wisp_error *err);

/* Makes the file in its full size where there is none that can be used, so that a full disk does
 * not keep events from being noted. */
wisp_status wisp_update_event_ring_reserve(const wisp_folder *folder,
                                           wisp_update_event_ring *ring, wisp_error *err);

/*
 * Puts [event] into the ring, with the next sequence and the lost ones counted; durable when this
 * returns WISP_OK. Otherwise the event is lost, which is counted, and nothing else is.
 */
wisp_status wisp_update_event_ring_add(const wisp_folder *folder, wisp_update_event_ring *ring,
                                       const wisp_update_event *event, wisp_error *err);

/*
 * The oldest events that wait for delivery, as many as one batch has now; those that turn out to
 * be damaged are counted as lost. *[len] is 0 where none waits.
 */
wisp_status wisp_update_event_ring_peek(const wisp_folder *folder, wisp_update_event_ring *ring,
                                        wisp_update_event out[WISP_UPDATE_EVENT_BATCH_MAX],
                                        size_t *len, wisp_error *err);

/* Makes [delivery] what is remembered of it. In memory it counts from now on, whether or not it
 * could be written: an event is rather delivered twice. */
wisp_status wisp_update_event_ring_settle(const wisp_folder *folder, wisp_update_event_ring *ring,
                                          const wisp_update_event_delivery *delivery,
                                          wisp_error *err);

/* All events that can be read, oldest first; *[len] of them. */
wisp_status wisp_update_event_ring_list(const wisp_folder *folder,
                                        const wisp_update_event_ring *ring,
                                        wisp_update_event out[WISP_UPDATE_EVENT_RING_LEN],
                                        size_t *len, wisp_error *err);

/* How many events wait for delivery. */
uint32_t wisp_update_event_ring_waiting(const wisp_update_event_ring *ring);

#endif
