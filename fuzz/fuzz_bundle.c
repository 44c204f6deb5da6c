#define _GNU_SOURCE /* memfd_create */

#include <wisp/net.h>

#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Bundles from anywhere: whatever the file is, no more than was asked for comes out of it, and
 * the same each time.
 */

#define SIZE_MAX_ASKED 4096

typedef struct answer {
    uint64_t size, sum;
} answer;

static bool take(void *context, const void *data, size_t size)
{
    answer *a = context;
    assert(size > 0);
    for (size_t i = 0; i < size; i++)
        a->sum = a->sum * 31 + ((const uint8_t *)data)[i];
    a->size += size;
    return true;
}

static wisp_status ask(wisp_net *net, const char *url, answer *out)
{
    wisp_error err;
    *out = (answer){0};
    const wisp_net_request request = {
        .url = url, .size_max = SIZE_MAX_ASKED, .sink = take, .context = out};
    wisp_status status = wisp_net_perform(net, &request, &err);
    assert(out->size <= SIZE_MAX_ASKED);
    return status;
}

static void ask_twice(wisp_net *net, const char *url)
{
    answer first, second;
    wisp_status status = ask(net, url, &first);
    assert(ask(net, url, &second) == status);
    assert(first.size == second.size && first.sum == second.sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    wisp_net *net;
    wisp_error err = {0};
    int fd = memfd_create("bundle", 0);
    assert(fd >= 0);
    ssize_t written = write(fd, data, size);
    assert(written == (ssize_t)size);
    (void)written;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (wisp_net_bundle_new(path, "u:", &net, &err) == WISP_OK) {
        ask_twice(net, "u:/timestamp.json");
        ask_twice(net, "u:/1.root.json");
        wisp_net_bundle_free(net);
    } else {
        assert(err.status != WISP_OK && err.text[0] != '\0');
    }
    close(fd);
    return 0;
}
