#include "fix.h"

WISP_PATCH(left) int32_t left(void)
{
    return 2;
}

WISP_PATCH(right) int32_t right(void)
{
    return 2;
}
