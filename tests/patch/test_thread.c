#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "patch/thread.h"

/* ------------------------------------------------------------------ hooks that take note */

static atomic_int ends;
static struct {
    uint64_t marks[8];
    int count;
} dropped;

static void note_drop(wisp_patch_thread *thread, const wisp_patch_activation *activation)
{
    (void)thread;
    if (dropped.count < 8)
        dropped.marks[dropped.count] = activation->mark;
    dropped.count++;
}

static void note_end(wisp_patch_thread *thread)
{
    (void)thread;
    ends++;
}

static void open_threads(const wisp_os_self *system)
{
    static const wisp_patch_thread_hooks hooks = {note_drop, note_end};
    assert_int_equal(wisp_patch_threads_open(system, &hooks, NULL), WISP_OK);
}

/* Whatever the test before has left on the stack is dropped. */
static int set_up(void **state)
{
    (void)state;
    open_threads(wisp_os_self_linux());
    wisp_patch_thread *thread = wisp_patch_thread_get();
    wisp_patch_thread_exit(thread, wisp_patch_thread_enter(thread, thread->stack_high - 1));
    dropped.count = 0;
    ends = 0;
    return 0;
}

/* Enters as a function whose caller's frame is at [sp], with a mark to know it by. */
static int32_t enter(uintptr_t sp, uint64_t mark)
{
    wisp_patch_thread *thread = wisp_patch_thread_get();
    int32_t number = wisp_patch_thread_enter(thread, sp);
    assert_true(number >= 0);
    thread->activations[number].mark = mark;
    return number;
}

static void leave(int32_t number)
{
    wisp_patch_thread_exit(wisp_patch_thread_get(), number);
}

/* A place on this thread's stack, as deep as [depth] frames; what is there is not looked at. */
static uintptr_t frame(int depth)
{
    return wisp_patch_thread_get()->stack_high - 64 - (uintptr_t)depth * 64;
}

/* ------------------------------------------------------------------ epochs */

static void what_was_replaced_is_free_when_those_inside_have_left(void **state)
{
    (void)state;
    int32_t number = enter(frame(1), 0);
    uint64_t epoch = wisp_patch_epoch_advance();
    assert_false(wisp_patch_epoch_is_over(epoch));
    leave(number);
    assert_true(wisp_patch_epoch_is_over(epoch));
}

static void those_who_come_later_hold_nothing_up(void **state)
{
    (void)state;
    uint64_t epoch = wisp_patch_epoch_advance();
    int32_t number = enter(frame(1), 0);
    assert_true(wisp_patch_epoch_is_over(epoch));
    assert_false(wisp_patch_epoch_is_over(wisp_patch_epoch_advance()));
    leave(number);
}

static void the_outermost_call_counts(void **state)
{
    (void)state;
    int32_t outer = enter(frame(1), 0);
    uint64_t epoch = wisp_patch_epoch_advance();
    for (int i = 0; i < 100; i++) {
        leave(enter(frame(2), 0));
        assert_false(wisp_patch_epoch_is_over(epoch));
    }
    leave(outer);
    assert_true(wisp_patch_epoch_is_over(epoch));
}

static int refused_barriers;

static int refuse_barrier(void *user, wisp_os_barrier barrier)
{
    (void)user, (void)barrier;
    refused_barriers++;
    return -38;
}

static void without_barriers_each_call_has_a_fence(void **state)
{
    (void)state;
    wisp_os_self system = *wisp_os_self_linux();
    system.barrier = refuse_barrier;
    open_threads(&system);
    int32_t number = enter(frame(1), 0);
    uint64_t epoch = wisp_patch_epoch_advance();
    assert_int_not_equal(epoch, WISP_PATCH_EPOCH_NEVER);
    assert_false(wisp_patch_epoch_is_over(epoch));
    leave(number);
    assert_true(wisp_patch_epoch_is_over(epoch));
    assert_true(refused_barriers > 0);
}

static void nothing_is_free_once_barriers_begin_to_fail(void **state)
{
    (void)state;
    static wisp_os_self system;
    system = *wisp_os_self_linux();
    open_threads(&system);
    system.barrier = refuse_barrier;
    uint64_t epoch = wisp_patch_epoch_advance();
    assert_int_equal(epoch, WISP_PATCH_EPOCH_NEVER);
    assert_false(wisp_patch_epoch_is_over(epoch));
    assert_true(wisp_patch_epoch_is_over(wisp_patch_epoch_advance())); /* fences, from here on */
}

