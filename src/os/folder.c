#include "os/folder.h"

#include "base/error.h"
#include "base/memory.h"
#include "os/transfer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE   (WISP_FOLDER_PATH_SIZE + WISP_FOLDER_NAME_SIZE + sizeof TEMP_SUFFIX)
#define TEMP_SUFFIX ".tmp"

static wisp_status refused(const char *what, const char *name, int64_t code, wisp_error *err)
{
    char words[80] = "";
    strerror_r((int)-code, words, sizeof words);
    return wisp_fail(err, WISP_IO, "%s %.100s: %s", what, name, words);
}

/* Only where a file is read is its absence an answer. */
static wisp_status not_opened(const char *name, int code, wisp_error *err)
{
    wisp_status status = refused("cannot open", name, code, err);
    if (code != -ENOENT)
        return status;
    if (err)
        err->status = WISP_NOT_FOUND;
    return WISP_NOT_FOUND;
}

static const char *path_of(const wisp_folder *folder, const char *name, const char *suffix,
                           char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/%s%s", folder->path, name, suffix);
    return path;
}

wisp_status wisp_folder_init(wisp_folder *folder, const wisp_os *os,
                             const wisp_allocator *allocator, const char *path, const char *name,
                             wisp_error *err)
{
    folder->os = os;
    folder->allocator = allocator;
    int size = name ? snprintf(folder->path, sizeof folder->path, "%s/%s", path, name)
                    : snprintf(folder->path, sizeof folder->path, "%s", path);
    if (size < 0 || (size_t)size >= sizeof folder->path)
        return wisp_fail(err, WISP_INVALID, "the folder's path is %zu bytes, expected under %d",
                         strlen(path), WISP_FOLDER_PATH_SIZE);
    return WISP_OK;
}

wisp_status wisp_folder_make(const wisp_folder *folder, wisp_error *err)
{
    int code = folder->os->make_dir(folder->os->user, folder->path);
    if (code == 0)
        code = wisp_os_sync_parent(folder->os, folder->path);
    if (code < 0 && code != -EEXIST)
        return refused("cannot make", folder->path, code, err);
    return WISP_OK;
}

static wisp_status read_whole(const wisp_folder *folder, int fd, const char *name,
                              size_t size_max, wisp_bytes *out, wisp_error *err)
{
    int64_t size = folder->os->file_size(folder->os->user, fd);
    if (size < 0)
        return refused("cannot read", name, size, err);
    if ((uint64_t)size > size_max)
        return wisp_fail(err, WISP_LIMIT, "%.100s has %lld bytes, expected at most %zu", name,
                         (long long)size, size_max);
    uint8_t *data = wisp_alloc(folder->allocator, (size_t)size, 1);
    if (!data)
        return wisp_fail_memory(err, (size_t)size);
    int64_t got = wisp_os_read_all(folder->os, fd, 0, data, (size_t)size);
    *out = (wisp_bytes){data, (size_t)size};
    if (got == size)
        return WISP_OK;
    wisp_folder_free(folder, *out);
    return refused("cannot read", name, got < 0 ? got : -EIO, err);
}

wisp_status wisp_folder_read(const wisp_folder *folder, const char *name, size_t size_max,
                             wisp_bytes *out, wisp_error *err)
{
    char path[PATH_SIZE];
    int fd = folder->os->open(folder->os->user, path_of(folder, name, "", path), WISP_OS_READ);
    if (fd < 0)
        return not_opened(name, fd, err);
    wisp_status status = read_whole(folder, fd, name, size_max, out, err);
    folder->os->close(folder->os->user, fd);
    return status;
}

void wisp_folder_free(const wisp_folder *folder, wisp_bytes bytes)
{
    wisp_free(folder->allocator, (void *)(uintptr_t)bytes.data, bytes.size);
}

wisp_status wisp_folder_read_into(const wisp_folder *folder, const char *name, void *into,
                                  size_t size, wisp_error *err)
{
    char path[PATH_SIZE];
    memset(into, 0, size);
    int fd = folder->os->open(folder->os->user, path_of(folder, name, "", path), WISP_OS_READ);
    if (fd < 0)
        return not_opened(name, fd, err);
    int64_t got = wisp_os_read_all(folder->os, fd, 0, into, size);
    folder->os->close(folder->os->user, fd);
    return got < 0 ? refused("cannot read", name, got, err) : WISP_OK;
}

wisp_status wisp_folder_replace(const wisp_folder *folder, const char *name, wisp_bytes bytes,
                                wisp_error *err)
{
    const wisp_os *os = folder->os;
    char temp[PATH_SIZE], path[PATH_SIZE];
    path_of(folder, name, TEMP_SUFFIX, temp);
    int64_t code = os->open(os->user, temp, WISP_OS_WRITE | WISP_OS_TRUNCATE);
    if (code >= 0)
        code = wisp_os_write_and_close(os, (int)code, 0, bytes);
    if (code >= 0)
        code = os->rename(os->user, temp, path_of(folder, name, "", path));
    if (code < 0)
        os->remove(os->user, temp);
    if (code >= 0)
        code = os->sync_dir(os->user, folder->path);
    return code < 0 ? refused("cannot write", name, code, err) : WISP_OK;
}

