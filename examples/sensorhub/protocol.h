#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stdint.h>

/* What the program and its modules have agreed upon. */

#define TOPIC_RAW    "temperature"        /* struct sample, from the thermometer */
#define TOPIC_SMOOTH "temperature/smooth" /* struct sample, from the filter */
#define TOPIC_ALARM  "alarm"              /* struct alarm, from the alarm */

/* By this id modules find the thermometer. */
#define THERMOMETER UINT64_C(0x7468657200000001)

/* To the thermometer: from now on measure every so many microseconds; a number. */
enum { EVENT_INTERVAL = 0x8000 };

struct sample {
    uint32_t number; /* from 1 on */
    int32_t millidegrees;
};

struct alarm {
    uint32_t is_on;
    struct sample cause;
};

#endif
