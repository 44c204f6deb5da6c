#ifndef WISP_TUF_FETCH_H
#define WISP_TUF_FETCH_H

#include <wisp/net.h>

/*
 * One file of a repository into memory, never more than was asked for: the transport is not
 * relied on for that.
 */

typedef struct wisp_download {
    const wisp_allocator *allocator;
    uint8_t *data;
    size_t size, capacity;
} wisp_download;

void wisp_download_free(wisp_download *download);

static inline wisp_bytes wisp_download_bytes(const wisp_download *download)
{
    return (wisp_bytes){download->data, download->size};
}

#define WISP_FETCH_URL_SIZE  2048
#define WISP_FETCH_NAME_SIZE 96

/* A file that is on its way. */
typedef struct wisp_fetch {
    const wisp_net *net;
    void *transfer; /* NULL: none under way */
    wisp_net_request request;
    char url[WISP_FETCH_URL_SIZE], name[WISP_FETCH_NAME_SIZE];
    wisp_status status;     /* why the sink said no */
    wisp_download download; /* what has come, also after a failure */
    uint32_t retry_after_s; /* that the server asked for; 0: it did not */
} wisp_fetch;

/*
 * Asks for [base]/[path] with a transport. [path] is already encoded; [name] is what errors call
 * it. [fetch] must stay where it is, and is to be ended by wisp_fetch_end in any case.
 * WISP_INVALID for a URL that is too long, WISP_NETWORK, WISP_NO_MEMORY.
 */
wisp_status wisp_fetch_start(wisp_fetch *fetch, const wisp_net *net,
                             const wisp_allocator *allocator, const char *base, const char *path,
                             const char *name, size_t size_max, wisp_error *err);

/* Goes on, waiting at most about [wait_ms]: WISP_BUSY if there is more to do; WISP_OK for the
 * whole file; WISP_LIMIT for more than [size_max] bytes, WISP_NOT_FOUND, WISP_NETWORK,
 * WISP_NO_MEMORY. */
wisp_status wisp_fetch_step(wisp_fetch *fetch, uint32_t wait_ms, wisp_error *err);

/* Breaks it off, if it has not ended, and frees what has come. */
void wisp_fetch_end(wisp_fetch *fetch);

/* The same in one, waiting for the end. *[out], to be freed by wisp_download_free, has what came
 * even on failure. */
wisp_status wisp_fetch_file(const wisp_net *net, const wisp_allocator *allocator,
                            const char *base, const char *path, const char *name, size_t size_max,
                            wisp_download *out, wisp_error *err);

#endif
