#include "world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "throw.h"

/* Calls of patches that do not return: left by longjmp, by an exception of C++, by the end of
 * their thread, or gone on with in another process. */

enum { MILLION = 1000000 }; /* what fixes/inside.c counts up to */

static world_recipe inside(void)
{
    return (world_recipe){
        .module = FIX(inside),
        .functions = {{"with_callback", "(pp)i", AT(with_callback)}},
        .natives = {{"original", "with_callback", "(pp)i", NULL}},
    };
}

static wisp_patcher *open_inside(void)
{
    world_recipe recipe = inside();
    wisp_patcher *patcher = world_open(NULL);
    world_apply_recipe(patcher, &recipe);
    return patcher;
}

static int32_t give_five(void *user)
{
    (void)user;
    return 5;
}

/* All is as it was, and can go away. In the frame of the test: calls that were left are over when
 * one comes from as far up the stack. */
__attribute__((always_inline)) static inline void check_and_close(wisp_patcher *patcher)
{
    uint64_t calls = world_stats(patcher, "with_callback").calls;
    assert_int_equal(with_callback(give_five, NULL), 6 * MILLION + (calls + 1) % MILLION);
    assert_int_equal(world_stats(patcher, "with_callback").faults, 0);
    assert_int_equal(world_stats(patcher, "with_callback").skipped, 0);
    assert_int_equal(wisp_patcher_remove(patcher, NULL), WISP_OK);
    assert_int_equal(wisp_patcher_reclaim(patcher), 0);
    world_close(patcher);
}

/* ------------------------------------------------------------------ longjmp */

static jmp_buf outer, inner;

static int32_t leave(void *user)
{
    longjmp(user, 1);
}

static void longjmp_out_of_a_patched_function(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_inside();
    for (volatile int i = 0; i < 1000; i++)
        if (setjmp(outer) == 0)
            with_callback(leave, outer);
    assert_int_equal(world_stats(patcher, "with_callback").calls, 1000);
    check_and_close(patcher);
}

/* Calls the patched function, which is left to here; or, with NULL, to further up. */
static int32_t leave_inner(void *user)
{
    if (setjmp(inner) == 0)
        with_callback(leave, inner);
    return with_callback(user ? leave : give_five, user) / MILLION;
}

static void longjmp_to_between_two_patched_calls(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_inside();
    for (volatile int i = 0; i < 100; i++) {
        assert_int_equal(with_callback(leave_inner, NULL) / MILLION, 7);
        if (setjmp(outer) == 0)
            with_callback(leave_inner, outer);
    }
    assert_int_equal(world_stats(patcher, "with_callback").calls, 100 * 6);
    check_and_close(patcher);
}

static int32_t leave_from_deep(void *user)
{
    static volatile int depth;
    if (++depth < 20)
        with_callback(leave_from_deep, user);
    depth = 0;
    longjmp(user, 1);
}

static void longjmp_over_many_patched_calls(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_inside();
    for (volatile int i = 0; i < 100; i++)
        if (setjmp(outer) == 0)
            with_callback(leave_from_deep, outer);
    assert_int_equal(world_stats(patcher, "with_callback").calls, 2000);
    check_and_close(patcher);
}

/* ------------------------------------------------------------------ exceptions of C++ */

static void an_exception_passes_through_a_patched_function(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_inside();
    int32_t before = destroyed();
    for (int i = 1; i <= 200; i++)
        assert_int_equal(catch_it(i), -i);
    assert_int_equal(destroyed() - before, 400);
    check_and_close(patcher);
}

static void an_exception_is_caught_between_two_patched_calls(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_inside();
    int32_t number = 9;
    for (int i = 1; i <= 200; i++) /* the call within the call counted before it */
        assert_int_equal(with_callback(catch_within, &number), (-9 + 1) * MILLION + 2 * i - 1);
    check_and_close(patcher);
}

/* ------------------------------------------------------------------ ends of threads */

static int32_t end_thread(void *user)
{
    pthread_exit(user);
}

static void note_end(void *ended)
{
    *(int *)ended = 1;
}

static void *end_inside(void *ended)
{
    pthread_cleanup_push(note_end, ended);
    with_callback(end_thread, NULL);
    pthread_cleanup_pop(0);
    return NULL;
}

static void a_thread_ends_inside_of_a_patched_function(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_inside();
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        int ended = 0;
        assert_int_equal(pthread_create(&thread, NULL, end_inside, &ended), 0);
        pthread_join(thread, NULL);
        assert_int_equal(ended, 1); /* its frames were unwound */
    }
    check_and_close(patcher);
}

/* ------------------------------------------------------------------ fork */

static int32_t fork_here(void *user)
{
    pid_t child = fork();
    *(pid_t *)user = child;
    return child == 0 ? 7 : 5;
}

/* How a child ended that was forked inside of a patched function, where it went on. */
static int end_of_child(wisp_patcher *patcher)
{
    pid_t child = -1;
    int status = 0;
    int32_t result = with_callback(fork_here, &child);
    assert_true(child >= 0);
    if (child == 0) {
        bool is_well = result / MILLION == 8 && with_callback(give_five, NULL) / MILLION == 6 &&
                       wisp_patcher_remove(patcher, NULL) == WISP_OK &&
                       wisp_patcher_reclaim(patcher) == 0 && with_callback(give_five, NULL) == 6;
        _exit(is_well ? 0 : 1);
    }
    assert_int_equal(result / MILLION, 6);
    waitpid(child, &status, 0);
    return status;
}

static void *call_until(void *is_over)
{
    while (!*(atomic_bool *)is_over)
        with_callback(give_five, NULL);
    return NULL;
}

static void a_forked_process_goes_on_by_itself(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_inside();
    assert_int_equal(end_of_child(patcher), 0);
    check_and_close(patcher);
}

static void a_fork_while_others_are_inside_takes_one_thread_along(void **state)
{
    (void)state;
    enum { THREADS = 3 };
    pthread_t threads[THREADS];
    atomic_bool is_over = false;
    wisp_patcher *patcher = open_inside();
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, call_until, &is_over);
    for (int i = 0; i < 30; i++)
        assert_int_equal(end_of_child(patcher), 0);
    is_over = true;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    check_and_close(patcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longjmp_out_of_a_patched_function),
        cmocka_unit_test(longjmp_to_between_two_patched_calls),
        cmocka_unit_test(longjmp_over_many_patched_calls),
        cmocka_unit_test(an_exception_passes_through_a_patched_function),
        cmocka_unit_test(an_exception_is_caught_between_two_patched_calls),
        cmocka_unit_test(a_thread_ends_inside_of_a_patched_function),
        cmocka_unit_test(a_forked_process_goes_on_by_itself),
        cmocka_unit_test(a_fork_while_others_are_inside_takes_one_thread_along),
    };
    world_merge_sleds();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
