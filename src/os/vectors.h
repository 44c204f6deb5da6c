#ifndef WISP_OS_VECTORS_H
#define WISP_OS_VECTORS_H

#include <sys/uio.h>

#include "os/file.h"

/* [slices] as system calls want them; returns how many of them fit. */
static inline int wisp_vectors_of(const wisp_os_file_slice *slices, size_t count,
                                  struct iovec vectors[WISP_FILE_SLICES_MAX])
{
    size_t taken = count < WISP_FILE_SLICES_MAX ? count : WISP_FILE_SLICES_MAX;
    for (size_t i = 0; i < taken; i++)
        vectors[i] = (struct iovec){slices[i].data, slices[i].size};
    return (int)taken;
}

#endif
