#ifndef WISP_TESTS_CMOCKA_H
#define WISP_TESTS_CMOCKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * What the engine's tests use of cmocka, for machines that cmocka has not been built for: the
 * same names with the same meaning. It prints TAP, and a test ends at its first failure.
 */

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
    int (*setup)(void **state), (*teardown)(void **state); /* may be NULL */
};

#define cmocka_unit_test(function)                                                               \
    {                                                                                            \
#function, function, NULL, NULL                                                          \
    }
#define cmocka_unit_test_setup_teardown(function, setup, teardown)                               \
    {                                                                                            \
#function, function, setup, teardown                                                     \
    }

#define cmocka_run_group_tests(tests, setup, teardown)                                           \
    cmocka_run(tests, sizeof(tests) / sizeof *(tests))

#define fail_msg(...) cmocka_fail(__FILE__, __LINE__, __VA_ARGS__)

#define assert_true(condition)     ((condition) ? (void)0 : fail_msg("expected %s", #condition))
#define assert_false(condition)    assert_true(!(condition))
#define assert_non_null(pointer)   assert_true((pointer) != NULL)
#define assert_null(pointer)       assert_true((pointer) == NULL)
#define assert_ptr_equal(a, b)     assert_true((const void *)(a) == (const void *)(b))
#define assert_ptr_not_equal(a, b) assert_true((const void *)(a) != (const void *)(b))
#define assert_int_not_equal(a, b) assert_true((uintmax_t)(a) != (uintmax_t)(b))
#define assert_in_range(value, low, high)                                                        \
    assert_true((uintmax_t)(value) >= (uintmax_t)(low) && (uintmax_t)(value) <= (uintmax_t)(high))
#define assert_string_not_equal(a, b)       assert_true(strcmp(a, b) != 0)
#define assert_memory_equal(a, b, size)     assert_true(memcmp(a, b, size) == 0)
#define assert_memory_not_equal(a, b, size) assert_true(memcmp(a, b, size) != 0)
#define assert_int_equal(a, b)                                                                   \
    cmocka_check_int((uintmax_t)(a), (uintmax_t)(b), #a, __FILE__, __LINE__)
#define assert_string_equal(a, b) cmocka_check_string(a, b, #a, __FILE__, __LINE__)

/* Runs [count] tests and returns how many failed. */
int cmocka_run(const struct CMUnitTest *tests, size_t count);

/* Ends the test that runs. */
__attribute__((noreturn, format(printf, 3, 4))) void cmocka_fail(const char *file, int line,
                                                                 const char *format, ...);

/* Ends it as one that does not apply here. */
__attribute__((noreturn)) void skip(void);

/* They end it unless what they say holds; [what] is its source text. */
void cmocka_check_int(uintmax_t found, uintmax_t wanted, const char *what, const char *file,
                      int line);
void cmocka_check_string(const char *found, const char *wanted, const char *what,
                         const char *file, int line);

#endif
