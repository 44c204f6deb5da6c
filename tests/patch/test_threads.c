#include "world.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

/* Patches under threads. */

enum { THREADS = 4, MILLION = 1000000 /* what fixes/inside.c counts up to */ };

static world_recipe inside(void)
{
    return (world_recipe){
        .module = FIX(inside),
        .functions = {{"with_callback", "(pp)i", AT(with_callback)}},
        .natives = {{"original", "with_callback", "(pp)i", NULL}},
    };
}

static world_recipe versions(const unsigned char *module, size_t size)
{
    return (world_recipe){.module = {module, size},
                          .functions = {{"left", "()i", AT(left)}, {"right", "()i", AT(right)}}};
}

static void run_threads(void *(*work)(void *), void *user)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, user), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* ------------------------------------------------------------------ in one patch */

enum { CALLS = 20000 };

static int32_t give_five(void *user)
{
    (void)user;
    return 5;
}

/* Adds up how manieth its calls were. */
static void *call_often(void *user)
{
    _Atomic int64_t *sum = user;
    for (int i = 0; i < CALLS; i++) {
        int32_t result = with_callback(give_five, NULL);
        atomic_fetch_add(sum, result - 6 * MILLION);
    }
    return NULL;
}

static void variables_of_a_patch_are_shared_by_threads(void **state)
{
    (void)state;
    _Atomic int64_t sum = 0;
    int64_t all = THREADS * CALLS;
    world_recipe recipe = inside();
    wisp_patcher *patcher = world_open(NULL);
    world_apply_recipe(patcher, &recipe);
    run_threads(call_often, &sum);
    assert_true(sum == all * (all + 1) / 2); /* each number came once */
    assert_int_equal(world_stats(patcher, "with_callback").calls, all);
    world_close(patcher);
}

/* ------------------------------------------------------------------ switching */

/* The writer's step: even when nothing is under way; half of it is the version, modulo 3. */
static _Atomic uint32_t phase;
static atomic_bool is_over;
static _Atomic uint64_t wrong, pairs, mixed;

static int32_t version_of(uint32_t at)
{
    return (int32_t)(at / 2 % 3) + 1;
}

/*
 * What is promised: a call that begins after a switch is over runs what was switched to, and a
 * call that begins after one that ran the new version does, too. Two calls may be on both sides
 * of a switch.
 */
static void *read_pairs(void *user)
{
    (void)user;
    while (!is_over) {
        uint32_t before = atomic_load(&phase);
        int32_t a = left(), b = right();
        uint32_t after = atomic_load(&phase);
        bool is_still = before == after && before % 2 == 0;
        bool is_one = after - before <= 1 || (before % 2 == 0 && after - before == 2);
        bool is_right = !is_one || a == b || b == a % 3 + 1;
        if (is_still)
            is_right = a == b && a == version_of(before);
        atomic_fetch_add(&wrong, !is_right);
        atomic_fetch_add(&mixed, a != b);
        atomic_fetch_add(&pairs, 1);
    }
    return NULL;
}

static void switch_versions(wisp_patcher *patcher, wisp_bytes two, wisp_bytes three, int rounds)
{
    for (int i = 0; i < 3 * rounds; i++) {
        atomic_fetch_add(&phase, 1);
        if (i % 3 == 2)
            assert_int_equal(wisp_patcher_remove(patcher, NULL), WISP_OK);
        else
            world_apply(patcher, i % 3 == 0 ? two : three);
        atomic_fetch_add(&phase, 1);
    }
}

static void functions_switch_together_under_load(void **state)
{
    (void)state;
    enum { ROUNDS = 300 };
    pthread_t threads[THREADS];
    world_recipe recipes[] = {versions(two_fix, two_fix_size),
                              versions(three_fix, three_fix_size)};
    wisp_bytes two = world_patch(&recipes[0]), three = world_patch(&recipes[1]);
    wisp_patcher *patcher = world_open(NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, read_pairs, NULL);
    switch_versions(patcher, two, three, ROUNDS);
    is_over = true;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("# %llu pairs over %d switches, %llu on both sides of one\n",
           (unsigned long long)pairs, 3 * ROUNDS, (unsigned long long)mixed);
    assert_true(wrong == 0 && pairs > 0);
    assert_int_equal(wisp_patcher_reclaim(patcher), 0);
    assert_int_equal(left() + right(), 2);
    world_close(patcher);
    world_discard(two);
    world_discard(three);
}