/* ------------------------------------------------------------------ calls without an end */

static void a_call_that_was_jumped_over_is_dropped_by_the_next(void **state)
{
    (void)state;
    enter(frame(10), 10);
    uint64_t epoch = wisp_patch_epoch_advance();
    int32_t next = enter(frame(10), 11); /* from the same frame: the first one is gone */
    assert_int_equal(next, 0);
    assert_int_equal(dropped.count, 1);
    assert_int_equal(dropped.marks[0], 10);
    assert_true(wisp_patch_epoch_is_over(epoch));
    leave(next);
}

static void dropped_from_the_innermost_out(void **state)
{
    (void)state;
    int32_t outer = enter(frame(1), 1);
    enter(frame(10), 10);
    enter(frame(20), 20);
    enter(frame(30), 30);
    int32_t next = enter(frame(5), 5);
    assert_int_equal(next, 1);
    assert_int_equal(dropped.count, 3);
    assert_int_equal(dropped.marks[0], 30);
    assert_int_equal(dropped.marks[1], 20);
    assert_int_equal(dropped.marks[2], 10);
    leave(next);
    leave(outer);
    assert_int_equal(wisp_patch_thread_get()->depth, 0);
}

static void what_it_called_ends_with_a_call(void **state)
{
    (void)state;
    int32_t outer = enter(frame(1), 1);
    enter(frame(10), 10);
    uint64_t epoch = wisp_patch_epoch_advance();
    leave(outer);
    assert_int_equal(dropped.count, 1);
    assert_int_equal(dropped.marks[0], 10);
    assert_true(wisp_patch_epoch_is_over(epoch));
}

static jmp_buf above;

__attribute__((noinline)) static void enter_and_jump(void)
{
    int here;
    enter((uintptr_t)&here, 1);
    longjmp(above, 1);
}

static void a_real_longjmp_is_noticed(void **state)
{
    (void)state;
    if (setjmp(above) == 0)
        enter_and_jump();
    uint64_t epoch = wisp_patch_epoch_advance();
    assert_false(wisp_patch_epoch_is_over(epoch)); /* not yet: nobody has come by */
    leave(enter((uintptr_t)&epoch, 2));
    assert_int_equal(dropped.count, 1);
    assert_true(wisp_patch_epoch_is_over(epoch));
}

static void calls_nest_as_deep_as_there_is_room(void **state)
{
    (void)state;
    wisp_patch_thread *thread = wisp_patch_thread_get();
    uintptr_t top = frame(0);
    for (int32_t i = 0; i < WISP_PATCH_ACTIVATIONS_MAX; i++)
        assert_int_equal(wisp_patch_thread_enter(thread, top - (uintptr_t)i), i);
    uintptr_t below = top - WISP_PATCH_ACTIVATIONS_MAX;
    assert_true(wisp_patch_thread_enter(thread, below) == -1);
    for (int32_t i = WISP_PATCH_ACTIVATIONS_MAX; i-- > 0;)
        leave(i);
    assert_int_equal(thread->depth, 0);
    assert_int_equal(dropped.count, 0);
}

/* ------------------------------------------------------------------ other stacks */

static ucontext_t own_context, other_context;
static int32_t number_on_other_stack;

static void run_on_other_stack(void)
{
    int here;
    number_on_other_stack = enter((uintptr_t)&here, 7);
    swapcontext(&other_context, &own_context);
    leave(number_on_other_stack);
}

/* A coroutine that is inside: whatever its stack's address, calls on the thread's own stack say
 * nothing of it. */
static void a_call_on_another_stack_is_held_until_it_ends(void **state)
{
    (void)state;
    static char stack[64 * 1024];
    getcontext(&other_context);
    other_context.uc_stack.ss_sp = stack;
    other_context.uc_stack.ss_size = sizeof stack;
    other_context.uc_link = &own_context;
    makecontext(&other_context, run_on_other_stack, 0);
    int32_t outer = enter(frame(1), 1);
    swapcontext(&own_context, &other_context);
    uint64_t epoch = wisp_patch_epoch_advance();
    leave(enter(frame(2), 2));
    leave(outer);
    leave(enter(frame(0), 3));
    assert_int_equal(dropped.count, 0);
    assert_false(wisp_patch_epoch_is_over(epoch));
    swapcontext(&own_context, &other_context);
    assert_true(wisp_patch_epoch_is_over(epoch));
    assert_int_equal(wisp_patch_thread_get()->depth, 0);
}

