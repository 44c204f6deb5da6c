#include "book.h"

/*
 * Version 1, the one in the program: one chunk after the other, from one peer after the
 * other, two at a time. Correct, and slow: the fast peers wait for the slow ones.
 */

enum { AT_ONCE = 2 };

static uint32_t in_flight(const struct book *book)
{
    uint32_t sum = 0;
    for (uint32_t peer = 0; peer < book->peer_count; peer++)
        sum += book->asked_of[peer];
    return sum;
}

static void ask_somebody(struct book *book, uint32_t chunk)
{
    for (uint32_t i = 0; i < book->peer_count; i++) {
        uint32_t peer = (book->tick + i) % book->peer_count;
        if (can_send(book, peer, chunk) && book->asked_of[peer] == 0) {
            ask(book, peer, chunk);
            return;
        }
    }
}

void schedule(struct book *book)
{
    for (uint32_t chunk = 0; chunk < CHUNKS && in_flight(book) < AT_ONCE; chunk++)
        if (book->chunk[chunk] == WANTED)
            ask_somebody(book, chunk);
}
