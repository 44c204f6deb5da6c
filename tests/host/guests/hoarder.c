#include <stdlib.h>

#include "wisp.h"

#include "commands.h"

/* Allocates as many bytes as it is told, and frees them all again. */

WISP_MODULE(1)

enum { BLOCKS_MAX = 16 };

static void *blocks[BLOCKS_MAX];
static uint32_t len;

int wisp_start(void)
{
    return WISP_OK;
}

void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    struct command c = {0};
    memcpy(&c, data, size < sizeof c ? size : sizeof c);
    if (channel == ALLOCATE && len < BLOCKS_MAX)
        blocks[len++] = malloc(c.a);
    while (channel == FREE && len > 0)
        free(blocks[--len]);
}
