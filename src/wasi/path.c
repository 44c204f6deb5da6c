#include "wasi/times.h"
#include "wasi/wasi.h"

#include <errno.h>
#include <string.h>

/* What works on names below a directory. */

#define RIGHT(name) WISP_WASI_RIGHT_##name

enum {
    FOLLOW = 1, /* a link at the end */
    LOOKUP = 2, /* the path names what is there, so that a slash at its end follows a link */
    CHANGES = 4 /* refused below a folder that is read-only */
};

/* ------------------------------------------------------------------ resolving */

/*
 * Resolves the path of arguments [index] (directory), [path] (address) and [path] + 1 (size).
 * Close [out] if it went well.
 */
static wisp_wasi_errno resolve(wisp_wasi_call *c, unsigned index, unsigned path, uint64_t rights,
                               unsigned how, wisp_beneath *out)
{
    char text[WISP_BENEATH_PATH_MAX];
    wisp_wasi_descriptor *d;
    wisp_wasi_errno result = wisp_wasi_hold_dir(c, wisp_wasi_u32(c, index), rights, &d);
    if (!result)
        result = wisp_wasi_take_path(c, wisp_wasi_u32(c, path), wisp_wasi_u32(c, path + 1), text);
    if (!result && how & CHANGES && d->read_only)
        result = WISP_WASI_EPERM;
    if (result)
        return result;
    size_t len = strlen(text);
    bool follows = how & FOLLOW || (how & LOOKUP && len > 0 && text[len - 1] == '/');
    unsigned flags = c->wasi->resolve_flags | (follows ? WISP_BENEATH_FOLLOW : 0);
    return wisp_wasi_errno_of(wisp_beneath_resolve(d->fd, text, flags, out));
}

static unsigned lookup_of(uint32_t flags)
{
    return LOOKUP | (flags & WISP_WASI_SYMLINK_FOLLOW ? FOLLOW : 0);
}

/* Where the path ended with a slash: what it names is a directory, or [at] fails. */
static int check_slash(const wisp_beneath *at)
{
    wisp_os_file_stat st;
    if (!at->must_be_dir)
        return 0;
    int result = wisp_os_file_stat_at(at, &st);
    return result == 0 && st.kind != WISP_FILE_DIRECTORY ? -ENOTDIR : result;
}

/* What a function of one name does once that is resolved: (directory, path, size). */
static wisp_wasi_errno change(wisp_wasi_call *c, uint64_t right,
                              int (*run)(const wisp_beneath *at))
{
    wisp_beneath at;
    wisp_wasi_errno result = resolve(c, 0, 1, right, CHANGES, &at);
    if (result)
        return result;
    result = wisp_wasi_errno_of(run(&at));
    wisp_beneath_close(&at);
    return result;
}

/* ------------------------------------------------------------------ making, removing */

wisp_wasi_errno wisp_wasi_path_create_directory(wisp_wasi_call *c)
{
    return change(c, RIGHT(PATH_CREATE_DIRECTORY), wisp_os_file_make_dir);
}

wisp_wasi_errno wisp_wasi_path_remove_directory(wisp_wasi_call *c)
{
    return change(c, RIGHT(PATH_REMOVE_DIRECTORY), wisp_os_file_remove_dir);
}

static int unlink_name(const wisp_beneath *at)
{
    int result = check_slash(at);
    return result < 0 ? result : wisp_os_file_unlink(at);
}

wisp_wasi_errno wisp_wasi_path_unlink_file(wisp_wasi_call *c)
{
    return change(c, RIGHT(PATH_UNLINK_FILE), unlink_name);
}

/* ------------------------------------------------------------------ two names */

/* The two paths of a function; closes what it opened where it fails. */
static wisp_wasi_errno finish_pair(wisp_wasi_errno second, wisp_beneath *from, wisp_beneath *to,
                                   int (*run)(const wisp_beneath *from, const wisp_beneath *to))
{
    wisp_wasi_errno result = second;
    if (!result) {
        result = wisp_wasi_errno_of(run(from, to));
        wisp_beneath_close(to);
    }
    wisp_beneath_close(from);
    return result;
}

