#include "update/policy.h"

#include "release/draw.h"

#include <stdio.h>

/* A number below [bound], which is not 0, that only this device draws in this [turn]. */
static uint64_t draw(const char *purpose, const char *device_id, uint64_t turn, uint64_t bound)
{
    char digits[24];
    uint64_t number;
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)turn);
    const char *const texts[] = {purpose, device_id, digits};
    return wisp_draw(texts, 3, &number) ? number % bound : 0; /* without memory: no jitter */
}

uint32_t wisp_backoff_s(const char *device_id, uint32_t failures, uint32_t wanted_s)
{
    uint32_t delay = WISP_BACKOFF_S;
    for (uint32_t i = 1; i < failures && delay < WISP_BACKOFF_MAX_S; i++)
        delay *= 2;
    if (delay > WISP_BACKOFF_MAX_S)
        delay = WISP_BACKOFF_MAX_S;
    delay = delay / 2 + (uint32_t)draw("wisp retry", device_id, failures, delay / 2 + 1);
    if (wanted_s > WISP_WAIT_MAX_S)
        wanted_s = WISP_WAIT_MAX_S;
    return wanted_s > delay ? wanted_s : delay;
}

uint64_t wisp_interval_ms(const char *device_id, uint64_t turn, uint32_t interval_ms)
{
    uint64_t spread = interval_ms / 5;
    return interval_ms - spread / 2 + draw("wisp interval", device_id, turn, spread + 1);
}

uint64_t wisp_next_check_ms(const char *device_id, uint64_t turn, uint32_t interval_ms,
                            const wisp_update_result *result)
{
    uint64_t next = interval_ms ? wisp_interval_ms(device_id, turn, interval_ms) : WISP_NEVER_MS;
    for (uint32_t i = 0; result && i < result->in_vain && next < WISP_IN_VAIN_MAX_MS; i++)
        next *= 2;
    uint64_t retry = result ? 1000 * (uint64_t)result->retry_after_s : 0;
    uint64_t wanted = result ? 1000 * (uint64_t)result->server_wait_s : 0;
    if (retry > 0 && retry < next)
        next = retry;
    return next < wanted ? wanted : next;
}
