#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "subjects.h"

static uint64_t plus_a_hundred(uint64_t number)
{
    return number + 100;
}

static uint64_t plus_two_hundred(uint64_t number)
{
    return number + 200;
}

/* Runs [work] in a child, which says by 0 that all is well. */
static void run_child(int (*work)(void *user), void *user)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(work(user));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static const wisp_patch_write writes[] = {WISP_PATCH_WRITE_PROC_MEM, WISP_PATCH_WRITE_STORE,
                                          WISP_PATCH_WRITE_PAGE_SWAP};

/* A way to write, and a function that it diverts. */
typedef struct patched {
    wisp_patch_text text;
    const patch_subject *subject;
    wisp_patch_slot *slot;
} patched;

/* False where this way does not work here. */
static bool divert(patched *out, wisp_patch_write write)
{
    out->subject = subject_named("subject_gcc");
    if (wisp_patch_text_open(wisp_os_self_linux(), write, &out->text, NULL) != WISP_OK)
        return false;
    out->slot = subject_open(&out->text, out->subject, plus_a_hundred);
    assert_int_equal(wisp_patch_slot_attach(&out->text, out->slot, NULL), WISP_OK);
    return true;
}

static int put_back(void *user)
{
    const patched *p = user;
    if (p->subject->call(1) != 101)
        return 1;
    if (wisp_patch_slot_detach(&p->text, p->slot, NULL) != WISP_OK || p->subject->call(1) != 2)
        return 2;
    if (wisp_patch_slot_attach(&p->text, p->slot, NULL) != WISP_OK || p->subject->call(1) != 101)
        return 3;
    return wisp_patch_slot_detach(&p->text, p->slot, NULL) == WISP_OK ? 0 : 4;
}

static void a_child_is_patched_as_its_parent_was_and_lives_its_own_life(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        patched p;
        if (!divert(&p, writes[i]))
            continue;
        run_child(put_back, &p);
        assert_int_equal(p.subject->call(1), 101); /* here nothing has changed */
        assert_int_equal(wisp_patch_slot_detach(&p.text, p.slot, NULL), WISP_OK);
        assert_int_equal(p.subject->call(1), 2);
    }
}

static int divert_first(void *user)
{
    const patched *p = user;
    const patch_subject *first = subject_named("subject_first");
    wisp_patch_slot *slot = subject_open(&p->text, first, plus_two_hundred);
    if (wisp_patch_slot_attach(&p->text, slot, NULL) != WISP_OK)
        return 1;
    return first->call(1) == 201 && p->subject->call(1) == 101 ? 0 : 2;
}

/* Both take the same room for another stub. */
static void stubs_of_a_child_are_its_own(void **state)
{
    (void)state;
    static const char *const names[] = {"subject_second", "subject_third", "subject_clang"};
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        patched p;
        if (!divert(&p, writes[i]))
            continue;
        run_child(divert_first, &p);
        const patch_subject *subject = subject_named(names[i]);
        wisp_patch_slot *slot = subject_open(&p.text, subject, plus_a_hundred);
        assert_int_equal(wisp_patch_slot_attach(&p.text, slot, NULL), WISP_OK);
        run_child(divert_first, &p);
        assert_int_equal(subject->call(1), 101);
        assert_int_equal(subject_named("subject_first")->call(1), 2);
        assert_int_equal(wisp_patch_slot_detach(&p.text, slot, NULL), WISP_OK);
        assert_int_equal(wisp_patch_slot_detach(&p.text, p.slot, NULL), WISP_OK);
    }
}

/* ------------------------------------------------------------------ in the middle of it */

/* As the patcher has one: fork waits until nothing is being written. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

typedef struct toggling {
    patched patched;
    atomic_bool is_over;
} toggling;

static bool toggle(const patched *p)
{
    pthread_mutex_lock(&lock);
    bool is_attached = wisp_patch_slot_attach(&p->text, p->slot, NULL) == WISP_OK;
    pthread_mutex_unlock(&lock);
    pthread_mutex_lock(&lock);
    bool is_detached = wisp_patch_slot_detach(&p->text, p->slot, NULL) == WISP_OK;
    pthread_mutex_unlock(&lock);
    return is_attached && is_detached;
}

static void *toggle_on(void *user)
{
    toggling *t = user;
    while (!atomic_load(&t->is_over))
        if (!toggle(&t->patched))
            return t;
    return NULL;
}

static int call_and_toggle(void *user)
{
    const patched *p = user;
    uint64_t now = p->subject->call(1);
    if (now != 2 && now != 101)
        return 1;
    for (uint64_t i = 0; i < 1000; i++)
        if (p->subject->call(i) != i + now - 1)
            return 2; /* nobody writes here, so it stays what it was */
    for (int i = 0; i < 10; i++)
        if (!toggle(p) || p->subject->call(1) != 2)
            return 3;
    return 0;
}

static void fork_in_the_middle_of_it_makes_a_sound_child(void **state)
{
    (void)state;
    enum { CHILDREN = 30 };
    assert_int_equal(pthread_atfork(before_fork, after_fork, after_fork), 0);
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        static toggling t;
        pthread_t thread;
        void *failed;
        if (!divert(&t.patched, writes[i]))
            continue;
        atomic_store(&t.is_over, false);
        assert_int_equal(pthread_create(&thread, NULL, toggle_on, &t), 0);
        for (int n = 0; n < CHILDREN; n++)
            run_child(call_and_toggle, &t.patched);
        atomic_store(&t.is_over, true);
        pthread_join(thread, &failed);
        assert_null(failed);
        assert_int_equal(t.patched.subject->call(1), 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_is_patched_as_its_parent_was_and_lives_its_own_life),
        cmocka_unit_test(stubs_of_a_child_are_its_own),
        cmocka_unit_test(fork_in_the_middle_of_it_makes_a_sound_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
