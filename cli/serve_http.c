#define _DEFAULT_SOURCE /* getaddrinfo, O_DIRECTORY */

#include "serve_http.h"

#include "base/error.h"
#include "public_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <microhttpd.h>

#define CONNECTIONS_MAX 256
#define IDLE_S          30

struct http_server {
    const http_config *config;
    struct MHD_Daemon *daemon;
    int folder;
    char url[INET6_ADDRSTRLEN + 32];
};

/* ------------------------------------------------------------------ answers */

static const char *content_type(const char *path)
{
    const char *dot = strrchr(path, '.');
    if (dot && strcmp(dot, ".json") == 0)
        return "application/json";
    return dot && strcmp(dot, ".wasm") == 0 ? "application/wasm" : "application/octet-stream";
}

/* What has its version or its hash in its name never changes. */
static const char *cache_control(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    size_t digits = strspn(name, "0123456789"), hex = strspn(name, "0123456789abcdef");
    bool versioned = digits > 0 && name[digits] == '.';
    bool hashed = hex == 64 && name[hex] == '.';
    return versioned || hashed ? "public, max-age=31536000, immutable" : "public, max-age=60";
}

static void print_peer(struct MHD_Connection *connection, char peer[INET6_ADDRSTRLEN])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    strcpy(peer, "?");
    if (info)
        getnameinfo(info->client_addr,
                    info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                             : sizeof(struct sockaddr_in),
                    peer, INET6_ADDRSTRLEN, NULL, 0, NI_NUMERICHOST);
}

static void log_request(const http_server *server, struct MHD_Connection *connection,
                        const char *method, const char *path, unsigned code, uint64_t size)
{
    if (!server->config->verbose)
        return;
    char peer[INET6_ADDRSTRLEN], shown[256];
    print_peer(connection, peer);
    snprintf(shown, sizeof shown, "%s %s", method, path);
    for (char *c = shown; *c; c++) {
        if (!isprint((unsigned char)*c))
            *c = '?'; /* so that no request writes to the terminal */
    }
    fprintf(stderr, "%s \"%s\" %u %" PRIu64 "\n", peer, shown, code, size);
}

/* Sends [response], which is given away; NULL closes the connection. */
static enum MHD_Result send_response(struct MHD_Connection *connection, unsigned code,
                                     struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    enum MHD_Result result = MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned code,
                                 const char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    if (response) {
        MHD_add_response_header(response, "Content-Type", "text/plain");
        MHD_add_response_header(response, "Cache-Control", "public, max-age=60");
        if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
            MHD_add_response_header(response, "Allow", "GET, HEAD");
    }
    return send_response(connection, code, response);
}

/* Changes when the file is replaced, which is the only way in which it changes. */
static void print_etag(const struct stat *st, char tag[64])
{
    snprintf(tag, 64, "\"%llx-%llx-%lx\"", (unsigned long long)st->st_ino,
             (unsigned long long)st->st_mtim.tv_sec, (unsigned long)st->st_mtim.tv_nsec);
}

static struct MHD_Response *file_response(int fd, const struct stat *st, const char *path,
                                          bool not_modified, const char *tag)
{
    struct MHD_Response *response;
    if (not_modified) {
        response =
            MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
        close(fd);
    } else {
        response = MHD_create_response_from_fd64((uint64_t)st->st_size, fd);
        if (!response)
            close(fd);
    }
    if (response) {
        MHD_add_response_header(response, "Content-Type", content_type(path));
        MHD_add_response_header(response, "Cache-Control", cache_control(path));
        MHD_add_response_header(response, "ETag", tag);
        MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    }
    return response;
}

static enum MHD_Result send_file(const http_server *server, struct MHD_Connection *connection,
                                 const char *method, const char *path)
{
    struct stat st;
    int fd = public_file_open(server->folder, path, &st);
    if (fd < 0) {
        log_request(server, connection, method, path, MHD_HTTP_NOT_FOUND, 0);
        return send_text(connection, MHD_HTTP_NOT_FOUND, "not found\n");
    }
    char tag[64];
    print_etag(&st, tag);
    const char *known = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-None-Match");
    bool not_modified = known && strcmp(known, tag) == 0;
    unsigned code = not_modified ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK;
    bool has_body = !not_modified && strcmp(method, "GET") == 0;
    log_request(server, connection, method, path, code, has_body ? (uint64_t)st.st_size : 0);
    return send_response(connection, code, file_response(fd, &st, path, not_modified, tag));
}

/* ------------------------------------------------------------------ what is posted */

/* The body of a POST, while it comes. */
typedef struct upload {
    bool is_too_large;
    size_t size, size_max;
    uint8_t data[];
} upload;

/* Only JSON: the page of another site can make a browser post a form or plain text here, but asks
 * first before it posts JSON, and is not answered. */
static bool is_json(struct MHD_Connection *connection)
{
    const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type");
    static const char wanted[] = "application/json";
    size_t len = sizeof wanted - 1;
    return type && strncasecmp(type, wanted, len) == 0 && (!type[len] || strchr("; ", type[len]));
}

static bool is_announced_too_large(struct MHD_Connection *connection, size_t size_max)
{
    const char *size = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    return size && strtoull(size, NULL, 10) > size_max;
}

