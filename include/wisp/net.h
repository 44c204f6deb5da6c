#ifndef WISP_NET_H
#define WISP_NET_H

#include <wisp/base.h>

/*
 * How bytes travel: three functions, so that a program can bring the HTTP client that its
 * platform wants, and a test can bring a hostile one. wisp_net_curl_new gives one on top of
 * libcurl; it lives in a library of its own (wisp-net), which only programs link.
 *
 *     void *transfer;
 *     net->start(net->user, &request, &transfer, &err);
 *     while (net->step(net->user, transfer, 100, &err) == WISP_BUSY)
 *         …                                       // do something else
 *     net->end(net->user, transfer);
 *
 * or wisp_net_perform, which does this and waits. Whoever asks keeps the loop, and with it the
 * thread and the right to stop at any time.
 *
 * A transport is trusted with nothing. What it delivers is checked by whoever asked.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* What is asked for. Borrowed, with all that it points to, from start until end. */
typedef struct wisp_net_request {
    const char *url;
    /* GET: the body is wanted from this byte on, for a download that broke off. A server may
     * send all of it nevertheless: see [begin]. */
    uint64_t offset;
    /* Not NULL: a POST of [body], which is of this type ("application/json"). */
    const char *content_type;
    wisp_bytes body;

    uint64_t size_max;   /* bytes that [sink] gets at most; WISP_LIMIT where the body goes on */
    uint32_t timeout_ms; /* for the whole request; 0 for the transport's own default */

    /* Says, once and before the first call of [sink], that a body comes which begins at byte
     * [offset] of the whole: the request's offset, or 0. False ends the request with WISP_IO.
     * NULL where it does not matter, as with offset 0. */
    bool (*begin)(void *context, uint64_t offset);
    /* Takes the next [size] bytes of the body, 1 or more; false ends the request with WISP_IO.
     * Never called for an answer that is not a success. NULL: the body is passed over. */
    bool (*sink)(void *context, const void *data, size_t size);
    void *context;

    /* NULL, or where to put the seconds after which a server that is busy wants to be asked
     * again; untouched where it does not say. */
    uint32_t *retry_after_s;
    /* NULL, or where to put what time the server thinks it is, in seconds since 1970; untouched
     * where it does not say. For telling people: it is not authenticated. */
    int64_t *server_time_s;
} wisp_net_request;

/*
 * A client. Each transfer is used by one thread at a time; several may be under way, each on its
 * own thread. [begin] and [sink] are called within step, on its thread.
 */
typedef struct wisp_net {
    /* Begins [request]; *[transfer] must be given to end. Does not wait. Fails with
     * WISP_NO_MEMORY or WISP_NETWORK, and then leaves nothing behind. */
    wisp_status (*start)(void *user, const wisp_net_request *request, void **transfer,
                         wisp_error *err);

    /*
     * Goes on, waiting at most about [wait_ms] for something to happen: WISP_BUSY if there is
     * more to do. Everything else is the end of it: WISP_OK only for a whole body of a 200 answer
     * (206 where [offset] is not 0; any 2xx for a POST); WISP_NOT_FOUND for 403, 404 and 410
     * (what stores answer for a missing file); WISP_MISMATCH for 416, if the file has no byte
     * [offset]; WISP_INVALID for a POST that the server does not want as it is (another 4xx but
     * 408 and 429, which say to come again); WISP_LIMIT for a body over [size_max]; WISP_IO if a
     * callback said no; WISP_NO_MEMORY; and WISP_NETWORK for everything else that the network or
     * the server did. A client that can only wait until the end may do so here.
     */
    wisp_status (*step)(void *user, void *transfer, uint32_t wait_ms, wisp_error *err);

    /* Frees [transfer], breaking it off if it has not ended. */
    void (*end)(void *user, void *transfer);
    void *user;
} wisp_net;

/* Performs [request] and returns when it has ended, as step says. Any thread. */
WISP_API wisp_status wisp_net_perform(const wisp_net *net, const wisp_net_request *request,
                                      wisp_error *err);

/* Zero means the default in brackets. */
typedef struct wisp_net_curl_config {
    uint32_t timeout_ms;         /* of a whole request, its redirects included [30,000] */
    uint32_t connect_timeout_ms; /* [5,000] */
    uint32_t speed_min;          /* bytes a second below which … [100] */
    uint32_t speed_time_s;       /* … for so long it gives up [10] */
    const char *ca_file;         /* certificates to trust instead of the system's; copied */
} wisp_net_curl_config;

/*
 * Makes a transport on libcurl: http and https only, at most five redirects and never from https
 * to http, certificates verified; a POST is not redirected. No compression is asked for and none
 * is undone, so that a few bytes cannot become many. Connections are kept from one request to the
 * next. [config] may be NULL. *[out] is the caller's, to be freed by
 * wisp_net_curl_free when no transfer is under way.
 */
WISP_API wisp_status wisp_net_curl_new(const wisp_net_curl_config *config, wisp_net **out,
                                       wisp_error *err);
WISP_API void wisp_net_curl_free(wisp_net *net);

/*
 * Makes a transport that has no network: it answers from the file [path], which "wisp bundle" has
 * made of a repository (docs/formats.md, "Bundle"), for devices that are brought their updates on
 * a stick. [url] is that of the repository, as in the updater's configuration: what is asked for
 * below it is looked up in the bundle. What it delivers is checked like anything from a network,
 * so a bundle may come from anybody; its documents expire like those on a server.
 *
 * In a library of its own (wisp-bundle, on libarchive). A body always begins at byte 0, and a
 * POST is refused with WISP_NETWORK. WISP_NOT_FOUND where there is no file [path], WISP_MALFORMED
 * where it is no bundle, WISP_NO_MEMORY. *[out] is the caller's, to be freed by
 * wisp_net_bundle_free when no transfer is under way. Transfers may be on several threads.
 */
WISP_API wisp_status wisp_net_bundle_new(const char *path, const char *url, wisp_net **out,
                                         wisp_error *err);
WISP_API void wisp_net_bundle_free(wisp_net *net); /* NULL allowed */

#ifdef __cplusplus
}
#endif

#endif
