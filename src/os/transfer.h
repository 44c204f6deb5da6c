#ifndef WISP_OS_TRANSFER_H
#define WISP_OS_TRANSFER_H

#include <wisp/os.h>

/*
 * What takes several calls of the system table each time: whole reads, durable writes. As in the
 * table, a result is a count or 0, or a negated errno value. Any thread.
 */

/* Reads from [offset] of [fd] on until [size] bytes or the end; returns how many. */
int64_t wisp_os_read_all(const wisp_os *os, int fd, uint64_t offset, void *into, size_t size);

/* Writes all of [bytes] at [offset] of [fd]; they are not durable yet. */
int wisp_os_write_all(const wisp_os *os, int fd, uint64_t offset, wisp_bytes bytes);

/* Writes all of [bytes] at [offset] of [fd], makes them durable, and closes [fd] in any case.
 * The first failure counts, that of closing too, where a system may first tell of a write's. */
int wisp_os_write_and_close(const wisp_os *os, int fd, uint64_t offset, wisp_bytes bytes);

/* Makes the name [path] durable, which its directory holds; -ENAMETOOLONG from 4,096 bytes on. */
int wisp_os_sync_parent(const wisp_os *os, const char *path);

#endif
