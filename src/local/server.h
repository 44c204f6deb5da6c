#ifndef WISP_LOCAL_SERVER_H
#define WISP_LOCAL_SERVER_H

#include "local/local.h"

/*
 * Who listens on a local socket: lets clients in whose user may ask, at most clients_max at once,
 * and gives each its turn. Nothing here waits.
 */

typedef struct wisp_local_server wisp_local_server;

/*
 * Listens for [service], which is copied. Returns WISP_BUSY where another process listens,
 * WISP_INVALID for a path that is too long or stands for something else, WISP_UNSUPPORTED without
 * local sockets, WISP_IO, WISP_NO_MEMORY. *[out] is to be closed in any case.
 */
wisp_status wisp_local_server_open(const wisp_local_service *service, wisp_local_server **out,
                                   wisp_error *err);

/* Breaks off all clients and removes the socket. NULL is fine. */
void wisp_local_server_close(wisp_local_server *server);

/* Readable when there is something to do; the time, of wisp_os.monotonic_ns, at which a client
 * has to be dropped, UINT64_MAX without one. */
int wisp_local_server_fd(const wisp_local_server *server);
uint64_t wisp_local_server_next_ns(const wisp_local_server *server);
void wisp_local_server_step(wisp_local_server *server);

#endif
