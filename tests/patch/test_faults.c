#include "world.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "misdeeds.h"
#include "os/own_memory.h"

/* Patches that fail: the original runs, and nobody notices but those who want to know. */

/* What on_fault was told last. */
static struct {
    wisp_patch_fault fault;
    char text[240], backtrace[1024], function[16];
    uint64_t registers[2];
    int times;
} told;

static void note(void *user, const wisp_patch_fault *fault)
{
    (void)user;
    told.fault = *fault;
    told.times++;
    snprintf(told.text, sizeof told.text, "%s", fault->text);
    snprintf(told.backtrace, sizeof told.backtrace, "%s", fault->backtrace);
    snprintf(told.function, sizeof told.function, "%s", fault->function);
    memcpy(told.registers, fault->registers, sizeof told.registers);
    errno = EIO; /* as what it calls may do */
}

static wisp_patcher *open_faults(wisp_patch_grant grant, uint32_t faults_max)
{
    wisp_patcher_config config = {
        .grant_max = grant, .on_fault = note, .faults_max = faults_max, .fuel = 100000};
    world_recipe recipe = world_faults(grant);
    wisp_patcher *patcher = world_open(&config);
    world_apply_recipe(patcher, &recipe);
    memset(&told, 0, sizeof told);
    return patcher;
}

static void whatever_fails_the_original_runs_with_the_same_arguments(void **state)
{
    (void)state;
    const struct {
        misdeed misdeed;
        const char *text;
        uint64_t address;
    } cases[] = {
        {UNREACHABLE, "unreachable", 0},
        {ENDLESS, "all fuel consumed", 0},
        {RECURSION, "call stack exhausted", 0},
        {TOUCH_NULL, "out of bounds memory access", 0},
        {TOUCH_NEAR_NULL, "out of bounds memory access", 4092},
        {TOUCH_NOWHERE, "out of bounds memory access", UINT64_C(0x123456789000)},
        {TOUCH_KERNEL, "out of bounds memory access", UINT64_C(0xffff800000001000)},
        {TOUCH_NO_ADDRESS, "out of bounds memory access", UINT64_C(0x8765432187654321)},
        {WRITE_CONSTANT, "out of bounds memory access", (uintptr_t)g_title},
        {WRITE_TEXT, "out of bounds memory access", (uintptr_t)hidden_function},
    };
    wisp_patcher *patcher = open_faults(WISP_PATCH_GRANT_PROCESS, 1000);
    for (int i = 0; i < (int)(sizeof cases / sizeof *cases); i++) {
        int32_t b = 1000 * i;
        assert_int_equal(add((int32_t)cases[i].misdeed, b), (int32_t)cases[i].misdeed + b);
        assert_int_equal(told.times, i + 1);
        assert_memory_equal(told.text, cases[i].text, strlen(cases[i].text));
        assert_true(told.fault.address == cases[i].address);
        assert_int_equal(told.fault.count, i + 1);
        assert_false(told.fault.had_result || told.fault.is_disabled);
        assert_int_equal(add(NO_MISDEED, b), b); /* the next call is as ever */
    }
    assert_int_equal(world_stats(patcher, "add").faults, sizeof cases / sizeof *cases);
    assert_string_equal(g_title, "orders");
    world_close(patcher);
}

static void a_result_of_the_original_is_used_and_it_runs_once(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_faults(WISP_PATCH_GRANT_NONE, 1000);
    assert_int_equal(add(FAIL_LATE, 5), FAIL_LATE + 6); /* what the patch had it add */
    assert_true(told.fault.had_result);
    assert_string_equal(told.text, "unreachable");
    assert_int_equal(add(UNREACHABLE, 5), UNREACHABLE + 5); /* and no longer */
    assert_false(told.fault.had_result);
    world_close(patcher);
}

/* Counts in [changes] the calls that change errno. */
static void *call_with_errno(void *changes)
{
    static const misdeed misdeeds[] = {NO_MISDEED, UNREACHABLE, TOUCH_NOWHERE};
    for (size_t i = 0; i < sizeof misdeeds / sizeof *misdeeds; i++) {
        errno = EDOM;
        add((int32_t)misdeeds[i], 1);
        *(int *)changes += errno != EDOM;
    }
    return NULL;
}

