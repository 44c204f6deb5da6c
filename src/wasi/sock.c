#include "wasi/io.h"
#include "wasi/wasi.h"

#include "os/stream.h"

#include <errno.h>

/* Sockets that the configuration has handed over, and connections that they accept. */

#define RIGHT(name) WISP_WASI_RIGHT_##name

static wisp_wasi_errno hold_socket(wisp_wasi_call *c, uint64_t rights, wisp_wasi_descriptor **out)
{
    wisp_wasi_errno result = wisp_wasi_hold(c, wisp_wasi_u32(c, 0), 0, out);
    if (result)
        return result;
    const wisp_wasi_descriptor *d = *out;
    if (d->type != WISP_WASI_SOCKET_STREAM && d->type != WISP_WASI_SOCKET_DGRAM)
        return WISP_WASI_ENOTSOCK;
    return rights & ~atomic_load(&d->rights) ? WISP_WASI_ENOTCAPABLE : WISP_WASI_SUCCESS;
}

/* Waits for a connection, again where another thread was faster. */
static wisp_wasi_errno accept_one(const wisp_wasi_call *c, wisp_wasi_descriptor *d, int *fd)
{
    do {
        wisp_wasi_errno result = wisp_wasi_wait(c, d, false);
        if (result)
            return result;
        *fd = wisp_socket_accept(d->fd);
    } while (*fd == -EAGAIN || *fd == -EINTR);
    return wisp_wasi_errno_of(*fd);
}

/* (socket, flags, result) */
wisp_wasi_errno wisp_wasi_sock_accept(wisp_wasi_call *c)
{
    wisp_wasi_descriptor *d;
    uint32_t flags = wisp_wasi_u32(c, 1), number;
    int fd;
    wisp_wasi_errno result = hold_socket(c, RIGHT(SOCK_ACCEPT), &d);
    if (!result && flags & ~(uint32_t)WISP_WASI_FD_NONBLOCK)
        result = WISP_WASI_EINVAL;
    if (!result && !wisp_wasi_at(c, wisp_wasi_u32(c, 2), 4))
        result = WISP_WASI_EFAULT;
    if (!result)
        result = accept_one(c, d, &fd);
    if (result)
        return result;
    wisp_wasi_descriptor connection = {
        .kind = WISP_WASI_FD, .fd = fd, .is_owned = true, .type = d->type};
    atomic_init(&connection.rights, atomic_load(&d->rights) & ~(uint64_t)RIGHT(SOCK_ACCEPT));
    atomic_init(&connection.flags, flags);
    result = wisp_wasi_table_add(&c->wasi->table, connection, &number);
    return result ? result : wisp_wasi_put_u32(c, wisp_wasi_u32(c, 2), number);
}

static size_t size_of(const wisp_os_file_slice *slices, size_t len)
{
    size_t size = 0;
    for (size_t i = 0; i < len; i++)
        size += slices[i].size;
    return size;
}

/* Takes the first [size] bytes off [slices]. */
static void advance(wisp_os_file_slice *slices, size_t len, size_t size)
{
    for (size_t i = 0; i < len && size > 0; i++) {
        size_t taken = slices[i].size < size ? slices[i].size : size;
        slices[i].data = (uint8_t *)slices[i].data + taken;
        slices[i].size -= taken;
        size -= taken;
    }
}

/* Waits and receives once. */
static wisp_wasi_errno receive(const wisp_wasi_call *c, wisp_wasi_descriptor *d,
                               const wisp_os_file_slice *slices, size_t len, bool peek,
                               int64_t *received, bool *is_cut)
{
    do {
        wisp_wasi_errno result = wisp_wasi_wait(c, d, false);
        if (result)
            return result;
        *received = wisp_socket_receive(d->fd, slices, len, peek, is_cut);
    } while (*received == -EAGAIN || *received == -EINTR);
    return wisp_wasi_errno_of(*received);
}

/* Receives until all [slices] are full, where that is [wanted] of a stream. A failure after the
 * first bytes is for the next call to find. */
