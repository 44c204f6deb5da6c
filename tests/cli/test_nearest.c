#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "args.h"

#include <string.h>

static const char *const names[] = {"init", "publish", "refresh", "serve", "status", "run"};

static const char *nearest(const char *typed)
{
    const char *found = nearest_name(typed, names, sizeof names / sizeof *names);
    return found ? found : "none";
}

static void a_slip_of_the_finger_is_guessed(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *meant;
    } cases[] = {
        {"publsh", "publish"}, {"pubilsh", "publish"}, {"pulbish", "publish"},
        {"pub", "publish"},    {"inti", "init"},       {"sevre", "serve"},
        {"stat", "status"},    {"runn", "run"},        {"refrehs", "refresh"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(nearest(cases[i].typed), cases[i].meant);
}

static void another_word_is_not(void **state)
{
    (void)state;
    static const char *const typed[] = {
        "",
        "frobnicate",
        "x",
        "deploy-everything",
        "\xff\xff\xff\xff",
        "a-word-that-is-longer-than-any-name-could-ever-be",
    };
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
        assert_string_equal(nearest(typed[i]), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slip_of_the_finger_is_guessed),
        cmocka_unit_test(another_word_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
