#include "host/measure/stopwatch.h"

static uint64_t read_clock(const wisp_stopwatch *watch)
{
    return watch->os->monotonic_ns(watch->os->user);
}

void wisp_stopwatch_begin(wisp_stopwatch *watch, bool is_timed)
{
    watch->runs = is_timed;
    watch->was_looked = false;
    if (is_timed)
        watch->began_ns = read_clock(watch);
}

uint64_t wisp_stopwatch_ns(const wisp_stopwatch *watch)
{
    return watch->runs ? read_clock(watch) - watch->began_ns : 0;
}

uint64_t wisp_stopwatch_look(void *user)
{
    wisp_stopwatch *watch = user;
    if (watch->was_looked && !watch->runs)
        wisp_stopwatch_begin(watch, true);
    watch->was_looked = true;
    return wisp_stopwatch_ns(watch);
}
