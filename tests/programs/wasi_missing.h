#ifndef WASI_MISSING_H
#define WASI_MISSING_H

/*
 * What SQLite asks of POSIX and the C library for WASI lacks: owners and modes of files, which
 * mean nothing there, and locks, which succeed, since nobody else is in the sandbox. Included
 * before everything else.
 */

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#define F_GETLK 1000
#define F_SETLK 1001
#define fcntl   fcntl_or_lock

static inline int fcntl_or_lock(int fd, int command, void *lock)
{
    (void)lock;
#undef fcntl
    if (command == F_GETLK)
        ((struct flock *)lock)->l_type = F_UNLCK;
    return command == F_GETLK || command == F_SETLK ? 0 : fcntl(fd, command, lock);
#define fcntl fcntl_or_lock
}

static inline int fchmod(int fd, mode_t mode)
{
    (void)fd, (void)mode;
    return 0;
}

static inline int fchown(int fd, uid_t owner, gid_t group)
{
    (void)fd, (void)owner, (void)group;
    return 0;
}

static inline int chmod(const char *path, mode_t mode)
{
    (void)path, (void)mode;
    return 0;
}

static inline uid_t getuid(void)
{
    return 0;
}

static inline uid_t geteuid(void)
{
    return 0;
}

static inline mode_t umask(mode_t mode)
{
    return mode;
}

#endif