static void errno_is_as_the_program_left_it(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_faults(WISP_PATCH_GRANT_PROCESS, 2);
    pthread_t thread; /* whose first call has the most to do */
    sigset_t faults, before;
    int changes = 0;
    pthread_create(&thread, NULL, call_with_errno, &changes);
    pthread_join(thread, NULL);
    assert_int_equal(changes, 0);
    assert_int_equal(told.times, 2);
    assert_true(world_stats(patcher, "add").is_disabled);
    world_close(patcher);

    sigemptyset(&faults); /* without them memory is asked for by a system call */
    sigaddset(&faults, SIGSEGV);
    sigaddset(&faults, SIGBUS);
    patcher = open_faults(WISP_PATCH_GRANT_PROCESS, 1000);
    pthread_sigmask(SIG_BLOCK, &faults, &before);
    call_with_errno(&changes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(changes, 0);
    assert_int_equal(told.times, 2);
    world_close(patcher);
}

static void a_fault_is_told_with_function_line_and_registers(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_faults(WISP_PATCH_GRANT_NONE, 1000);
    add(UNREACHABLE, 1234567);
    assert_string_equal(told.function, "add");
    assert_true(told.registers[0] == UNREACHABLE && told.registers[1] == 1234567);
    assert_true(told.fault.register_count >= 6);
    assert_string_equal(told.backtrace, "add (fix.c:7)\n");
    add(RECURSION, 0);
    assert_non_null(strstr(told.backtrace, "recurse (fix.c:7)\nrecurse (fix.c:7)\n"));
    world_close(patcher);
}

static void a_function_that_fails_too_often_gets_its_own_code_back(void **state)
{
    (void)state;
    uint8_t before[16], after[16];
    memcpy(before, AT(add), sizeof before);
    wisp_patcher *patcher = open_faults(WISP_PATCH_GRANT_NONE, 3);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(add(UNREACHABLE, 1), UNREACHABLE + 1);
        assert_int_equal(told.fault.is_disabled, i == 3);
    }
    memcpy(after, AT(add), sizeof after);
    assert_memory_equal(before, after, sizeof after);
    assert_int_equal(add(UNREACHABLE, 1), UNREACHABLE + 1);
    assert_int_equal(told.times, 3);
    assert_true(world_stats(patcher, "add").is_disabled);
    assert_int_equal(wisp_patcher_remove(patcher, NULL), WISP_OK);
    world_recipe recipe = world_faults(WISP_PATCH_GRANT_NONE);
    world_apply_recipe(patcher, &recipe); /* another attempt has a clean record */
    assert_false(world_stats(patcher, "add").is_disabled);
    add(UNREACHABLE, 1);
    assert_int_equal(told.times, 4);
    world_close(patcher);
}

static void a_patch_that_overruns_its_stack_is_disabled_at_once(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_faults(WISP_PATCH_GRANT_NONE, 1000);
    assert_int_equal(add(OVERRUN, 1), OVERRUN + 1);
    assert_int_equal(told.times, 1);
    assert_true(told.fault.is_disabled);
    assert_string_equal(told.text, "the patch's stack exhausted");
    assert_true(world_stats(patcher, "add").is_disabled);
    world_close(patcher);
}

static void grants_are_what_a_patch_may_touch(void **state)
{
    (void)state;
    static const struct {
        wisp_patch_grant grant;
        misdeed misdeed;
        int32_t result; /* 0: a fault */
    } cases[] = {
        {WISP_PATCH_GRANT_NONE, WRITE_ORDER, 0},
        {WISP_PATCH_GRANT_ARGUMENTS, WRITE_ORDER, 77}, /* which a function gave */
        {WISP_PATCH_GRANT_ARGUMENTS, READ_NEXT, 0},    /* but not what is behind it */
        {WISP_PATCH_GRANT_PROCESS, WRITE_ORDER, 77},
        {WISP_PATCH_GRANT_PROCESS, READ_NEXT, 2},
    };
    int32_t quantity = g_orders->quantity;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_patcher *patcher = open_faults(cases[i].grant, 1000);
        int32_t expected = cases[i].result ? cases[i].result : (int32_t)cases[i].misdeed + 5;
        assert_int_equal(add((int32_t)cases[i].misdeed, 5), expected);
        assert_int_equal(told.times, cases[i].result == 0);
        g_orders->quantity = quantity;
        world_close(patcher);
    }
}

