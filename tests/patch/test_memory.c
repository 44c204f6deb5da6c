/* The build lets realloc, which all memory of the patcher's own records comes from, go through
 * here. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>

#include "patch/thread.h"
#include "subjects.h"

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

enum { ALL = 1000000 };

static _Thread_local int granted = ALL; /* how many more times there is memory */

void *__wrap_realloc(void *old, size_t size)
{
    return granted-- > 0 ? __real_realloc(old, size) : NULL;
}

static uint64_t plus_a_hundred(uint64_t number)
{
    return number + 100;
}

static void a_slot_without_memory_opens_when_there_is_some(void **state)
{
    (void)state;
    wisp_patch_text text = subject_text(WISP_PATCH_WRITE_BEST);
    uint8_t entry[SUBJECT_SIZE];
    wisp_patch_function function = subject_function(subject_named("subject_gcc"), entry);
    wisp_patch_slot *slot = NULL;
    granted = 0;
    wisp_status status = subject_try_open(&text, &function, &slot, NULL);
    granted = ALL;
    assert_int_equal(status, WISP_NO_MEMORY);
    slot = subject_open(&text, subject_named("subject_gcc"), plus_a_hundred);
    assert_int_equal(wisp_patch_slot_attach(&text, slot, NULL), WISP_OK);
    assert_int_equal(subject_named("subject_gcc")->call(1), 101);
    assert_int_equal(wisp_patch_slot_detach(&text, slot, NULL), WISP_OK);
}

static void drop_nothing(wisp_patch_thread *thread, const wisp_patch_activation *activation)
{
    (void)thread, (void)activation;
}

static void end_nothing(wisp_patch_thread *thread)
{
    (void)thread;
}

static void *start_without_memory(void *user)
{
    bool *is_right = user;
    *is_right = true;
    for (int i = 0; i < 2; i++) { /* for the record, and for its first call */
        granted = i;
        *is_right = *is_right && !wisp_patch_thread_get();
    }
    granted = ALL;
    *is_right = *is_right && wisp_patch_thread_get();
    return NULL;
}

static void a_thread_without_memory_runs_originals_until_there_is_some(void **state)
{
    (void)state;
    static const wisp_patch_thread_hooks hooks = {drop_nothing, end_nothing};
    pthread_t thread;
    bool is_right = false;
    assert_int_equal(wisp_patch_threads_open(wisp_os_self_linux(), &hooks, NULL), WISP_OK);
    assert_int_equal(pthread_create(&thread, NULL, start_without_memory, &is_right), 0);
    pthread_join(thread, NULL);
    assert_true(is_right);
}

static void a_call_that_cannot_be_noted_is_not_begun(void **state)
{
    (void)state;
    wisp_patch_thread *thread = wisp_patch_thread_get();
    uintptr_t top = thread->stack_high - 1;
    uint32_t count = 0;
    granted = 0;
    while (wisp_patch_thread_enter(thread, top - count) >= 0)
        count++;
    granted = ALL;
    assert_true(count > 0); /* a first one is always possible */
    assert_int_equal(thread->depth, count);
    assert_int_equal(wisp_patch_thread_enter(thread, top - count), count);
    wisp_patch_thread_exit(thread, 0);
    assert_int_equal(thread->depth, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slot_without_memory_opens_when_there_is_some),
        cmocka_unit_test(a_thread_without_memory_runs_originals_until_there_is_some),
        cmocka_unit_test(a_call_that_cannot_be_noted_is_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
