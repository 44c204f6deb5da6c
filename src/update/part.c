#include "update/part.h"

#include "base/error.h"
#include "os/transfer.h"
#include "update/blobs.h"
#include "update/entry.h"

#include <errno.h>
#include <string.h>

#define CHUNK_SIZE  (16u << 10) /* bytes of one read, on the stack */
#define RECALL_SIZE (1u << 20)  /* bytes of one recall */

static wisp_status refused(const wisp_part *part, const char *what, int64_t code, wisp_error *err)
{
    char name[WISP_PART_NAME_SIZE], words[80] = "";
    wisp_part_name(&part->hash, name);
    strerror_r((int)-code, words, sizeof words);
    return wisp_fail(err, WISP_IO, "cannot %s %s: %s", what, name, words);
}

static wisp_status open_file(wisp_part *part, int flags, wisp_error *err)
{
    char name[WISP_PART_NAME_SIZE];
    const wisp_os *os = part->folder->os;
    wisp_part_name(&part->hash, name);
    wisp_status status =
        wisp_folder_open(part->folder, name, WISP_OS_WRITE | flags, &part->fd, err);
    if (status != WISP_OK)
        return status;
    int64_t size = os->file_size(os->user, part->fd);
    if (size < 0) {
        os->close(os->user, part->fd);
        part->fd = -1;
        return refused(part, "read", size, err);
    }
    part->stored = (uint64_t)size;
    return WISP_OK;
}

static void close_file(wisp_part *part)
{
    const wisp_os *os = part->folder->os;
    if (part->fd >= 0)
        os->close(os->user, part->fd);
    part->fd = -1;
}

static void remove_file(const wisp_part *part)
{
    char name[WISP_PART_NAME_SIZE];
    wisp_part_name(&part->hash, name);
    wisp_folder_remove(part->folder, name, NULL); /* else the next start does it */
}

wisp_status wisp_part_open(wisp_part *part, const wisp_folder *folder, const wisp_hash *hash,
                           uint64_t whole, wisp_error *err)
{
    *part = (wisp_part){.folder = folder, .hash = *hash, .whole = whole, .fd = -1};
    part->hasher = wisp_hasher_new();
    if (!part->hasher)
        return wisp_fail(err, WISP_NO_MEMORY, "out of memory for a hash");
    wisp_status status = open_file(part, 0, err);
    if (status == WISP_OK && part->stored > whole)
        status = wisp_part_restart(part, err);
    if (status != WISP_OK)
        wisp_part_close(part);
    return status;
}

/* Takes up the next chunk of what was there. */
static wisp_status recall_chunk(wisp_part *part, wisp_error *err)
{
    uint8_t chunk[CHUNK_SIZE];
    const wisp_os *os = part->folder->os;
    uint64_t left = part->stored - part->size;
    size_t wanted = left < sizeof chunk ? (size_t)left : sizeof chunk;
    int64_t got = os->read_at(os->user, part->fd, chunk, wanted, part->size);
    if (got <= 0)
        return refused(part, "read", got < 0 ? got : -EIO, err);
    wisp_hasher_add(part->hasher, chunk, (size_t)got);
    part->size += (uint64_t)got;
    return WISP_OK;
}

wisp_status wisp_part_recall(wisp_part *part, wisp_error *err)
{
    uint64_t end = part->size + RECALL_SIZE;
    wisp_status status = WISP_OK;
    while (status == WISP_OK && part->size < part->stored && part->size < end)
        status = recall_chunk(part, err);
    return status == WISP_OK && part->size < part->stored ? WISP_BUSY : status;
}

wisp_status wisp_part_append(wisp_part *part, const void *data, size_t size, wisp_error *err)
{
    if (size > part->whole - part->size)
        return wisp_fail(err, WISP_LIMIT, "it goes on after %llu bytes",
                         (unsigned long long)part->whole);
    int code =
        wisp_os_write_all(part->folder->os, part->fd, part->size, (wisp_bytes){data, size});
    if (code < 0)
        return refused(part, "write", code, err);
    wisp_hasher_add(part->hasher, data, size);
    part->size += size;
    return WISP_OK;
}

wisp_status wisp_part_restart(wisp_part *part, wisp_error *err)
{
    wisp_hasher_finish(part->hasher);
    part->size = part->stored = 0;
    close_file(part);
    return open_file(part, WISP_OS_TRUNCATE, err);
}

wisp_status wisp_part_finish(wisp_part *part, wisp_error *err)
{
    const wisp_os *os = part->folder->os;
    wisp_hash found = wisp_hasher_finish(part->hasher);
    if (part->size != part->whole)
        return wisp_fail(err, WISP_UNTRUSTED, "it has %llu bytes, expected %llu",
                         (unsigned long long)part->size, (unsigned long long)part->whole);
    if (!wisp_hash_equal(&found, &part->hash))
        return wisp_fail(err, WISP_UNTRUSTED, "its sha256 is not the one that was signed");
    int code = os->sync(os->user, part->fd);
    return code < 0 ? refused(part, "write", code, err) : WISP_OK;
}

void wisp_part_close(wisp_part *part)
{
    if (!part->hasher)
        return;
    close_file(part);
    wisp_hasher_free(part->hasher);
    part->hasher = NULL;
}

void wisp_part_discard(wisp_part *part)
{
    wisp_part_close(part);
    if (part->folder)
        remove_file(part);
}

wisp_status wisp_part_keep(wisp_part *part, wisp_error *err)
{
    char from[WISP_PART_NAME_SIZE], to[WISP_HASH_TEXT_SIZE];
    wisp_part_name(&part->hash, from);
    wisp_hash_print(&part->hash, to);
    wisp_part_close(part);
    return wisp_folder_rename(part->folder, from, to, err);
}
