/* What the compiler makes, as `wisp symbols` leaves it; with WISP_TEST_UNMERGED, as gcc does. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "compiled.h"
#include "subjects.h"

enum { FUNCTIONS = 36, ENTRY_SIZE = 16, MARK_SIZE = 4, CALLERS = 4, TOGGLES = 5000 };

static uint64_t (*functions[FUNCTIONS])(uint64_t number);
static uint8_t built[FUNCTIONS][ENTRY_SIZE];
static wisp_patch_slot *slots[FUNCTIONS];
static wisp_patch_text text;

static size_t take(uint64_t (*const *list)(uint64_t number), size_t count)
{
    for (; *list; list++)
        functions[count++] = *list;
    return count;
}

static uint64_t plus_a_hundred(uint64_t number)
{
    return number + 100;
}

static const uint8_t *text_of(size_t i)
{
    const uint8_t *at;
    memcpy(&at, &functions[i], sizeof at);
    return at;
}

/* Bytes before the sled: an endbr64 or a bti c, which are four. */
static uint32_t sled_of(size_t i)
{
    return wisp_patch_sled_kind_of(built[i]) == WISP_SLED_OTHER ? MARK_SIZE : 0;
}

static int open_all(void **state)
{
    (void)state;
    size_t count = take(compiled_marked, take(compiled_small, take(compiled_fast, 0)));
    assert_int_equal(count, FUNCTIONS);
    text = subject_text(WISP_PATCH_WRITE_BEST);
    for (size_t i = 0; i < FUNCTIONS; i++) {
        memcpy(built[i], text_of(i), ENTRY_SIZE);
        wisp_patch_function function = {.symbol = "a compiled function",
                                        .address = (uintptr_t)text_of(i) - subject_image().base,
                                        .sled = sled_of(i),
                                        .entry = {built[i], ENTRY_SIZE}};
        wisp_error err = {0};
        if (subject_try_open(&text, &function, &slots[i], &err) != WISP_OK)
            fail_msg("function %zu: %s", i, err.text);
        subject_lead(slots[i], plus_a_hundred);
    }
    return 0;
}

static void check_all(wisp_status (*change)(const wisp_patch_text *, wisp_patch_slot *,
                                            wisp_error *),
                      uint64_t plus)
{
    for (size_t i = 0; i < FUNCTIONS; i++) {
        wisp_error err = {0};
        if (change(&text, slots[i], &err) != WISP_OK)
            fail_msg("function %zu: %s", i, err.text);
        assert_int_equal(functions[i](i), i + plus);
        assert_int_equal(subject_original(slots[i], i), i + 1);
    }
}

static void each_is_diverted_and_put_back_byte_by_byte(void **state)
{
    (void)state;
    check_all(wisp_patch_slot_attach, 100);
    check_all(wisp_patch_slot_detach, 1);
    for (size_t i = 0; i < FUNCTIONS; i++)
        assert_memory_equal(text_of(i), built[i], ENTRY_SIZE);
}

/* ------------------------------------------------------------------ among threads */

static atomic_bool is_over;

/* How many results were wrong. */
static void *call_on(void *user)
{
    uint64_t wrong = 0;
    for (uint64_t i = 0; !atomic_load_explicit(&is_over, memory_order_relaxed); i++) {
        uint64_t result = functions[i % FUNCTIONS](i);
        wrong += result != i + 1 && result != i + 100;
    }
    *(uint64_t *)user = wrong;
    return NULL;
}

static void start(pthread_t *callers, uint64_t *wrong)
{
    atomic_store(&is_over, false);
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_create(&callers[i], NULL, call_on, &wrong[i]), 0);
}

static void finish(const pthread_t *callers, const uint64_t *wrong)
{
    atomic_store(&is_over, true);
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
}

static void no_thread_sees_half_a_jump(void **state)
{
    (void)state;
    pthread_t callers[CALLERS];
    uint64_t wrong[CALLERS] = {0};
    start(callers, wrong);
    for (size_t i = 0; i < TOGGLES; i += 2) {
        assert_int_equal(wisp_patch_slot_attach(&text, slots[i / 2 % FUNCTIONS], NULL), WISP_OK);
        assert_int_equal(wisp_patch_slot_detach(&text, slots[i / 2 % FUNCTIONS], NULL), WISP_OK);
    }
    finish(callers, wrong);
}

static void what_gcc_leaves_is_refused_among_threads(void **state)
{
    (void)state;
    pthread_t callers[CALLERS];
    uint64_t wrong[CALLERS] = {0};
    start(callers, wrong);
    for (size_t i = 0; i < FUNCTIONS; i++)
        assert_int_equal(wisp_patch_slot_attach(&text, slots[i], NULL), WISP_BUSY);
    finish(callers, wrong);
}

int main(void)
{
    const struct CMUnitTest merged[] = {
        cmocka_unit_test(each_is_diverted_and_put_back_byte_by_byte),
        cmocka_unit_test(no_thread_sees_half_a_jump),
    };
    const struct CMUnitTest unmerged[] = {
        cmocka_unit_test(what_gcc_leaves_is_refused_among_threads),
    };
    return getenv("WISP_TEST_UNMERGED") ? cmocka_run_group_tests(unmerged, open_all, NULL)
                                        : cmocka_run_group_tests(merged, open_all, NULL);
}
