#include "tuf/fetch.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define WAIT_MS 1000

static bool refuse(wisp_fetch *f, wisp_status status)
{
    f->status = status;
    return false;
}

static bool receive(void *context, const void *data, size_t size)
{
    wisp_fetch *f = context;
    wisp_download *d = &f->download;
    if (size > f->request.size_max - d->size)
        return refuse(f, WISP_LIMIT);
    if (!wisp_array_reserve(d->allocator, &d->data, &d->capacity, d->size + size, 1))
        return refuse(f, WISP_NO_MEMORY);
    if (size)
        memcpy(d->data + d->size, data, size);
    d->size += size;
    return true;
}

/* The end of it, in words of ours, whatever the transport makes up. */
static wisp_status explain(const wisp_fetch *f, wisp_status status, const char *words,
                           wisp_error *err)
{
    switch (status) {
    case WISP_OK:
    case WISP_BUSY:
        return status;
    case WISP_LIMIT:
        return wisp_fail(err, WISP_LIMIT,
                         "%.80s goes on after %llu bytes, the most that it may have", f->name,
                         (unsigned long long)f->request.size_max);
    case WISP_NO_MEMORY:
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for %.80s", f->name);
    case WISP_NOT_FOUND:
        return wisp_fail(err, WISP_NOT_FOUND, "%.80s is not on the server", f->name);
    default:
        return wisp_fail(err, WISP_NETWORK, "%.80s: %.150s", f->name, words);
    }
}

wisp_status wisp_fetch_start(wisp_fetch *f, const wisp_net *net, const wisp_allocator *allocator,
                             const char *base, const char *path, const char *name,
                             size_t size_max, wisp_error *err)
{
    wisp_error why = {.text = "no reason given"};
    f->net = net;
    f->transfer = NULL;
    f->status = WISP_OK;
    f->download = (wisp_download){.allocator = allocator};
    f->retry_after_s = 0;
    f->request = (wisp_net_request){.url = f->url,
                                    .size_max = size_max,
                                    .sink = receive,
                                    .context = f,
                                    .retry_after_s = &f->retry_after_s};
    snprintf(f->name, sizeof f->name, "%s", name);
    int len = snprintf(f->url, sizeof f->url, "%s/%s", base, path);
    if (len < 0 || (size_t)len >= sizeof f->url)
        return wisp_fail(err, WISP_INVALID, "the URL of %.80s is longer than %d bytes", name,
                         WISP_FETCH_URL_SIZE - 1);
    return explain(f, net->start(net->user, &f->request, &f->transfer, &why), why.text, err);
}

wisp_status wisp_fetch_step(wisp_fetch *f, uint32_t wait_ms, wisp_error *err)
{
    wisp_error why = {.text = "no reason given"};
    wisp_status status = f->net->step(f->net->user, f->transfer, wait_ms, &why);
    if (f->status != WISP_OK)
        status = f->status;
    return explain(f, status, why.text, err);
}

void wisp_fetch_end(wisp_fetch *f)
{
    if (f->transfer)
        f->net->end(f->net->user, f->transfer);
    f->transfer = NULL;
    wisp_download_free(&f->download);
}

wisp_status wisp_fetch_file(const wisp_net *net, const wisp_allocator *allocator,
                            const char *base, const char *path, const char *name, size_t size_max,
                            wisp_download *out, wisp_error *err)
{
    wisp_fetch f;
    wisp_status status = wisp_fetch_start(&f, net, allocator, base, path, name, size_max, err);
    if (status == WISP_OK)
        do
            status = wisp_fetch_step(&f, WAIT_MS, err);
        while (status == WISP_BUSY);
    *out = f.download;
    f.download = (wisp_download){0};
    wisp_fetch_end(&f);
    return status;
}

void wisp_download_free(wisp_download *download)
{
    if (download->data)
        wisp_free(download->allocator, download->data, download->capacity);
    download->data = NULL;
    download->size = download->capacity = 0;
}
