#include "os/beneath.h"

#include <errno.h>

int wisp_openat2_beneath(int root, const char *path)
{
    (void)root;
    (void)path;
    return -ENOSYS;
}
