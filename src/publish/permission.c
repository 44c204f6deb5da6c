#define _DEFAULT_SOURCE /* realpath */

#include "publish/permission.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int wisp_permission_set(const char *path, unsigned mode)
{
    return chmod(path, (mode_t)mode) < 0 ? -errno : 0;
}

int wisp_permission_get(const char *path, unsigned *mode)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return -errno;
    *mode = (unsigned)(st.st_mode & 07777);
    return 0;
}

bool wisp_path_lies_in(const char *path, const char *dir)
{
    char real_path[PATH_MAX], real_dir[PATH_MAX];
    if (!realpath(path, real_path) || !realpath(dir, real_dir))
        return false;
    size_t len = strlen(real_dir);
    return strncmp(real_path, real_dir, len) == 0 &&
           (real_path[len] == '/' || real_path[len] == '\0' || len == 1);
}
