#include "local/server.h"

#include "base/error.h"
#include "base/memory.h"
#include "local/session.h"

#include <errno.h>
#include <string.h>

struct wisp_local_server {
    wisp_local_service service;
    const wisp_socket_calls *calls; /* of it */
    char *path;
    int listener, poller;
    bool is_letting_in;     /* the poller watches the listener */
    wisp_session **clients; /* clients_max places; NULL where there is none */
    uint32_t client_len;
};

/* ------------------------------------------------------------------ clients */

static bool may_ask(const wisp_local_server *server, int fd)
{
    uint32_t uid;
    const wisp_socket_calls *calls = server->calls;
    if (calls->peer_uid(calls->user, fd, &uid) < 0)
        return false;
    return uid == 0 || uid == calls->own_uid(calls->user);
}

static int watch(const wisp_local_server *server, int fd, bool reads, bool writes)
{
    return server->calls->watch(server->calls->user, server->poller, fd, reads, writes);
}

/* Has the poller look for what [client] is waiting for. */
static bool watch_client(const wisp_local_server *server, const wisp_session *client)
{
    bool writes = client->phase == WISP_SESSION_ANSWER;
    return watch(server, client->fd, !writes, writes) == 0;
}

static void drop(wisp_local_server *server, wisp_session **place)
{
    wisp_session_end(*place);
    wisp_free(server->service.allocator, *place, sizeof **place);
    *place = NULL;
    server->client_len--;
}

/* Gives the client at [fd] a place of its own; false if memory or the system refuses. */
static bool admit(wisp_local_server *server, int fd)
{
    wisp_session **place = server->clients;
    while (*place)
        place++;
    *place = wisp_alloc(server->service.allocator, 1, sizeof **place);
    if (!*place)
        return false;
    wisp_session_begin(*place, &server->service, fd);
    server->client_len++;
    if (!watch_client(server, *place))
        drop(server, place);
    return true;
}

/* The poller must not call for clients for whom there is no place. */
static void watch_listener(wisp_local_server *server)
{
    bool lets_in = server->client_len < server->service.clients_max;
    if (lets_in != server->is_letting_in && watch(server, server->listener, lets_in, false) == 0)
        server->is_letting_in = lets_in;
}

static void let_in(wisp_local_server *server)
{
    const wisp_socket_calls *calls = server->calls;
    uint32_t clients_max = server->service.clients_max;
    for (uint32_t i = 0; i < clients_max && server->client_len < clients_max; i++) {
        int fd = calls->accept(calls->user, server->listener);
        if (fd < 0)
            break;
        if (!may_ask(server, fd) || !admit(server, fd))
            calls->close(calls->user, fd);
    }
}

static void step_client(wisp_local_server *server, wisp_session **place, uint64_t now_ns)
{
    wisp_session *client = *place;
    wisp_session_step(client, now_ns);
    if (client->phase == WISP_SESSION_OVER || !watch_client(server, client))
        drop(server, place);
}

void wisp_local_server_step(wisp_local_server *server)
{
    const wisp_os *os = server->service.os;
    uint64_t now_ns = os->monotonic_ns(os->user);
    let_in(server);
    for (uint32_t i = 0; i < server->service.clients_max; i++)
        if (server->clients[i])
            step_client(server, &server->clients[i], now_ns);
    watch_listener(server);
}

uint64_t wisp_local_server_next_ns(const wisp_local_server *server)
{
    uint64_t next_ns = UINT64_MAX;
    for (uint32_t i = 0; i < server->service.clients_max; i++) {
        const wisp_session *client = server->clients[i];
        if (client && client->deadline_ns < next_ns)
            next_ns = client->deadline_ns;
    }
    return next_ns;
}

int wisp_local_server_fd(const wisp_local_server *server)
{
    return server->poller;
}

/* ------------------------------------------------------------------ life */

static wisp_status fail_to_listen(const char *path, int rc, wisp_error *err)
{
    switch (-rc) {
    case EADDRINUSE:
        return wisp_fail(err, WISP_BUSY, "another process listens at '%s'", path);
    case ENOTSOCK:
        return wisp_fail(err, WISP_INVALID, "'%s' is there and no socket", path);
    case ENAMETOOLONG:
        return wisp_fail(err, WISP_INVALID, "'%s' is too long for a socket", path);
    case EAFNOSUPPORT:
        return wisp_fail(err, WISP_UNSUPPORTED, "no local sockets here");
    default:
        return wisp_fail(err, WISP_IO, "cannot listen at '%s': %s", path, strerror(-rc));
    }
}

static wisp_status listen_at(wisp_local_server *server, const char *path, wisp_error *err)
{
    const wisp_socket_calls *calls = server->calls;
    server->listener = calls->listen(calls->user, path);
    if (server->listener < 0)
        return fail_to_listen(path, server->listener, err);
    server->poller = calls->poller(calls->user);
    int rc = server->poller < 0 ? server->poller : watch(server, server->listener, true, false);
    if (rc < 0)
        return wisp_fail(err, WISP_IO, "cannot wait for clients: %s", strerror(-rc));
    server->is_letting_in = true;
    return WISP_OK;
}

wisp_status wisp_local_server_open(const wisp_local_service *service, wisp_local_server **out,
                                   wisp_error *err)
{
    const wisp_allocator *allocator = service->allocator;
    size_t path_size = strlen(service->path) + 1;
    wisp_local_server *server = *out = wisp_alloc(allocator, 1, sizeof *server);
    if (!server)
        return wisp_fail_memory(err, sizeof *server);
    *server = (wisp_local_server){
        .service = *service, .calls = service->calls, .listener = -1, .poller = -1};
    server->path = wisp_alloc(allocator, 1, path_size);
    server->clients = wisp_alloc(allocator, service->clients_max, sizeof *server->clients);
    if (server->path)
        memcpy(server->path, service->path, path_size);
    if (!server->path || !server->clients)
        return wisp_fail_memory(err, path_size);
    return listen_at(server, server->path, err);
}

static void close_descriptors(wisp_local_server *server)
{
    const wisp_socket_calls *calls = server->calls;
    if (server->poller >= 0)
        calls->close(calls->user, server->poller);
    if (server->listener < 0)
        return;
    calls->unlink(calls->user, server->path);
    calls->close(calls->user, server->listener);
}

void wisp_local_server_close(wisp_local_server *server)
{
    if (!server)
        return;
    const wisp_allocator *allocator = server->service.allocator;
    uint32_t clients_max = server->service.clients_max;
    for (uint32_t i = 0; server->clients && i < clients_max; i++)
        if (server->clients[i])
            drop(server, &server->clients[i]);
    close_descriptors(server);
    wisp_free(allocator, server->clients, clients_max * sizeof *server->clients);
    wisp_free(allocator, server->path, server->path ? strlen(server->path) + 1 : 0);
    wisp_free(allocator, server, sizeof *server);
}
