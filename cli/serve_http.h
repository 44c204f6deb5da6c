#ifndef WISP_CLI_SERVE_HTTP_H
#define WISP_CLI_SERVE_HTTP_H

#include <wisp/base.h>

/*
 * Shows a repository folder over HTTP: GET and HEAD of plain files, and where it is wanted POST
 * of JSON to one path; nothing else. The one file behind this header is the only one that knows
 * the HTTP library (libmicrohttpd). It answers on a thread of its own, which takes the signal
 * mask of the one that starts it.
 */

typedef struct http_server http_server;

/* Who takes what is POSTed. [take] is called on the server's thread with the whole body and the
 * peer's numeric address; it gives the status code of the answer and, for a later try, seconds.
 */
typedef struct http_post {
    const char *path;
    size_t size_max; /* bytes; a longer body is answered with 413 */
    unsigned (*take)(void *user, const char *peer, wisp_bytes body, unsigned *retry_after_s);
    void *user;
} http_post;

typedef struct http_config {
    const char *folder, *bind;
    uint16_t port;
    bool verbose;          /* each request is a line on stderr */
    const http_post *post; /* NULL: nothing is taken */
} http_config;

/*
 * Starts to show [config->folder] on the numeric address [bind] and [port], 0 for any that is
 * free. [config] must stay valid until http_server_stop. WISP_INVALID for what is no address,
 * WISP_IO.
 */
wisp_status http_server_start(const http_config *config, http_server **out, wisp_error *err);
void http_server_stop(http_server *server);

/* "http://127.0.0.1:8000". */
const char *http_server_url(const http_server *server);

#endif
