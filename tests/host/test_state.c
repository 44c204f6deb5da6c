#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "host/version/state.h"

/* How a state grows, without modules. */

static wisp_status append(wisp_state *s, const char *text)
{
    wisp_bytes bytes = {(const uint8_t *)text, strlen(text)};
    return wisp_state_append(s, &wisp_allocator_default, 10, bytes);
}

static void a_state_is_what_was_appended(void **state)
{
    (void)state;
    wisp_state s = {0};
    assert_int_equal(append(&s, "01234"), WISP_OK);
    assert_int_equal(append(&s, ""), WISP_OK);
    assert_int_equal(append(&s, "56789"), WISP_OK);
    assert_int_equal(s.size, 10);
    assert_memory_equal(s.data, "0123456789", 10);
    wisp_state_clear(&s, &wisp_allocator_default);
    assert_int_equal(s.size, 0);
    assert_null(s.data);
}

static void after_a_refusal_all_is_refused(void **state)
{
    (void)state;
    wisp_state s = {0};
    assert_int_equal(append(&s, "01234"), WISP_OK);
    assert_int_equal(append(&s, "567890"), WISP_LIMIT);
    assert_int_equal(append(&s, "5"), WISP_LIMIT);
    assert_int_equal(append(&s, ""), WISP_LIMIT);
    assert_int_equal(s.size, 5);
    wisp_state_clear(&s, &wisp_allocator_default);
    assert_int_equal(append(&s, "5"), WISP_OK);
    wisp_state_clear(&s, &wisp_allocator_default);
}

static void *refuse(void *user, void *old, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old;
    (void)old_size;
    (void)new_size;
    return NULL;
}

static void without_memory_it_is_refused(void **state)
{
    (void)state;
    wisp_allocator none = {refuse, NULL};
    wisp_state s = {0};
    wisp_bytes bytes = {(const uint8_t *)"0", 1};
    assert_int_equal(wisp_state_append(&s, &none, 10, bytes), WISP_NO_MEMORY);
    assert_int_equal(append(&s, "0"), WISP_NO_MEMORY);
    wisp_state_clear(&s, &wisp_allocator_default);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_is_what_was_appended),
        cmocka_unit_test(after_a_refusal_all_is_refused),
        cmocka_unit_test(without_memory_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