static wisp_wasi_errno receive_all(const wisp_wasi_call *c, wisp_wasi_descriptor *d,
                                   wisp_os_file_slice *slices, size_t len, uint32_t flags,
                                   uint64_t *total, bool *is_cut)
{
    bool peek = flags & WISP_WASI_RECV_PEEK;
    bool all = flags & WISP_WASI_RECV_WAITALL && !peek && d->type == WISP_WASI_SOCKET_STREAM;
    int64_t received;
    *total = 0;
    do {
        wisp_wasi_errno result = receive(c, d, slices, len, peek, &received, is_cut);
        if (result)
            return *total > 0 ? WISP_WASI_SUCCESS : result;
        *total += (uint64_t)received;
        advance(slices, len, (size_t)received);
    } while (all && received > 0 && size_of(slices, len) > 0);
    return WISP_WASI_SUCCESS;
}

/* (socket, slices, count, flags, size, result flags) */
wisp_wasi_errno wisp_wasi_sock_recv(wisp_wasi_call *c)
{
    wisp_wasi_descriptor *d;
    wisp_os_file_slice slices[WISP_FILE_SLICES_MAX];
    size_t len;
    uint64_t total;
    bool is_cut = false;
    uint32_t flags = wisp_wasi_u32(c, 3);
    wisp_wasi_errno result = hold_socket(c, RIGHT(FD_READ), &d);
    if (!result && flags & ~(uint32_t)(WISP_WASI_RECV_PEEK | WISP_WASI_RECV_WAITALL))
        result = WISP_WASI_EINVAL;
    uint8_t *flags_at = wisp_wasi_at(c, wisp_wasi_u32(c, 5), 2);
    if (!result && (!flags_at || !wisp_wasi_at(c, wisp_wasi_u32(c, 4), 4)))
        result = WISP_WASI_EFAULT;
    if (!result)
        result = wisp_wasi_take_slices(c, wisp_wasi_u32(c, 1), wisp_wasi_u32(c, 2), slices, &len);
    if (!result)
        result = receive_all(c, d, slices, len, flags, &total, &is_cut);
    if (result)
        return result;
    wisp_wasi_store(flags_at, 2, is_cut ? WISP_WASI_RECV_TRUNCATED : 0);
    return wisp_wasi_put_u32(c, wisp_wasi_u32(c, 4), (uint32_t)total);
}

static wisp_wasi_errno send_some(const wisp_wasi_call *c, wisp_wasi_descriptor *d,
                                 const wisp_os_file_slice *slices, size_t len, int64_t *sent)
{
    do {
        wisp_wasi_errno result = wisp_wasi_wait(c, d, true);
        if (result)
            return result;
        *sent = wisp_socket_send(d->fd, slices, len);
    } while (*sent == -EAGAIN || *sent == -EINTR);
    return wisp_wasi_errno_of(*sent);
}

/* (socket, slices, count, flags, size) */
wisp_wasi_errno wisp_wasi_sock_send(wisp_wasi_call *c)
{
    wisp_wasi_descriptor *d;
    wisp_os_file_slice slices[WISP_FILE_SLICES_MAX];
    size_t len;
    int64_t sent = 0;
    wisp_wasi_errno result = hold_socket(c, RIGHT(FD_WRITE), &d);
    if (!result && wisp_wasi_u32(c, 3) != 0)
        result = WISP_WASI_EINVAL;
    if (!result && !wisp_wasi_at(c, wisp_wasi_u32(c, 4), 4))
        result = WISP_WASI_EFAULT;
    if (!result)
        result = wisp_wasi_take_slices(c, wisp_wasi_u32(c, 1), wisp_wasi_u32(c, 2), slices, &len);
    if (!result)
        result = send_some(c, d, slices, len, &sent);
    return result ? result : wisp_wasi_put_u32(c, wisp_wasi_u32(c, 4), (uint32_t)sent);
}

wisp_wasi_errno wisp_wasi_sock_shutdown(wisp_wasi_call *c)
{
    wisp_wasi_descriptor *d;
    uint32_t how = wisp_wasi_u32(c, 1);
    wisp_wasi_errno result = hold_socket(c, RIGHT(SOCK_SHUTDOWN), &d);
    if (result)
        return result;
    if (how == 0 || how & ~(uint32_t)(WISP_WASI_SHUT_READ | WISP_WASI_SHUT_WRITE))
        return WISP_WASI_EINVAL;
    return wisp_wasi_errno_of(
        wisp_socket_shutdown(d->fd, how & WISP_WASI_SHUT_READ, how & WISP_WASI_SHUT_WRITE));
}
