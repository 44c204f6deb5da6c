#ifndef WISP_LOCAL_SESSION_H
#define WISP_LOCAL_SESSION_H

#include "local/packet.h"
#include "local/local.h"

/*
 * One client: its request as it comes in, one after the other, and the answer as it goes out. A
 * client that is too slow, breaks the format or hangs up is closed. What it claims to send costs
 * nothing: memory grows with what has come.
 */

typedef enum wisp_session_phase {
    WISP_SESSION_HEAD, /* what comes in */
    WISP_SESSION_TEXT,
    WISP_SESSION_PAYLOAD,
    WISP_SESSION_ANSWER, /* what goes out */
    WISP_SESSION_OVER
} wisp_session_phase;

typedef struct wisp_session {
    const wisp_local_service *service;
    int fd;
    uint64_t deadline_ns; /* of the phase that it is in */
    wisp_session_phase phase;
    bool is_last; /* closed after this answer */
    wisp_packet packet;
    size_t done; /* bytes of the part that is under way */
    uint8_t head[WISP_PACKET_HEAD_SIZE];
    uint8_t text[WISP_PACKET_REQUEST_MAX];
    uint8_t *payload;
    size_t payload_room;
    uint8_t *answer; /* with its head */
    size_t answer_size;
} wisp_session;

/* Begins with the client at [fd], which is the session's from then on. */
void wisp_session_begin(wisp_session *session, const wisp_local_service *service, int fd);

/* Closes it and frees what it holds. */
void wisp_session_end(wisp_session *session);

/* Does what can be done without waiting: at most one request. */
void wisp_session_step(wisp_session *session, uint64_t now_ns);

#endif
