#ifndef SCHEDULER_BOOK_H
#define SCHEDULER_BOOK_H

#include "../protocol.h"

#include <stdbool.h>

/*
 * What every version of the scheduler knows: the peers, and how far each chunk is. It is also
 * the state that one version hands to the next, so fields are only ever added at the end.
 */

enum { WANTED, ASKED, DONE };

struct book {
    uint32_t tick;
    uint32_t file;
    uint32_t peer_count;
    uint32_t has[PEERS_MAX][CHUNKS / 32];
    uint32_t asked_of[PEERS_MAX]; /* chunks that this peer was asked for and has not sent */
    uint32_t chunk[CHUNKS];       /* WANTED, ASKED or DONE */
    uint32_t asked_at[CHUNKS];    /* the tick */
    uint32_t done_count;
    /* since version 2 */
    uint32_t sent_by[PEERS_MAX]; /* chunks that this peer has sent so far */
};

/* Each version's own: decides what to ask for now. Called once a tick. */
void schedule(struct book *book);

/* Asks [peer] for [chunk], and books it. */
void ask(struct book *book, uint32_t peer, uint32_t chunk);

static inline bool can_send(const struct book *book, uint32_t peer, uint32_t chunk)
{
    return book->has[peer][chunk / 32] >> (chunk % 32) & 1;
}

#endif
