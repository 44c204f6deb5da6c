/*
 * The part of the scheduler that all its versions share: the entry points that the host
 * calls, and the book of what is known. The version's own file brings schedule().
 */

#include <wisp.h>

#include "book.h"

enum { PATIENCE = 400 }; /* ticks after which a chunk that was asked for is wanted again */

WISP_MODULE(SCHEDULER_VERSION)

static struct book book;

static void begin_file(const struct file_begins *begins)
{
    book.file = begins->file;
    book.done_count = 0;
    memset(book.chunk, 0, sizeof book.chunk);
    memset(book.asked_of, 0, sizeof book.asked_of);
}

static void add_peer(const struct peer_joined *joined)
{
    if (joined->peer >= PEERS_MAX)
        return;
    memcpy(book.has[joined->peer], joined->has, sizeof joined->has);
    if (book.peer_count <= joined->peer)
        book.peer_count = joined->peer + 1;
}

static void note_done(const struct chunk_done *done)
{
    if (done->chunk >= CHUNKS || done->peer >= PEERS_MAX)
        return;
    if (book.asked_of[done->peer] > 0)
        book.asked_of[done->peer]--;
    if (book.chunk[done->chunk] == DONE)
        return;
    book.chunk[done->chunk] = DONE;
    book.done_count++;
    book.sent_by[done->peer]++;
}

void ask(struct book *b, uint32_t peer, uint32_t chunk)
{
    struct chunk_request request = {peer, chunk};
    b->chunk[chunk] = ASKED;
    b->asked_at[chunk] = b->tick;
    b->asked_of[peer]++;
    wisp_send(CHANNEL_REQUEST, &request, sizeof request);
}

static void forget_lost_requests(void)
{
    for (uint32_t chunk = 0; chunk < CHUNKS; chunk++)
        if (book.chunk[chunk] == ASKED && book.tick - book.asked_at[chunk] > PATIENCE)
            book.chunk[chunk] = WANTED;
}

int wisp_start(void)
{
    return WISP_OK;
}

void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    if (channel == CHANNEL_FILE && size == sizeof(struct file_begins))
        begin_file(data);
    else if (channel == CHANNEL_PEER && size == sizeof(struct peer_joined))
        add_peer(data);
    else if (channel == CHANNEL_DONE && size == sizeof(struct chunk_done))
        note_done(data);
    else if (channel == CHANNEL_TICK && size == sizeof(struct tick)) {
        book.tick++;
        forget_lost_requests();
        schedule(&book);
    }
}

void wisp_save(void)
{
    wisp_save_state(&book, sizeof book);
}

/* An older version's book is shorter; what it did not know starts at zero. */
int wisp_restore(uint32_t old_version, const void *data, uint32_t size)
{
    (void)old_version;
    memcpy(&book, data, size < sizeof book ? size : sizeof book);
    return WISP_OK;
}
