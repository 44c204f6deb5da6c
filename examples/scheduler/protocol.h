#ifndef SCHEDULER_PROTOCOL_H
#define SCHEDULER_PROTOCOL_H

#include <stdint.h>

/*
 * What the program and its scheduler module say to each other. Both sides compile this header;
 * every field is a uint32_t, so that the structs are laid out alike on both.
 *
 * A file is CHUNKS chunks. Peers hold some of them. The program moves the bytes; the module
 * decides which chunk to ask which peer for.
 */

enum { PEERS_MAX = 16, CHUNKS = 256, CHUNK_SIZE = 64 * 1024 };

enum channel {
    CHANNEL_FILE = 1,    /* to the module: struct file_begins */
    CHANNEL_PEER = 2,    /* to the module: struct peer_joined */
    CHANNEL_DONE = 3,    /* to the module: struct chunk_done */
    CHANNEL_TICK = 4,    /* to the module: struct tick */
    CHANNEL_REQUEST = 16 /* to the program: struct chunk_request */
};

struct file_begins {
    uint32_t file;
};

struct peer_joined {
    uint32_t peer;
    uint32_t has[CHUNKS / 32]; /* a bit for each chunk that it can send */
};

struct chunk_done {
    uint32_t peer, chunk;
};

struct tick {
    uint32_t number;
};

struct chunk_request {
    uint32_t peer, chunk;
};

#endif
