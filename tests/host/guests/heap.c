/* A module whose heap begins when its memory has grown for other things: of an event with bytes
 * it makes a region, then allocates, and logs whether both are as they were. */

#include <stdlib.h>

#include <wisp.h>

WISP_MODULE(1)

enum { REGION_SIZE = 1000, BLOCK_SIZE = 100000 };

static int is_filled(const uint8_t *data, uint32_t size, uint8_t byte)
{
    for (uint32_t i = 0; i < size; i++)
        if (data[i] != byte)
            return 0;
    return 1;
}

int wisp_start(void)
{
    return WISP_OK;
}

void wisp_event(uint32_t sender, uint32_t type, const void *data, uint32_t size)
{
    (void)sender;
    (void)type;
    uint8_t *region = wisp_region_new(REGION_SIZE);
    memset(region, 1, REGION_SIZE);
    void *block = malloc(BLOCK_SIZE);
    memset(block, 2, BLOCK_SIZE);
    wisp_log(WISP_LOG_INFO, is_filled(data, size, 7) ? "data" : "no data");
    wisp_log(WISP_LOG_INFO, is_filled(region, REGION_SIZE, 1) ? "region" : "no region");
    wisp_log(WISP_LOG_INFO, is_filled(block, BLOCK_SIZE, 2) ? "block" : "no block");
    wisp_region_free(region);
}
