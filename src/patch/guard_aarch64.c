#define _GNU_SOURCE /* mcontext_t */

#include "patch/guard.h"

#include <ucontext.h>

uintptr_t wisp_guard_place(const void *context)
{
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.pc;
}

void wisp_guard_set_place(void *context, uintptr_t place)
{
    ((ucontext_t *)context)->uc_mcontext.pc = place;
}