static int rename_name(const wisp_beneath *from, const wisp_beneath *to)
{
    wisp_os_file_stat st;
    if (from->must_be_dir || to->must_be_dir) {
        int result = wisp_os_file_stat_at(from, &st);
        if (result < 0 || st.kind != WISP_FILE_DIRECTORY)
            return result < 0 ? result : -ENOTDIR;
    }
    return wisp_os_file_rename(from, to);
}

wisp_wasi_errno wisp_wasi_path_rename(wisp_wasi_call *c)
{
    wisp_beneath from, to;
    wisp_wasi_errno result = resolve(c, 0, 1, RIGHT(PATH_RENAME_SOURCE), CHANGES, &from);
    if (result)
        return result;
    return finish_pair(resolve(c, 3, 4, RIGHT(PATH_RENAME_TARGET), CHANGES, &to), &from, &to,
                       rename_name);
}

static int link_name(const wisp_beneath *from, const wisp_beneath *to)
{
    int result = check_slash(from);
    if (result == 0)
        result = check_slash(to);
    return result < 0 ? result : wisp_os_file_link(from, to);
}

/* (directory, flags, path, size; directory, path, size) */
wisp_wasi_errno wisp_wasi_path_link(wisp_wasi_call *c)
{
    wisp_beneath from, to;
    unsigned how = CHANGES | (wisp_wasi_u32(c, 1) & WISP_WASI_SYMLINK_FOLLOW ? FOLLOW : 0);
    wisp_wasi_errno result = resolve(c, 0, 2, RIGHT(PATH_LINK_SOURCE), how, &from);
    if (result)
        return result;
    return finish_pair(resolve(c, 4, 5, RIGHT(PATH_LINK_TARGET), CHANGES, &to), &from, &to,
                       link_name);
}

/* ------------------------------------------------------------------ symbolic links */

/* (target, size; directory, path, size) */
wisp_wasi_errno wisp_wasi_path_symlink(wisp_wasi_call *c)
{
    char target[WISP_BENEATH_PATH_MAX];
    wisp_beneath at;
    wisp_wasi_errno result =
        wisp_wasi_take_path(c, wisp_wasi_u32(c, 0), wisp_wasi_u32(c, 1), target);
    if (!result && *target == '/') /* it would lead other programs of the host anywhere */
        result = WISP_WASI_EPERM;
    if (!result)
        result = resolve(c, 2, 3, RIGHT(PATH_SYMLINK), CHANGES, &at);
    if (result)
        return result;
    int made = check_slash(&at);
    if (made == 0)
        made = wisp_os_file_make_link(target, &at);
    wisp_beneath_close(&at);
    return wisp_wasi_errno_of(made);
}

/* (directory, path, size, into, its size, result) */
wisp_wasi_errno wisp_wasi_path_readlink(wisp_wasi_call *c)
{
    wisp_beneath at;
    char target[WISP_BENEATH_PATH_MAX];
    uint32_t size = wisp_wasi_u32(c, 4);
    uint8_t *into = wisp_wasi_at(c, wisp_wasi_u32(c, 3), size);
    if (!into || !wisp_wasi_at(c, wisp_wasi_u32(c, 5), 4))
        return WISP_WASI_EFAULT;
    wisp_wasi_errno result = resolve(c, 0, 1, RIGHT(PATH_READLINK), 0, &at);
    if (result)
        return result;
    int64_t len = wisp_os_file_read_link(&at, target, sizeof target);
    wisp_beneath_close(&at);
    if (len < 0)
        return wisp_wasi_errno_of(len);
    uint32_t given = len < size ? (uint32_t)len : size;
    memcpy(into, target, given);
    return wisp_wasi_put_u32(c, wisp_wasi_u32(c, 5), given);
}

/* ------------------------------------------------------------------ the state of a file */

