#include "os/clock.h"

#include <time.h>

static const clockid_t clocks[] = {
    [WISP_CLOCK_REALTIME] = CLOCK_REALTIME,
    [WISP_CLOCK_MONOTONIC] = CLOCK_MONOTONIC,
    [WISP_CLOCK_PROCESS] = CLOCK_PROCESS_CPUTIME_ID,
    [WISP_CLOCK_THREAD] = CLOCK_THREAD_CPUTIME_ID,
};

static uint64_t ns_of(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_nsec;
}

uint64_t wisp_clock_now_ns(wisp_clock clock)
{
    struct timespec now = {0};
    clock_gettime(clocks[clock], &now);
    return ns_of(&now);
}

uint64_t wisp_clock_resolution_ns(wisp_clock clock)
{
    struct timespec step = {0};
    clock_getres(clocks[clock], &step);
    return ns_of(&step);
}
