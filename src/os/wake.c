#include "os/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A pipe with a byte in it: eventfd is one descriptor less, and not of POSIX. */

static bool set_flags(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) >= 0;
}

bool wisp_wake_open(wisp_wake *wake)
{
    int fds[2];
    if (pipe(fds) < 0)
        return false;
    *wake = (wisp_wake){.fd = fds[0], .signal_fd = fds[1]};
    if (set_flags(fds[0]) && set_flags(fds[1]))
        return true;
    wisp_wake_close(wake);
    return false;
}

void wisp_wake_close(wisp_wake *wake)
{
    close(wake->fd);
    close(wake->signal_fd);
}

/* A pipe that is full is readable as well. */
void wisp_wake_signal(wisp_wake *wake)
{
    while (write(wake->signal_fd, "!", 1) < 0 && errno == EINTR)
        ;
}

void wisp_wake_clear(wisp_wake *wake)
{
    char bytes[64];
    ssize_t count;
    do
        count = read(wake->fd, bytes, sizeof bytes);
    while (count == sizeof bytes || (count < 0 && errno == EINTR));
}
