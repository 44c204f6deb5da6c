#define _DEFAULT_SOURCE /* FIONREAD */

#include "os/stream.h"
#include "os/vectors.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ------------------------------------------------------------------ waiting */

int wisp_wait_for(wisp_wait *waits, size_t count, int timeout_ms)
{
    struct pollfd polls[WISP_WAITS_MAX];
    if (count > WISP_WAITS_MAX)
        return -EINVAL;
    for (size_t i = 0; i < count; i++)
        polls[i] =
            (struct pollfd){.fd = waits[i].fd, .events = waits[i].for_writing ? POLLOUT : POLLIN};
    int ready = poll(polls, (nfds_t)count, timeout_ms);
    if (ready < 0)
        return -errno;
    for (size_t i = 0; i < count; i++) {
        waits[i].is_ready = polls[i].revents != 0;
        waits[i].is_hung_up = (polls[i].revents & (POLLHUP | POLLERR)) != 0;
    }
    return ready;
}

uint64_t wisp_stream_readable(int fd)
{
    wisp_os_file_stat st;
    if (wisp_os_file_stat_of(fd, &st) == 0 && st.kind == WISP_FILE_REGULAR) {
        off_t at = lseek(fd, 0, SEEK_CUR);
        return at >= 0 && (uint64_t)at < st.size ? st.size - (uint64_t)at : 0;
    }
    int count = 0;
    return ioctl(fd, FIONREAD, &count) == 0 && count > 0 ? (uint64_t)count : 0;
}

int64_t wisp_stream_write(int fd, const wisp_os_file_slice *slices, size_t count)
{
    sigset_t broken, pending, before;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &broken, &before);
    int64_t n = wisp_os_file_write(fd, slices, count);
    if (n == -EPIPE && !sigismember(&pending, SIGPIPE))
        sigtimedwait(&broken, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return n;
}

void wisp_stream_yield(void)
{
    sched_yield();
}

/* ------------------------------------------------------------------ sockets */

int wisp_socket_accept(int fd)
{
    struct pollfd polls = {.fd = fd, .events = POLLIN};
    if (poll(&polls, 1, 0) == 0)
        return -EAGAIN;
    int connection = accept(fd, NULL, NULL);
    if (connection < 0)
        return -errno;
    if (fcntl(connection, F_SETFD, FD_CLOEXEC) == 0 &&
        fcntl(connection, F_SETFL, O_NONBLOCK) == 0)
        return connection;
    int result = -errno;
    close(connection);
    return result;
}

int64_t wisp_socket_receive(int fd, const wisp_os_file_slice *slices, size_t count, bool peek,
                            bool *is_cut)
{
    struct iovec vectors[WISP_FILE_SLICES_MAX];
    struct msghdr message = {.msg_iov = vectors,
                             .msg_iovlen = (size_t)wisp_vectors_of(slices, count, vectors)};
    ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | (peek ? MSG_PEEK : 0));
    *is_cut = (message.msg_flags & MSG_TRUNC) != 0;
    return n < 0 ? -errno : n;
}

int64_t wisp_socket_send(int fd, const wisp_os_file_slice *slices, size_t count)
{
    struct iovec vectors[WISP_FILE_SLICES_MAX];
    struct msghdr message = {.msg_iov = vectors,
                             .msg_iovlen = (size_t)wisp_vectors_of(slices, count, vectors)};
    ssize_t n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return n < 0 ? -errno : n;
}

int wisp_socket_shutdown(int fd, bool reading, bool writing)
{
    int how = reading && writing ? SHUT_RDWR : writing ? SHUT_WR : SHUT_RD;
    return shutdown(fd, how) < 0 ? -errno : 0;
}
