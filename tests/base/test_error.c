#include "../words.h"
#include "base/error.h"

#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static void every_status_has_a_name_of_its_own(void **state)
{
    (void)state;
    static const struct {
        wisp_status status;
        const char *name;
    } statuses[] = {
#define X(number, name, text) {WISP_##name, text},
        WISP_STATUSES(X)
#undef X
    };
    size_t len = sizeof statuses / sizeof *statuses;
    for (size_t i = 0; i < len; i++) {
        assert_string_equal(wisp_status_name(statuses[i].status), statuses[i].name);
        for (size_t k = i + 1; k < len; k++) {
            assert_string_not_equal(statuses[i].name, statuses[k].name);
            assert_int_not_equal(statuses[i].status, statuses[k].status);
        }
    }
}

static void ok_is_zero(void **state)
{
    (void)state;
    assert_int_equal(WISP_OK, 0);
    assert_string_equal(wisp_status_name(WISP_OK), "ok");
}

static void a_number_that_is_no_status_is_unknown(void **state)
{
    (void)state;
    assert_string_equal(wisp_status_name((wisp_status)9999), "unknown");
}

static void fail_fills_the_error_and_returns_the_status(void **state)
{
    (void)state;
    wisp_error err = {.offset = 7};
    assert_int_equal(wisp_fail(&err, WISP_NOT_FOUND, "no export '%s'", "run"), WISP_NOT_FOUND);
    assert_int_equal(err.status, WISP_NOT_FOUND);
    assert_true(err.offset == WISP_NO_OFFSET);
    assert_true(words_are(err.text, "no export 'run'"));
}

static void fail_at_keeps_the_place(void **state)
{
    (void)state;
    wisp_error err;
    wisp_status status = wisp_fail_at(&err, WISP_MALFORMED, 4211, "section %d ends early", 10);
    assert_int_equal(status, WISP_MALFORMED);
    assert_true(err.offset == 4211);
    assert_true(words_are(err.text, "section 10 ends early"));
}

static void fail_memory_says_how_much(void **state)
{
    (void)state;
    wisp_error err;
    assert_int_equal(wisp_fail_memory(&err, 4096), WISP_NO_MEMORY);
    assert_true(words_are(err.text, "out of memory: 4096 bytes refused"));
}

static void a_text_too_long_is_cut_and_terminated(void **state)
{
    (void)state;
    char longer[2 * WISP_ERROR_TEXT_MAX];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    wisp_error err;
    wisp_fail(&err, WISP_INVALID, "%s", longer);
    assert_true(WORDS_ARE_LEFT_OUT || strlen(err.text) == WISP_ERROR_TEXT_MAX - 1);
}

static void no_error_wanted_is_fine(void **state)
{
    (void)state;
    assert_int_equal(wisp_fail(NULL, WISP_IO, "gone"), WISP_IO);
    assert_int_equal(wisp_fail_at(NULL, WISP_LIMIT, 1, "gone"), WISP_LIMIT);
    assert_int_equal(wisp_fail_memory(NULL, 1), WISP_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_name_of_its_own),
        cmocka_unit_test(ok_is_zero),
        cmocka_unit_test(a_number_that_is_no_status_is_unknown),
        cmocka_unit_test(fail_fills_the_error_and_returns_the_status),
        cmocka_unit_test(fail_at_keeps_the_place),
        cmocka_unit_test(fail_memory_says_how_much),
        cmocka_unit_test(a_text_too_long_is_cut_and_terminated),
        cmocka_unit_test(no_error_wanted_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
