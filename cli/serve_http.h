#ifndef WISP_CLI_SERVE_HTTP_H
#define WISP_CLI_SERVE_HTTP_H

#include <wisp/base.h>

/*
 * Shows a repository folder over HTTP: GET and HEAD of plain files, nothing else. The one file
 * behind this header is the only one that knows the HTTP library (libmicrohttpd). It answers
 * on a thread of its own, which takes the signal mask of the one that starts it.
 */

typedef struct http_server http_server;

/*
 * Starts to show [folder] on the numeric address [bind] and [port], 0 for any that is free.
 * With [verbose] each request is a line on stderr. Stop with http_server_stop.
 * WISP_INVALID for what is no address, WISP_IO.
 */
wisp_status http_server_start(const char *folder, const char *bind, uint16_t port, bool verbose,
                              http_server **out, wisp_error *err);
void http_server_stop(http_server *server);

/* "http://127.0.0.1:8000". */
const char *http_server_url(const http_server *server);

#endif