/* (directory, flags, path, size, result) */
wisp_wasi_errno wisp_wasi_path_filestat_get(wisp_wasi_call *c)
{
    wisp_beneath at;
    wisp_os_file_stat st;
    wisp_wasi_errno result =
        resolve(c, 0, 2, RIGHT(PATH_FILESTAT_GET), lookup_of(wisp_wasi_u32(c, 1)), &at);
    if (result)
        return result;
    int found = check_slash(&at);
    if (found == 0)
        found = wisp_os_file_stat_at(&at, &st);
    wisp_beneath_close(&at);
    return found < 0 ? wisp_wasi_errno_of(found) : wisp_wasi_give_filestat(c, 4, &st);
}

/* (directory, flags, path, size, accessed, modified, which) */
wisp_wasi_errno wisp_wasi_path_filestat_set_times(wisp_wasi_call *c)
{
    wisp_beneath at;
    wisp_wasi_times times;
    wisp_wasi_errno result = wisp_wasi_take_times(c, 4, &times);
    if (!result)
        result = resolve(c, 0, 2, RIGHT(PATH_FILESTAT_SET_TIMES),
                         CHANGES | lookup_of(wisp_wasi_u32(c, 1)), &at);
    if (result)
        return result;
    int set = check_slash(&at);
    if (set == 0)
        set = wisp_os_file_set_times_at(&at, times.accessed_ns, times.modified_ns);
    wisp_beneath_close(&at);
    return wisp_wasi_errno_of(set);
}

/* ------------------------------------------------------------------ opening */

typedef struct opening {
    uint32_t lookup, flags, fd_flags;
    uint64_t rights, inheriting; /* asked for, and then granted */
} opening;

static bool writes(const opening *o)
{
    return o->rights & (RIGHT(FD_WRITE) | RIGHT(FD_ALLOCATE) | RIGHT(FD_FILESTAT_SET_SIZE));
}

static uint64_t rights_needed(const opening *o)
{
    return RIGHT(PATH_OPEN) | (o->flags & WISP_WASI_OPEN_CREATE ? RIGHT(PATH_CREATE_FILE) : 0) |
           (o->flags & WISP_WASI_OPEN_TRUNCATE ? RIGHT(PATH_FILESTAT_SET_SIZE) : 0);
}

/* The flags of wisp_os_file_open. Directories cannot be written: that is for the system to say.
 */
static unsigned file_flags(const opening *o, bool must_be_dir)
{
    bool is_dir = must_be_dir || o->flags & WISP_WASI_OPEN_DIRECTORY;
    if (is_dir)
        return WISP_FILE_READ | WISP_FILE_DIRECTORY_ONLY |
               (o->rights & RIGHT(FD_WRITE) ? WISP_FILE_WRITE : 0);
    bool truncates = o->flags & WISP_WASI_OPEN_TRUNCATE;
    bool creates = o->flags & WISP_WASI_OPEN_CREATE;
    unsigned flags = writes(o) || truncates ? WISP_FILE_WRITE : WISP_FILE_READ;
    if (o->rights & RIGHT(FD_READ))
        flags |= WISP_FILE_READ;
    flags |= truncates ? WISP_FILE_TRUNCATE : 0;
    flags |= creates ? WISP_FILE_CREATE : 0;
    flags |= creates && o->flags & WISP_WASI_OPEN_EXCLUSIVE ? WISP_FILE_EXCLUSIVE : 0;
    flags |= o->fd_flags & WISP_WASI_FD_APPEND ? WISP_FILE_APPEND : 0;
    flags |= o->fd_flags & (WISP_WASI_FD_SYNC | WISP_WASI_FD_RSYNC) ? WISP_FILE_SYNC : 0;
    flags |= o->fd_flags & WISP_WASI_FD_DSYNC ? WISP_FILE_DATA_SYNC : 0;
    return flags;
}

