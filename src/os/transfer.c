#include "os/transfer.h"

#include <errno.h>
#include <string.h>

int64_t wisp_os_read_all(const wisp_os *os, int fd, uint64_t offset, void *into, size_t size)
{
    size_t at = 0;
    while (at < size) {
        int64_t n = os->read_at(os->user, fd, (uint8_t *)into + at, size - at, offset + at);
        if (n < 0)
            return n;
        if (n == 0)
            break;
        at += (size_t)n;
    }
    return (int64_t)at;
}

int wisp_os_write_all(const wisp_os *os, int fd, uint64_t offset, wisp_bytes bytes)
{
    size_t at = 0;
    while (at < bytes.size) {
        int64_t n = os->write_at(os->user, fd, bytes.data + at, bytes.size - at, offset + at);
        if (n <= 0)
            return n < 0 ? (int)n : -EIO;
        at += (size_t)n;
    }
    return 0;
}

int wisp_os_write_and_close(const wisp_os *os, int fd, uint64_t offset, wisp_bytes bytes)
{
    int result = wisp_os_write_all(os, fd, offset, bytes);
    if (result == 0)
        result = os->sync(os->user, fd);
    int closed = os->close(os->user, fd);
    return result < 0 ? result : closed;
}

int wisp_os_sync_parent(const wisp_os *os, const char *path)
{
    char parent[4096];
    const char *slash = strrchr(path, '/');
    if (!slash)
        return os->sync_dir(os->user, ".");
    size_t len = slash == path ? 1 : (size_t)(slash - path);
    if (len >= sizeof parent)
        return -ENAMETOOLONG;
    memcpy(parent, path, len);
    parent[len] = '\0';
    return os->sync_dir(os->user, parent);
}