static enum MHD_Result send_answer(const http_server *server, struct MHD_Connection *connection,
                                   unsigned code, unsigned retry_after_s)
{
    char seconds[16];
    log_request(server, connection, "POST", server->config->post->path, code, 0);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    snprintf(seconds, sizeof seconds, "%u", retry_after_s);
    if (response && retry_after_s)
        MHD_add_response_header(response, "Retry-After", seconds);
    return send_response(connection, code, response);
}

/* When the headers are there: what cannot be taken is answered before it is sent. */
static enum MHD_Result begin_post(const http_server *server, struct MHD_Connection *connection,
                                  void **state)
{
    size_t size_max = server->config->post->size_max;
    if (!is_json(connection))
        return send_answer(server, connection, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, 0);
    if (is_announced_too_large(connection, size_max))
        return send_answer(server, connection, MHD_HTTP_CONTENT_TOO_LARGE, 0);
    upload *u = malloc(sizeof *u + size_max);
    if (!u)
        return MHD_NO;
    *u = (upload){.size_max = size_max};
    *state = u;
    return MHD_YES;
}

static void take_piece(upload *u, const char *data, size_t size)
{
    if (u->is_too_large || size > u->size_max - u->size) {
        u->is_too_large = true;
        return;
    }
    memcpy(u->data + u->size, data, size);
    u->size += size;
}

static enum MHD_Result end_post(const http_server *server, struct MHD_Connection *connection,
                                const upload *u)
{
    const http_post *post = server->config->post;
    char peer[INET6_ADDRSTRLEN];
    unsigned retry_after_s = 0;
    if (u->is_too_large)
        return send_answer(server, connection, MHD_HTTP_CONTENT_TOO_LARGE, 0);
    print_peer(connection, peer);
    unsigned code = post->take(post->user, peer, (wisp_bytes){u->data, u->size}, &retry_after_s);
    return send_answer(server, connection, code, retry_after_s);
}

static enum MHD_Result answer_post(const http_server *server, struct MHD_Connection *connection,
                                   const char *data, size_t *size, void **state)
{
    if (!*state)
        return begin_post(server, connection, state);
    if (*size == 0)
        return end_post(server, connection, *state);
    take_piece(*state, data, *size);
    *size = 0;
    return MHD_YES;
}

static char seen; /* the state of a request that has no body */

static void forget_request(void *context, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    if (*state != &seen)
        free(*state);
    *state = NULL;
}

/* ------------------------------------------------------------------ requests */

/*
 * The library calls this once when the headers are there, for each piece of a body, and again
 * after it. A GET is answered at the end, which keeps its connection open; what is not wanted at
 * once, which spares reading a body.
 */
static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    (void)version;
    const http_server *server = context;
    const http_post *post = server->config->post;
    if (post && strcmp(method, "POST") == 0 && strcmp(path, post->path) == 0)
        return answer_post(server, connection, data, size, state);
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        log_request(server, connection, method, path, MHD_HTTP_METHOD_NOT_ALLOWED, 0);
        return send_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    }
    if (*state == &seen && *size == 0)
        return send_file(server, connection, method, path);
    *state = &seen;
    *size = 0;
    return MHD_YES;
}

/* Paths are decoded in public_file.c, where a NUL in one is noticed. */
static size_t keep_encoded(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

/* ------------------------------------------------------------------ life */

static wisp_status start_daemon(http_server *server, const struct addrinfo *address,
                                wisp_error *err)
{
    const char *bind = server->config->bind;
    uint16_t port = server->config->port;
    bool is_v6 = address->ai_family == AF_INET6;
    unsigned flags = MHD_USE_AUTO_INTERNAL_THREAD | (is_v6 ? MHD_USE_IPv6 : 0);
    errno = 0;
    server->daemon = MHD_start_daemon(
        flags, port, NULL, NULL, answer, server, MHD_OPTION_SOCK_ADDR, address->ai_addr,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, NULL, MHD_OPTION_NOTIFY_COMPLETED,
        forget_request, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_END);
    if (!server->daemon)
        return wisp_fail(err, WISP_IO, "cannot listen on %s port %u: %s", bind, (unsigned)port,
                         errno ? strerror(errno) : "no reason given");
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    snprintf(server->url, sizeof server->url, is_v6 ? "http://[%s]:%u" : "http://%s:%u", bind,
             info ? (unsigned)info->port : (unsigned)port);
    return WISP_OK;
}

static wisp_status start(http_server *server, wisp_error *err)
{
    const char *folder = server->config->folder, *bind = server->config->bind;
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)server->config->port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *address;
    server->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (server->folder < 0)
        return wisp_fail(err, WISP_IO, "cannot open %s: %s", folder, strerror(errno));
    if (strlen(bind) >= INET6_ADDRSTRLEN || getaddrinfo(bind, service, &hints, &address) != 0)
        return wisp_fail(err, WISP_INVALID,
                         "'%s' is not an address, expected one like 127.0.0.1 or ::1", bind);
    wisp_status status = start_daemon(server, address, err);
    freeaddrinfo(address);
    return status;
}

wisp_status http_server_start(const http_config *config, http_server **out, wisp_error *err)
{
    http_server *server = calloc(1, sizeof *server);
    if (!server)
        return wisp_fail_memory(err, sizeof *server);
    server->folder = -1;
    server->config = config;
    wisp_status status = start(server, err);
    if (status) {
        http_server_stop(server);
        return status;
    }
    *out = server;
    return WISP_OK;
}

void http_server_stop(http_server *server)
{
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    if (server->folder >= 0)
        close(server->folder);
    free(server);
}

const char *http_server_url(const http_server *server)
{
    return server->url;
}
