#define _DEFAULT_SOURCE /* flock */

#include <wisp/os.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int posix_open(void *user, const char *path, int flags)
{
    (void)user;
    int mode = flags & WISP_OS_WRITE ? O_RDWR | O_CREAT : O_RDONLY;
    if (flags & WISP_OS_TRUNCATE)
        mode |= O_TRUNC;
    if (flags & WISP_OS_EXCLUSIVE)
        mode |= O_EXCL;
    int fd = open(path, mode | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : fd;
}

static int posix_close(void *user, int fd)
{
    (void)user;
    return close(fd) < 0 ? -errno : 0;
}

static int64_t posix_read_at(void *user, int fd, void *into, size_t size, uint64_t offset)
{
    (void)user;
    ssize_t n;
    do
        n = pread(fd, into, size, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static int64_t posix_write_at(void *user, int fd, const void *from, size_t size, uint64_t offset)
{
    (void)user;
    ssize_t n;
    do
        n = pwrite(fd, from, size, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static int64_t posix_file_size(void *user, int fd)
{
    (void)user;
    struct stat st;
    return fstat(fd, &st) < 0 ? -errno : st.st_size;
}

static int posix_sync(void *user, int fd)
{
    (void)user;
    return fsync(fd) < 0 ? -errno : 0;
}

static int posix_lock(void *user, int fd)
{
    (void)user;
    return flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

static int posix_rename(void *user, const char *from, const char *to)
{
    (void)user;
    return rename(from, to) < 0 ? -errno : 0;
}

static int posix_remove(void *user, const char *path)
{
    (void)user;
    return unlink(path) < 0 ? -errno : 0;
}

static int posix_make_dir(void *user, const char *path)
{
    (void)user;
    return mkdir(path, 0700) < 0 ? -errno : 0;
}

static int posix_sync_dir(void *user, const char *path)
{
    (void)user;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int result = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return result;
}

static int posix_list_dir(void *user, const char *path, bool (*each)(void *, const char *),
                          void *context)
{
    (void)user;
    DIR *dir = opendir(path);
    if (!dir)
        return -errno;
    struct dirent *entry;
    errno = 0;
    while ((entry = readdir(dir))) {
        bool dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        if (!dots && !each(context, entry->d_name))
            break;
        errno = 0;
    }
    int result = entry ? 0 : -errno;
    closedir(dir);
    return result;
}

static uint64_t posix_monotonic_ns(void *user)
{
    (void)user;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int64_t posix_wall_time_s(void *user)
{
    (void)user;
    return (int64_t)time(NULL);
}

static int posix_random(void *user, void *into, size_t size)
{
    (void)user;
    uint8_t *at = into;
    while (size > 0) {
        ssize_t n = getrandom(at, size, 0);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

const wisp_os *wisp_os_posix(void)
{
    static const wisp_os posix = {
        .open = posix_open,
        .close = posix_close,
        .read_at = posix_read_at,
        .write_at = posix_write_at,
        .file_size = posix_file_size,
        .sync = posix_sync,
        .lock = posix_lock,
        .rename = posix_rename,
        .remove = posix_remove,
        .make_dir = posix_make_dir,
        .sync_dir = posix_sync_dir,
        .list_dir = posix_list_dir,
        .monotonic_ns = posix_monotonic_ns,
        .wall_time_s = posix_wall_time_s,
        .random = posix_random,
    };
    return &posix;
}
