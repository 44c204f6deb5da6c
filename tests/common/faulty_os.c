#include "faulty_os.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- names and files --------------------------------------------------------------------- */

static faulty_name *find(faulty_names *names, const char *path)
{
    for (int i = 0; i < names->len; i++)
        if (strcmp(names->list[i].path, path) == 0)
            return &names->list[i];
    return NULL;
}

static void set_name(faulty_names *names, const char *path, int file)
{
    faulty_name *name = find(names, path);
    if (!name) {
        assert(names->len < FAULTY_NAMES_MAX);
        name = &names->list[names->len++];
        snprintf(name->path, sizeof name->path, "%s", path);
    }
    name->file = file;
}

static void drop_name(faulty_names *names, const char *path)
{
    faulty_name *name = find(names, path);
    if (name)
        *name = names->list[--names->len];
}

static bool is_child(const char *dir, const char *path)
{
    size_t len = strlen(dir);
    return strncmp(path, dir, len) == 0 && path[len] == '/' && !strchr(path + len + 1, '/');
}

static bool has_parent(faulty_names *names, const char *path)
{
    char parent[200];
    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    if (!slash || slash == parent)
        return true;
    *slash = '\0';
    const faulty_name *name = find(names, parent);
    return name && name->file < 0;
}

static void copy_bytes(faulty_bytes *to, const faulty_bytes *from)
{
    uint8_t *data = malloc(from->size + 1);
    assert(data);
    if (from->size)
        memcpy(data, from->data, from->size);
    free(to->data);
    *to = (faulty_bytes){data, from->size};
}

static int new_file(faulty_os *f)
{
    int file = 0;
    while (file < f->file_len && !f->files[file].is_free)
        file++;
    assert(file < FAULTY_FILES_MAX);
    f->files[file] = (faulty_file){0};
    if (file == f->file_len)
        f->file_len++;
    return file;
}

/* --- what is not synced ------------------------------------------------------------------ */

static faulty_change *note(faulty_os *f, change_kind kind, int file, const char *path)
{
    assert(f->change_len < FAULTY_CHANGES_MAX);
    faulty_change *change = &f->changes[f->change_len++];
    *change = (faulty_change){.kind = kind, .file = file};
    snprintf(change->path, sizeof change->path, "%s", path);
    return change;
}

static bool is_of_bytes(const faulty_change *change)
{
    return change->kind == CHANGE_WRITE || change->kind == CHANGE_CUT;
}

/* Forgets the changes to the bytes of [file], or to the names in [dir] if that is not NULL. */
static void forget_changes(faulty_os *f, int file, const char *dir)
{
    int kept = 0;
    for (int i = 0; i < f->change_len; i++) {
        faulty_change *change = &f->changes[i];
        bool is_durable = is_of_bytes(change) ? !dir && change->file == file
                                              : dir && is_child(dir, change->path);
        if (is_durable)
            free(change->data.data);
        else
            f->changes[kept++] = *change;
    }
    f->change_len = kept;
}

static void write_bytes(faulty_bytes *bytes, const void *from, size_t size, uint64_t offset)
{
    if (offset + size > bytes->size) {
        uint8_t *data = realloc(bytes->data, (size_t)offset + size);
        assert(data);
        if (offset > bytes->size)
            memset(data + bytes->size, 0, (size_t)offset - bytes->size);
        bytes->data = data;
        bytes->size = (size_t)offset + size;
    }
    memcpy(bytes->data + offset, from, size);
}

/* Does once more, to what is synced, what was done to what is there now. */
static void repeat(faulty_os *f, const faulty_change *change)
{
    switch (change->kind) {
    case CHANGE_WRITE:
        write_bytes(&f->files[change->file].synced, change->data.data, change->data.size,
                    change->offset);
        break;
    case CHANGE_CUT:
        f->files[change->file].synced.size = 0;
        break;
    case CHANGE_SET:
        set_name(&f->synced, change->path, change->file);
        break;
    case CHANGE_MOVE:
        drop_name(&f->synced, change->path);
        set_name(&f->synced, change->to, change->file);
        break;
    case CHANGE_DROP:
        drop_name(&f->synced, change->path);
        break;
    }
}

/* --- faults ------------------------------------------------------------------------------ */

typedef enum need { NEED_NOTHING, NEED_ROOM } need;

