#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "faulty_self.h"
#include "subjects.h"

static uint64_t plus_a_hundred(uint64_t number)
{
    return number + 100;
}

/* ------------------------------------------------------------------ there and back */

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
    assert_memory_equal(subject_found(subject), subject_built(subject), SUBJECT_SIZE);
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

static void a_thunk_leads_elsewhere_and_back(void **state)
{
    (void)state;
    wisp_patch_text text = subject_text(WISP_PATCH_WRITE_BEST);
    uint64_t (*before)(uint64_t) = subject_pointer;
    wisp_patch_slot *slot = subject_open_thunk(&text, plus_a_hundred);
    assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_OK);
    assert_int_equal(subject_thunk(1), 101);
    assert_int_equal(subject_original(slot, 1), 2);
    assert_ptr_equal(slot, subject_open_thunk(&text, plus_a_hundred));
    assert_int_equal(wisp_patch_slot_detach(&text, slot, NULL), WISP_OK);
    assert_int_equal(subject_thunk(1), 2);
    assert_true(subject_pointer == before);
}

static void a_function_has_one_slot_however_often_it_is_opened(void **state)
{
    (void)state;
    wisp_patch_text text = subject_text(WISP_PATCH_WRITE_BEST);
    wisp_patch_slot *gcc = subject_open(&text, subject_named("subject_gcc"), plus_a_hundred);
    wisp_patch_slot *clang = subject_open(&text, subject_named("subject_clang"), plus_a_hundred);
    assert_int_not_equal(gcc->index, clang->index);
    for (int i = 0; i < 2; i++) {
        assert_ptr_equal(gcc, subject_open(&text, subject_named("subject_gcc"), plus_a_hundred));
        assert_int_equal(wisp_patch_slot_attach(&text, gcc, NULL), WISP_OK);
    }
    assert_int_equal(wisp_patch_slot_detach(&text, gcc, NULL), WISP_OK);
}

/* ------------------------------------------------------------------ refusals */

static void text_that_is_not_as_built_is_refused(void **state)
{
    (void)state;
    wisp_patch_text text = subject_text(WISP_PATCH_WRITE_BEST);
    const patch_subject *subject = subject_named("subject_marked");
    for (size_t i = 0; i < SUBJECT_SIZE; i++) {
        uint8_t entry[SUBJECT_SIZE];
        wisp_patch_function function = subject_function(subject, entry);
        wisp_patch_slot *slot;
        entry[i] ^= 1;
        wisp_status status = subject_try_open(&text, &function, &slot, NULL);
        assert_true(status == WISP_MISMATCH || status == WISP_UNSUPPORTED);
    }
    assert_int_equal(subject->call(1), 2);
}

static void a_function_without_a_sled_is_refused(void **state)
{
    (void)state;
    wisp_patch_text text = subject_text(WISP_PATCH_WRITE_BEST);
    uint8_t entry[SUBJECT_SIZE];
    wisp_patch_function function = subject_function(subject_named("subject_plain"), entry);
    wisp_patch_slot *slot;
    assert_int_equal(subject_try_open(&text, &function, &slot, NULL), WISP_UNSUPPORTED);
}

static void an_entry_that_is_no_code_is_refused(void **state)
{
    (void)state;
    wisp_patch_text text = subject_text(WISP_PATCH_WRITE_BEST);
    uint8_t entry[SUBJECT_SIZE];
    wisp_patch_function good = subject_function(subject_named("subject_gcc"), entry), bad;
    wisp_patch_slot *slot;
    bad = good;
    bad.address = 0; /* the header of the file */
    assert_int_equal(subject_try_open(&text, &bad, &slot, NULL), WISP_MISMATCH);
    bad.address = UINT64_MAX;
    assert_int_equal(subject_try_open(&text, &bad, &slot, NULL), WISP_MISMATCH);
    bad = good;
    bad.entry.size = wisp_patch_sled_size - 1;
    assert_int_equal(subject_try_open(&text, &bad, &slot, NULL), WISP_MALFORMED);
    bad = good;
    bad.sled = UINT32_MAX;
    assert_int_equal(subject_try_open(&text, &bad, &slot, NULL), WISP_MALFORMED);
}

static void a_pointer_that_is_none_is_refused(void **state)
{
    (void)state;
    static uintptr_t no_function = 1234;
    wisp_patch_text text = subject_text(WISP_PATCH_WRITE_BEST);
    wisp_patch_function good = subject_thunk_function(), bad = good;
    wisp_patch_slot *slot;
    bad.address = (uintptr_t)&no_function - subject_image().base;
    assert_int_equal(subject_try_open(&text, &bad, &slot, NULL), WISP_MISMATCH);
    bad.address = good.address + 1;
    assert_int_equal(subject_try_open(&text, &bad, &slot, NULL), WISP_MISMATCH);
    bad.address = 0;
    assert_int_equal(subject_try_open(&text, &bad, &slot, NULL), WISP_MISMATCH);
}

