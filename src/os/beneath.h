#ifndef WISP_OS_BENEATH_H
#define WISP_OS_BENEATH_H

#include <stdbool.h>

/*
 * Paths that cannot leave a directory.
 *
 * A path from outside is resolved to a directory, held open, and one name in it: all that follows
 * works on that pair and never follows a symbolic link in the name. So what other processes do to
 * the tree in the meantime can make it fail, or act elsewhere beneath the same root, and nothing
 * more.
 *
 * The directory is opened by openat2 with RESOLVE_BENEATH where the system has it (Linux 5.6),
 * and otherwise component by component, never through a link, with every directory on the way
 * held open so that ".." goes back to what was there before.
 */

#define WISP_BENEATH_NAME_MAX 255
#define WISP_BENEATH_PATH_MAX 4096 /* with the NUL */

enum {
    WISP_BENEATH_FOLLOW = 1, /* a symbolic link at the end of the path is followed */
    WISP_BENEATH_WALK = 2    /* as on a system without openat2 */
};

typedef struct wisp_beneath {
    int dir;                              /* owned */
    char name[WISP_BENEATH_NAME_MAX + 1]; /* without a slash; "." for [dir] itself, never ".." */
    bool must_be_dir;                     /* the path ended with a slash */
} wisp_beneath;

/*
 * Resolves [path] under the directory [root] with WISP_BENEATH_ flags. 0, or a negated errno
 * value: -EPERM where it would leave [root], -ELOOP after 40 links. Close [out] if it went well.
 * Any thread.
 */
int wisp_beneath_resolve(int root, const char *path, unsigned flags, wisp_beneath *out);
void wisp_beneath_close(wisp_beneath *at);

/*
 * Opens the directory [path] under [root] as openat2 does: -EXDEV where it would leave [root],
 * -EAGAIN where that cannot be told for sure, -ENOSYS without it. The build chooses which file
 * implements it.
 */
int wisp_openat2_beneath(int root, const char *path);

#endif