/* What this call must answer instead of its work: 0 to do it, 1 to do a part of it. */
static int strike(faulty_os *f, need what)
{
    f->calls++;
    bool now = f->kind != FAULT_NONE && f->calls == f->fail_at;
    bool after = f->kind != FAULT_NONE && f->calls > f->fail_at;
    switch (f->kind) {
    case FAULT_EIO:
        return now ? -EIO : 0;
    case FAULT_ENOSPC:
        return (now || after) && what == NEED_ROOM ? -ENOSPC : 0;
    case FAULT_SHORT:
        return now && what == NEED_ROOM ? 1 : 0;
    case FAULT_CRASH:
        return now && what == NEED_ROOM ? 1 : now || after ? -EIO : 0;
    case FAULT_NONE:
        break;
    }
    return 0;
}

/* --- the system calls -------------------------------------------------------------------- */

static int take_fd(faulty_os *f, int file)
{
    for (int fd = 0; fd < FAULTY_FDS_MAX; fd++) {
        if (f->fds[fd] == 0) {
            f->fds[fd] = file + 1;
            return fd;
        }
    }
    return -EMFILE;
}

static int f_open(void *user, const char *path, int flags)
{
    faulty_os *f = user;
    faulty_name *name = find(&f->now, path);
    int code = strike(f, flags & WISP_OS_WRITE && !name ? NEED_ROOM : NEED_NOTHING);
    if (code)
        return code < 0 ? code : -EIO;
    if (name && name->file < 0)
        return -EISDIR;
    if (name && flags & WISP_OS_EXCLUSIVE)
        return -EEXIST;
    if (!name && (!(flags & WISP_OS_WRITE) || !has_parent(&f->now, path)))
        return -ENOENT;
    int file = name ? name->file : new_file(f);
    if (!name) {
        set_name(&f->now, path, file);
        note(f, CHANGE_SET, file, path);
    }
    if (flags & WISP_OS_TRUNCATE && f->files[file].now.size) {
        f->files[file].now.size = 0;
        note(f, CHANGE_CUT, file, "");
    }
    return take_fd(f, file);
}

static int f_close(void *user, int fd)
{
    faulty_os *f = user;
    int code = strike(f, NEED_NOTHING);
    assert(fd >= 0 && fd < FAULTY_FDS_MAX && f->fds[fd]);
    faulty_file *file = &f->files[f->fds[fd] - 1];
    if (file->locked_by == fd + 1)
        file->locked_by = 0;
    f->fds[fd] = 0;
    return code < 0 ? code : 0;
}

static faulty_file *file_of(faulty_os *f, int fd)
{
    assert(fd >= 0 && fd < FAULTY_FDS_MAX && f->fds[fd]);
    return &f->files[f->fds[fd] - 1];
}

static int64_t f_read_at(void *user, int fd, void *into, size_t size, uint64_t offset)
{
    faulty_os *f = user;
    int code = strike(f, NEED_NOTHING);
    if (code < 0)
        return code;
    const faulty_bytes *bytes = &file_of(f, fd)->now;
    if (offset >= bytes->size)
        return 0;
    size_t left = bytes->size - (size_t)offset;
    size = size < left ? size : left;
    memcpy(into, bytes->data + offset, size);
    return (int64_t)size;
}

static int64_t f_write_at(void *user, int fd, const void *from, size_t size, uint64_t offset)
{
    faulty_os *f = user;
    int code = strike(f, NEED_ROOM);
    if (code < 0)
        return code;
    if (code > 0)
        size = (size + 1) / 2;
    faulty_bytes piece = {(uint8_t *)(uintptr_t)from, size};
    faulty_change *change = note(f, CHANGE_WRITE, f->fds[fd] - 1, "");
    copy_bytes(&change->data, &piece);
    change->offset = offset;
    write_bytes(&file_of(f, fd)->now, from, size, offset);
    return f->kind == FAULT_CRASH && code > 0 ? -EIO : (int64_t)size;
}

static int64_t f_file_size(void *user, int fd)
{
    faulty_os *f = user;
    int code = strike(f, NEED_NOTHING);
    return code < 0 ? code : (int64_t)file_of(f, fd)->now.size;
}

static int f_sync(void *user, int fd)
{
    faulty_os *f = user;
    int code = strike(f, NEED_NOTHING);
    if (code < 0)
        return code;
    copy_bytes(&file_of(f, fd)->synced, &file_of(f, fd)->now);
    forget_changes(f, f->fds[fd] - 1, NULL);
    return 0;
}

