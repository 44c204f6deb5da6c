#ifndef WISP_OS_CLOCK_H
#define WISP_OS_CLOCK_H

#include <stdint.h>

/* The clocks of the system, in nanoseconds. Any thread. */

typedef enum wisp_clock {
    WISP_CLOCK_REALTIME, /* since 1970 */
    WISP_CLOCK_MONOTONIC,
    WISP_CLOCK_PROCESS, /* processor time of the process … */
    WISP_CLOCK_THREAD   /* … and of the calling thread */
} wisp_clock;

uint64_t wisp_clock_now_ns(wisp_clock clock);
uint64_t wisp_clock_resolution_ns(wisp_clock clock);

#endif
