#ifndef WISP_OS_SELF_H
#define WISP_OS_SELF_H

#include <wisp/base.h>

/*
 * What a process may do to its own code and threads. wisp_os_self_linux() is the table of the
 * real system; a test that makes the n-th call fail brings another one.
 *
 * As in wisp/os.h a function returns 0, a count or a descriptor, or a negated errno value, and
 * may be called on any thread.
 */

typedef enum wisp_os_barrier {
    WISP_BARRIER_MEMORY, /* every running thread of the process passes a full fence … */
    WISP_BARRIER_CODE    /* … and forgets what instructions it had fetched */
} wisp_os_barrier;

typedef enum wisp_os_code_place {
    WISP_CODE_OVER,   /* what is there goes, in one piece */
    WISP_CODE_NOWHERE /* -EEXIST where anything is mapped */
} wisp_os_code_place;

typedef struct wisp_os_self {
    void *user;

    /* Opens the process's memory as a file, offsets being addresses, where even what is mapped
     * read-only can be written. A descriptor. */
    int (*open_memory)(void *user);
    /* Makes a file of [size] zeros that has no name, and may be mapped as code. A descriptor. */
    int (*make_file)(void *user, size_t size);
    /* How many bytes were read, or taken, of [size]. */
    int64_t (*read_at)(void *user, int fd, void *into, size_t size, uint64_t offset);
    int64_t (*write_at)(void *user, int fd, const void *from, size_t size, uint64_t offset);
    int (*close)(void *user, int fd);

    /* Maps the first [size] bytes of file [fd], or zeros where that is negative, at [at] to be
     * read and run, privately; both in whole pages. */
    int (*map_code)(void *user, void *at, size_t size, int fd, wisp_os_code_place place);
    /* Lets code in the whole pages at [at] be written, too, or no longer. */
    int (*set_writable)(void *user, void *at, size_t size, bool is_writable);

    int (*barrier)(void *user, wisp_os_barrier barrier);
    /* Of this process. */
    int (*thread_count)(void *user);
} wisp_os_self;

/* The system calls of Linux. Static. Any thread. */
const wisp_os_self *wisp_os_self_linux(void);

#endif
