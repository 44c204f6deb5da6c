#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ramp_text.h"

static void shares_and_ramps_are_read(void **state)
{
    static const struct {
        const char *text;
        wisp_ramp expected;
    } cases[] = {
        {"5%", {500, 500, 0}},
        {"100%", {10000, 10000, 0}},
        {"0%", {0, 0, 0}},
        {"0.5%", {50, 50, 0}},
        {"0.25%", {25, 25, 0}},
        {"12.05%", {1205, 1205, 0}},
        {"5%..100%/48h", {500, 10000, 48}},
        {"0%..0.01%/1h", {0, 1, 1}},
        {"0%..100%/8760h", {0, 10000, 8760}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_ramp found;
        if (!ramp_parse(cases[i].text, &found))
            fail_msg("%s", cases[i].text);
        assert_memory_equal(&found, &cases[i].expected, sizeof found);
    }
}

static void what_is_no_share_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "5",
        "%",
        "101%",
        "100.01%",
        "-5%",
        "5 %",
        "5%%",
        "5.%",
        ".5%",
        "0.125%",
        "5%..",
        "5%..10%",
        "5%..10%/h",
        "5%..10%/48",
        "10%..5%/48h",
        "5%..5%/48h",
        "5%..10%/0h",
        "5%..10%/8761h",
        "5%..10%/48hh",
        "99999999999999999999%",
        "5%-10%/48h",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_ramp found;
        if (ramp_parse(cases[i], &found))
            fail_msg("'%s' was read", cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_and_ramps_are_read),
        cmocka_unit_test(what_is_no_share_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
