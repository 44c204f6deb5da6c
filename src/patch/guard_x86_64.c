#define _GNU_SOURCE /* REG_RIP */

#include "patch/guard.h"

#include <ucontext.h>

uintptr_t wisp_guard_place(const void *context)
{
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
}

void wisp_guard_set_place(void *context, uintptr_t place)
{
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = (greg_t)place;
}
