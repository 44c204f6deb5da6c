#include "fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

device d;

int setup_device(void **state)
{
    (void)state;
    device_init(&d);
    return 0;
}

int teardown_device(void **state)
{
    (void)state;
    device_deinit(&d);
    return 0;
}

void open_device(void)
{
    assert_int_equal(device_open(&d), WISP_OK);
}

void reopen(void)
{
    device_crash(&d, SURVIVES_SYNCED);
    open_device();
}
