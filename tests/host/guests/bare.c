/* A module that has nothing but a start, and a state that the host copies. */

#include <wisp.h>

WISP_MODULE(1)

struct bare {
    uint32_t count;
};

WISP_STATE(struct bare)

int wisp_start(void)
{
    return WISP_OK;
}
