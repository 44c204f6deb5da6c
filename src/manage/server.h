#ifndef WISP_MANAGE_SERVER_H
#define WISP_MANAGE_SERVER_H

#include "manage/manager.h"

/*
 * Who listens for a manager: lets clients in whose user may ask, at most clients_max at once, and
 * gives each its turn. Nothing here waits.
 */

/* Listens on the socket of the manager's config, by [calls], which must stay. The statuses of
 * wisp_manager_open. */
wisp_status wisp_manage_server_open(wisp_manager *manager, const wisp_socket_calls *calls,
                                    wisp_manage_server **out, wisp_error *err);

/* Breaks off all clients and removes the socket. NULL is fine. */
void wisp_manage_server_close(wisp_manage_server *server);

int wisp_manage_server_fd(const wisp_manage_server *server);
uint64_t wisp_manage_server_next_ns(const wisp_manage_server *server);
void wisp_manage_server_step(wisp_manage_server *server);

#endif