/* ------------------------------------------------------------------ the native stack */

/* Goes down the stack until [left] bytes are left of it, and adds there. */
static int32_t add_with(size_t left, uintptr_t low)
{
    volatile char room[1024];
    room[0] = 1;
    if ((uintptr_t)room - low > left)
        return add_with(left, low) + room[0] - 1;
    return add(UNREACHABLE, 30);
}

static void *add_deep_down(void *stack)
{
    static int32_t sum;
    sum = add_with(20 * 1024, (uintptr_t)stack);
    return &sum;
}

static void a_thread_that_is_low_on_stack_gets_the_original(void **state)
{
    (void)state;
    static char stack[1024 * 1024] __attribute__((aligned(4096)));
    pthread_attr_t attributes;
    pthread_t thread;
    void *sum;
    wisp_patcher *patcher = open_faults(WISP_PATCH_GRANT_NONE, 1000);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, sizeof stack);
    assert_int_equal(pthread_create(&thread, &attributes, add_deep_down, stack), 0);
    pthread_join(thread, &sum);
    pthread_attr_destroy(&attributes);
    assert_int_equal(*(int32_t *)sum, UNREACHABLE + 30);
    assert_int_equal(told.times, 0); /* the patch did not run */
    assert_int_equal(world_stats(patcher, "add").skipped, 1);
    world_close(patcher);
}

/* ------------------------------------------------------------------ signals */

/* Adds with a wild pointer, and with one that is none. */
static void *add_wildly(void *sums)
{
    int32_t *sum = sums;
    sum[0] = add(TOUCH_NOWHERE, 30);
    sum[1] = add(WRITE_CONSTANT, 30);
    sum[2] = add(READ_NEXT, 30);
    return NULL;
}

static void *add_wildly_without_signals(void *sums)
{
    sigset_t set;
    sigfillset(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return add_wildly(sums);
}

/* [can_read]: what is no wild pointer. */
static void check_sums(const int32_t *sums, bool can_read)
{
    assert_int_equal(sums[0], TOUCH_NOWHERE + 30);
    assert_int_equal(sums[1], WRITE_CONSTANT + 30);
    assert_int_equal(sums[2], can_read ? 2 : READ_NEXT + 30);
    assert_int_equal(told.times, can_read ? 2 : 3);
}

static void a_thread_that_blocks_signals_is_served_as_well(void **state)
{
    (void)state;
    pthread_t thread;
    int32_t sums[3] = {0};
    char title;
    wisp_patcher *patcher = open_faults(WISP_PATCH_GRANT_PROCESS, 1000);
    pthread_create(&thread, NULL, add_wildly_without_signals, sums);
    pthread_join(thread, NULL);
    /* emulators do not have the call */
    check_sums(sums, wisp_own_memory_read((uintptr_t)g_title, &title, 1));
    world_close(patcher);
}

static void a_handler_that_the_program_sets_later_is_no_danger_to_new_threads(void **state)
{
    (void)state;
    pthread_t thread;
    int32_t sums[3] = {0};
    wisp_patcher *patcher = open_faults(WISP_PATCH_GRANT_PROCESS, 1000);
    signal(SIGSEGV, SIG_DFL);
    pthread_create(&thread, NULL, add_wildly, sums);
    pthread_join(thread, NULL);
    check_sums(sums, true);
    world_close(patcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_fails_the_original_runs_with_the_same_arguments),
        cmocka_unit_test(a_result_of_the_original_is_used_and_it_runs_once),
        cmocka_unit_test(errno_is_as_the_program_left_it),
        cmocka_unit_test(a_fault_is_told_with_function_line_and_registers),
        cmocka_unit_test(a_function_that_fails_too_often_gets_its_own_code_back),
        cmocka_unit_test(a_patch_that_overruns_its_stack_is_disabled_at_once),
        cmocka_unit_test(grants_are_what_a_patch_may_touch),
        cmocka_unit_test(a_thread_that_is_low_on_stack_gets_the_original),
        cmocka_unit_test(a_thread_that_blocks_signals_is_served_as_well),
        cmocka_unit_test(a_handler_that_the_program_sets_later_is_no_danger_to_new_threads),
    };
    world_merge_sleds();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
