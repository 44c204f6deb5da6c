#include "update/blobs.h"

#include "base/error.h"
#include "base/hex.h"
#include "trust/crypto.h"

#include <string.h>

#define PART_SUFFIX ".part"

typedef struct wanted {
    const wisp_hash *hashes;
    size_t len;
    char part[WISP_PART_NAME_SIZE];
} wanted;

void wisp_part_name(const wisp_hash *hash, char name[WISP_PART_NAME_SIZE])
{
    wisp_hash_print(hash, name);
    strcpy(name + WISP_HASH_TEXT_SIZE - 1, PART_SUFFIX);
}

static bool is_wanted(const void *context, const char *name)
{
    const wanted *w = context;
    wisp_hash hash;
    if (strcmp(name, w->part) == 0)
        return true;
    if (!wisp_hex_parse(name, hash.bytes, sizeof hash.bytes))
        return false;
    for (size_t i = 0; i < w->len; i++)
        if (memcmp(hash.bytes, w->hashes[i].bytes, sizeof hash.bytes) == 0)
            return true;
    return false;
}

wisp_status wisp_blobs_prepare(const wisp_folder *folder, const wisp_hash *keep, size_t len,
                               const wisp_hash *partial, wisp_error *err)
{
    wanted w = {.hashes = keep, .len = len};
    if (partial)
        wisp_part_name(partial, w.part);
    wisp_status status = wisp_folder_make(folder, err);
    return status == WISP_OK ? wisp_folder_sweep(folder, is_wanted, &w, err) : status;
}

wisp_status wisp_blobs_get(const wisp_folder *folder, const wisp_hash *hash, uint64_t size,
                           wisp_bytes *out, wisp_error *err)
{
    char name[WISP_HASH_TEXT_SIZE];
    wisp_hash found;
    wisp_hash_print(hash, name);
    wisp_status status = wisp_folder_read(folder, name, (size_t)size, out, err);
    if (status == WISP_LIMIT)
        return wisp_fail(err, WISP_UNTRUSTED, "the stored module %.16s… is too long", name);
    if (status != WISP_OK)
        return status;
    if (!wisp_sha256(*out, &found))
        status = wisp_fail(err, WISP_NO_MEMORY, "out of memory for a hash");
    else if (memcmp(found.bytes, hash->bytes, sizeof found.bytes) != 0)
        status = wisp_fail(err, WISP_UNTRUSTED, "the stored module %.16s… is damaged", name);
    if (status != WISP_OK)
        wisp_folder_free(folder, *out);
    return status;
}

/* The hash of the open file [fd], which is to have [size] bytes. */
static wisp_status hash_file(const wisp_os *os, int fd, uint64_t size, wisp_hasher *hasher,
                             wisp_error *err)
{
    uint8_t chunk[16384];
    int64_t got = 1;
    if (os->file_size(os->user, fd) != (int64_t)size)
        return wisp_fail(err, WISP_UNTRUSTED, "a stored module has another size");
    for (uint64_t at = 0; at < size && got > 0; at += (uint64_t)got) {
        got = os->read_at(os->user, fd, chunk, sizeof chunk, at);
        if (got > 0)
            wisp_hasher_add(hasher, chunk, (size_t)got);
    }
    return got > 0 ? WISP_OK : wisp_fail(err, WISP_IO, "a stored module cannot be read");
}

wisp_status wisp_blobs_check(const wisp_folder *folder, const wisp_hash *hash, uint64_t size,
                             wisp_error *err)
{
    int fd;
    char name[WISP_HASH_TEXT_SIZE];
    wisp_hash_print(hash, name);
    wisp_status status = wisp_folder_open(folder, name, WISP_OS_READ, &fd, err);
    if (status != WISP_OK)
        return status;
    wisp_hasher *hasher = wisp_hasher_new();
    status = hasher ? hash_file(folder->os, fd, size, hasher, err)
                    : wisp_fail(err, WISP_NO_MEMORY, "out of memory for a hash");
    folder->os->close(folder->os->user, fd);
    if (status == WISP_OK) {
        wisp_hash found = wisp_hasher_finish(hasher);
        if (memcmp(found.bytes, hash->bytes, sizeof found.bytes) != 0)
            status = wisp_fail(err, WISP_UNTRUSTED, "the stored module %.16s… is damaged", name);
    }
    wisp_hasher_free(hasher);
    return status;
}
