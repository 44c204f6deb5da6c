#include "book.h"

/*
 * A bad release: on its thirtieth tick it goes round looking for a peer that has every chunk,
 * and there is none.
 */

static uint32_t ticks_lived;

static bool has_all(const struct book *book, uint32_t peer)
{
    for (uint32_t word = 0; word < CHUNKS / 32; word++)
        if (book->has[peer][word] != UINT32_MAX)
            return false;
    return true;
}

static uint32_t find_complete_peer(const struct book *book)
{
    volatile uint32_t peer = 0;
    while (!has_all(book, peer))
        peer = (peer + 1) % book->peer_count;
    return peer;
}

void schedule(struct book *book)
{
    uint32_t peer = ++ticks_lived < 30 ? 0 : find_complete_peer(book);
    for (uint32_t chunk = 0; chunk < CHUNKS && book->asked_of[peer] == 0; chunk++)
        if (book->chunk[chunk] == WANTED && can_send(book, peer, chunk))
            ask(book, peer, chunk);
}
