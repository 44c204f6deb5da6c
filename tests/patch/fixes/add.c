#include "fix.h"

WISP_ORIGINAL(add) int32_t original_add(int32_t a, int32_t b);

static int32_t calls;

/* An argument and the result are changed; a variable of the patch's own counts calls. */
WISP_PATCH(add) int32_t add(int32_t a, int32_t b)
{
    calls++;
    return original_add(a, b + 1) * 1000 + calls;
}
