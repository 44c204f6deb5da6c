#define _DEFAULT_SOURCE /* preadv, pwritev */

#include "os/file.h"
#include "os/vectors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What the system said, the way results are told here. */
static int result_of(int returned)
{
    return returned < 0 ? -errno : returned;
}

/* ------------------------------------------------------------------ opening */

int wisp_os_file_open_root(const char *path)
{
    return result_of(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int access_mode(unsigned flags)
{
    if (!(flags & WISP_FILE_WRITE))
        return O_RDONLY;
    return flags & WISP_FILE_READ ? O_RDWR : O_WRONLY;
}

int wisp_os_file_open(const wisp_beneath *at, unsigned flags)
{
    static const struct {
        unsigned flag;
        int mode;
    } modes[] = {
        {WISP_FILE_CREATE, O_CREAT},    {WISP_FILE_EXCLUSIVE, O_EXCL},
        {WISP_FILE_TRUNCATE, O_TRUNC},  {WISP_FILE_DIRECTORY_ONLY, O_DIRECTORY},
        {WISP_FILE_APPEND, O_APPEND},   {WISP_FILE_SYNC, O_SYNC},
        {WISP_FILE_DATA_SYNC, O_DSYNC},
    };
    int mode = access_mode(flags) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        mode |= flags & modes[i].flag ? modes[i].mode : 0;
    return result_of(openat(at->dir, at->name, mode, 0666));
}

void wisp_os_file_close(int fd)
{
    close(fd);
}

/* ------------------------------------------------------------------ state */

static wisp_os_file_kind kind_of_mode(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFBLK:
        return WISP_FILE_BLOCK;
    case S_IFCHR:
        return WISP_FILE_CHARACTER;
    case S_IFDIR:
        return WISP_FILE_DIRECTORY;
    case S_IFREG:
        return WISP_FILE_REGULAR;
    case S_IFLNK:
        return WISP_FILE_LINK;
    case S_IFSOCK:
        return WISP_FILE_STREAM;
    }
    return WISP_FILE_OTHER;
}

static uint64_t ns_of(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_nsec;
}

static void convert(const struct stat *st, wisp_os_file_stat *out)
{
    *out = (wisp_os_file_stat){
        .kind = kind_of_mode(st->st_mode),
        .device = st->st_dev,
        .inode = st->st_ino,
        .links = st->st_nlink,
        .size = (uint64_t)st->st_size,
        .accessed_ns = ns_of(&st->st_atim),
        .modified_ns = ns_of(&st->st_mtim),
        .changed_ns = ns_of(&st->st_ctim),
    };
}

int wisp_os_file_stat_of(int fd, wisp_os_file_stat *out)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    convert(&st, out);
    int type = 0;
    socklen_t size = sizeof type;
    if (out->kind == WISP_FILE_STREAM && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
        type == SOCK_DGRAM)
        out->kind = WISP_FILE_DATAGRAM;
    return 0;
}