/* ------------------------------------------------------------------ threads */

typedef struct visitor {
    sem_t is_inside, may_leave;
    wisp_patch_thread *record;
} visitor;

static void *visit(void *user)
{
    visitor *self = user;
    self->record = wisp_patch_thread_get();
    int32_t number = enter(frame(1), 0);
    sem_post(&self->is_inside);
    sem_wait(&self->may_leave);
    leave(number);
    return NULL;
}

static pthread_t start_visit(visitor *self)
{
    pthread_t thread;
    sem_init(&self->is_inside, 0, 0);
    sem_init(&self->may_leave, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, visit, self), 0);
    sem_wait(&self->is_inside);
    return thread;
}

static void end_visit(visitor *self, pthread_t thread)
{
    sem_post(&self->may_leave);
    pthread_join(thread, NULL);
}

static void another_thread_inside_is_seen(void **state)
{
    (void)state;
    visitor one;
    pthread_t thread = start_visit(&one);
    uint64_t epoch = wisp_patch_epoch_advance();
    assert_false(wisp_patch_epoch_is_over(epoch));
    end_visit(&one, thread);
    assert_true(wisp_patch_epoch_is_over(epoch));
}

static void a_record_goes_from_thread_to_thread(void **state)
{
    (void)state;
    visitor one, two, three;
    pthread_t thread = start_visit(&one);
    end_visit(&one, thread);
    assert_int_equal(ends, 1);
    thread = start_visit(&two);
    assert_ptr_equal(two.record, one.record);
    pthread_t beside = start_visit(&three);
    assert_ptr_not_equal(three.record, two.record);
    end_visit(&two, thread);
    end_visit(&three, beside);
    assert_int_equal(ends, 3);
}

static void *leave_without_an_exit(void *user)
{
    enter(frame(1), 0);
    return user;
}

static void a_thread_that_ends_inside_is_inside_no_more(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, leave_without_an_exit, NULL), 0);
    pthread_join(thread, NULL);
    assert_true(wisp_patch_epoch_is_over(wisp_patch_epoch_advance()));
}

static pthread_key_t late_key;
static int late_calls, late_originals;

/* Comes again, so that it also runs after the record has gone; but not as often as the system
 * would let it, for in the last round the thread sanitizer goes. */
static void call_late(void *user)
{
    late_originals += wisp_patch_thread_get() == NULL;
    if (++late_calls < 3)
        pthread_setspecific(late_key, user);
}

static void *set_late_key(void *user)
{
    wisp_patch_thread_get();
    pthread_setspecific(late_key, user);
    return NULL;
}

static void at_a_threads_end_originals_run(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_key_create(&late_key, call_late), 0);
    assert_int_equal(pthread_create(&thread, NULL, set_late_key, &late_key), 0);
    pthread_join(thread, NULL);
    pthread_key_delete(late_key);
    assert_true(late_calls > 1);
    assert_true(late_originals > 0);
}

/* ------------------------------------------------------------------ fork */

/* What a child says of itself by its status: 0 is fine. */
static int child_alone(uint64_t epoch)
{
    if (!wisp_patch_epoch_is_over(epoch))
        return 1; /* a thread that is not here is inside */
    if (ends != 1)
        return 2;
    leave(enter(frame(1), 0));
    return wisp_patch_epoch_is_over(wisp_patch_epoch_advance()) ? 0 : 3;
}

static void a_child_of_fork_has_one_thread(void **state)
{
    (void)state;
    visitor one;
    int status = -1;
    pthread_t thread = start_visit(&one);
    uint64_t epoch = wisp_patch_epoch_advance();
    ends = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(child_alone(epoch));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(wisp_patch_epoch_is_over(epoch)); /* here it still is */
    end_visit(&one, thread);
}

static int child_inside(int32_t number, uint64_t epoch)
{
    if (wisp_patch_epoch_is_over(epoch))
        return 1;
    leave(number);
    return wisp_patch_epoch_is_over(epoch) ? 0 : 2;
}

static void who_forks_inside_is_inside_in_both(void **state)
{
    (void)state;
    int status = -1;
    int32_t number = enter(frame(1), 0);
    uint64_t epoch = wisp_patch_epoch_advance();
    pid_t child = fork();
    if (child == 0)
        _exit(child_inside(number, epoch));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(wisp_patch_epoch_is_over(epoch));
    leave(number);
}

