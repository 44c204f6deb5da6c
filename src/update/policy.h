#ifndef WISP_UPDATE_POLICY_H
#define WISP_UPDATE_POLICY_H

#include <wisp/update.h>

/*
 * When a device asks again: pure functions of who it is and of what it was told, so that a fleet
 * spreads over time by itself and a test knows every second of it.
 */

#define WISP_BACKOFF_S     60             /* after the first failure */
#define WISP_BACKOFF_MAX_S (6 * 60 * 60)  /* but for what the server itself wants */
#define WISP_WAIT_MAX_S    (24 * 60 * 60) /* the server too */

/*
 * The seconds to wait after [failures] checks in a row, 1 or more, that found no server: between
 * half of WISP_BACKOFF_S, doubled with each, and all of it, where the device's id decides; not
 * less than [wanted_s], which the server asked for, but at most WISP_WAIT_MAX_S.
 */
uint32_t wisp_backoff_s(const char *device_id, uint32_t failures, uint32_t wanted_s);

/*
 * The milliseconds from one check to the next where they are to be [interval_ms] apart: that, and
 * up to a tenth less or more, another part of it for each device and for each [turn] (0, 1, 2 …).
 */
uint64_t wisp_interval_ms(const char *device_id, uint64_t turn, uint32_t interval_ms);

#define WISP_NEVER_MS       UINT64_MAX
#define WISP_IN_VAIN_MAX_MS (UINT64_C(1000) * WISP_BACKOFF_MAX_S)

/*
 * The milliseconds from a check that ended with [result] to the next one: the interval above, or
 * WISP_NEVER_MS for an [interval_ms] of 0; but earlier where the result says when it is worth the
 * while, and not before the time for which the server wants to be left alone. Each download in
 * vain doubles the interval, up to WISP_IN_VAIN_MAX_MS or once more. NULL for a check that did
 * not come to a result.
 */
uint64_t wisp_next_check_ms(const char *device_id, uint64_t turn, uint32_t interval_ms,
                            const wisp_update_result *result);

#endif
