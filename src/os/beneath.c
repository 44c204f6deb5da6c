#define _GNU_SOURCE /* O_PATH */

#include "os/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#ifdef O_PATH
#define DIR_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)
#else
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#endif

enum {
    LINKS_MAX = 40,
    DEPTH_MAX = 256,   /* of the walk */
    ATTEMPTS_MAX = 16, /* of openat2, while others move directories */
};

/* ------------------------------------------------------------------ links */

/* What the link [name] in [dir] says, into [target]: its length; 0 where [name] is no link; or a
 * negated errno value. */
static int read_link(int dir, const char *name, char target[WISP_BENEATH_PATH_MAX])
{
    ssize_t len = readlinkat(dir, name, target, WISP_BENEATH_PATH_MAX);
    if (len < 0)
        return errno == EINVAL || errno == ENOENT ? 0 : -errno;
    if (len == WISP_BENEATH_PATH_MAX)
        return -ENAMETOOLONG;
    target[len] = '\0';
    return *target == '/' ? -EPERM : (int)len;
}

/* Writes [first], a slash and [second] to [out], which may begin with [first], or hold [second]
 * anywhere. */
static int join(const char *first, const char *second, char out[WISP_BENEATH_PATH_MAX])
{
    size_t first_len = strlen(first), second_len = strlen(second);
    if (first_len + 1 + second_len >= WISP_BENEATH_PATH_MAX)
        return -ENAMETOOLONG;
    memmove(out + first_len + 1, second, second_len + 1);
    memmove(out, first, first_len);
    out[first_len] = '/';
    return 0;
}

/* ------------------------------------------------------------------ the walk */

typedef struct walk {
    int dirs[DEPTH_MAX]; /* from the root down; all but the first are owned */
    int depth;           /* of the last one */
    int links;
    char left[WISP_BENEATH_PATH_MAX]; /* what is still to be walked */
    char *at;
} walk;

static int step_down(walk *w, const char *name)
{
    if (w->depth + 1 == DEPTH_MAX)
        return -ENAMETOOLONG;
    int fd = openat(w->dirs[w->depth], name, DIR_FLAGS | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    w->dirs[++w->depth] = fd;
    return 0;
}

static int step_up(walk *w)
{
    if (w->depth == 0)
        return -EPERM;
    close(w->dirs[w->depth--]);
    return 0;
}

/* Goes into [name], or puts what it says before the rest if it is a link. */
static int step_into(walk *w, const char *name)
{
    int result = step_down(w, name);
    if (result != -ENOTDIR && result != -ELOOP)
        return result;
    char target[WISP_BENEATH_PATH_MAX];
    int len = read_link(w->dirs[w->depth], name, target);
    if (len <= 0)
        return len < 0 ? len : result;
    result = join(target, w->at, w->left);
    w->at = w->left;
    return result == 0 && ++w->links > LINKS_MAX ? -ELOOP : result;
}

static int step(walk *w)
{
    char name[WISP_BENEATH_NAME_MAX + 1];
    size_t size = strcspn(w->at, "/");
    if (size > WISP_BENEATH_NAME_MAX)
        return -ENAMETOOLONG;
    memcpy(name, w->at, size);
    name[size] = '\0';
    w->at += size;
    w->at += strspn(w->at, "/");
    if (size == 0 || strcmp(name, ".") == 0)
        return 0;
    return strcmp(name, "..") == 0 ? step_up(w) : step_into(w, name);
}

static int walk_beneath(int root, const char *path)
{
    walk w = {.dirs = {root}, .at = w.left};
    strcpy(w.left, path);
    int result = 0;
    while (result == 0 && *w.at)
        result = step(&w);
    int last = w.dirs[w.depth];
    if (result == 0 && w.depth == 0)
        result = last = openat(root, ".", DIR_FLAGS);
    for (int i = 1; i < w.depth; i++)
        close(w.dirs[i]);
    if (result < 0 && w.depth > 0)
        close(last);
    return result < 0 ? result : last;
}

/* ------------------------------------------------------------------ resolving */

static int open_dir(int root, const char *path, unsigned flags)
{
    int fd = -ENOSYS;
    if (!(flags & WISP_BENEATH_WALK)) {
        int attempts = 0;
        do
            fd = wisp_openat2_beneath(root, path);
        while (fd == -EAGAIN && ++attempts < ATTEMPTS_MAX);
    }
    if (fd == -EXDEV)
        return -EPERM;
    /* Filters of system calls that do not know it say EPERM. */
    return fd == -ENOSYS || fd == -EPERM || fd == -EAGAIN ? walk_beneath(root, path) : fd;
}

/* Cuts the slashes off the end of [path], and splits it before its last name. Where the last name
 * is a step and not a name, the whole path is that of the directory. */
static int split(char *path, wisp_beneath *out, const char **dir)
{
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/') {
        path[--size] = '\0';
        out->must_be_dir = true;
    }
    char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    *dir = slash ? path : ".";
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        *dir = path;
        strcpy(out->name, ".");
        return 0;
    }
    if (strlen(name) > WISP_BENEATH_NAME_MAX)
        return -ENAMETOOLONG;
    strcpy(out->name, name);
    if (slash)
        *slash = '\0';
    return 0;
}

/* One round: 1 if [path] has become another one, which is to be resolved now. */
static int resolve_once(int root, char path[WISP_BENEATH_PATH_MAX], unsigned flags,
                        wisp_beneath *out)
{
    const char *dir;
    int result = split(path, out, &dir);
    if (result < 0)
        return result;
    out->dir = open_dir(root, dir, flags);
    if (out->dir < 0)
        return out->dir;
    if (!(flags & WISP_BENEATH_FOLLOW))
        return 0;
    char target[WISP_BENEATH_PATH_MAX];
    result = read_link(out->dir, out->name, target);
    if (result > 0)
        result = join(dir, target, path) < 0 ? -ENAMETOOLONG : 1;
    if (result != 0)
        close(out->dir);
    return result;
}

int wisp_beneath_resolve(int root, const char *path, unsigned flags, wisp_beneath *out)
{
    char left[WISP_BENEATH_PATH_MAX];
    if (*path == '\0')
        return -ENOENT;
    if (*path == '/')
        return -EPERM;
    if (strlen(path) >= sizeof left)
        return -ENAMETOOLONG;
    strcpy(left, path);
    out->must_be_dir = false;
    int result = 1;
    for (int links = 0; result > 0; links++)
        result = links > LINKS_MAX ? -ELOOP : resolve_once(root, left, flags, out);
    return result;
}

void wisp_beneath_close(wisp_beneath *at)
{
    close(at->dir);
}
