/* A module that counts events, and next to nothing else. */

#include <wisp.h>

WISP_MODULE(1)

enum { COUNTED = 0x8000 };

static uint32_t count;

int wisp_start(void)
{
    return wisp_subscribe(COUNTED, 0);
}

void wisp_event(uint32_t sender, uint32_t type, const void *data, uint32_t size)
{
    (void)sender, (void)type, (void)data;
    count += size + 1;
}
