#ifndef WISP_HOST_METER_H
#define WISP_HOST_METER_H

#include "host/measure/spread.h"

/* What the entries into a guest have cost. All zero is no entries. */
typedef struct wisp_meter {
    uint32_t entries;
    wisp_spread_counts fuel; /* of each */
    wisp_spread_counts ns;   /* of those that were timed; its max of all */
} wisp_meter;

/* Counts one more entry, and tells whether it is to be timed: one in sixteen is. */
bool wisp_meter_next(wisp_meter *meter);

/* Adds what that entry has cost. If it was not timed, [ns] counts only as the most that any has
 * taken. */
void wisp_meter_add(wisp_meter *meter, uint64_t fuel, uint64_t ns, bool is_timed);

#endif
