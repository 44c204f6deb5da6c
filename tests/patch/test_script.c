#include "world.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Modules of 32-bit memories, which reach the program's memory by functions of "wisp". */

static char logged[64], fault[240];
static uint64_t fault_address;

static void note_line(void *user, const char *line)
{
    (void)user;
    snprintf(logged, sizeof logged, "%s", line);
}

static void note_fault(void *user, const wisp_patch_fault *told)
{
    (void)user;
    snprintf(fault, sizeof fault, "%s", told->text);
    fault_address = told->address;
}

static wisp_patcher *open_script(wisp_patch_grant grant)
{
    static const wisp_patcher_config config = {
        .grant_max = WISP_PATCH_GRANT_PROCESS, .on_log = note_line, .on_fault = note_fault};
    world_recipe recipe = world_script(grant);
    wisp_patcher *patcher = world_open(&config);
    world_apply_recipe(patcher, &recipe);
    return patcher;
}

static void pointers_into_its_memory_become_the_programs(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_script(WISP_PATCH_GRANT_NONE);
    assert_int_equal(add(1, 2), 3000 + 600 + 1);
    assert_int_equal(add(1, 2), 3000 + 600 + 2);
    world_close(patcher);
}

static void *add_elsewhere(void *sum)
{
    *(int32_t *)sum = add(1, 2);
    return NULL;
}

static void each_thread_has_variables_of_its_own(void **state)
{
    (void)state;
    pthread_t thread;
    int32_t sum = 0;
    wisp_patcher *patcher = open_script(WISP_PATCH_GRANT_NONE);
    assert_int_equal(add(1, 2) % 100, 1);
    pthread_create(&thread, NULL, add_elsewhere, &sum);
    pthread_join(thread, NULL);
    assert_int_equal(sum % 100, 1);
    assert_int_equal(add(1, 2) % 100, 2);
    world_close(patcher);
}

static void numbers_of_all_widths_are_read_and_written(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_script(WISP_PATCH_GRANT_ARGUMENTS);
    order o = {1, -2, 4, NULL, "name"};
    float two;
    assert_true(order_total(&o, 0.5) == 2 - 2 - 2 - 2 + 254 + 65534 - 2);
    assert_int_equal(o.quantity, -3);
    assert_memory_equal(o.name, "abcde", 6);
    memcpy(&two, o.name + 8, sizeof two);
    assert_true(two == 2);
    assert_true(o.price > 0.49 && o.price < 0.51); /* 'e' is next to nothing as an f32 */
    assert_string_equal(logged, "total");
    world_close(patcher);
}

static void what_it_may_not_touch_traps_it(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_script(WISP_PATCH_GRANT_NONE);
    order o = {1, 10, 4, NULL, "name"};
    assert_true(order_total(&o, 0) == 40);
    assert_true(fault_address == (uintptr_t)&o.price);
    assert_int_equal(add(-2, 1), -1);
    assert_true(fault_address == 16);
    assert_string_equal(fault, "4 bytes at 0x10 cannot be read");
    world_close(patcher);
}

/* The module
 *     (import "wisp" "load_f64" (func $load (param i64) (result f64)))
 *     (memory 0)
 *     (func (export "order_total") (param i64 f64) (result f64)
 *       (call $load (i64.add (local.get 0) (i64.const 8))))
 * which AssemblyScript makes of what needs no memory. */
static void a_memory_without_pages_is_not_taken_for_all(void **state)
{
    (void)state;
    static const uint8_t module[] = {
        0,   'a', 's', 'm',  1,   0,    0,    0,                                      /* */
        1,   12,  2,   0x60, 1,   0x7e, 1,    0x7c, 0x60, 2,   0x7e, 0x7c, 1,   0x7c, /* types */
        2,   17,  1,   4,    'w', 'i',  's',  'p',  8,    'l', 'o',  'a',  'd', '_',  'f', '6',
        '4', 0,   0,   3,    2,   1,    1, /* functions */
        5,   3,   1,   0,    0,            /* memory */
        7,   15,  1,   11,   'o', 'r',  'd',  'e',  'r',  '_', 't',  'o',  't', 'a',  'l', 0,
        1,   10,  11,  1,    9,   0,    0x20, 0,    0x42, 8,   0x7c, 0x10, 0,   0x0b, /* code */
    };
    world_recipe recipe = {
        .module = {module, sizeof module},
        .grant = WISP_PATCH_GRANT_ARGUMENTS,
        .functions = {{"order_total", "(p40d)d", AT(order_total)}},
    };
    wisp_patcher *patcher = world_open(NULL);
    order o = {1, 10, 4, NULL, "name"};
    world_apply_recipe(patcher, &recipe);
    assert_true(order_total(&o, 0.5) == 4);
    assert_int_equal(world_stats(patcher, "order_total").faults, 0);
    world_close(patcher);
}

static void an_abort_is_told_with_its_line(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_script(WISP_PATCH_GRANT_NONE);
    assert_int_equal(add(-1, 1), 0);
    assert_string_equal(fault, "aborted at line 12, column 34");
    world_close(patcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pointers_into_its_memory_become_the_programs),
        cmocka_unit_test(each_thread_has_variables_of_its_own),
        cmocka_unit_test(numbers_of_all_widths_are_read_and_written),
        cmocka_unit_test(what_it_may_not_touch_traps_it),
        cmocka_unit_test(a_memory_without_pages_is_not_taken_for_all),
        cmocka_unit_test(an_abort_is_told_with_its_line),
    };
    world_merge_sleds();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
