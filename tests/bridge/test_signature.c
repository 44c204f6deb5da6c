#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "../words.h"
#include "bridge/signature.h"

static void every_kind_becomes_a_plain_signature(void **state)
{
    (void)state;
    static const struct {
        const char *text, *plain32, *plain64;
    } cases[] = {
        {"()", "()", "()"},
        {"(iIfFce)iIfFce", "(iIfFce)iIfFce", "(iIfFce)iIfFce"},
        {"(z)z", "(i)i", "(I)I"},
        {"( i  z )", "(ii)", "(iI)"},
        {"(<16 >1 <>8)", "(iii)", "(III)"},
        {"(<[1] z)", "(ii)", "(II)"},
        {"(i <8[0]@8?)i", "(ii)i", "(iI)i"},
        {"($ $256! $?)", "(iii)", "(III)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_signature s;
        assert_int_equal(wisp_signature_parse(cases[i].text, 'i', &s, NULL), WISP_OK);
        assert_string_equal(s.plain, cases[i].plain32);
        assert_int_equal(wisp_signature_parse(cases[i].text, 'I', &s, NULL), WISP_OK);
        assert_string_equal(s.plain, cases[i].plain64);
    }
}

static void a_pointer_says_what_it_is(void **state)
{
    (void)state;
    wisp_signature s;
    assert_int_equal(wisp_signature_parse("(<>12[1]@4? z >7! $99)", 'i', &s, NULL), WISP_OK);
    assert_int_equal(s.param_count, 4);
    const wisp_param *p = s.params;
    assert_int_equal(p[0].kind, WISP_PARAM_BYTES);
    assert_true(p[0].is_read && p[0].is_written);
    assert_int_equal(p[0].size, 12);
    assert_int_equal(p[0].count_at, 1);
    assert_int_equal(p[0].alignment, 4);
    assert_int_equal(p[0].null, WISP_NULL_ALLOWED);
    assert_int_equal(p[1].kind, WISP_PARAM_SIZE);
    assert_true(!p[2].is_read && p[2].is_written);
    assert_int_equal(p[2].size, 7);
    assert_int_equal(p[2].count_at, WISP_PARAM_NO_COUNT);
    assert_int_equal(p[2].alignment, 1);
    assert_int_equal(p[2].null, WISP_NULL_REFUSED);
    assert_int_equal(p[3].kind, WISP_PARAM_TEXT);
    assert_int_equal(p[3].size, 99);
}

static void what_is_no_signature_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"", "ends, expected '('"},
        {"i)", "'i' at letter 0, expected '('"},
        {"(i", "ends, expected ')'"},
        {"(<)", "')' at letter 2, expected a size or '['"},
        {"(<0)", "')' at letter 3, expected a size other than 0 before it"},
        {"(<0[0])", "expected a size other than 0 before it"},
        {"(<[])", "']' at letter 3, expected the parameter that counts"},
        {"(<[16])", "expected the parameter that counts"},
        {"(<[1 z)", "' ' at letter 4, expected ']'"},
        {"(<1234567890)", "'0' at letter 11, expected a smaller number"},
        {"(<4@3)", "')' at letter 5, expected 2, 4, 8 or 16 before it"},
        {"(<4@32)", "expected 2, 4, 8 or 16 before it"},
        {"(<4@)", "expected 2, 4, 8 or 16 before it"},
        {"(<[1])", "parameter 1, which counts for 0, is no i, I or z"},
        {"(<[0])", "parameter 0, which counts for 0, is no i, I or z"},
        {"(<[1] f)", "parameter 1, which counts for 0, is no i, I or z"},
        {"(<[1] $)", "parameter 1, which counts for 0, is no i, I or z"},
        {"(iiiiiiiiiiiiiiiii)", "expected ')' after 16 parameters"},
        {"()iiiiiiiiiiiiiiiii", "expected no more than 16 results"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_signature s;
        wisp_error err;
        assert_int_equal(wisp_signature_parse(cases[i].text, 'i', &s, &err), WISP_INVALID);
        if (!words_say(err.text, cases[i].said))
            fail_msg("%s: %s", cases[i].text, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_becomes_a_plain_signature),
        cmocka_unit_test(a_pointer_says_what_it_is),
        cmocka_unit_test(what_is_no_signature_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
