#include "trust/date.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void dates_are_read_and_printed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},          {"1985-10-21T01:21:00Z", 498705660},
        {"2000-02-29T23:59:59Z", 951868799},  {"2038-01-19T03:14:08Z", INT64_C(2147483648)},
        {"2100-03-01T00:00:00Z", 4107542400}, {"9999-12-31T23:59:59Z", INT64_C(253402300799)},
    };
    char text[WISP_DATE_TEXT_SIZE];
    int64_t seconds;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(wisp_date_parse(cases[i].text, &seconds));
        assert_true(seconds == cases[i].seconds);
        assert_true(wisp_date_print(seconds, text));
        assert_string_equal(text, cases[i].text);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2030-01-01",
        "2030-01-01T00:00:00",
        "2030-01-01T00:00:00z",
        "2030-01-01T00:00:00ZZ",
        "2030-01-01 00:00:00Z",
        "2030-01-01T00:00:00.0Z",
        "2030-01-01T00:00:00+00:00",
        "2030-00-01T00:00:00Z",
        "2030-13-01T00:00:00Z",
        "2030-01-00T00:00:00Z",
        "2030-01-32T00:00:00Z",
        "2030-04-31T00:00:00Z",
        "2030-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2030-01-01T24:00:00Z",
        "2030-01-01T00:60:00Z",
        "2030-01-01T00:00:60Z",
        "1969-12-31T23:59:59Z",
        "+030-01-01T00:00:00Z",
        " 030-01-01T00:00:00Z",
        "2O30-01-01T00:00:00Z",
    };
    int64_t seconds;
    char text[WISP_DATE_TEXT_SIZE];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (wisp_date_parse(bad[i], &seconds))
            fail_msg("\"%s\" was taken for a date", bad[i]);
    assert_false(wisp_date_print(-1, text));
    assert_false(wisp_date_print(INT64_C(253402300800), text));
    assert_false(wisp_date_print(INT64_MAX, text));
}

/* Against the C library, over all years that both know. */
static void every_day_is_the_one_of_the_c_library(void **state)
{
    (void)state;
    char ours[WISP_DATE_TEXT_SIZE], theirs[32];
    const int64_t end = INT64_C(13569465600); /* 2400: the calendar repeats after 400 years */
    for (int64_t seconds = 12345; seconds < end; seconds += 86400 + 3607) {
        time_t when = (time_t)seconds;
        struct tm parts;
        int64_t back;
        assert_non_null(gmtime_r(&when, &parts));
        strftime(theirs, sizeof theirs, "%Y-%m-%dT%H:%M:%SZ", &parts);
        assert_true(wisp_date_print(seconds, ours));
        assert_true(strcmp(ours, theirs) == 0);
        assert_true(wisp_date_parse(theirs, &back));
        assert_true(back == seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_and_printed),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(every_day_is_the_one_of_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
