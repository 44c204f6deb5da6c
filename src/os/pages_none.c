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
