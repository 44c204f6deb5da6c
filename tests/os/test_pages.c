#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "os/pages.h"

enum { SIZE = 64 * 1024 };

static void committed_pages_are_zero_and_stay_in_place(void **state)
{
    (void)state;
    uint8_t *base = wisp_pages_reserve(100 * SIZE);
    assert_non_null(base);
    assert_true(wisp_pages_commit(base, 0, SIZE));
    assert_int_equal(base[0] | base[SIZE - 1], 0);
    memset(base, 1, SIZE);
    assert_true(wisp_pages_commit(base, SIZE, 100 * SIZE));
    assert_int_equal(base[SIZE - 1], 1);
    assert_int_equal(base[SIZE] | base[100 * SIZE - 1], 0);
    base[100 * SIZE - 1] = 2;
    wisp_pages_release(base, 100 * SIZE);
}

static void any_number_of_bytes_can_be_committed(void **state)
{
    (void)state;
    uint8_t *base = wisp_pages_reserve(SIZE + 1);
    assert_non_null(base);
    for (size_t size = 0; size <= SIZE; size += 1000) {
        assert_true(wisp_pages_commit(base, size ? size - 1000 : 0, size));
        if (size)
            base[size - 1] = 1;
    }
    assert_true(wisp_pages_commit(base, SIZE, SIZE + 1));
    base[SIZE] = 1;
    wisp_pages_release(base, SIZE + 1);
}

static void more_than_there_is_is_refused(void **state)
{
    (void)state;
    assert_null(wisp_pages_reserve(SIZE_MAX));
    assert_null(wisp_pages_reserve(SIZE_MAX - 1024 * 1024));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(committed_pages_are_zero_and_stay_in_place),
        cmocka_unit_test(any_number_of_bytes_can_be_committed),
        cmocka_unit_test(more_than_there_is_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
