#ifndef WISP_OS_STREAM_H
#define WISP_OS_STREAM_H

#include "os/file.h"

/*
 * What pipes, terminals and sockets have beyond files: waiting for them, and writing to those
 * whose other end has gone. Results as in os/file.h. Any thread.
 */

typedef struct wisp_wait {
    int fd; /* a negative one is never ready */
    bool for_writing;
    bool is_ready, is_hung_up; /* afterwards; what is hung up or broken is ready too */
} wisp_wait;

#define WISP_WAITS_MAX 1024 /* of one call */

/* Waits until one of [waits] is ready or [timeout_ms] have passed; how many are ready. -EINTR
 * where a signal came in between. */
int wisp_wait_for(wisp_wait *waits, size_t count, int timeout_ms);

/* How many bytes could be read from [fd] at once, 0 where that is not known. */
uint64_t wisp_stream_readable(int fd);

/* wisp_os_file_write without the signal: -EPIPE where nobody reads any more. */
int64_t wisp_stream_write(int fd, const wisp_os_file_slice *slices, size_t count);

/* Lets other threads run. */
void wisp_stream_yield(void);

/* ------------------------------------------------------------------ sockets */

/* The next connection of the listening socket [fd]; -EAGAIN if there is none. */
int wisp_socket_accept(int fd);

/* How many bytes came, which stay there with [peek]; *[is_cut] tells whether a datagram did not
 * fit. Never waits. */
int64_t wisp_socket_receive(int fd, const wisp_os_file_slice *slices, size_t count, bool peek,
                            bool *is_cut);
/* How many bytes were taken. Never waits, and raises no signal. */
int64_t wisp_socket_send(int fd, const wisp_os_file_slice *slices, size_t count);
int wisp_socket_shutdown(int fd, bool reading, bool writing);

#endif