static int open_name(const opening *o, const wisp_beneath *at)
{
    if (at->must_be_dir && o->flags & WISP_WASI_OPEN_CREATE)
        return -EISDIR;
    return wisp_os_file_open(at, file_flags(o, at->must_be_dir));
}

/* Adds what has been opened as [fd], with the rights that things of its kind can have. */
static wisp_wasi_errno add_opened(wisp_wasi_call *c, const opening *o, int fd, bool read_only,
                                  uint32_t *number)
{
    wisp_os_file_stat st;
    int known = wisp_os_file_stat_of(fd, &st);
    if (known < 0) {
        wisp_os_file_close(fd);
        return wisp_wasi_errno_of(known);
    }
    bool is_dir = st.kind == WISP_FILE_DIRECTORY;
    uint64_t rights = o->rights & (is_dir ? wisp_wasi_dir_rights : wisp_wasi_file_rights);
    if (!is_dir && !wisp_os_file_is_seekable(fd))
        rights &= ~(uint64_t)(RIGHT(FD_SEEK) | RIGHT(FD_TELL));
    wisp_wasi_descriptor d = {.kind = WISP_WASI_FD,
                              .fd = fd,
                              .is_owned = true,
                              .read_only = read_only,
                              .type = wisp_wasi_filetype_of(st.kind)};
    atomic_init(&d.rights, rights);
    atomic_init(&d.inheriting, is_dir ? o->inheriting : 0);
    atomic_init(&d.flags, o->fd_flags);
    return wisp_wasi_table_add(&c->wasi->table, d, number);
}

/* Reads the arguments: (directory, lookup, path, size, flags, rights, inheriting, fd flags,
 * result). Rights beyond what the directory passes on are not granted. */
static wisp_wasi_errno take_opening(wisp_wasi_call *c, opening *o, bool *read_only)
{
    wisp_wasi_descriptor *d;
    *o = (opening){wisp_wasi_u32(c, 1), wisp_wasi_u32(c, 4), wisp_wasi_u32(c, 7),
                   wisp_wasi_u64(c, 5), wisp_wasi_u64(c, 6)};
    wisp_wasi_errno result = wisp_wasi_hold_dir(c, wisp_wasi_u32(c, 0), 0, &d);
    if (result)
        return result;
    if (o->flags & ~(uint32_t)WISP_WASI_OPEN_FLAGS ||
        o->fd_flags & ~(uint32_t)WISP_WASI_FD_FLAGS ||
        (o->flags & WISP_WASI_OPEN_DIRECTORY &&
         o->flags & (WISP_WASI_OPEN_CREATE | WISP_WASI_OPEN_TRUNCATE)))
        return WISP_WASI_EINVAL;
    uint64_t inheriting = atomic_load(&d->inheriting);
    o->rights &= inheriting;
    o->inheriting &= inheriting;
    *read_only = d->read_only;
    bool opens_dir = o->flags & WISP_WASI_OPEN_DIRECTORY;
    bool changes =
        o->flags & (WISP_WASI_OPEN_CREATE | WISP_WASI_OPEN_TRUNCATE) || (writes(o) && !opens_dir);
    return changes && d->read_only ? WISP_WASI_EPERM : WISP_WASI_SUCCESS;
}

wisp_wasi_errno wisp_wasi_path_open(wisp_wasi_call *c)
{
    opening o;
    bool read_only;
    wisp_beneath at;
    uint32_t number, result_at = wisp_wasi_u32(c, 8);
    wisp_wasi_errno result = take_opening(c, &o, &read_only);
    if (!result && !wisp_wasi_at(c, result_at, 4))
        result = WISP_WASI_EFAULT;
    if (!result)
        result = resolve(c, 0, 2, rights_needed(&o), lookup_of(o.lookup), &at);
    if (result)
        return result;
    int fd = open_name(&o, &at);
    wisp_beneath_close(&at);
    if (fd < 0)
        return wisp_wasi_errno_of(fd);
    result = add_opened(c, &o, fd, read_only, &number);
    return result ? result : wisp_wasi_put_u32(c, result_at, number);
}
