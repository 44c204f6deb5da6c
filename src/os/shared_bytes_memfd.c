#define _GNU_SOURCE /* memfd_create, seals */

#include "os/shared_bytes.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/pages.h"

/* Sealed, so that nobody who gets the descriptor can take pages away that others have mapped. */
static bool fill(wisp_shared_bytes *bytes)
{
    if (ftruncate(bytes->fd, (off_t)bytes->size) < 0 ||
        fcntl(bytes->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return false;
    bytes->data = mmap(NULL, bytes->size, PROT_READ | PROT_WRITE, MAP_SHARED, bytes->fd, 0);
    return bytes->data != MAP_FAILED;
}

bool wisp_shared_bytes_open(wisp_shared_bytes *out, size_t size)
{
    size_t unit = wisp_pages_unit();
    if (size == 0 || size > SIZE_MAX / 2)
        return false;
    *out = (wisp_shared_bytes){.size = (size + unit - 1) / unit * unit,
                               .fd = memfd_create("wisp", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (out->fd < 0)
        return false;
    if (fill(out))
        return true;
    close(out->fd);
    return false;
}

void wisp_shared_bytes_close(wisp_shared_bytes *bytes)
{
    munmap(bytes->data, bytes->size);
    close(bytes->fd);
}