static int f_lock(void *user, int fd)
{
    faulty_os *f = user;
    int code = strike(f, NEED_NOTHING);
    if (code < 0)
        return code;
    if (file_of(f, fd)->locked_by)
        return -EWOULDBLOCK;
    file_of(f, fd)->locked_by = fd + 1;
    return 0;
}

static int f_rename(void *user, const char *from, const char *to)
{
    faulty_os *f = user;
    int code = strike(f, NEED_NOTHING);
    if (code < 0)
        return code;
    const faulty_name *name = find(&f->now, from);
    if (!name)
        return -ENOENT;
    int file = name->file;
    drop_name(&f->now, from);
    set_name(&f->now, to, file);
    faulty_change *change = note(f, CHANGE_MOVE, file, from);
    snprintf(change->to, sizeof change->to, "%s", to);
    return 0;
}

static int f_remove(void *user, const char *path)
{
    faulty_os *f = user;
    int code = strike(f, NEED_NOTHING);
    if (code < 0)
        return code;
    if (!find(&f->now, path))
        return -ENOENT;
    drop_name(&f->now, path);
    note(f, CHANGE_DROP, 0, path);
    return 0;
}

static int f_make_dir(void *user, const char *path)
{
    faulty_os *f = user;
    int code = strike(f, NEED_ROOM);
    if (code)
        return code < 0 ? code : -EIO;
    if (find(&f->now, path))
        return -EEXIST;
    set_name(&f->now, path, -1);
    note(f, CHANGE_SET, -1, path);
    return 0;
}

static void copy_children(faulty_names *to, const faulty_names *from, const char *dir)
{
    for (int i = 0; i < to->len;) {
        if (is_child(dir, to->list[i].path))
            to->list[i] = to->list[--to->len];
        else
            i++;
    }
    for (int i = 0; i < from->len; i++)
        if (is_child(dir, from->list[i].path))
            set_name(to, from->list[i].path, from->list[i].file);
}

static int f_sync_dir(void *user, const char *path)
{
    faulty_os *f = user;
    int code = strike(f, NEED_NOTHING);
    if (code < 0)
        return code;
    const char *dir = strcmp(path, "/") == 0 ? "" : path;
    copy_children(&f->synced, &f->now, dir);
    forget_changes(f, -1, dir);
    return 0;
}

static int f_list_dir(void *user, const char *path, bool (*each)(void *, const char *),
                      void *context)
{
    faulty_os *f = user;
    int code = strike(f, NEED_NOTHING);
    if (code < 0)
        return code;
    if (!find(&f->now, path))
        return -ENOENT;
    for (int i = 0; i < f->now.len; i++)
        if (is_child(path, f->now.list[i].path) &&
            !each(context, strrchr(f->now.list[i].path, '/') + 1))
            break;
    return 0;
}

static uint64_t f_monotonic_ns(void *user)
{
    return ((faulty_os *)user)->monotonic;
}

static int64_t f_wall_time_s(void *user)
{
    return ((faulty_os *)user)->time;
}

static int f_random(void *user, void *into, size_t size)
{
    (void)user;
    memset(into, 7, size);
    return 0;
}

/* --- for tests --------------------------------------------------------------------------- */

void faulty_os_init(faulty_os *f)
{
    *f = (faulty_os){.time = 1900000000}; /* in 2030 */
    f->os = (wisp_os){.user = f,
                      .open = f_open,
                      .close = f_close,
                      .read_at = f_read_at,
                      .write_at = f_write_at,
                      .file_size = f_file_size,
                      .sync = f_sync,
                      .lock = f_lock,
                      .rename = f_rename,
                      .remove = f_remove,
                      .make_dir = f_make_dir,
                      .sync_dir = f_sync_dir,
                      .list_dir = f_list_dir,
                      .monotonic_ns = f_monotonic_ns,
                      .wall_time_s = f_wall_time_s,
                      .random = f_random};
}

void faulty_os_deinit(faulty_os *f)
{
    for (int i = 0; i < f->file_len; i++) {
        free(f->files[i].now.data);
        free(f->files[i].synced.data);
    }
    for (int i = 0; i < f->change_len; i++)
        free(f->changes[i].data.data);
}

void faulty_os_arm(faulty_os *f, fault kind, uint64_t n)
{
    f->kind = kind;
    f->fail_at = n;
    f->calls = 0;
}

