#include <wisp/net.h>

#include "base/error.h"
#include "base/memory.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

/*
 * A repository in a tar file, by libarchive. Nothing compressed is read, so that a few bytes
 * cannot become many, and nothing is remembered between two requests: each walks through the
 * file from header to header, past what it does not want.
 */

#define BLOCK_SIZE   65536
#define ENTRIES_MAX  65536
#define PATH_SIZE    4096
#define URL_SIZE_MAX 2048

typedef struct bundle_net {
    wisp_net net; /* first: what the caller holds */
    char path[PATH_SIZE];
    char url[URL_SIZE_MAX]; /* without a '/' at the end */
} bundle_net;

/* The file as an archive at its first entry; the caller frees it by archive_read_free. */
static wisp_status open_archive(const char *path, struct archive **out, wisp_error *err)
{
    struct archive *archive = archive_read_new();
    if (!archive)
        return wisp_fail_memory(err, BLOCK_SIZE);
    if (archive_read_support_format_tar(archive) != ARCHIVE_OK ||
        archive_read_open_filename(archive, path, BLOCK_SIZE) != ARCHIVE_OK) {
        int reason = archive_errno(archive); /* EILSEQ: not of the format */
        wisp_status status = reason == ENOENT   ? WISP_NOT_FOUND
                             : reason == EILSEQ ? WISP_MALFORMED
                                                : WISP_IO;
        wisp_fail(err, status, "%.80s is no bundle that can be read: %.100s", path,
                  archive_error_string(archive));
        archive_read_free(archive);
        return status;
    }
    *out = archive;
    return WISP_OK;
}

/* Goes to the next file: WISP_NOT_FOUND at the end. */
static wisp_status next_file(struct archive *archive, struct archive_entry **entry,
                             wisp_error *err)
{
    do {
        int result = archive_read_next_header(archive, entry);
        if (result == ARCHIVE_EOF)
            return wisp_fail(err, WISP_NOT_FOUND, "the bundle has no such file");
        if (result != ARCHIVE_OK)
            return wisp_fail(err, WISP_MALFORMED, "the bundle is damaged: %.150s",
                             archive_error_string(archive));
        if (archive_file_count(archive) > ENTRIES_MAX)
            return wisp_fail(err, WISP_LIMIT, "the bundle has more than %d files", ENTRIES_MAX);
    } while (archive_entry_filetype(*entry) != AE_IFREG || !archive_entry_pathname(*entry));
    return WISP_OK;
}

static wisp_status deliver(struct archive *archive, const wisp_net_request *request,
                           wisp_error *err)
{
    uint8_t block[4096];
    uint64_t size = 0;
    if (request->begin && !request->begin(request->context, 0))
        return wisp_fail(err, WISP_IO, "the file was not wanted any more");
    for (;;) {
        la_ssize_t got = archive_read_data(archive, block, sizeof block);
        if (got == 0)
            return WISP_OK;
        if (got < 0)
            return wisp_fail(err, WISP_NETWORK, "the bundle is damaged: %.150s",
                             archive_error_string(archive));
        size += (uint64_t)got;
        if (size > request->size_max)
            return wisp_fail(err, WISP_LIMIT, "the file has more than %llu bytes",
                             (unsigned long long)request->size_max);
        if (request->sink && !request->sink(request->context, block, (size_t)got))
            return wisp_fail(err, WISP_IO, "the file was not wanted any more");
    }
}

/* What is asked for below the repository's URL; NULL where it is somewhere else. */
static const char *name_of(const bundle_net *bundle, const char *url)
{
    size_t len = strlen(bundle->url);
    bool is_below = strncmp(url, bundle->url, len) == 0 && url[len] == '/';
    return is_below ? url + len + 1 : NULL;
}

static wisp_status start(void *user, const wisp_net_request *request, void **transfer,
                         wisp_error *err)
{
    const bundle_net *bundle = user;
    if (request->content_type)
        return wisp_fail(err, WISP_NETWORK, "a bundle takes no reports");
    if (!name_of(bundle, request->url))
        return wisp_fail(err, WISP_NETWORK, "%.100s is not of the bundle, which is for %.100s",
                         request->url, bundle->url);
    *transfer = (void *)(uintptr_t)request;
    return WISP_OK;
}

/* All is done in one step. */
static wisp_status step(void *user, void *transfer, uint32_t wait_ms, wisp_error *err)
{
    const bundle_net *bundle = user;
    const wisp_net_request *request = transfer;
    const char *name = name_of(bundle, request->url);
    struct archive *archive;
    struct archive_entry *entry;
    (void)wait_ms;
    wisp_status status = open_archive(bundle->path, &archive, err);
    if (status)
        return WISP_NETWORK; /* it was there: perhaps the stick will be again */
    do
        status = next_file(archive, &entry, err);
    while (!status && strcmp(archive_entry_pathname(entry), name) != 0);
    if (!status)
        status = deliver(archive, request, err);
    else if (status != WISP_NOT_FOUND)
        status = WISP_NETWORK;
    archive_read_free(archive);
    return status;
}

static void end(void *user, void *transfer)
{
    (void)user;
    (void)transfer;
}

/* Whether there is any file in it. */
static wisp_status look_inside(const char *path, wisp_error *err)
{
    struct archive *archive;
    struct archive_entry *entry;
    wisp_status status = open_archive(path, &archive, err);
    if (status)
        return status;
    if (next_file(archive, &entry, err))
        status =
            wisp_fail(err, WISP_MALFORMED, "%.150s is no bundle: it has no file in it", path);
    archive_read_free(archive);
    return status;
}

wisp_status wisp_net_bundle_new(const char *path, const char *url, wisp_net **out,
                                wisp_error *err)
{
    size_t path_len = strlen(path), url_len = strlen(url);
    url_len -= url_len > 0 && url[url_len - 1] == '/';
    if (path_len >= PATH_SIZE || url_len >= URL_SIZE_MAX)
        return wisp_fail(err, WISP_INVALID, "the bundle's path or URL is too long");
    wisp_status status = look_inside(path, err);
    if (status)
        return status;
    bundle_net *bundle = wisp_alloc(&wisp_allocator_default, 1, sizeof *bundle);
    if (!bundle)
        return wisp_fail_memory(err, sizeof *bundle);
    memcpy(bundle->path, path, path_len + 1);
    memcpy(bundle->url, url, url_len);
    bundle->url[url_len] = '\0';
    bundle->net = (wisp_net){start, step, end, bundle};
    *out = &bundle->net;
    return WISP_OK;
}

void wisp_net_bundle_free(wisp_net *net)
{
    if (net)
        wisp_free(&wisp_allocator_default, net->user, sizeof(bundle_net));
}
