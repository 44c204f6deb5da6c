#ifndef WISP_LOCAL_SOCKET_H
#define WISP_LOCAL_SOCKET_H

#include <wisp/base.h>

/*
 * What a server on a local socket asks of the system, as one table, so that a test can be the
 * other side, and make any call fail. All descriptors are non-blocking. Every function returns
 * 0, a descriptor or a count, or a negated errno value.
 */

typedef struct wisp_socket_calls {
    void *user;
    /* A listening socket at [path] with mode 0600. -EADDRINUSE if a process listens there,
     * -ENOTSOCK if something else stands there, -ENAMETOOLONG. */
    int (*listen)(void *user, const char *path);
    /* Removes the name that listen has made; the descriptor stays to be closed. */
    void (*unlink)(void *user, const char *path);
    /* The next one that has connected; -EAGAIN if there is none. */
    int (*accept)(void *user, int listener);
    /* Which user the process on the other side runs as, and which this one does. */
    int (*peer_uid)(void *user, int fd, uint32_t *uid);
    uint32_t (*own_uid)(void *user);
    /* 0 at the end; -EAGAIN where it would have to wait. */
    int64_t (*receive)(void *user, int fd, void *into, size_t size);
    int64_t (*send)(void *user, int fd, const void *from, size_t size);
    int (*close)(void *user, int fd);

    /* A descriptor that is readable while one of those that it watches is ready. */
    int (*poller)(void *user);
    /* Has it watch [fd] for being readable, or else writable, or not at all. */
    int (*watch)(void *user, int poller, int fd, bool reads, bool writes);
} wisp_socket_calls;

/* Sockets of the system. Static. Where it has none, listen gives -EAFNOSUPPORT. */
const wisp_socket_calls *wisp_socket_calls_local(void);

#endif
