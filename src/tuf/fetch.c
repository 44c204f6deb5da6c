#include "tuf/fetch.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define URL_SIZE 2048

typedef struct reception {
    wisp_download *download;
    size_t size_max;
    wisp_status status; /* why the sink said no */
} reception;

static bool receive(void *context, const void *data, size_t size)
{
    reception *r = context;
    wisp_download *d = r->download;
    if (size > r->size_max - d->size) {
        r->status = WISP_LIMIT;
        return false;
    }
    if (!wisp_array_reserve(d->allocator, &d->data, &d->capacity, d->size + size, 1)) {
        r->status = WISP_NO_MEMORY;
        return false;
    }
    if (size)
        memcpy(d->data + d->size, data, size);
    d->size += size;
    return true;
}

static wisp_status explain(wisp_status status, const char *name, size_t size_max,
                           const char *words, wisp_error *err)
{
    switch (status) {
    case WISP_OK:
        return WISP_OK;
    case WISP_LIMIT:
        return wisp_fail(err, WISP_LIMIT,
                         "%.80s goes on after %zu bytes, the most that it may have", name,
                         size_max);
    case WISP_NO_MEMORY:
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for %.80s", name);
    case WISP_NOT_FOUND:
        return wisp_fail(err, WISP_NOT_FOUND, "%.80s is not on the server", name);
    default: /* whatever a transport makes up */
        return wisp_fail(err, WISP_NETWORK, "%.80s: %.150s", name, words);
    }
}

wisp_status wisp_fetch(const wisp_net *net, const wisp_allocator *allocator, const char *base,
                       const char *path, const char *name, size_t size_max, wisp_download *out,
                       wisp_error *err)
{
    char url[URL_SIZE];
    *out = (wisp_download){.allocator = allocator};
    int len = snprintf(url, sizeof url, "%s/%s", base, path);
    if (len < 0 || (size_t)len >= sizeof url)
        return wisp_fail(err, WISP_INVALID, "the URL of %.80s is longer than %d bytes", name,
                         URL_SIZE - 1);
    reception r = {out, size_max, WISP_OK};
    wisp_net_request request = {.url = url, .size_max = size_max, .sink = receive, .context = &r};
    wisp_error why = {.text = "no reason given"};
    wisp_status status = wisp_net_perform(net, &request, &why);
    if (r.status != WISP_OK)
        status = r.status;
    return explain(status, name, size_max, why.text, err);
}

void wisp_download_free(wisp_download *download)
{
    wisp_free(download->allocator, download->data, download->capacity);
    download->data = NULL;
    download->size = download->capacity = 0;
}
