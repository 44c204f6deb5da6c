/*
 * Takes the noise out of what the thermometer measures. Version 1 gives the mean of the last
 * five values, in which one that is far off can be seen; version 2 the one in the middle. Their
 * state is the same, so version 2 begins with the values that version 1 had.
 */
#include <wisp.h>

#include "../protocol.h"

WISP_MODULE(FILTER_VERSION)

enum { LEN = 5 };

struct window {
    int32_t values[LEN];
    uint32_t count;
};

WISP_STATE(struct window)

static uint32_t raw, smooth;

#if FILTER_VERSION == 1

static int32_t filtered(const int32_t *values)
{
    int32_t sum = 0;
    for (int i = 0; i < LEN; i++)
        sum += values[i];
    return sum / LEN;
}

#else

static int32_t filtered(const int32_t *values)
{
    int32_t sorted[LEN];
    for (int i = 0; i < LEN; i++) {
        int at = i;
        for (; at > 0 && sorted[at - 1] > values[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = values[i];
    }
    return sorted[LEN / 2];
}

#endif

int wisp_start(void)
{
    raw = wisp_topic(TOPIC_RAW);
    smooth = wisp_topic(TOPIC_SMOOTH);
    return wisp_subscribe(raw, 0);
}

void wisp_event(uint32_t sender, uint32_t type, const void *data, uint32_t size)
{
    (void)sender;
    if (type != raw || size != sizeof(struct sample))
        return;
    struct sample sample = *(const struct sample *)data;
#ifdef TRAPS_AT
    if (sample.number % TRAPS_AT == 0) /* the bug that a bad release has */
        __builtin_trap();
#endif
    wisp_state.values[wisp_state.count++ % LEN] = sample.millidegrees;
    if (wisp_state.count < LEN)
        return;
    sample.millidegrees = filtered(wisp_state.values);
    wisp_post(WISP_TO_ALL, smooth, &sample, sizeof sample, NULL);
}
