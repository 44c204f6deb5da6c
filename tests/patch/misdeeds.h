#ifndef WISP_TESTS_PATCH_MISDEEDS_H
#define WISP_TESTS_PATCH_MISDEEDS_H

/* What fixes/faults.c does wrong in add(), by its first argument. */
typedef enum misdeed {
    NO_MISDEED,
    UNREACHABLE,
    ENDLESS,
    RECURSION,
    OVERRUN,
    TOUCH_NULL,
    TOUCH_NEAR_NULL,
    TOUCH_NOWHERE,
    TOUCH_KERNEL,
    TOUCH_NO_ADDRESS,
    WRITE_CONSTANT,
    WRITE_TEXT,
    WRITE_ORDER, /* none, if it is granted */
    READ_NEXT,   /* likewise */
    FAIL_LATE
} misdeed;

#endif
