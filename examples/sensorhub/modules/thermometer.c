/*
 * Measures, and publishes what it has measured. It is compiled into the program, as what talks to
 * hardware is, and also to a module that can take its place. The temperature goes up and down
 * between 20 and 30 degrees, and the sensor is a poor one: every eighth value is far off.
 */
#include <wisp.h>

#include "../protocol.h"

WISP_MODULE(1)

struct state {
    uint32_t number;
};

WISP_STATE(struct state)

static uint32_t topic, timer;

static int32_t measure(uint32_t i)
{
    uint32_t phase = i % 200;
    int32_t swing = (int32_t)(phase < 100 ? phase : 200 - phase) * 100;
    return 20000 + swing + (i % 8 == 7 ? 9000 : 0);
}

static void set_interval(int64_t us)
{
    if (timer)
        wisp_timer_cancel(timer);
    timer = wisp_timer_set(us, us, NULL);
}

int wisp_start(void)
{
    topic = wisp_topic(TOPIC_RAW);
    set_interval(10000);
    return timer ? WISP_OK : WISP_FAIL;
}

void wisp_event(uint32_t sender, uint32_t type, const void *data, uint32_t size)
{
    (void)sender, (void)size;
    if (type == EVENT_INTERVAL) {
        set_interval((int64_t)(uintptr_t)data);
    } else if (type == WISP_EVENT_TIMER) {
        wisp_state.number++;
        struct sample now = {wisp_state.number, measure(wisp_state.number)};
        wisp_post(WISP_TO_ALL, topic, &now, sizeof now, NULL);
    }
}
