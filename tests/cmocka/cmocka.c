#include "cmocka.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

/* Where a test goes that ends before its end, and as what. */
static jmp_buf ended;
static enum { RAN, FAILED, SKIPPED } outcome;

void cmocka_fail(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("# %s:%d: ", file, line);
    vprintf(format, args);
    printf("\n");
    va_end(args);
    outcome = FAILED;
    longjmp(ended, 1);
}

void skip(void)
{
    outcome = SKIPPED;
    longjmp(ended, 1);
}

void cmocka_check_int(uintmax_t found, uintmax_t wanted, const char *what, const char *file,
                      int line)
{
    if (found != wanted)
        cmocka_fail(file, line, "%s: expected %#" PRIxMAX ", found %#" PRIxMAX, what, wanted,
                    found);
}

void cmocka_check_string(const char *found, const char *wanted, const char *what,
                         const char *file, int line)
{
    if (strcmp(found, wanted) != 0)
        cmocka_fail(file, line, "%s: expected '%s', found '%s'", what, wanted, found);
}

/* Runs a test and its teardown, which it has even if it failed. */
static int run(const struct CMUnitTest *test)
{
    void *state = NULL;
    if (test->setup && test->setup(&state) != 0)
        return FAILED;
    outcome = RAN;
    if (setjmp(ended) == 0)
        test->run(&state);
    return !test->teardown || test->teardown(&state) == 0 ? (int)outcome : FAILED;
}

int cmocka_run(const struct CMUnitTest *tests, size_t count)
{
    int failures = 0;
    printf("1..%zu\n", count);
    for (size_t i = 0; i < count; i++) {
        int end = run(&tests[i]);
        failures += end == FAILED;
        printf("%sok %zu - %s%s\n", end == FAILED ? "not " : "", i + 1, tests[i].name,
               end == SKIPPED ? " # SKIP" : "");
        fflush(stdout);
    }
    return failures;
}
