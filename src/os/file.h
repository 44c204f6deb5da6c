#ifndef WISP_OS_FILE_H
#define WISP_OS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os/beneath.h"

/*
 * Files by descriptor, and names by directory and name: what the system interface of modules is
 * made of. As in wisp/os.h a result is 0, a count or a descriptor, or a negated errno value.
 * Times are nanoseconds since 1970. Any thread.
 */

typedef enum wisp_os_file_kind {
    WISP_FILE_OTHER, /* a pipe, or none that can be told */
    WISP_FILE_BLOCK,
    WISP_FILE_CHARACTER,
    WISP_FILE_DIRECTORY,
    WISP_FILE_REGULAR,
    WISP_FILE_DATAGRAM, /* a socket */
    WISP_FILE_STREAM,   /* a socket */
    WISP_FILE_LINK
} wisp_os_file_kind;

typedef struct wisp_os_file_stat {
    wisp_os_file_kind kind;
    uint64_t device, inode, links, size;
    uint64_t accessed_ns, modified_ns, changed_ns;
} wisp_os_file_stat;

enum {
    WISP_FILE_READ = 1,
    WISP_FILE_WRITE = 2,
    WISP_FILE_CREATE = 4, /* with mode 0666, less the process's umask */
    WISP_FILE_EXCLUSIVE = 8,
    WISP_FILE_TRUNCATE = 16,
    WISP_FILE_DIRECTORY_ONLY = 32,
    WISP_FILE_APPEND = 64,
    WISP_FILE_SYNC = 128,
    WISP_FILE_DATA_SYNC = 256
};

/* A piece of memory to read into or write from. */
typedef struct wisp_os_file_slice {
    void *data;
    size_t size;
} wisp_os_file_slice;

#define WISP_FILE_SLICES_MAX 64 /* of one call */

/* Opens the directory [path] of the host's. */
int wisp_os_file_open_root(const char *path);

/* Opens [at] with WISP_FILE_ flags, never through a link (-ELOOP) and without ever waiting for
 * the other end of a pipe. */
int wisp_os_file_open(const wisp_beneath *at, unsigned flags);
void wisp_os_file_close(int fd);

int wisp_os_file_stat_of(int fd, wisp_os_file_stat *out);
int wisp_os_file_stat_at(const wisp_beneath *at, wisp_os_file_stat *out);
/* Whether [fd] has a position that can be set. */
bool wisp_os_file_is_seekable(int fd);

/* UINT64_MAX leaves a time as it is. */
int wisp_os_file_set_times(int fd, uint64_t accessed_ns, uint64_t modified_ns);
int wisp_os_file_set_times_at(const wisp_beneath *at, uint64_t accessed_ns, uint64_t modified_ns);
int wisp_os_file_set_size(int fd, uint64_t size);
int wisp_os_file_set_append(int fd, bool append);
/* Makes room so that writing [size] bytes at [offset] finds space. */
int wisp_os_file_allocate(int fd, uint64_t offset, uint64_t size);
int wisp_os_file_sync(int fd, bool data_only);

typedef enum wisp_os_file_advice {
    WISP_FILE_NORMAL,
    WISP_FILE_SEQUENTIAL,
    WISP_FILE_RANDOM,
    WISP_FILE_WILL_NEED,
    WISP_FILE_WONT_NEED,
    WISP_FILE_NO_REUSE
} wisp_os_file_advice;

int wisp_os_file_advise(int fd, uint64_t offset, uint64_t size, wisp_os_file_advice advice);

/* Up to WISP_FILE_SLICES_MAX [slices]; at the file's own position, or at [offset]. How many bytes
 * were moved, 0 at the end of the file. */
int64_t wisp_os_file_read(int fd, const wisp_os_file_slice *slices, size_t count);
int64_t wisp_os_file_write(int fd, const wisp_os_file_slice *slices, size_t count);
int64_t wisp_os_file_read_at(int fd, const wisp_os_file_slice *slices, size_t count,
                             uint64_t offset);
int64_t wisp_os_file_write_at(int fd, const wisp_os_file_slice *slices, size_t count,
                              uint64_t offset);

typedef enum wisp_os_file_whence {
    WISP_FILE_SET,
    WISP_FILE_CURRENT,
    WISP_FILE_END
} wisp_os_file_whence;

/* The new position. */
int64_t wisp_os_file_seek(int fd, int64_t offset, wisp_os_file_whence whence);

/* ------------------------------------------------------------------ names */

int wisp_os_file_make_dir(const wisp_beneath *at); /* mode 0777, less the umask */
int wisp_os_file_remove_dir(const wisp_beneath *at);
int wisp_os_file_unlink(const wisp_beneath *at); /* -EISDIR for a directory */
int wisp_os_file_rename(const wisp_beneath *from, const wisp_beneath *to);
int wisp_os_file_link(const wisp_beneath *from, const wisp_beneath *to);
int wisp_os_file_make_link(const char *target, const wisp_beneath *at);
/* How many bytes of the link's target were put into [into]: as many as fit. */
int64_t wisp_os_file_read_link(const wisp_beneath *at, char *into, size_t size);

/* ------------------------------------------------------------------ directories */

/* A directory while it is listed: {0}, then opened. */
typedef struct wisp_listing {
    void *dir;     /* the C library's; NULL where it is not open */
    uint64_t next; /* place of the entry that is read next … */
    void *last;    /* … and the one before it, which can be had again */
} wisp_listing;

typedef struct wisp_listing_entry {
    const char *name; /* until the next call */
    uint64_t inode;
    wisp_os_file_kind kind;
} wisp_listing_entry;

/* Lists directory [fd], "." and ".." included. */
int wisp_listing_open(int fd, wisp_listing *listing);
void wisp_listing_close(wisp_listing *listing);

/*
 * The entry at [place], counted from 0: 1 with an entry, 0 at the end. To go on, or to ask for
 * the last one again, costs nothing, and then others may add and remove names; any other place is
 * reached by reading from the beginning.
 */
int wisp_listing_read(wisp_listing *listing, uint64_t place, wisp_listing_entry *out);

#endif
