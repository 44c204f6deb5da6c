#ifndef WISP_OS_H
#define WISP_OS_H

#include <wisp/base.h>

/*
 * The only way out to the system: one small table of functions for files, clocks and
 * randomness. wisp_os_posix() is the table for POSIX systems; a device with a flash chip
 * of its own, or a test that makes the n-th call fail, brings another one.
 *
 * Every function returns 0 (or a count) on success and a negated errno value on failure,
 * sets nothing else, and may be called on any thread. Paths are NUL-terminated and use '/'.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wisp_os wisp_os;

enum {
    WISP_OS_READ = 1,     /* open an existing file for reading */
    WISP_OS_WRITE = 2,    /* open for reading and writing, made with mode 0600 where missing */
    WISP_OS_TRUNCATE = 4, /* with WRITE: cut it to nothing */
    WISP_OS_EXCLUSIVE = 8 /* with WRITE: -EEXIST where it is there already */
};

struct wisp_os {
    void *user;

    /* Opens [path] with WISP_OS_ flags. Returns a descriptor >= 0. */
    int (*open)(void *user, const char *path, int flags);
    int (*close)(void *user, int fd);
    /* Reads up to [size] bytes at [offset]; returns how many, 0 at the end of the file. */
    int64_t (*read_at)(void *user, int fd, void *into, size_t size, uint64_t offset);
    /* Writes up to [size] bytes at [offset]; returns how many were taken (a short write is
     * legal). */
    int64_t (*write_at)(void *user, int fd, const void *from, size_t size, uint64_t offset);
    int64_t (*file_size)(void *user, int fd);
    /* After this returns 0 the bytes of [fd] survive power loss. */
    int (*sync)(void *user, int fd);
    /* Takes an exclusive advisory lock on [fd] without waiting; -EWOULDBLOCK if it is held. */
    int (*lock)(void *user, int fd);
    /* Replaces [to] by [from], atomically. */
    int (*rename)(void *user, const char *from, const char *to);
    int (*remove)(void *user, const char *path);
    /* Makes one directory with mode 0700; -EEXIST where it is there. */
    int (*make_dir)(void *user, const char *path);
    /* After this returns 0, names made, renamed or removed in directory [path] survive power
     * loss. */
    int (*sync_dir)(void *user, const char *path);
    /* Calls [each] for every name in directory [path] but "." and ".."; stops when it returns
     * false. */
    int (*list_dir)(void *user, const char *path, bool (*each)(void *context, const char *name),
                    void *context);

    /* Nanoseconds of a clock that never goes back; its zero means nothing. */
    uint64_t (*monotonic_ns)(void *user);
    /* Seconds since 1970-01-01 00:00 UTC, as far as the device knows. */
    int64_t (*wall_time_s)(void *user);
    /* Fills [into] with random bytes fit for keys. */
    int (*random)(void *user, void *into, size_t size);
};

/* The system calls of POSIX. Static. Any thread. */
WISP_API const wisp_os *wisp_os_posix(void);

#ifdef __cplusplus
}
#endif

#endif
