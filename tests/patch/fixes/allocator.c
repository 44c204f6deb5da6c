#include "fix.h"

WISP_ORIGINAL(own_malloc) void *original_malloc(size_t size);

static int32_t calls;

WISP_PATCH(own_malloc) void *own_malloc(size_t size)
{
    __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
    return original_malloc(size + 8);
}
