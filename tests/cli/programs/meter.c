#include <wisp.h>

/* A module of a guest that is recorded: adds up what it is told, and tells the sum and the clock.
 * Version 1 divides by what it is told as well. -DTELL_MORE: it tells one more than there is. The
 * tests know the numbers of the lines: what is added goes to the end. */

#ifndef VERSION
#define VERSION 1
#endif

WISP_MODULE(VERSION)

static struct {
    uint32_t sum;
    int64_t now_us;
} state;

__attribute__((noinline)) static uint32_t share(uint32_t sum, uint32_t of)
{
    return sum / of;
}

int wisp_start(void)
{
    return WISP_OK;
}

void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    uint32_t value = 0;
    memcpy(&value, data, size < sizeof value ? size : sizeof value);
    state.sum += value;
    state.now_us = wisp_now_us();
    uint32_t part = VERSION > 1 && value == 0 ? 0 : share(state.sum, value);
#ifdef TELL_MORE
    part++;
#endif
    wisp_send(channel, &part, sizeof part);
    wisp_send(channel + 1, &state, sizeof state);
}

void wisp_save(void)
{
    wisp_save_state(&state, sizeof state);
}

int wisp_restore(uint32_t old_version, const void *data, uint32_t size)
{
    (void)old_version;
    if (size != sizeof state)
        return WISP_FAIL;
    memcpy(&state, data, size);
    return WISP_OK;
}
