/* A module that gets frames, and sends its own. */

#include <wisp.h>

#include "frames.h"

WISP_MODULE(1)

static uint8_t *small, *large;
static volatile uint32_t sum;

int wisp_start(void)
{
    small = wisp_region_new(FRAME_SMALL_SIZE);
    large = wisp_region_new(FRAME_LARGE_SIZE);
    return small && large ? WISP_OK : WISP_FAIL;
}

static void send(uint32_t how)
{
    uint8_t *data = how & FRAME_IS_LARGE ? large : small;
    size_t size = how & FRAME_IS_LARGE ? FRAME_LARGE_SIZE : FRAME_SMALL_SIZE;
    uint32_t type = how & FRAME_IS_READ ? FRAME_READ : FRAME_TOUCH;
    int status = how & FRAME_IS_REGION ? wisp_post_region(how / FRAME_TO, type, 0, data, size,
                                                          WISP_REGION_READ, NULL)
                                       : wisp_post(how / FRAME_TO, type, data, size, NULL);
    if (status != WISP_OK)
        wisp_abort(1);
}

void wisp_event(uint32_t sender, uint32_t type, const void *data, uint32_t size)
{
    (void)sender;
    if (type == FRAME_SEND)
        send((uint32_t)data);
    for (uint32_t at = 0; at < (type == FRAME_READ ? size : size > 0); at += 4096)
        sum += ((const uint8_t *)data)[at];
}