int wisp_os_file_stat_at(const wisp_beneath *at, wisp_os_file_stat *out)
{
    struct stat st;
    if (fstatat(at->dir, at->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    convert(&st, out);
    return 0;
}

bool wisp_os_file_is_seekable(int fd)
{
    return lseek(fd, 0, SEEK_CUR) >= 0;
}

static struct timespec timespec_of(uint64_t ns)
{
    if (ns == UINT64_MAX)
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    return (struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
}

int wisp_os_file_set_times(int fd, uint64_t accessed_ns, uint64_t modified_ns)
{
    struct timespec times[2] = {timespec_of(accessed_ns), timespec_of(modified_ns)};
    return result_of(futimens(fd, times));
}

int wisp_os_file_set_times_at(const wisp_beneath *at, uint64_t accessed_ns, uint64_t modified_ns)
{
    struct timespec times[2] = {timespec_of(accessed_ns), timespec_of(modified_ns)};
    return result_of(utimensat(at->dir, at->name, times, AT_SYMLINK_NOFOLLOW));
}

int wisp_os_file_set_size(int fd, uint64_t size)
{
    return size > INT64_MAX ? -EINVAL : result_of(ftruncate(fd, (off_t)size));
}

int wisp_os_file_set_append(int fd, bool append)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0)
        return -errno;
    return result_of(fcntl(fd, F_SETFL, append ? flags | O_APPEND : flags & ~O_APPEND));
}

int wisp_os_file_allocate(int fd, uint64_t offset, uint64_t size)
{
    if (offset > INT64_MAX || size > INT64_MAX)
        return -EINVAL;
    return -posix_fallocate(fd, (off_t)offset, (off_t)size);
}

int wisp_os_file_sync(int fd, bool data_only)
{
    return result_of(data_only ? fdatasync(fd) : fsync(fd));
}

int wisp_os_file_advise(int fd, uint64_t offset, uint64_t size, wisp_os_file_advice advice)
{
    static const int advices[] = {
        [WISP_FILE_NORMAL] = POSIX_FADV_NORMAL,
        [WISP_FILE_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
        [WISP_FILE_RANDOM] = POSIX_FADV_RANDOM,
        [WISP_FILE_WILL_NEED] = POSIX_FADV_WILLNEED,
        [WISP_FILE_WONT_NEED] = POSIX_FADV_DONTNEED,
        [WISP_FILE_NO_REUSE] = POSIX_FADV_NOREUSE,
    };
    if (offset > INT64_MAX || size > INT64_MAX)
        return -EINVAL;
    return -posix_fadvise(fd, (off_t)offset, (off_t)size, advices[advice]);
}

/* ------------------------------------------------------------------ bytes */

int64_t wisp_os_file_read(int fd, const wisp_os_file_slice *slices, size_t count)
{
    struct iovec vectors[WISP_FILE_SLICES_MAX];
    ssize_t n = readv(fd, vectors, wisp_vectors_of(slices, count, vectors));
    return n < 0 ? -errno : n;
}

int64_t wisp_os_file_write(int fd, const wisp_os_file_slice *slices, size_t count)
{
    struct iovec vectors[WISP_FILE_SLICES_MAX];
    ssize_t n = writev(fd, vectors, wisp_vectors_of(slices, count, vectors));
    return n < 0 ? -errno : n;
}

int64_t wisp_os_file_read_at(int fd, const wisp_os_file_slice *slices, size_t count,
                             uint64_t offset)
{
    struct iovec vectors[WISP_FILE_SLICES_MAX];
    if (offset > INT64_MAX)
        return -EINVAL;
    ssize_t n = preadv(fd, vectors, wisp_vectors_of(slices, count, vectors), (off_t)offset);
    return n < 0 ? -errno : n;
}

int64_t wisp_os_file_write_at(int fd, const wisp_os_file_slice *slices, size_t count,
                              uint64_t offset)
{
    struct iovec vectors[WISP_FILE_SLICES_MAX];
    if (offset > INT64_MAX)
        return -EINVAL;
    ssize_t n = pwritev(fd, vectors, wisp_vectors_of(slices, count, vectors), (off_t)offset);
    return n < 0 ? -errno : n;
}

int64_t wisp_os_file_seek(int fd, int64_t offset, wisp_os_file_whence whence)
{
    static const int whences[] = {
        [WISP_FILE_SET] = SEEK_SET, [WISP_FILE_CURRENT] = SEEK_CUR, [WISP_FILE_END] = SEEK_END};
    off_t at = lseek(fd, (off_t)offset, whences[whence]);
    return at < 0 ? -errno : at;
}

/* ------------------------------------------------------------------ names */

int wisp_os_file_make_dir(const wisp_beneath *at)
{
    return result_of(mkdirat(at->dir, at->name, 0777));
}

int wisp_os_file_remove_dir(const wisp_beneath *at)
{
    return result_of(unlinkat(at->dir, at->name, AT_REMOVEDIR));
}

int wisp_os_file_unlink(const wisp_beneath *at)
{
    return result_of(unlinkat(at->dir, at->name, 0));
}

int wisp_os_file_rename(const wisp_beneath *from, const wisp_beneath *to)
{
    return result_of(renameat(from->dir, from->name, to->dir, to->name));
}

int wisp_os_file_link(const wisp_beneath *from, const wisp_beneath *to)
{
    return result_of(linkat(from->dir, from->name, to->dir, to->name, 0));
}

int wisp_os_file_make_link(const char *target, const wisp_beneath *at)
{
    return result_of(symlinkat(target, at->dir, at->name));
}

int64_t wisp_os_file_read_link(const wisp_beneath *at, char *into, size_t size)
{
    ssize_t n = readlinkat(at->dir, at->name, into, size);
    return n < 0 ? -errno : n;
}
