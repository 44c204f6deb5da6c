#include "ration.h"
#include "symbols_report.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

/* What `wisp symbols --json` says when there is no memory for it: nothing, rather than a part. */

static const char *folder;

static wisp_symbols *open_program(void)
{
    char path[512];
    wisp_error err;
    wisp_symbols *symbols;
    snprintf(path, sizeof path, "%s/gcc_O2", folder);
    if (wisp_symbols_open(NULL, path, &symbols, &err))
        fail_msg("%s", err.text);
    return symbols;
}

static void half_an_answer_is_none(void **state)
{
    (void)state;
    wisp_error err;
    ration r = {0};
    symbols_subject subject = {.symbols = open_program(), .kept = "store"};
    /* One function, inlined somewhere: it has all that others have. */
    assert_int_equal(wisp_symbols_find_function(subject.symbols, "somewhere", &subject.one, &err),
                     WISP_OK);
    ration_json(&r);
    wisp_json *whole = symbols_json(&subject);
    int64_t live = r.live;
    assert_non_null(whole);
    uint64_t n = 1;
    for (;; n++) {
        ration_refuse(&r, n);
        wisp_json *object = symbols_json(&subject);
        bool has_struck = ration_struck(&r);
        ration_refuse(&r, 0);
        assert_true(object || has_struck);
        /* A text that is refused is tried again, as one that is no UTF-8. */
        assert_true(!object || wisp_json_equal(object, whole));
        wisp_json_free(object);
        assert_int_equal(r.live, live);
        if (!has_struck)
            break;
    }
    assert_true(n > 100);
    wisp_json_free(whole);
    assert_int_equal(r.live, 0);
    ration_json(NULL);
    wisp_symbols_close((wisp_symbols *)(uintptr_t)subject.symbols);
}

int main(int argc, char **argv)
{
    folder = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_an_answer_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