bool faulty_os_struck(const faulty_os *f)
{
    return f->kind != FAULT_NONE && f->calls >= f->fail_at;
}

/* Files behind a directory that is gone are gone too. */
static void drop_orphans(faulty_names *names)
{
    for (int i = 0; i < names->len;) {
        if (has_parent(names, names->list[i].path)) {
            i++;
        } else {
            names->list[i] = names->list[--names->len];
            i = 0;
        }
    }
}

uint64_t faulty_os_name_changes(const faulty_os *f)
{
    uint64_t bits = 0;
    for (int i = 0; i < f->change_len; i++)
        if (!is_of_bytes(&f->changes[i]))
            bits |= UINT64_C(1) << i;
    return bits;
}

/* Frees the files that no name leads to, so that a long story does not run out of them. */
static void free_unnamed(faulty_os *f)
{
    bool is_named[FAULTY_FILES_MAX] = {false};
    for (int i = 0; i < f->now.len; i++)
        if (f->now.list[i].file >= 0)
            is_named[f->now.list[i].file] = true;
    for (int i = 0; i < f->file_len; i++) {
        if (is_named[i] || f->files[i].is_free)
            continue;
        free(f->files[i].now.data);
        free(f->files[i].synced.data);
        f->files[i] = (faulty_file){.is_free = true};
    }
}

void faulty_os_reboot_with(faulty_os *f, uint64_t kept)
{
    faulty_os_arm(f, FAULT_NONE, 0);
    memset(f->fds, 0, sizeof f->fds);
    for (int i = 0; i < f->change_len; i++) {
        if (kept >> i & 1)
            repeat(f, &f->changes[i]);
        free(f->changes[i].data.data);
    }
    f->change_len = 0;
    for (int i = 0; i < f->file_len; i++) {
        f->files[i].locked_by = 0;
        if (!f->files[i].is_free)
            copy_bytes(&f->files[i].now, &f->files[i].synced);
    }
    drop_orphans(&f->synced);
    f->now = f->synced;
    free_unnamed(f);
}

void faulty_os_reboot(faulty_os *f, survival kept)
{
    switch (kept) {
    case SURVIVES_ALL:
        faulty_os_reboot_with(f, UINT64_MAX);
        break;
    case SURVIVES_SYNCED:
        faulty_os_reboot_with(f, 0);
        break;
    case SURVIVES_NAMES:
        faulty_os_reboot_with(f, faulty_os_name_changes(f));
        break;
    }
}

void faulty_os_copy(faulty_os *to, const faulty_os *from)
{
    faulty_os_deinit(to);
    wisp_os os = to->os;
    *to = *from;
    to->os = os;
    memset(to->fds, 0, sizeof to->fds);
    for (int i = 0; i < to->file_len; i++) {
        to->files[i] = (faulty_file){.is_free = from->files[i].is_free};
        if (from->files[i].is_free)
            continue;
        copy_bytes(&to->files[i].now, &from->files[i].now);
        copy_bytes(&to->files[i].synced, &from->files[i].synced);
    }
    for (int i = 0; i < to->change_len; i++) {
        to->changes[i].data = (faulty_bytes){0};
        copy_bytes(&to->changes[i].data, &from->changes[i].data);
    }
}

faulty_bytes *faulty_os_file(faulty_os *f, const char *path)
{
    const faulty_name *name = find(&f->now, path);
    return name && name->file >= 0 ? &f->files[name->file].now : NULL;
}

void faulty_os_lay(faulty_os *f, const char *path, const void *data, size_t size)
{
    int file = new_file(f);
    faulty_bytes bytes = {(uint8_t *)(uintptr_t)data, size};
    copy_bytes(&f->files[file].now, &bytes);
    copy_bytes(&f->files[file].synced, &bytes);
    set_name(&f->now, path, file);
    set_name(&f->synced, path, file);
}

int faulty_os_count(const faulty_os *f, const char *prefix)
{
    int count = 0;
    for (int i = 0; i < f->now.len; i++)
        count += strncmp(f->now.list[i].path, prefix, strlen(prefix)) == 0;
    return count;
}

int faulty_os_open_len(const faulty_os *f)
{
    int count = 0;
    for (int i = 0; i < FAULTY_FDS_MAX; i++)
        count += f->fds[i] != 0;
    return count;
}
