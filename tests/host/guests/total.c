/*
 * A module that keeps its count of messages in a state region. It answers as guests/counter.c
 * does. -DVERSION is its number, -DMORE its state's bytes besides the count. With -DREGION_SIZE
 * it lies about how many they are.
 */

#include <wisp.h>

#include "commands.h"

WISP_MODULE(VERSION)

struct total {
    uint32_t count;
    uint8_t more[MORE];
};

#if defined REGION_SIZE
extern struct total wisp_state;
struct total wisp_state;
extern const uint32_t wisp_state_size;
const uint32_t wisp_state_size = REGION_SIZE;
#else
WISP_STATE(struct total)
#endif

int wisp_start(void)
{
    return WISP_OK;
}

void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    struct command c = {0};
    memcpy(&c, data, size < sizeof c ? size : sizeof c);
    if (channel == TRAP && (c.version == 0 || c.version == VERSION))
        __builtin_trap();
    wisp_state.more[0] = (uint8_t)wisp_state.count++;
    struct answer a = {VERSION, wisp_state.count, c.a};
    wisp_send(channel, &a, sizeof a);
}

#ifdef RESTORES
int wisp_restore(uint32_t old_version, const void *data, uint32_t size)
{
    memcpy(&wisp_state.count, data, sizeof wisp_state.count);
    return size > sizeof wisp_state.count ? WISP_OK : WISP_FAIL;
}
#endif
