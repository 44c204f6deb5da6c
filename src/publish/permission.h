#ifndef WISP_PUBLISH_PERMISSION_H
#define WISP_PUBLISH_PERMISSION_H

#include <stdbool.h>

/*
 * Who may use a file, and where it really lies: what the system table, made for devices, does
 * not know. Plain POSIX. The two that can fail return a negated errno value.
 */

int wisp_permission_set(const char *path, unsigned mode);
int wisp_permission_get(const char *path, unsigned *mode);

/* Whether the file [path] lies, links followed, in the folder [dir]. */
bool wisp_path_lies_in(const char *path, const char *dir);

#endif
