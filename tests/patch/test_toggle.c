/*
 * Functions are diverted and put back, as fast as it goes, while four threads call them and check
 * every result. WISP_TEST_TOGGLES says how often, for those who want to be surer.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subjects.h"

enum { CALLERS = 4, TOGGLES = 5000 };

static uint64_t toggles_wanted(void)
{
    const char *text = getenv("WISP_TEST_TOGGLES");
    return text ? strtoull(text, NULL, 10) : TOGGLES;
}

/* ------------------------------------------------------------------ callers */

typedef struct race {
    uint64_t (*call)(uint64_t number);
    atomic_bool is_over;
} race;

typedef struct caller {
    race *in;
    pthread_t thread;
    _Atomic uint64_t own, patched; /* results of the function itself, and of what replaced it */
    uint64_t wrong;                /* all others */
} caller;

static wisp_patch_slot *diverted; /* the one function that is patched at a time */

/* Begins with the original, so that what is behind the sled is run as well. */
static uint64_t replacement(uint64_t number)
{
    return subject_original(diverted, number) + 99;
}

static void *call_on(void *user)
{
    caller *self = user;
    for (uint64_t i = 0; !atomic_load_explicit(&self->in->is_over, memory_order_relaxed); i++) {
        uint64_t result = self->in->call(i);
        if (result == i + 1)
            atomic_fetch_add_explicit(&self->own, 1, memory_order_relaxed);
        else if (result == i + 100)
            atomic_fetch_add_explicit(&self->patched, 1, memory_order_relaxed);
        else
            self->wrong++;
    }
    return NULL;
}

static void start(caller *callers, race *in)
{
    for (int i = 0; i < CALLERS; i++) {
        callers[i].in = in;
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_on, &callers[i]), 0);
    }
}

/* Waits until each caller has had [results] of one kind after now. */
static void wait_for(caller *callers, size_t results)
{
    for (int i = 0; i < CALLERS; i++) {
        _Atomic uint64_t *count = (_Atomic uint64_t *)(void *)((char *)&callers[i] + results);
        for (uint64_t before = atomic_load(count); atomic_load(count) == before;)
            ;
    }
}

static void finish(caller *callers, race *in, const char *name, uint64_t toggles)
{
    uint64_t own = 0, patched = 0, wrong = 0;
    atomic_store(&in->is_over, true);
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        own += callers[i].own;
        patched += callers[i].patched;
        wrong += callers[i].wrong;
    }
    printf("# %s: %" PRIu64 " toggles, %" PRIu64 " calls, %" PRIu64 " patched, %" PRIu64
           " wrong\n",
           name, toggles, own + patched + wrong, patched, wrong);
    assert_int_equal(wrong, 0);
}

/* ------------------------------------------------------------------ races */

static void toggle(const wisp_patch_text *text, wisp_patch_slot *slot, bool is_settled)
{
    assert_int_equal(wisp_patch_slot_attach(text, slot, NULL), WISP_OK);
    if (is_settled)
        wisp_patch_text_settle(text);
    assert_int_equal(wisp_patch_slot_detach(text, slot, NULL), WISP_OK);
    if (is_settled)
        wisp_patch_text_settle(text);
}

/* Half of the toggles are seen by all at once, the others when they will. */
static void run_race(const wisp_patch_text *text, const char *name, wisp_patch_slot *slot,
                     uint64_t (*call)(uint64_t number))
{
    race in = {.call = call};
    caller callers[CALLERS] = {{0}};
    uint64_t toggles = toggles_wanted();
    diverted = slot;
    start(callers, &in);
    wait_for(callers, offsetof(caller, own));
    for (uint64_t i = 0; i < toggles; i += 2)
        toggle(text, slot, i % 4 == 0);
    assert_int_equal(wisp_patch_slot_attach(text, slot, NULL), WISP_OK);
    wait_for(callers, offsetof(caller, patched));
    assert_int_equal(wisp_patch_slot_detach(text, slot, NULL), WISP_OK);
    wait_for(callers, offsetof(caller, own));
    finish(callers, &in, name, toggles);
}

static void race_for(wisp_patch_write write, const char *name)
{
    wisp_patch_text text = subject_text(write);
    const patch_subject *subject = subject_named(name);
    if (!subject)
        skip();
    run_race(&text, name, subject_open(&text, subject, replacement), subject->call);
}

#define RACE(claim, write, subject)                                                              \
    static void claim(void **state)                                                              \
    {                                                                                            \
        (void)state;                                                                             \
        race_for(WISP_PATCH_WRITE_##write, subject);                                             \
    }

RACE(proc_mem_shows_no_thread_half_a_jump, PROC_MEM, "subject_gcc")
RACE(store_shows_no_thread_half_a_jump, STORE, "subject_gcc")
RACE(store_of_16_bytes_shows_no_thread_half_a_jump, STORE, "subject_marked")
RACE(page_swap_shows_no_thread_half_a_jump, PAGE_SWAP, "subject_gcc")
RACE(page_swap_behind_a_mark_shows_no_thread_half_a_jump, PAGE_SWAP, "subject_marked")
RACE(page_swap_over_a_line_shows_no_thread_half_a_jump, PAGE_SWAP, "subject_over_a_line")
RACE(two_pages_swap_at_once, PAGE_SWAP, "subject_over_a_page")

static void a_thunk_leads_either_way(void **state)
{
    (void)state;
    wisp_patch_text text = subject_text(WISP_PATCH_WRITE_BEST);
    wisp_patch_slot *slot = subject_open_thunk(&text, replacement);
    run_race(&text, "subject_thunk", slot, subject_thunk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proc_mem_shows_no_thread_half_a_jump),
        cmocka_unit_test(store_shows_no_thread_half_a_jump),
        cmocka_unit_test(store_of_16_bytes_shows_no_thread_half_a_jump),
        cmocka_unit_test(page_swap_shows_no_thread_half_a_jump),
        cmocka_unit_test(page_swap_behind_a_mark_shows_no_thread_half_a_jump),
        cmocka_unit_test(page_swap_over_a_line_shows_no_thread_half_a_jump),
        cmocka_unit_test(two_pages_swap_at_once),
        cmocka_unit_test(a_thunk_leads_either_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
