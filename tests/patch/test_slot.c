#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "subjects.h"

static uint64_t plus_a_hundred(uint64_t number)
{
    return number + 100;
}

/* Whether [write] is made for the place where the sled of [subject] is. */
static bool is_for(wisp_patch_write write, const patch_subject *subject)
{
    size_t max = write == WISP_PATCH_WRITE_PROC_MEM ? 8 : 16;
    return write == WISP_PATCH_WRITE_PAGE_SWAP || (subject->block != 0 && subject->block <= max);
}

static bool has_sled(const patch_subject *subject)
{
    return strcmp(subject->name, "subject_plain") != 0;
}

static void check_attach(const wisp_patch_text *text, wisp_patch_write write,
                         const patch_subject *subject)
{
    uint8_t before[WISP_PATCH_ENTRY_MAX], after[WISP_PATCH_ENTRY_MAX];
    subject_function(subject, before);
    wisp_patch_slot *slot = subject_open(text, subject, plus_a_hundred);
    assert_int_equal(subject->call(1), 2); /* opening it changes nothing */
    wisp_error err = {0};
    wisp_status status = wisp_patch_slot_attach(text, slot, &err);
    if (!is_for(write, subject)) {
        assert_int_equal(status, WISP_UNSUPPORTED);
        assert_int_equal(subject->call(1), 2);
        return;
    }
    assert_string_equal(err.text, "");
    assert_int_equal(status, WISP_OK);
    wisp_patch_text_settle(text);
    assert_int_equal(subject->call(1), 101);
    assert_int_equal(subject_original(slot, 1), 2);
    assert_int_equal(wisp_patch_slot_attach(text, slot, NULL), WISP_OK); /* again */
    assert_int_equal(wisp_patch_slot_detach(text, slot, NULL), WISP_OK);
    wisp_patch_text_settle(text);
    assert_int_equal(subject->call(1), 2);
    assert_int_equal(wisp_patch_slot_detach(text, slot, NULL), WISP_OK); /* again */
    subject_function(subject, after);
    assert_memory_equal(before, after, 12);
}

static void attach_all(wisp_patch_write write)
{
    wisp_patch_text text = subject_text(write);
    for (const patch_subject *at = subjects; at->name; at++)
        if (has_sled(at))
            check_attach(&text, write, at);
}

static void proc_mem_diverts_and_puts_back_byte_by_byte(void **state)
{
    (void)state;
    attach_all(WISP_PATCH_WRITE_PROC_MEM);
}

static void store_diverts_and_puts_back_byte_by_byte(void **state)
{
    (void)state;
    attach_all(WISP_PATCH_WRITE_STORE);
}

static void page_swap_diverts_and_puts_back_byte_by_byte(void **state)
{
    (void)state;
    attach_all(WISP_PATCH_WRITE_PAGE_SWAP);
}

static void the_best_way_is_found_for_each_place(void **state)
{
    (void)state;
    wisp_patch_text text = subject_text(WISP_PATCH_WRITE_BEST);
    for (const patch_subject *at = subjects; at->name; at++)
        if (has_sled(at))
            check_attach(&text, WISP_PATCH_WRITE_PAGE_SWAP, at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proc_mem_diverts_and_puts_back_byte_by_byte),
        cmocka_unit_test(store_diverts_and_puts_back_byte_by_byte),
        cmocka_unit_test(page_swap_diverts_and_puts_back_byte_by_byte),
        cmocka_unit_test(the_best_way_is_found_for_each_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
