#include "wasi/times.h"
#include "wasi/wasi.h"

#include <string.h>

/* What descriptors are, and what is done with them but for moving bytes. */

#define RIGHT(name) WISP_WASI_RIGHT_##name

/* Holds the descriptor that the first argument names, for what only files of the host's have. */
static wisp_wasi_errno hold_file(wisp_wasi_call *c, uint64_t rights, wisp_wasi_descriptor **out)
{
    wisp_wasi_errno result = wisp_wasi_hold(c, wisp_wasi_u32(c, 0), rights, out);
    return !result && (*out)->kind != WISP_WASI_FD ? WISP_WASI_EINVAL : result;
}

/* ------------------------------------------------------------------ numbers */

wisp_wasi_errno wisp_wasi_fd_close(wisp_wasi_call *c)
{
    return wisp_wasi_table_close(&c->wasi->table, wisp_wasi_u32(c, 0));
}

wisp_wasi_errno wisp_wasi_fd_renumber(wisp_wasi_call *c)
{
    return wisp_wasi_table_renumber(&c->wasi->table, wisp_wasi_u32(c, 0), wisp_wasi_u32(c, 1));
}

wisp_wasi_errno wisp_wasi_fd_prestat_get(wisp_wasi_call *c)
{
    wisp_wasi_descriptor *d;
    wisp_wasi_errno result = wisp_wasi_hold(c, wisp_wasi_u32(c, 0), 0, &d);
    if (result || !d->preopen)
        return WISP_WASI_EBADF;
    uint8_t *at = wisp_wasi_at(c, wisp_wasi_u32(c, 1), WISP_WASI_PRESTAT_SIZE);
    if (!at)
        return WISP_WASI_EFAULT;
    wisp_wasi_store(at, 4, 0); /* a directory, the only kind there is */
    wisp_wasi_store(at + 4, 4, strlen(d->preopen));
    return WISP_WASI_SUCCESS;
}

wisp_wasi_errno wisp_wasi_fd_prestat_dir_name(wisp_wasi_call *c)
{
    wisp_wasi_descriptor *d;
    wisp_wasi_errno result = wisp_wasi_hold(c, wisp_wasi_u32(c, 0), 0, &d);
    if (result || !d->preopen)
        return WISP_WASI_EBADF;
    size_t len = strlen(d->preopen);
    if (wisp_wasi_u32(c, 2) < len)
        return WISP_WASI_ENAMETOOLONG;
    uint8_t *at = wisp_wasi_at(c, wisp_wasi_u32(c, 1), len);
    if (!at)
        return WISP_WASI_EFAULT;
    memcpy(at, d->preopen, len);
    return WISP_WASI_SUCCESS;
}

/* ------------------------------------------------------------------ flags, rights */

wisp_wasi_errno wisp_wasi_fd_fdstat_get(wisp_wasi_call *c)
{
    wisp_wasi_descriptor *d;
    wisp_wasi_errno result = wisp_wasi_hold(c, wisp_wasi_u32(c, 0), 0, &d);
    if (result)
        return result;
    uint8_t *at = wisp_wasi_at(c, wisp_wasi_u32(c, 1), WISP_WASI_FDSTAT_SIZE);
    if (!at)
        return WISP_WASI_EFAULT;
    memset(at, 0, WISP_WASI_FDSTAT_SIZE);
    wisp_wasi_store(at, 1, d->type);
    wisp_wasi_store(at + 2, 2, atomic_load(&d->flags));
    wisp_wasi_store(at + 8, 8, atomic_load(&d->rights));
    wisp_wasi_store(at + 16, 8, atomic_load(&d->inheriting));
    return WISP_WASI_SUCCESS;
}

wisp_wasi_errno wisp_wasi_fd_fdstat_set_flags(wisp_wasi_call *c)
{
    enum { CHANGEABLE = WISP_WASI_FD_APPEND | WISP_WASI_FD_NONBLOCK };
    wisp_wasi_descriptor *d;
    uint32_t flags = wisp_wasi_u32(c, 1);
    wisp_wasi_errno result =
        wisp_wasi_hold(c, wisp_wasi_u32(c, 0), RIGHT(FD_FDSTAT_SET_FLAGS), &d);
    if (result)
        return result;
    unsigned old = atomic_load(&d->flags);
    if ((flags ^ old) & ~(unsigned)CHANGEABLE)
        return flags & ~(unsigned)WISP_WASI_FD_FLAGS ? WISP_WASI_EINVAL : WISP_WASI_ENOTSUP;
    if ((flags ^ old) & WISP_WASI_FD_APPEND) {
        if (d->kind != WISP_WASI_FD || !d->is_owned) /* the host's own, which stays as it is */
            return WISP_WASI_ENOTSUP;
        result = wisp_wasi_errno_of(wisp_os_file_set_append(d->fd, flags & WISP_WASI_FD_APPEND));
    }
    if (!result)
        atomic_store(&d->flags, flags);
    return result;
}

