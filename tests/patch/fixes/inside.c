#include "fix.h"

WISP_ORIGINAL(with_callback)
int32_t original_with_callback(int32_t (*callback)(void *user), void *user);

static int32_t calls;

/* Returns how manieth call it is, of a million, and a million for what the callback returns and
 * the original adds. */
WISP_PATCH(with_callback) int32_t with_callback(int32_t (*callback)(void *user), void *user)
{
    volatile int32_t kept[8] = {7, 7, 7, 7, 7, 7, 7, 7}; /* on the patch's stack */
    int32_t number = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
    int32_t result = original_with_callback(callback, user) * 1000000 + number % 1000000;
    for (int i = 0; i < 8; i++)
        result += kept[i] - 7;
    return result;
}