static void a_pointer_that_others_have_set_stays_as_it_is(void **state)
{
    (void)state;
    wisp_patch_text text = subject_text(WISP_PATCH_WRITE_BEST);
    wisp_patch_slot *slot = subject_open_thunk(&text, plus_a_hundred), *again;
    wisp_patch_function function = subject_thunk_function();
    uint64_t (*before)(uint64_t) = subject_pointer;
    subject_pointer = plus_a_hundred;
    assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_MISMATCH);
    assert_int_equal(subject_try_open(&text, &function, &again, NULL), WISP_MISMATCH);
    assert_true(subject_pointer == plus_a_hundred);
    subject_pointer = before;
    assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_OK);
    assert_int_equal(wisp_patch_slot_detach(&text, slot, NULL), WISP_OK);
}

static void text_that_others_have_written_stays_as_it_is(void **state)
{
    (void)state;
    wisp_patch_text text = subject_text(WISP_PATCH_WRITE_BEST);
    const patch_subject *subject = subject_named("subject_gcc");
    uint8_t entry[SUBJECT_SIZE], foreign[WISP_SLED_SIZE_MAX];
    wisp_patch_function function = subject_function(subject, entry);
    wisp_patch_slot *slot = subject_open(&text, subject, plus_a_hundred), *again;
    uint8_t *sled = (uint8_t *)(subject_image().base + function.address + function.sled);
    wisp_patch_sled_jump(foreign, (uintptr_t)sled, (uintptr_t)sled + wisp_patch_sled_size);
    assert_int_equal(wisp_patch_text_replace(&text, sled, foreign, wisp_patch_sled_size, NULL),
                     WISP_OK);

    assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_MISMATCH);
    assert_int_equal(wisp_patch_slot_detach(&text, slot, NULL), WISP_MISMATCH);
    assert_int_equal(subject_try_open(&text, &function, &again, NULL), WISP_MISMATCH);
    assert_memory_equal(sled, foreign, wisp_patch_sled_size);
    assert_int_equal(subject->call(1), 2);

    assert_int_equal(
        wisp_patch_text_replace(&text, sled, slot->saved, wisp_patch_sled_size, NULL), WISP_OK);
    assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_OK);
    assert_int_equal(wisp_patch_slot_detach(&text, slot, NULL), WISP_OK);
}

static void *wait_there(void *user)
{
    sem_wait(user);
    return NULL;
}

static void several_instructions_are_refused_beside_another_thread(void **state)
{
    (void)state;
    const patch_subject *subject = subject_named("subject_unmerged");
    wisp_patch_text text = subject_text(WISP_PATCH_WRITE_BEST);
    pthread_t thread;
    sem_t may_end;
    if (!subject)
        skip();
    wisp_patch_slot *slot = subject_open(&text, subject, plus_a_hundred);
    sem_init(&may_end, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, wait_there, &may_end), 0);
    assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_BUSY);
    assert_int_equal(subject->call(1), 2);
    sem_post(&may_end);
    pthread_join(thread, NULL);
}

/* What the kernel says of a thread that has just ended may be late, and a sanitizer has one of
 * its own: this asks somebody else. */
static void several_instructions_are_replaced_where_there_is_one_thread(void **state)
{
    (void)state;
    const patch_subject *subject = subject_named("subject_unmerged");
    wisp_patch_text text = subject_text(WISP_PATCH_WRITE_BEST);
    faulty_self system;
    if (!subject)
        skip();
    faulty_self_init(&system);
    text.system = &system.table;
    wisp_patch_slot *slot = subject_open(&text, subject, plus_a_hundred);
    system.threads = 1;
    assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_OK);
    assert_int_equal(subject->call(1), 101);
    system.threads = 2; /* nobody stands within a jump */
    assert_int_equal(wisp_patch_slot_detach(&text, slot, NULL), WISP_OK);
    assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_BUSY);
    system.threads = -1; /* who knows? */
    assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_BUSY);
    assert_int_equal(subject->call(1), 2);
}

static void what_was_unloaded_is_refused(void **state)
{
    (void)state;
    wisp_patch_text text = subject_text(WISP_PATCH_WRITE_BEST);
    wisp_patch_slot *slot = subject_open(&text, subject_named("subject_gcc"), plus_a_hundred);
    wisp_patch_slot gone = *slot;
    gone.image.base -= 4096;
    assert_int_equal(wisp_patch_slot_attach(&text, &gone, NULL), WISP_NOT_FOUND);
    assert_int_equal(wisp_patch_slot_detach(&text, &gone, NULL), WISP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proc_mem_diverts_and_puts_back_byte_by_byte),
        cmocka_unit_test(store_diverts_and_puts_back_byte_by_byte),
        cmocka_unit_test(page_swap_diverts_and_puts_back_byte_by_byte),
        cmocka_unit_test(the_best_way_is_found_for_each_place),
        cmocka_unit_test(a_thunk_leads_elsewhere_and_back),
        cmocka_unit_test(a_function_has_one_slot_however_often_it_is_opened),
        cmocka_unit_test(text_that_is_not_as_built_is_refused),
        cmocka_unit_test(a_function_without_a_sled_is_refused),
        cmocka_unit_test(an_entry_that_is_no_code_is_refused),
        cmocka_unit_test(a_pointer_that_is_none_is_refused),
        cmocka_unit_test(a_pointer_that_others_have_set_stays_as_it_is),
        cmocka_unit_test(text_that_others_have_written_stays_as_it_is),
        cmocka_unit_test(several_instructions_are_refused_beside_another_thread),
        cmocka_unit_test(several_instructions_are_replaced_where_there_is_one_thread),
        cmocka_unit_test(what_was_unloaded_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