wisp_wasi_errno wisp_wasi_fd_fdstat_set_rights(wisp_wasi_call *c)
{
    wisp_wasi_descriptor *d;
    uint64_t rights = wisp_wasi_u64(c, 1), inheriting = wisp_wasi_u64(c, 2);
    wisp_wasi_errno result = wisp_wasi_hold(c, wisp_wasi_u32(c, 0), 0, &d);
    if (result)
        return result;
    if (rights & ~atomic_load(&d->rights) || inheriting & ~atomic_load(&d->inheriting))
        return WISP_WASI_ENOTCAPABLE;
    atomic_fetch_and(&d->rights, rights);
    atomic_fetch_and(&d->inheriting, inheriting);
    return WISP_WASI_SUCCESS;
}

/* ------------------------------------------------------------------ the file behind it */

wisp_wasi_errno wisp_wasi_give_filestat(const wisp_wasi_call *c, unsigned index,
                                        const wisp_os_file_stat *st)
{
    uint8_t *at = wisp_wasi_at(c, wisp_wasi_u32(c, index), WISP_WASI_FILESTAT_SIZE);
    if (!at)
        return WISP_WASI_EFAULT;
    memset(at, 0, WISP_WASI_FILESTAT_SIZE);
    wisp_wasi_store(at, 8, st->device);
    wisp_wasi_store(at + 8, 8, st->inode);
    wisp_wasi_store(at + 16, 1, wisp_wasi_filetype_of(st->kind));
    wisp_wasi_store(at + 24, 8, st->links);
    wisp_wasi_store(at + 32, 8, st->size);
    wisp_wasi_store(at + 40, 8, st->accessed_ns);
    wisp_wasi_store(at + 48, 8, st->modified_ns);
    wisp_wasi_store(at + 56, 8, st->changed_ns);
    return WISP_WASI_SUCCESS;
}

wisp_wasi_errno wisp_wasi_fd_filestat_get(wisp_wasi_call *c)
{
    wisp_wasi_descriptor *d;
    wisp_os_file_stat st = {.kind = WISP_FILE_OTHER};
    wisp_wasi_errno result = wisp_wasi_hold(c, wisp_wasi_u32(c, 0), RIGHT(FD_FILESTAT_GET), &d);
    if (!result && d->kind == WISP_WASI_FD)
        result = wisp_wasi_errno_of(wisp_os_file_stat_of(d->fd, &st));
    return result ? result : wisp_wasi_give_filestat(c, 1, &st);
}

wisp_wasi_errno wisp_wasi_fd_filestat_set_size(wisp_wasi_call *c)
{
    wisp_wasi_descriptor *d;
    wisp_wasi_errno result = hold_file(c, RIGHT(FD_FILESTAT_SET_SIZE), &d);
    return result ? result
                  : wisp_wasi_errno_of(wisp_os_file_set_size(d->fd, wisp_wasi_u64(c, 1)));
}

wisp_wasi_errno wisp_wasi_take_times(const wisp_wasi_call *c, unsigned index,
                                     wisp_wasi_times *out)
{
    uint32_t flags = wisp_wasi_u32(c, index + 2);
    bool both_accessed = flags & WISP_WASI_SET_ATIM && flags & WISP_WASI_SET_ATIM_NOW;
    bool both_modified = flags & WISP_WASI_SET_MTIM && flags & WISP_WASI_SET_MTIM_NOW;
    if (both_accessed || both_modified || flags & ~(uint32_t)WISP_WASI_SET_FLAGS)
        return WISP_WASI_EINVAL;
    *out = (wisp_wasi_times){UINT64_MAX, UINT64_MAX};
    if (flags & WISP_WASI_SET_ATIM)
        out->accessed_ns = wisp_wasi_u64(c, index);
    if (flags & WISP_WASI_SET_MTIM)
        out->modified_ns = wisp_wasi_u64(c, index + 1);
    if (flags & (WISP_WASI_SET_ATIM_NOW | WISP_WASI_SET_MTIM_NOW)) {
        uint64_t now = wisp_wasi_now_ns(c->wasi, WISP_WASI_REALTIME);
        out->accessed_ns = flags & WISP_WASI_SET_ATIM_NOW ? now : out->accessed_ns;
        out->modified_ns = flags & WISP_WASI_SET_MTIM_NOW ? now : out->modified_ns;
    }
    return WISP_WASI_SUCCESS;
}

