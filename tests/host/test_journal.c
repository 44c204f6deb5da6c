#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "host/journal.h"

/* What is kept of a probation, without modules. */

static const wisp_allocator *const allocator = &wisp_allocator_default;

static wisp_status append(wisp_journal *journal, uint64_t size_max, const char *text)
{
    char bytes[32];
    size_t size = strlen(text);
    memcpy(bytes, text, size);
    wisp_entry entry = {.kind = WISP_ENTRY_MESSAGE,
                        .type = (uint32_t)size,
                        .bytes = {(const uint8_t *)bytes, size}};
    wisp_status status = wisp_journal_append(journal, allocator, size_max, &entry, true);
    memset(bytes, 'x', sizeof bytes); /* it is the journal's copy that counts */
    return status;
}

static void expect(wisp_journal *journal, const char *text)
{
    wisp_journal_item *item = wisp_journal_pop(journal);
    assert_non_null(item);
    assert_true(item->was_handled);
    assert_int_equal(item->entry.kind, WISP_ENTRY_MESSAGE);
    assert_int_equal(item->entry.type, strlen(text));
    assert_int_equal(item->entry.bytes.size, strlen(text));
    assert_memory_equal(item->entry.bytes.data, text, strlen(text));
    wisp_journal_item_free(item, allocator);
}

static void entries_come_out_as_they_went_in(void **state)
{
    (void)state;
    wisp_journal journal = {0};
    assert_int_equal(append(&journal, 10000, "one"), WISP_OK);
    assert_int_equal(append(&journal, 10000, ""), WISP_OK);
    assert_int_equal(append(&journal, 10000, "three"), WISP_OK);
    assert_int_equal(journal.len, 3);
    expect(&journal, "one");
    expect(&journal, "");
    assert_int_equal(append(&journal, 10000, "four"), WISP_OK);
    expect(&journal, "three");
    expect(&journal, "four");
    assert_null(wisp_journal_pop(&journal));
    assert_int_equal(journal.len, 0);
    assert_int_equal(journal.size, 0);
}

static void an_entry_over_the_limit_changes_nothing(void **state)
{
    (void)state;
    wisp_journal journal = {0};
    uint64_t size_of_two = 2 * sizeof(wisp_journal_item) + 10;
    assert_int_equal(append(&journal, size_of_two, "12345"), WISP_OK);
    assert_int_equal(append(&journal, size_of_two, "123456"), WISP_LIMIT);
    assert_int_equal(append(&journal, size_of_two, "12345"), WISP_OK);
    assert_int_equal(append(&journal, size_of_two, ""), WISP_LIMIT);
    assert_int_equal(append(&journal, 0, ""), WISP_LIMIT);
    assert_int_equal(journal.len, 2);
    assert_int_equal(journal.size, size_of_two);
    wisp_journal_clear(&journal, allocator);
    assert_int_equal(journal.len, 0);
    assert_int_equal(journal.size, 0);
}

static void *refuse(void *user, void *old, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old;
    (void)old_size;
    (void)new_size;
    return NULL;
}

static void without_memory_it_is_as_it_was(void **state)
{
    (void)state;
    wisp_allocator none = {refuse, NULL};
    wisp_journal journal = {0};
    wisp_entry entry = {.kind = WISP_ENTRY_TASK};
    assert_int_equal(wisp_journal_append(&journal, &none, 10000, &entry, true), WISP_NO_MEMORY);
    assert_int_equal(journal.len, 0);
    assert_null(wisp_journal_pop(&journal));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_out_as_they_went_in),
        cmocka_unit_test(an_entry_over_the_limit_changes_nothing),
        cmocka_unit_test(without_memory_it_is_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