/* ------------------------------------------------------------------ a thread that stays inside
 */

static sem_t has_come, may_go;

static int32_t stay(void *user)
{
    sem_post(&has_come);
    sem_wait(&may_go);
    return user ? 1 : 5;
}

static void *stay_inside(void *result)
{
    *(int32_t *)result = with_callback(stay, NULL);
    return NULL;
}

static void a_patch_that_a_thread_is_inside_of_stays(void **state)
{
    (void)state;
    pthread_t thread;
    int32_t result = 0;
    world_recipe recipe = inside(), other = versions(two_fix, two_fix_size);
    wisp_patcher *patcher = world_open(NULL);
    world_apply_recipe(patcher, &recipe);
    sem_init(&has_come, 0, 0);
    sem_init(&may_go, 0, 0);
    pthread_create(&thread, NULL, stay_inside, &result);
    sem_wait(&has_come);
    world_apply_recipe(patcher, &other);
    assert_int_equal(wisp_patcher_reclaim(patcher), 1);
    assert_int_equal(with_callback(give_five, NULL), 6); /* others are not */
    assert_int_equal(left(), 2);
    assert_int_equal(wisp_patcher_free(patcher), WISP_BUSY);
    assert_int_equal(left(), 1); /* but all is as it was */
    sem_post(&may_go);
    pthread_join(thread, NULL);
    assert_int_equal(result, 6 * MILLION + 1); /* it ended as it had begun */
    assert_int_equal(wisp_patcher_reclaim(patcher), 0);
    world_close(patcher);
}

static void *call_once(void *result)
{
    *(int32_t *)result = with_callback(give_five, NULL);
    return NULL;
}

static int32_t called_by_another_thread(void)
{
    pthread_t thread;
    int32_t result = 0;
    pthread_create(&thread, NULL, call_once, &result);
    pthread_join(thread, NULL);
    return result;
}

static void threads_without_a_seat_get_originals_until_one_ends(void **state)
{
    (void)state;
    static const wisp_patcher_config config = {.threads_max = 1};
    pthread_t thread;
    int32_t result = 0;
    world_recipe recipe = inside();
    wisp_patcher *patcher = world_open(&config);
    world_apply_recipe(patcher, &recipe);
    sem_init(&has_come, 0, 0);
    sem_init(&may_go, 0, 0);
    pthread_create(&thread, NULL, stay_inside, &result);
    sem_wait(&has_come);
    assert_int_equal(called_by_another_thread(), 6);
    assert_int_equal(world_stats(patcher, "with_callback").skipped, 1);
    sem_post(&may_go);
    pthread_join(thread, NULL);
    assert_int_equal(result, 6 * MILLION + 1);
    assert_int_equal(called_by_another_thread(), 6 * MILLION + 2);
    assert_int_equal(called_by_another_thread(), 6 * MILLION + 3);
    assert_int_equal(world_stats(patcher, "with_callback").calls, 3);
    world_close(patcher);
}

static void many_threads_come_and_go(void **state)
{
    (void)state;
    static const wisp_patcher_config config = {.threads_max = 3};
    world_recipe recipe = inside();
    wisp_patcher *patcher = world_open(&config);
    world_apply_recipe(patcher, &recipe);
    for (int i = 1; i <= 500; i++)
        assert_int_equal(called_by_another_thread(), 6 * MILLION + i);
    world_close(patcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_of_a_patch_are_shared_by_threads),
        cmocka_unit_test(functions_switch_together_under_load),
        cmocka_unit_test(a_patch_that_a_thread_is_inside_of_stays),
        cmocka_unit_test(threads_without_a_seat_get_originals_until_one_ends),
        cmocka_unit_test(many_threads_come_and_go),
    };
    world_merge_sleds();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
