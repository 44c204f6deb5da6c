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

/*
 * Gets [base]/[path] with a transport. [path] is already encoded; [name] is what errors call it.
 * *[out], to be freed by wisp_download_free, has what came even on failure.
 *
 * WISP_LIMIT for more than [size_max] bytes, WISP_NOT_FOUND, WISP_NETWORK, WISP_INVALID for a URL
 * that is too long, WISP_NO_MEMORY.
 */
wisp_status wisp_fetch(const wisp_net *net, const wisp_allocator *allocator, const char *base,
                       const char *path, const char *name, size_t size_max, wisp_download *out,
                       wisp_error *err);
void wisp_download_free(wisp_download *download);

static inline wisp_bytes wisp_download_bytes(const wisp_download *download)
{
    return (wisp_bytes){download->data, download->size};
}

#endif
