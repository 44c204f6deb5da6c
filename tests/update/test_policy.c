#include "update/policy.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

/* When devices ask again. Their ids are fixed, so every number here is. */

#define DEVICES 10000
#define HOUR_MS 3600000u

static const char *id_of(int device)
{
    static char id[24];
    snprintf(id, sizeof id, "device %d", device);
    return id;
}

static void an_interval_varies_by_a_tenth(void **state)
{
    (void)state;
    int tenths[10] = {0};
    for (int device = 0; device < DEVICES; device++) {
        uint64_t ms = wisp_interval_ms(id_of(device), 0, HOUR_MS);
        assert_in_range(ms, HOUR_MS - HOUR_MS / 10, HOUR_MS + HOUR_MS / 10);
        tenths[(ms - (HOUR_MS - HOUR_MS / 10)) * 10 / (HOUR_MS / 5 + 1)]++;
    }
    for (int i = 0; i < 10; i++) /* evenly: four standard deviations of 1,000 */
        assert_in_range(tenths[i], 880, 1120);
    assert_int_equal(wisp_interval_ms("d", 0, 1), 1);
}

static void a_device_has_its_own_times_which_do_not_change(void **state)
{
    (void)state;
    uint64_t sums[3] = {0};
    for (int device = 0; device < 3; device++)
        for (uint64_t turn = 0; turn < 100; turn++) {
            uint64_t ms = wisp_interval_ms(id_of(device), turn, HOUR_MS);
            assert_int_equal(ms, wisp_interval_ms(id_of(device), turn, HOUR_MS));
            sums[device] += ms;
        }
    assert_true(sums[0] != sums[1] && sums[1] != sums[2]);
    for (int device = 0; device < 3; device++) /* and is as often there as was asked for */
        assert_in_range(sums[device], 98 * (uint64_t)HOUR_MS, 102 * (uint64_t)HOUR_MS);
}

static void a_backoff_doubles_up_to_its_end(void **state)
{
    (void)state;
    uint32_t most = WISP_BACKOFF_S;
    for (uint32_t failures = 1; failures < 40; failures++) {
        for (int device = 0; device < 100; device++)
            assert_in_range(wisp_backoff_s(id_of(device), failures, 0), most / 2, most);
        most = most * 2 < WISP_BACKOFF_MAX_S ? most * 2 : WISP_BACKOFF_MAX_S;
    }
    assert_in_range(wisp_backoff_s("d", UINT32_MAX, 0), WISP_BACKOFF_MAX_S / 2,
                    WISP_BACKOFF_MAX_S);
    assert_int_equal(wisp_backoff_s("d", 1, 500), 500);
    assert_int_equal(wisp_backoff_s("d", 1, UINT32_MAX), WISP_WAIT_MAX_S);
}

static void the_next_check_comes_when_it_is_worth_the_while(void **state)
{
    (void)state;
    uint64_t usual = wisp_interval_ms("d", 4, HOUR_MS);
    static const struct {
        uint32_t retry_after_s, server_wait_s;
        uint64_t by_clock, otherwise; /* 0: the usual; never */
    } cases[] = {
        {0, 0, 0, WISP_NEVER_MS},
        {60, 0, 60000, 60000},
        {100000, 0, 0, 100000000}, /* a turn that is far away does not keep it from looking */
        {7200, 7200, 7200000, 7200000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_update_result result = {.retry_after_s = cases[i].retry_after_s,
                                     .server_wait_s = cases[i].server_wait_s};
        assert_true(wisp_next_check_ms("d", 4, HOUR_MS, &result) ==
                    (cases[i].by_clock ? cases[i].by_clock : usual));
        assert_true(wisp_next_check_ms("d", 4, 0, &result) == cases[i].otherwise);
    }
    assert_true(wisp_next_check_ms("d", 4, HOUR_MS, NULL) == usual);
}

static void a_download_in_vain_makes_checks_rarer(void **state)
{
    (void)state;
    uint64_t usual = wisp_interval_ms("d", 4, HOUR_MS);
    uint64_t rare = wisp_interval_ms("d", 4, 24 * HOUR_MS);
    for (uint32_t times = 0; times < 5; times++) {
        wisp_update_result result = {.in_vain = times};
        assert_true(wisp_next_check_ms("d", 4, HOUR_MS, &result) ==
                    usual << (times < 3 ? times : 3));
        assert_true(wisp_next_check_ms("d", 4, 24 * HOUR_MS, &result) == rare);
        assert_true(wisp_next_check_ms("d", 4, 0, &result) == WISP_NEVER_MS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interval_varies_by_a_tenth),
        cmocka_unit_test(a_device_has_its_own_times_which_do_not_change),
        cmocka_unit_test(a_backoff_doubles_up_to_its_end),
        cmocka_unit_test(the_next_check_comes_when_it_is_worth_the_while),
        cmocka_unit_test(a_download_in_vain_makes_checks_rarer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
