#define _GNU_SOURCE /* accept4, struct ucred */

#include "local/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define WAITING_MAX 8 /* that have connected and were not let in yet */

static int result(int value)
{
    return value < 0 ? -errno : value;
}

/* ------------------------------------------------------------------ listening */

static int address_of(const char *path, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    size_t size = strlen(path) + 1;
    if (size > sizeof out->sun_path)
        return -ENAMETOOLONG;
    memcpy(out->sun_path, path, size);
    return 0;
}

static int new_socket(void)
{
    return result(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/* Removes the socket at [address] if nobody listens there any more. */
static int remove_stale(const struct sockaddr_un *address)
{
    struct stat st;
    if (lstat(address->sun_path, &st) < 0)
        return -errno;
    if (!S_ISSOCK(st.st_mode))
        return -ENOTSOCK;
    int fd = new_socket();
    if (fd < 0)
        return fd;
    int rc = result(connect(fd, (const struct sockaddr *)address, sizeof *address));
    close(fd);
    if (rc != -ECONNREFUSED)
        return -EADDRINUSE;
    return result(unlink(address->sun_path));
}

static int bind_to(int fd, const struct sockaddr_un *address)
{
    return result(bind(fd, (const struct sockaddr *)address, sizeof *address));
}

static int bind_anew(int fd, const struct sockaddr_un *address)
{
    int rc = bind_to(fd, address);
    if (rc != -EADDRINUSE)
        return rc;
    rc = remove_stale(address);
    return rc < 0 ? rc : bind_to(fd, address);
}

/* Nobody can connect before listen(), so the mode is set in time. */
static int open_listener(void *user, const char *path)
{
    struct sockaddr_un address;
    (void)user;
    int rc = address_of(path, &address);
    int fd = rc < 0 ? rc : new_socket();
    if (fd < 0)
        return fd;
    rc = bind_anew(fd, &address);
    if (rc == 0) {
        rc = result(chmod(path, 0600));
        if (rc == 0)
            rc = result(listen(fd, WAITING_MAX));
        if (rc < 0)
            unlink(path);
    }
    if (rc < 0)
        close(fd);
    return rc < 0 ? rc : fd;
}

static void remove_name(void *user, const char *path)
{
    (void)user;
    unlink(path);
}

/* ------------------------------------------------------------------ one connection */

static int accept_one(void *user, int listener)
{
    (void)user;
    return result(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

static int peer_uid(void *user, int fd, uint32_t *uid)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    (void)user;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return -errno;
    *uid = peer.uid;
    return 0;
}

static uint32_t own_uid(void *user)
{
    (void)user;
    return geteuid();
}

static int64_t receive(void *user, int fd, void *into, size_t size)
{
    (void)user;
    ssize_t n = recv(fd, into, size, 0);
    return n < 0 ? -errno : n;
}

static int64_t send_some(void *user, int fd, const void *from, size_t size)
{
    (void)user;
    ssize_t n = send(fd, from, size, MSG_NOSIGNAL);
    return n < 0 ? -errno : n;
}

static int close_one(void *user, int fd)
{
    (void)user;
    return result(close(fd));
}

/* ------------------------------------------------------------------ waiting */

static int poller(void *user)
{
    (void)user;
    return result(epoll_create1(EPOLL_CLOEXEC));
}

static int watch(void *user, int poller, int fd, bool reads, bool writes)
{
    struct epoll_event event = {.events = (reads ? (uint32_t)EPOLLIN : 0) |
                                          (writes ? (uint32_t)EPOLLOUT : 0)};
    (void)user;
    if (!reads && !writes)
        return result(epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL));
    int rc = result(epoll_ctl(poller, EPOLL_CTL_MOD, fd, &event));
    return rc == -ENOENT ? result(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event)) : rc;
}

const wisp_socket_calls *wisp_socket_calls_local(void)
{
    static const wisp_socket_calls calls = {
        .listen = open_listener,
        .unlink = remove_name,
        .accept = accept_one,
        .peer_uid = peer_uid,
        .own_uid = own_uid,
        .receive = receive,
        .send = send_some,
        .close = close_one,
        .poller = poller,
        .watch = watch,
    };
    return &calls;
}