wisp_wasi_errno wisp_wasi_fd_filestat_set_times(wisp_wasi_call *c)
{
    wisp_wasi_descriptor *d;
    wisp_wasi_times times;
    wisp_wasi_errno result = wisp_wasi_take_times(c, 1, &times);
    if (!result)
        result = hold_file(c, RIGHT(FD_FILESTAT_SET_TIMES), &d);
    if (!result && d->read_only)
        result = WISP_WASI_EPERM;
    return result ? result
                  : wisp_wasi_errno_of(
                        wisp_os_file_set_times(d->fd, times.accessed_ns, times.modified_ns));
}

wisp_wasi_errno wisp_wasi_fd_advise(wisp_wasi_call *c)
{
    wisp_wasi_descriptor *d;
    uint32_t advice = wisp_wasi_u32(c, 3);
    wisp_wasi_errno result = hold_file(c, RIGHT(FD_ADVISE), &d);
    if (!result && d->type == WISP_WASI_DIRECTORY)
        result = WISP_WASI_EBADF;
    if (!result && advice > WISP_FILE_NO_REUSE)
        result = WISP_WASI_EINVAL;
    return result ? result
                  : wisp_wasi_errno_of(wisp_os_file_advise(d->fd, wisp_wasi_u64(c, 1),
                                                           wisp_wasi_u64(c, 2),
                                                           (wisp_os_file_advice)advice));
}

wisp_wasi_errno wisp_wasi_fd_allocate(wisp_wasi_call *c)
{
    wisp_wasi_descriptor *d;
    wisp_wasi_errno result = hold_file(c, RIGHT(FD_ALLOCATE), &d);
    return result ? result
                  : wisp_wasi_errno_of(
                        wisp_os_file_allocate(d->fd, wisp_wasi_u64(c, 1), wisp_wasi_u64(c, 2)));
}

static wisp_wasi_errno sync_file(wisp_wasi_call *c, uint64_t right, bool data_only)
{
    wisp_wasi_descriptor *d;
    wisp_wasi_errno result = hold_file(c, right, &d);
    return result ? result : wisp_wasi_errno_of(wisp_os_file_sync(d->fd, data_only));
}

wisp_wasi_errno wisp_wasi_fd_datasync(wisp_wasi_call *c)
{
    return sync_file(c, RIGHT(FD_DATASYNC), true);
}

wisp_wasi_errno wisp_wasi_fd_sync(wisp_wasi_call *c)
{
    return sync_file(c, RIGHT(FD_SYNC), false);
}

/* ------------------------------------------------------------------ the position */

static wisp_wasi_errno seek(wisp_wasi_call *c, uint64_t right, int64_t offset,
                            wisp_os_file_whence whence, uint32_t result_at)
{
    wisp_wasi_descriptor *d;
    wisp_wasi_errno result = hold_file(c, right, &d);
    if (result)
        return result;
    if (!wisp_wasi_at(c, result_at, 8))
        return WISP_WASI_EFAULT;
    int64_t at = wisp_os_file_seek(d->fd, offset, whence);
    return at < 0 ? wisp_wasi_errno_of(at) : wisp_wasi_put_u64(c, result_at, (uint64_t)at);
}

wisp_wasi_errno wisp_wasi_fd_seek(wisp_wasi_call *c)
{
    uint32_t whence = wisp_wasi_u32(c, 2);
    int64_t offset = (int64_t)wisp_wasi_u64(c, 1);
    if (whence > WISP_FILE_END)
        return WISP_WASI_EINVAL;
    uint64_t right = offset == 0 && whence == WISP_FILE_CURRENT ? RIGHT(FD_TELL) : RIGHT(FD_SEEK);
    return seek(c, right, offset, (wisp_os_file_whence)whence, wisp_wasi_u32(c, 3));
}

wisp_wasi_errno wisp_wasi_fd_tell(wisp_wasi_call *c)
{
    return seek(c, RIGHT(FD_TELL), 0, WISP_FILE_CURRENT, wisp_wasi_u32(c, 1));
}