/* ------------------------------------------------------------------ all at once */

enum { READERS = 4, SWAPS = 2000, RETIRED_MAX = 256, ALIVE = 0x600d, FREED = 0xdead };

/* What is replaced again and again; it is poisoned where it would be freed. */
typedef struct thing {
    _Atomic uint32_t state;
    uint64_t epoch;
} thing;

static struct {
    thing *_Atomic current;
    thing things[SWAPS];
    atomic_bool is_over;
    _Atomic uint64_t reads, stale;
} shared;

static void *read_on(void *user)
{
    uintptr_t sp = frame(1);
    wisp_patch_thread *thread = wisp_patch_thread_get();
    while (!atomic_load_explicit(&shared.is_over, memory_order_relaxed)) {
        int32_t number = wisp_patch_thread_enter(thread, sp);
        thing *now = atomic_load_explicit(&shared.current, memory_order_acquire);
        bool is_stale = false;
        for (int i = 0; i < 20; i++)
            is_stale |= atomic_load_explicit(&now->state, memory_order_relaxed) != ALIVE;
        wisp_patch_thread_exit(thread, number);
        shared.stale += is_stale;
        shared.reads++;
    }
    return user;
}

/* Frees those of [retired] whose time has come; returns how many are left. */
static int reclaim(thing **retired, int count)
{
    int left = 0;
    for (int i = 0; i < count; i++)
        if (wisp_patch_epoch_is_over(retired[i]->epoch))
            atomic_store_explicit(&retired[i]->state, FREED, memory_order_relaxed);
        else
            retired[left++] = retired[i];
    return left;
}

static void swap_all(void)
{
    thing *retired[RETIRED_MAX];
    int count = 0;
    for (int i = 1; i < SWAPS; i++) {
        atomic_store(&shared.things[i].state, ALIVE);
        thing *old = atomic_exchange(&shared.current, &shared.things[i]);
        old->epoch = wisp_patch_epoch_advance();
        retired[count++] = old;
        count = reclaim(retired, count);
        while (count == RETIRED_MAX)
            count = reclaim(retired, count);
    }
}

static void swap_under_readers(const char *name)
{
    pthread_t readers[READERS];
    memset(&shared, 0, sizeof shared);
    shared.things[0].state = ALIVE;
    atomic_store(&shared.current, &shared.things[0]);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, NULL), 0);
    while (shared.reads == 0)
        ;
    swap_all();
    atomic_store(&shared.is_over, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    printf("# %s: %llu reads, %d swaps, %llu stale\n", name, (unsigned long long)shared.reads,
           SWAPS, (unsigned long long)shared.stale);
    assert_int_equal(shared.stale, 0);
}

static void nobody_reads_what_was_freed(void **state)
{
    (void)state;
    swap_under_readers("barriers");
}

static void nobody_reads_what_was_freed_without_barriers(void **state)
{
    (void)state;
    wisp_os_self system = *wisp_os_self_linux();
    system.barrier = refuse_barrier;
    open_threads(&system);
    swap_under_readers("fences");
}

#define CASE(claim) cmocka_unit_test_setup_teardown(claim, set_up, NULL)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_was_replaced_is_free_when_those_inside_have_left),
        CASE(those_who_come_later_hold_nothing_up),
        CASE(the_outermost_call_counts),
        CASE(without_barriers_each_call_has_a_fence),
        CASE(nothing_is_free_once_barriers_begin_to_fail),
        CASE(a_call_that_was_jumped_over_is_dropped_by_the_next),
        CASE(dropped_from_the_innermost_out),
        CASE(what_it_called_ends_with_a_call),
        CASE(a_real_longjmp_is_noticed),
        CASE(calls_nest_as_deep_as_there_is_room),
        CASE(a_call_on_another_stack_is_held_until_it_ends),
        CASE(another_thread_inside_is_seen),
        CASE(a_record_goes_from_thread_to_thread),
        CASE(a_thread_that_ends_inside_is_inside_no_more),
        CASE(at_a_threads_end_originals_run),
        CASE(a_child_of_fork_has_one_thread),
        CASE(who_forks_inside_is_inside_in_both),
        CASE(nobody_reads_what_was_freed),
        CASE(nobody_reads_what_was_freed_without_barriers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
