#include "wisp.h"

/* A reactor: set up once, then called. */

__attribute__((import_module("wasi_snapshot_preview1"), import_name("sched_yield"))) int
sched_yield(void);

static int value;

WISP_EXPORT("_initialize") void initialize(void)
{
    value = 40 + sched_yield();
}

WISP_EXPORT("get") int get(int more)
{
    return value + more;
}
