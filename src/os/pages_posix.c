#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */

#include "os/pages.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* [size] in whole pages of the system. */
static size_t rounded(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return size > SIZE_MAX - page ? SIZE_MAX / page * page : (size + page - 1) / page * page;
}

void *wisp_pages_reserve(size_t size)
{
    void *base =
        mmap(NULL, rounded(size), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return base == MAP_FAILED ? NULL : base;
}

bool wisp_pages_commit(void *base, size_t old_size, size_t size)
{
    size_t from = rounded(old_size), to = rounded(size);
    return from == to || mprotect((uint8_t *)base + from, to - from, PROT_READ | PROT_WRITE) == 0;
}

void wisp_pages_release(void *base, size_t size)
{
    munmap(base, rounded(size));
}
