#include "swarm.h"

#include <string.h>

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static bool has_chunk(const struct peer *peer, uint32_t chunk)
{
    return peer->has[chunk / 32] >> (chunk % 32) & 1;
}

void swarm_init(struct swarm *swarm, uint32_t peer_count)
{
    uint32_t seed = 1;
    memset(swarm, 0, sizeof *swarm);
    swarm->peer_count = peer_count;
    for (uint32_t i = 0; i < peer_count; i++) {
        swarm->peers[i].ticks_per_chunk = 2 + 3 * i;
        for (uint32_t chunk = 0; chunk < CHUNKS; chunk++) {
            /* Every chunk is with one peer for certain, and with the others by chance. */
            bool has = chunk % peer_count == i || next_random(&seed) % 2;
            swarm->peers[i].has[chunk / 32] |= (uint32_t)has << (chunk % 32);
        }
    }
}

bool swarm_request(struct swarm *swarm, const struct chunk_request *request)
{
    if (request->peer >= swarm->peer_count || request->chunk >= CHUNKS)
        return false;
    struct peer *peer = &swarm->peers[request->peer];
    if (!has_chunk(peer, request->chunk) || peer->queue_len == QUEUE_MAX)
        return false;
    if (peer->queue_len == 0)
        peer->ticks_left = peer->ticks_per_chunk;
    peer->queue[peer->queue_len++] = request->chunk;
    return true;
}

static uint32_t take_head(struct peer *peer)
{
    uint32_t chunk = peer->queue[0];
    peer->queue_len--;
    memmove(peer->queue, peer->queue + 1, peer->queue_len * sizeof peer->queue[0]);
    peer->ticks_left = peer->ticks_per_chunk;
    return chunk;
}

uint32_t swarm_tick(struct swarm *swarm, struct chunk_done done[PEERS_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < swarm->peer_count; i++) {
        struct peer *peer = &swarm->peers[i];
        if (peer->queue_len == 0)
            continue;
        bool here = swarm->done[peer->queue[0]];
        if (!here && --peer->ticks_left > 0)
            continue;
        uint32_t chunk = take_head(peer);
        done[count++] = (struct chunk_done){.peer = i, .chunk = chunk};
        if (here)
            continue;
        swarm->done[chunk] = true;
        swarm->done_count++;
        swarm->bytes += CHUNK_SIZE;
    }
    return count;
}

bool swarm_next_file(struct swarm *swarm)
{
    if (swarm->done_count < CHUNKS)
        return false;
    swarm->file++;
    swarm->done_count = 0;
    memset(swarm->done, 0, sizeof swarm->done);
    for (uint32_t i = 0; i < swarm->peer_count; i++)
        swarm->peers[i].queue_len = 0;
    return true;
}
