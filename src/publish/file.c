#include "publish/file.h"

#include "base/error.h"
#include "os/transfer.h"
#include "publish/permission.h"

#include <errno.h>
#include <string.h>

static wisp_status fail_io(wisp_error *err, const char *verb, const char *path, int64_t result)
{
    if (result == -ENOENT)
        return wisp_fail(err, WISP_NOT_FOUND, "cannot %s %s: no such file", verb, path);
    return wisp_fail(err, WISP_IO, "cannot %s %s: %s", verb, path, strerror((int)-result));
}

char *wisp_path_join(wisp_arena *arena, const char *dir, const char *name)
{
    size_t name_len = strlen(name);
    if (name[0] == '/' || strcmp(dir, ".") == 0)
        return wisp_arena_text(arena, name, name_len);
    size_t dir_len = strlen(dir);
    while (dir_len > 1 && dir[dir_len - 1] == '/')
        dir_len--;
    char *path = wisp_arena_alloc(arena, dir_len + name_len + 2, 1);
    if (!path)
        return NULL;
    memcpy(path, dir, dir_len);
    if (path[dir_len - 1] != '/')
        path[dir_len++] = '/';
    memcpy(path + dir_len, name, name_len + 1);
    return path;
}

static wisp_status read_open_file(const wisp_os *os, wisp_arena *arena, int fd, const char *path,
                                  size_t size_max, wisp_bytes *out, wisp_error *err)
{
    int64_t size = os->file_size(os->user, fd);
    if (size < 0)
        return fail_io(err, "read", path, size);
    if ((uint64_t)size > size_max)
        return wisp_fail(err, WISP_LIMIT, "%s has %lld bytes, expected %zu at the most", path,
                         (long long)size, size_max);
    uint8_t *data = wisp_arena_alloc(arena, (size_t)size, 1);
    if (!data)
        return wisp_fail_memory(err, (size_t)size);
    int64_t got = wisp_os_read_all(os, fd, 0, data, (size_t)size);
    if (got < size) /* fewer: it was cut meanwhile */
        return fail_io(err, "read", path, got < 0 ? got : -EIO);
    *out = (wisp_bytes){data, (size_t)size};
    return WISP_OK;
}

wisp_status wisp_file_read(const wisp_os *os, wisp_arena *arena, const char *path,
                           size_t size_max, wisp_bytes *out, wisp_error *err)
{
    int fd = os->open(os->user, path, WISP_OS_READ);
    if (fd < 0)
        return fail_io(err, "open", path, fd);
    wisp_status status = read_open_file(os, arena, fd, path, size_max, out, err);
    os->close(os->user, fd);
    return status;
}

bool wisp_file_exists(const wisp_os *os, const char *path)
{
    int fd = os->open(os->user, path, WISP_OS_READ);
    if (fd >= 0)
        os->close(os->user, fd);
    return fd >= 0 || (fd != -ENOENT && fd != -ENOTDIR);
}

static wisp_status sync_parent(const wisp_os *os, const char *path, wisp_error *err)
{
    int result = wisp_os_sync_parent(os, path);
    if (result == -ENAMETOOLONG)
        return wisp_fail(err, WISP_LIMIT, "the path %.60s… is too long", path);
    return result < 0 ? fail_io(err, "sync the folder of", path, result) : WISP_OK;
}

/* Makes [path] with [flags] and leaves it whole and on disk, or not there at all. */
static wisp_status write_file(const wisp_os *os, const char *path, int flags, wisp_bytes bytes,
                              unsigned mode, wisp_error *err)
{
    int fd = os->open(os->user, path, WISP_OS_WRITE | flags);
    if (fd == -EEXIST)
        return wisp_fail(err, WISP_INVALID, "%s is there already", path);
    if (fd < 0)
        return fail_io(err, "make", path, fd);
    int result = wisp_os_write_and_close(os, fd, 0, bytes);
    if (result == 0 && mode != WISP_MODE_SECRET)
        result = wisp_permission_set(path, mode);
    if (result == 0)
        return WISP_OK;
    os->remove(os->user, path);
    return fail_io(err, "write", path, result);
}

wisp_status wisp_file_create(const wisp_os *os, const char *path, wisp_bytes bytes, unsigned mode,
                             wisp_error *err)
{
    wisp_status status = write_file(os, path, WISP_OS_EXCLUSIVE, bytes, mode, err);
    return status ? status : sync_parent(os, path, err);
}

wisp_status wisp_file_replace(const wisp_os *os, const char *path, wisp_bytes bytes,
                              unsigned mode, wisp_error *err)
{
    char temp[4096];
    size_t len = strlen(path);
    if (len + sizeof ".tmp" > sizeof temp)
        return wisp_fail(err, WISP_LIMIT, "the path %.60s… is too long", path);
    memcpy(temp, path, len);
    memcpy(temp + len, ".tmp", sizeof ".tmp");
    wisp_status status = write_file(os, temp, WISP_OS_TRUNCATE, bytes, mode, err);
    if (status)
        return status;
    int result = os->rename(os->user, temp, path);
    if (result < 0) {
        os->remove(os->user, temp);
        return fail_io(err, "replace", path, result);
    }
    return sync_parent(os, path, err);
}

wisp_status wisp_dir_make(const wisp_os *os, const char *path, unsigned mode, wisp_error *err)
{
    int result = os->make_dir(os->user, path);
    if (result == -EEXIST)
        return WISP_OK;
    if (result == 0 && mode != WISP_MODE_SECRET_DIR)
        result = wisp_permission_set(path, mode);
    return result < 0 ? fail_io(err, "make the folder", path, result)
                      : sync_parent(os, path, err);
}

wisp_status wisp_file_check_secret(const char *path, unsigned expected, wisp_error *err)
{
    unsigned mode;
    int result = wisp_permission_get(path, &mode);
    if (result < 0)
        return fail_io(err, "open", path, result);
    if ((mode & 077) == 0)
        return WISP_OK;
    return wisp_fail(err, WISP_UNTRUSTED,
                     "%s can be used by others (mode %04o), expected %04o: chmod %04o it", path,
                     mode, expected, expected);
}