wisp_status wisp_folder_overwrite(const wisp_folder *folder, const char *name, uint64_t offset,
                                  wisp_bytes bytes, wisp_error *err)
{
    const wisp_os *os = folder->os;
    char path[PATH_SIZE];
    path_of(folder, name, "", path);
    int fd = os->open(os->user, path, WISP_OS_WRITE | WISP_OS_EXCLUSIVE);
    bool is_new = fd >= 0;
    if (fd == -EEXIST)
        fd = os->open(os->user, path, WISP_OS_WRITE);
    int64_t code = fd < 0 ? fd : wisp_os_write_and_close(os, fd, offset, bytes);
    if (code >= 0 && is_new)
        code = os->sync_dir(os->user, folder->path);
    if (code < 0 && is_new)
        os->remove(os->user,
                   path); /* else the next call would not know that its name is not durable */
    return code < 0 ? refused("cannot write", name, code, err) : WISP_OK;
}

wisp_status wisp_folder_open(const wisp_folder *folder, const char *name, int flags, int *fd,
                             wisp_error *err)
{
    char path[PATH_SIZE];
    *fd = folder->os->open(folder->os->user, path_of(folder, name, "", path), flags);
    return *fd < 0 ? not_opened(name, *fd, err) : WISP_OK;
}

wisp_status wisp_folder_rename(const wisp_folder *folder, const char *from, const char *to,
                               wisp_error *err)
{
    const wisp_os *os = folder->os;
    char before[PATH_SIZE], after[PATH_SIZE];
    int code =
        os->rename(os->user, path_of(folder, from, "", before), path_of(folder, to, "", after));
    if (code >= 0)
        code = os->sync_dir(os->user, folder->path);
    return code < 0 ? refused("cannot rename", from, code, err) : WISP_OK;
}

wisp_status wisp_folder_remove(const wisp_folder *folder, const char *name, wisp_error *err)
{
    char path[PATH_SIZE];
    int code = folder->os->remove(folder->os->user, path_of(folder, name, "", path));
    return code < 0 && code != -ENOENT ? refused("cannot remove", name, code, err) : WISP_OK;
}

wisp_status wisp_folder_sync(const wisp_folder *folder, wisp_error *err)
{
    int code = folder->os->sync_dir(folder->os->user, folder->path);
    return code < 0 ? refused("cannot sync", folder->path, code, err) : WISP_OK;
}

/* One name at a time, since a listing that is changed while it runs may skip names. */
typedef struct sweep {
    bool (*keep)(const void *context, const char *name);
    const void *context;
    char name[WISP_FOLDER_NAME_SIZE];
} sweep;

static bool is_temporary(const char *name)
{
    size_t len = strlen(name), suffix = sizeof TEMP_SUFFIX - 1;
    return len >= suffix && strcmp(name + len - suffix, TEMP_SUFFIX) == 0;
}

static bool find_unwanted(void *context, const char *name)
{
    sweep *s = context;
    if (strlen(name) >= sizeof s->name || (!is_temporary(name) && s->keep(s->context, name)))
        return true;
    strcpy(s->name, name);
    return false;
}

wisp_status wisp_folder_sweep(const wisp_folder *folder,
                              bool (*keep)(const void *context, const char *name),
                              const void *context, wisp_error *err)
{
    for (;;) {
        sweep s = {.keep = keep, .context = context};
        int code = folder->os->list_dir(folder->os->user, folder->path, find_unwanted, &s);
        if (code < 0)
            return refused("cannot list", folder->path, code, err);
        if (s.name[0] == '\0')
            return WISP_OK;
        wisp_status status = wisp_folder_remove(folder, s.name, err);
        if (status != WISP_OK)
            return status;
    }
}

wisp_status wisp_folder_lock(const wisp_folder *folder, const char *name, int *fd,
                             wisp_error *err)
{
    char path[PATH_SIZE];
    const wisp_os *os = folder->os;
    *fd = os->open(os->user, path_of(folder, name, "", path), WISP_OS_WRITE);
    if (*fd < 0)
        return refused("cannot open", name, *fd, err);
    int code = os->lock(os->user, *fd);
    if (code == 0)
        return WISP_OK;
    os->close(os->user, *fd);
    *fd = -1;
    if (code == -EWOULDBLOCK)
        return wisp_fail(err, WISP_BUSY, "another process has the folder %.150s", folder->path);
    return refused("cannot lock", name, code, err);
}
