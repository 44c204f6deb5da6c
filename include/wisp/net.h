#ifndef WISP_NET_H
#define WISP_NET_H

#include <wisp/base.h>

/*
 * How bytes are fetched: one function, so that a program can bring the HTTP client that its
 * platform wants, and a test can bring a hostile one. wisp_net_curl_new gives one on top of
 * libcurl; it lives in a library of its own (wisp-net), which only programs link.
 *
 * A transport is trusted with nothing. What it delivers is checked by whoever asked.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wisp_net_request {
    const char *url;
    uint64_t size_max;   /* the body is cut off, with WISP_LIMIT, when it grows beyond this */
    uint32_t timeout_ms; /* for the whole request; 0 for the transport's own default */
    /* Takes the next [size] bytes of the body of a 200 answer; false ends the request with
     * WISP_IO. Never called for another answer. */
    bool (*sink)(void *context, const void *data, size_t size);
    void *context;
} wisp_net_request;

typedef struct wisp_net {
    /*
     * Performs [request] and returns when it has ended. WISP_OK only for a whole body of a
     * 200 answer; WISP_NOT_FOUND for 403, 404 and 410 (what stores answer for a missing file);
     * WISP_LIMIT for a body over size_max; WISP_NETWORK for everything else that the network
     * or the server did. Blocks. May be called on several threads at once.
     */
    wisp_status (*get)(void *user, const wisp_net_request *request, wisp_error *err);
    void *user;
} wisp_net;

/* Zero means the default in brackets. */
typedef struct wisp_net_curl_config {
    uint32_t timeout_ms;         /* of a whole request [30,000] */
    uint32_t connect_timeout_ms; /* [5,000] */
    uint32_t speed_min;          /* bytes a second below which, for 10 s, it gives up [100] */
    const char *ca_file;         /* certificates to trust instead of the system's; copied */
} wisp_net_curl_config;

/*
 * Makes a transport on libcurl: http and https only, at most five redirects and never from https
 * to http, certificates verified. [config] may be NULL. *[out] is the caller's, to be freed by
 * wisp_net_curl_free when no request runs.
 */
WISP_API wisp_status wisp_net_curl_new(const wisp_net_curl_config *config, wisp_net **out,
                                       wisp_error *err);
WISP_API void wisp_net_curl_free(wisp_net *net);

#ifdef __cplusplus
}
#endif

#endif
