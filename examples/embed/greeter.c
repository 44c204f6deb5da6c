#include <wisp.h>

WISP_MODULE(1)

static char answer[64] = "hello, ";

int wisp_start(void)
{
    return WISP_OK;
}

void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    if (size <= sizeof answer - 7) {
        memcpy(answer + 7, data, size);
        wisp_send(channel, answer, 7 + size);
    }
}
