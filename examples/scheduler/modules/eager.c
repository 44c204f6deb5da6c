#include "book.h"

/*
 * From version 2 on: every peer always has a few chunks to send, the rarest that it holds
 * first, so that the whole swarm's bandwidth is used.
 */

static uint32_t holders(const struct book *book, uint32_t chunk)
{
    uint32_t count = 0;
    for (uint32_t peer = 0; peer < book->peer_count; peer++)
        count += can_send(book, peer, chunk);
    return count;
}

/* The wanted chunk that the fewest peers hold and [peer] can send; CHUNKS if there is none. */
static uint32_t rarest(const struct book *book, uint32_t peer)
{
    uint32_t best = CHUNKS, best_holders = PEERS_MAX + 1;
    for (uint32_t chunk = 0; chunk < CHUNKS; chunk++) {
        if (book->chunk[chunk] != WANTED || !can_send(book, peer, chunk))
            continue;
        uint32_t count = holders(book, chunk);
        if (count < best_holders) {
            best = chunk;
            best_holders = count;
        }
    }
    return best;
}

void schedule(struct book *book)
{
    for (uint32_t peer = 0; peer < book->peer_count; peer++) {
        while (book->asked_of[peer] < ASKED_AHEAD) {
            uint32_t chunk = rarest(book, peer);
            if (chunk == CHUNKS)
                break;
            ask(book, peer, chunk);
        }
    }
}
