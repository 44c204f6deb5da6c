/*
 * Says when it is too warm, and has the thermometer measure more often then. Version 2 gives the
 * alarm one degree earlier.
 */
#include <wisp.h>

#include "../protocol.h"

WISP_MODULE(ALARM_VERSION)

enum { ON_ABOVE = ALARM_VERSION == 1 ? 28000 : 27000, OFF_BELOW = 26000 };

static uint32_t smooth, topic;

struct state {
    uint32_t is_on;
};

WISP_STATE(struct state)

int wisp_start(void)
{
    smooth = wisp_topic(TOPIC_SMOOTH);
    topic = wisp_topic(TOPIC_ALARM);
    return wisp_subscribe(smooth, 0);
}

void wisp_event(uint32_t sender, uint32_t type, const void *data, uint32_t size)
{
    struct alarm alarm = {.is_on = wisp_state.is_on};
    (void)sender;
    if (type != smooth || size != sizeof alarm.cause)
        return;
    memcpy(&alarm.cause, data, size);
    if (alarm.cause.millidegrees > ON_ABOVE)
        alarm.is_on = 1;
    else if (alarm.cause.millidegrees < OFF_BELOW)
        alarm.is_on = 0;
    if (alarm.is_on == wisp_state.is_on)
        return;
    wisp_state.is_on = alarm.is_on;
    wisp_post(WISP_TO_ALL, topic, &alarm, sizeof alarm, NULL);
    uintptr_t interval_us = alarm.is_on ? 5000 : 10000;
    wisp_post(wisp_find(THERMOMETER), EVENT_INTERVAL, (const void *)interval_us, 0, NULL);
}
