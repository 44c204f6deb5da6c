#ifndef SCHEDULER_SWARM_H
#define SCHEDULER_SWARM_H

#include "protocol.h"

#include <stdbool.h>

/*
 * A simulated swarm: peers of very different speed, each of which holds half of the file's
 * chunks and sends what it is asked for, one chunk after the other. The same on every run.
 */

enum { QUEUE_MAX = 4 }; /* chunks that a peer can be asked for ahead */

struct peer {
    uint32_t has[CHUNKS / 32];
    uint32_t ticks_per_chunk; /* its speed */
    uint32_t queue[QUEUE_MAX];
    uint32_t queue_len;
    uint32_t ticks_left; /* of the chunk at the queue's head */
};

struct swarm {
    struct peer peers[PEERS_MAX];
    uint32_t peer_count;
    uint32_t file; /* how many files were begun */
    bool done[CHUNKS];
    uint32_t done_count;
    uint64_t bytes; /* received in all */
};

void swarm_init(struct swarm *swarm, uint32_t peer_count);

/* Asks a peer for a chunk. False if that makes no sense: no such peer or chunk, not one that
 * it has, or too many asked for ahead. A chunk that is there already is not sent again. */
bool swarm_request(struct swarm *swarm, const struct chunk_request *request);

/* Moves time on by a tick and writes the chunks that came in to [done], at most PEERS_MAX.
 * Returns how many. */
uint32_t swarm_tick(struct swarm *swarm, struct chunk_done done[PEERS_MAX]);

/* Begins the next file once this one is whole; false if it is not. */
bool swarm_next_file(struct swarm *swarm);

#endif
