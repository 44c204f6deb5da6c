#ifndef TESTS_MANAGE_WIRE_H
#define TESTS_MANAGE_WIRE_H

#include "local/packet.h"
#include "local/socket.h"

/*
 * The system calls of a manager's socket, in memory: clients say what a test has them say, as
 * slowly as it likes, and any call can be made to fail.
 */

#define WIRE_CLIENTS_MAX 8
#define WIRE_SIZE_MAX    (64u << 10)

typedef struct wire_client {
    bool is_open; /* on the server's side */
    bool has_hung_up;
    bool is_deaf; /* takes nothing of its answer */
    uint32_t uid;
    size_t said_size, heard; /* what the client said, and what of it was received */
    size_t chunk;            /* bytes in one call, either way; 0: all */
    size_t answer_size;
    uint8_t said[WIRE_SIZE_MAX];
    uint8_t answer[WIRE_SIZE_MAX];
} wire_client;

typedef struct wire {
    wisp_socket_calls calls;
    uint32_t own_uid;
    wire_client clients[WIRE_CLIENTS_MAX];
    size_t connected, accepted; /* clients, in order */
    bool is_listening, has_name, watches_listener;
    int open_descriptors;
    uint64_t call_count, fail_at; /* the call that fails, from 1; 0: none */
    int fail_with;                /* a negated errno */
} wire;

void wire_init(wire *w);

/* A further client, which is let in when the manager looks. */
wire_client *wire_connect(wire *w);

/* [client] says [size] bytes. */
void wire_say(wire_client *client, const void *bytes, size_t size);

/* It says a packet with this JSON and a module. */
void wire_order(wire_client *client, const char *json, wisp_bytes module);

/* The JSON of the next answer that has come in full, NUL-terminated, until the next call; NULL if
 * there is none. It is taken off what was answered. */
const char *wire_answer(wire_client *client);

#endif
