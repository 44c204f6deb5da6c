#include <wisp/record.h>

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "os/transfer.h"

/* The sink of a recording that writes to a file. */

#define OLD_SUFFIX ".old"

typedef struct record_file {
    const wisp_allocator *allocator;
    const wisp_os *os;
    int fd; /* negative before the first segment */
    uint64_t offset;
    size_t path_size; /* with its NUL */
    char *old_path;   /* behind the path */
    char path[];
} record_file;

static wisp_status fail_file(const record_file *file, const char *what, int result,
                             wisp_error *err)
{
    return wisp_fail(err, WISP_IO, "%s '%.120s': error %d", what, file->path, -result);
}

static void close_fd(record_file *file)
{
    if (file->fd >= 0)
        file->os->close(file->os->user, file->fd);
    file->fd = -1;
}

static wisp_status begin(void *user, uint64_t number, wisp_error *err)
{
    record_file *file = user;
    const wisp_os *os = file->os;
    close_fd(file);
    file->offset = 0;
    int result = number > 0 ? os->rename(os->user, file->path, file->old_path) : 0;
    if (result < 0)
        return fail_file(file, "renaming", result, err);
    file->fd = os->open(os->user, file->path, WISP_OS_WRITE | WISP_OS_TRUNCATE);
    return file->fd < 0 ? fail_file(file, "opening", file->fd, err) : WISP_OK;
}

static wisp_status append(void *user, wisp_bytes bytes, wisp_error *err)
{
    record_file *file = user;
    int result = wisp_os_write_all(file->os, file->fd, file->offset, bytes);
    if (result < 0)
        return fail_file(file, "writing", result, err);
    file->offset += bytes.size;
    return WISP_OK;
}

static size_t size_of(size_t path_size)
{
    return sizeof(record_file) + 2 * path_size + sizeof OLD_SUFFIX;
}

static void close_file(void *user)
{
    record_file *file = user;
    close_fd(file);
    wisp_free(file->allocator, file, size_of(file->path_size));
}

wisp_status wisp_record_open_file(const wisp_allocator *allocator, const wisp_os *os,
                                  const char *path, wisp_record_sink *out, wisp_error *err)
{
    size_t path_size = strlen(path) + 1;
    allocator = wisp_allocator_or_default(allocator);
    record_file *file = wisp_alloc(allocator, 1, size_of(path_size));
    if (!file)
        return wisp_fail_memory(err, size_of(path_size));
    file->allocator = allocator;
    file->os = os ? os : wisp_os_posix();
    file->fd = -1;
    file->path_size = path_size;
    file->old_path = file->path + path_size;
    memcpy(file->path, path, path_size);
    memcpy(file->old_path, path, path_size - 1);
    memcpy(file->old_path + path_size - 1, OLD_SUFFIX, sizeof OLD_SUFFIX);
    *out = (wisp_record_sink){begin, append, close_file, file};
    return WISP_OK;
}
