#include "wasi/io.h"

#include "os/stream.h"
#include "wasi/wasi.h"

#include <errno.h>

/* Reading and writing. */

/* A pipe that says it can be written takes at least that much without waiting (POSIX PIPE_BUF is
 * 512 at the least, 4,096 on Linux). */
enum { WRITE_AT_ONCE = 4096 };

bool wisp_wasi_waits(const wisp_wasi_descriptor *d)
{
    return d->kind == WISP_WASI_FD && d->type != WISP_WASI_REGULAR_FILE &&
           d->type != WISP_WASI_DIRECTORY && d->type != WISP_WASI_BLOCK_DEVICE;
}

wisp_wasi_errno wisp_wasi_wait(const wisp_wasi_call *c, wisp_wasi_descriptor *d, bool for_writing)
{
    bool is_patient = !(atomic_load(&d->flags) & WISP_WASI_FD_NONBLOCK);
    wisp_wait wait = {.fd = d->fd, .for_writing = for_writing};
    for (;;) {
        if (wisp_wasi_must_stop(c))
            return WISP_WASI_EINTR;
        int ready = wisp_wait_for(&wait, 1, is_patient ? WISP_WASI_SLICE_MS : 0);
        if (ready > 0)
            return WISP_WASI_SUCCESS;
        if (ready < 0 && ready != -EINTR)
            return wisp_wasi_errno_of(ready);
        if (ready == 0 && !is_patient)
            return WISP_WASI_EAGAIN;
    }
}

/* ------------------------------------------------------------------ at the position */

static int64_t call_back(const wisp_wasi_stream *stream, const wisp_os_file_slice *slice,
                         bool write)
{
    int64_t n = write ? stream->write(stream->user, slice->data, slice->size)
                      : stream->read(stream->user, slice->data, slice->size);
    return n > (int64_t)slice->size ? -EIO : n;
}

/* Slice by slice, until one is not taken or filled as a whole. */
static int64_t transfer_callback(const wisp_wasi_stream *stream, const wisp_os_file_slice *slices,
                                 size_t len, bool write)
{
    int64_t total = 0;
    for (size_t i = 0; i < len; i++) {
        int64_t n = call_back(stream, &slices[i], write);
        if (n < 0)
            return total > 0 ? total : n;
        total += n;
        if ((size_t)n < slices[i].size)
            break;
    }
    return total;
}

static int64_t size_of(const wisp_os_file_slice *slices, size_t len)
{
    int64_t size = 0;
    for (size_t i = 0; i < len; i++)
        size += (int64_t)slices[i].size;
    return size;
}

/* Cuts [slices] to what a pipe takes without waiting; returns how many are left. */
static size_t cut(wisp_os_file_slice *slices, size_t len)
{
    size_t room = WRITE_AT_ONCE;
    for (size_t i = 0; i < len; i++) {
        if (slices[i].size >= room) {
            slices[i].size = room;
            return i + 1;
        }
        room -= slices[i].size;
    }
    return len;
}

static int64_t transfer_stream(const wisp_wasi_descriptor *d, wisp_os_file_slice *slices,
                               size_t len, bool write)
{
    if (write)
        return wisp_stream_write(d->fd, slices, cut(slices, len));
    return wisp_os_file_read(d->fd, slices, len);
}

/* Waits and moves, again where another reader or writer was faster. */
static wisp_wasi_errno transfer_waiting(const wisp_wasi_call *c, wisp_wasi_descriptor *d,
                                        wisp_os_file_slice *slices, size_t len, bool write,
                                        int64_t *moved)
{
    do {
        wisp_wasi_errno result = wisp_wasi_wait(c, d, write);
        if (result)
            return result;
        *moved = transfer_stream(d, slices, len, write);
    } while (*moved == -EAGAIN || *moved == -EINTR);
    return wisp_wasi_errno_of(*moved);
}

static wisp_wasi_errno transfer(const wisp_wasi_call *c, wisp_wasi_descriptor *d,
                                wisp_os_file_slice *slices, size_t len, bool write,
                                int64_t *moved)
{
    if (d->kind == WISP_WASI_NULL)
        *moved = write ? size_of(slices, len) : 0;
    else if (len == 0)
        *moved = 0;
    else if (d->kind == WISP_WASI_CALLBACK)
        *moved = transfer_callback(&d->stream, slices, len, write);
    else if (wisp_wasi_waits(d))
        return transfer_waiting(c, d, slices, len, write, moved);
    else
        *moved = write ? wisp_os_file_write(d->fd, slices, len)
                       : wisp_os_file_read(d->fd, slices, len);
    return wisp_wasi_errno_of(*moved);
}

/* (fd, slices, count, result) */
static wisp_wasi_errno read_or_write(wisp_wasi_call *c, bool write)
{
    wisp_wasi_descriptor *d;
    wisp_os_file_slice slices[WISP_FILE_SLICES_MAX];
    size_t len;
    int64_t moved = 0;
    wisp_wasi_errno result = wisp_wasi_hold(
        c, wisp_wasi_u32(c, 0), write ? WISP_WASI_RIGHT_FD_WRITE : WISP_WASI_RIGHT_FD_READ, &d);
    if (!result && !wisp_wasi_at(c, wisp_wasi_u32(c, 3), 4))
        result = WISP_WASI_EFAULT;
    if (!result)
        result = wisp_wasi_take_slices(c, wisp_wasi_u32(c, 1), wisp_wasi_u32(c, 2), slices, &len);
    if (!result)
        result = transfer(c, d, slices, len, write, &moved);
    return result ? result : wisp_wasi_put_u32(c, wisp_wasi_u32(c, 3), (uint32_t)moved);
}

wisp_wasi_errno wisp_wasi_fd_read(wisp_wasi_call *c)
{
    return read_or_write(c, false);
}

wisp_wasi_errno wisp_wasi_fd_write(wisp_wasi_call *c)
{
    return read_or_write(c, true);
}

/* ------------------------------------------------------------------ at an offset */

/* (fd, slices, count, offset, result) */
static wisp_wasi_errno read_or_write_at(wisp_wasi_call *c, bool write)
{
    wisp_wasi_descriptor *d;
    wisp_os_file_slice slices[WISP_FILE_SLICES_MAX];
    size_t len;
    uint64_t offset = wisp_wasi_u64(c, 3);
    wisp_wasi_errno result = wisp_wasi_hold(
        c, wisp_wasi_u32(c, 0), write ? WISP_WASI_RIGHT_FD_WRITE : WISP_WASI_RIGHT_FD_READ, &d);
    if (!result && (d->kind != WISP_WASI_FD || wisp_wasi_waits(d)))
        result = WISP_WASI_ESPIPE;
    if (!result && !wisp_wasi_at(c, wisp_wasi_u32(c, 4), 4))
        result = WISP_WASI_EFAULT;
    if (!result)
        result = wisp_wasi_take_slices(c, wisp_wasi_u32(c, 1), wisp_wasi_u32(c, 2), slices, &len);
    if (result)
        return result;
    int64_t moved = write ? wisp_os_file_write_at(d->fd, slices, len, offset)
                          : wisp_os_file_read_at(d->fd, slices, len, offset);
    result = wisp_wasi_errno_of(moved);
    return result ? result : wisp_wasi_put_u32(c, wisp_wasi_u32(c, 4), (uint32_t)moved);
}

wisp_wasi_errno wisp_wasi_fd_pread(wisp_wasi_call *c)
{
    return read_or_write_at(c, false);
}

wisp_wasi_errno wisp_wasi_fd_pwrite(wisp_wasi_call *c)
{
    return read_or_write_at(c, true);
}
