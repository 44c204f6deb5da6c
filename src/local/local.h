#ifndef WISP_LOCAL_LOCAL_H
#define WISP_LOCAL_LOCAL_H

#include <wisp/os.h>

#include "local/socket.h"
#include "trust/json.h"

/* What a server on a local socket does, and for how many. All is borrowed and stays. */
typedef struct wisp_local_service {
    const wisp_allocator *allocator;
    const wisp_os *os;
    const wisp_socket_calls *calls;
    const char *path;
    uint32_t clients_max;
    uint32_t timeout_ms;       /* for a request, from its first byte on */
    uint32_t payload_size_max; /* bytes that a request may bring along */

    /* Does what the JSON in [text] asks, with the [payload] that came along, both any bytes.
     * Returns the answer (answer.h); NULL when out of memory. */
    wisp_json *(*perform)(void *user, wisp_bytes text, wisp_bytes payload);
    void *user;
} wisp_local_service;

#endif
