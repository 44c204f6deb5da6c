/* A module with STATE_SIZE bytes of state and next to nothing else, to be swapped for itself. */

#define WISP_BUFFER_SIZE 1024
#include <wisp.h>

WISP_MODULE(1)

static uint8_t state[STATE_SIZE];

int wisp_start(void)
{
    return WISP_OK;
}

void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    (void)data;
    (void)size;
    state[channel % sizeof state]++;
}

void wisp_save(void)
{
    wisp_save_state(state, sizeof state);
}

int wisp_restore(uint32_t old_version, const void *data, uint32_t size)
{
    (void)old_version;
    if (size != sizeof state)
        return WISP_FAIL;
    memcpy(state, data, size);
    return WISP_OK;
}
