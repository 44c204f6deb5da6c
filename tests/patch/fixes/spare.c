#include "fix.h"

WISP_PATCH(spare) int32_t spare(void)
{
    return 70;
}
