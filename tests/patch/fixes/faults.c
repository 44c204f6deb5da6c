#include "fix.h"

#include "misdeeds.h"

WISP_ORIGINAL(add) int32_t original_add(int32_t a, int32_t b);
WISP_PROGRAM(first_order) order *first_order(void);

extern const char g_title[7];
WISP_GLOBAL(g_title);
#define g_title WISP_AT(g_title)

extern int32_t (*const hidden_function)(int32_t n);
WISP_GLOBAL(hidden_function);
#define hidden_function WISP_AT(hidden_function)

static volatile int32_t sink;

static int32_t recurse(int32_t n)
{
    return n == sink ? 0 : recurse(n + 1) + sink;
}

/* Uses memory, not slots of the engine. */
static int32_t overrun(int32_t n)
{
    volatile char room[3000];
    for (int i = 0; i < 3000; i++)
        room[i] = (char)n;
    return n == 0 ? room[7] : overrun(n - 1) + room[n % 3000];
}

static int32_t touch(uint64_t address)
{
    return *(volatile int32_t *)address;
}

static int32_t write(uint64_t address)
{
    *(volatile int32_t *)address = 1;
    return 0;
}

WISP_PATCH(add) int32_t add(int32_t misdeed, int32_t b)
{
    switch (misdeed) {
    case UNREACHABLE:
        __builtin_trap();
    case ENDLESS:
        while (sink == 0)
            sink = 0;
        return 0;
    case RECURSION:
        return recurse(1);
    case OVERRUN:
        return overrun(20);
    case TOUCH_NULL:
        return touch(0);
    case TOUCH_NEAR_NULL:
        return touch(4092);
    case TOUCH_NOWHERE:
        return touch(UINT64_C(0x123456789000));
    case TOUCH_KERNEL:
        return touch(UINT64_C(0xffff800000001000));
    case TOUCH_NO_ADDRESS:
        return touch(UINT64_C(0x8765432187654321));
    case WRITE_CONSTANT:
        return write((uintptr_t)g_title);
    case WRITE_TEXT:
        return write((uintptr_t)hidden_function);
    case WRITE_ORDER:
        first_order()->quantity = 77;
        return first_order()->quantity;
    case READ_NEXT:
        return first_order()->next->id;
    case FAIL_LATE:
        original_add(misdeed, b + 1);
        __builtin_trap();
    default:
        return original_add(misdeed, b);
    }
}
