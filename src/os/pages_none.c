#include "os/pages.h"

void *wisp_pages_reserve(size_t size)
{
    (void)size;
    return NULL;
}

bool wisp_pages_commit(void *base, size_t old_size, size_t size)
{
    (void)base, (void)old_size, (void)size;
    return false;
}

void wisp_pages_release(void *base, size_t size)
{
    (void)base, (void)size;
}

size_t wisp_pages_unit(void)
{
    return 0;
}

bool wisp_pages_file_has(int fd, uint64_t end)
{
    (void)fd, (void)end;
    return false;
}

bool wisp_pages_map(void *at, size_t size, int fd, uint64_t offset, bool is_private)
{
    (void)at, (void)size, (void)fd, (void)offset, (void)is_private;
    return false;
}

bool wisp_pages_clear(void *at, size_t size)
{
    (void)at, (void)size;
    return false;
}

bool wisp_pages_used(const void *base, size_t size, bool *is_used)
{
    (void)base, (void)size, (void)is_used;
    return false;
}
