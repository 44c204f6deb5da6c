#include "book.h"

/*
 * A bad release: it wants to leave out peers that are slower than the average of the slow
 * ones, and on its thirtieth tick divides by the number of peers that it found slow: zero.
 */

static uint32_t ticks_lived;

static uint32_t average_of_slow_peers(const struct book *book)
{
    uint32_t slow = 0, sum = 0;
    for (uint32_t peer = 0; peer < book->peer_count; peer++) {
        if (book->sent_by[peer] == UINT32_MAX) {
            sum += book->sent_by[peer];
            slow++;
        }
    }
    return sum / slow;
}

void schedule(struct book *book)
{
    uint32_t least = ++ticks_lived < 30 ? 0 : average_of_slow_peers(book);
    for (uint32_t peer = 0; peer < book->peer_count; peer++)
        for (uint32_t chunk = 0; chunk < CHUNKS && book->asked_of[peer] == 0; chunk++)
            if (book->chunk[chunk] == WANTED && can_send(book, peer, chunk) &&
                book->sent_by[peer] >= least)
                ask(book, peer, chunk);
}
