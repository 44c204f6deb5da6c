#define _GNU_SOURCE /* process_vm_readv */

#include "os/own_memory.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

bool wisp_own_memory_read(uint64_t address, void *into, size_t size)
{
    struct iovec ours = {into, size}, theirs = {(void *)(uintptr_t)address, size};
    int error = errno;
    bool is_read = process_vm_readv(getpid(), &ours, 1, &theirs, 1, 0) == (ssize_t)size;
    errno = error;
    return is_read;
}

bool wisp_own_memory_write(uint64_t address, const void *from, size_t size)
{
    struct iovec ours = {(void *)(uintptr_t)from, size};
    struct iovec theirs = {(void *)(uintptr_t)address, size};
    int error = errno;
    bool is_written = process_vm_writev(getpid(), &ours, 1, &theirs, 1, 0) == (ssize_t)size;
    errno = error;
    return is_written;
}
