#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/memory.h"
#include "host/version/tasks.h"

/* The order and the due times of tasks, without modules. Times are in any unit. */

static uint32_t add(wisp_tasks *tasks, uint64_t due, uint64_t interval)
{
    return wisp_tasks_add(tasks, &wisp_allocator_default,
                          (wisp_task){.due_ns = due, .interval_ns = interval});
}

static void deinit(wisp_tasks *tasks)
{
    wisp_tasks_deinit(tasks, &wisp_allocator_default);
}

static void without_tasks_nothing_is_due(void **state)
{
    (void)state;
    wisp_tasks tasks = {0};
    wisp_task task;
    assert_false(wisp_tasks_take_due(&tasks, UINT64_MAX, &task));
    assert_true(wisp_tasks_next_ns(&tasks) == UINT64_MAX);
    assert_false(wisp_tasks_cancel(&tasks, 1));
    deinit(&tasks);
}

static void tasks_come_in_the_order_in_which_they_are_due(void **state)
{
    (void)state;
    wisp_tasks tasks = {0};
    static const uint64_t due[] = {50, 20, 90, 20, 10, 70};
    static const uint32_t expected[] = {5, 2, 4, 1, 6, 3}; /* ids; equals as they were added */
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(add(&tasks, due[i], 1000), i + 1);
    wisp_task task;
    for (size_t i = 0; i < 6; i++) {
        assert_true(wisp_tasks_take_due(&tasks, 100, &task));
        assert_int_equal(task.id, expected[i]);
    }
    assert_false(wisp_tasks_take_due(&tasks, 100, &task));
    deinit(&tasks);
}

static void a_task_is_not_due_before_its_time(void **state)
{
    (void)state;
    wisp_tasks tasks = {0};
    wisp_task task;
    add(&tasks, 100, 10);
    assert_int_equal(wisp_tasks_next_ns(&tasks), 100);
    assert_false(wisp_tasks_take_due(&tasks, 99, &task));
    assert_true(wisp_tasks_take_due(&tasks, 100, &task));
    assert_int_equal(wisp_tasks_next_ns(&tasks), 110);
    deinit(&tasks);
}

static void being_late_does_not_shift_later_due_times(void **state)
{
    (void)state;
    wisp_tasks tasks = {0};
    wisp_task task;
    add(&tasks, 100, 10);
    static const struct {
        uint64_t now, next;
    } steps[] = {{103, 110}, {119, 120}, {120, 130}, {200, 210}, {1234567, 1234570}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_true(wisp_tasks_take_due(&tasks, steps[i].now, &task));
        assert_false(wisp_tasks_take_due(&tasks, steps[i].now, &task));
        assert_int_equal(wisp_tasks_next_ns(&tasks), steps[i].next);
    }
    deinit(&tasks);
}

static void due_times_do_not_wrap_around(void **state)
{
    (void)state;
    wisp_tasks tasks = {0};
    wisp_task task;
    add(&tasks, UINT64_MAX - 5, 10);
    assert_true(wisp_tasks_take_due(&tasks, UINT64_MAX - 1, &task));
    assert_true(wisp_tasks_next_ns(&tasks) == UINT64_MAX);
    deinit(&tasks);
}

static void only_the_cancelled_task_goes(void **state)
{
    (void)state;
    wisp_tasks tasks = {0};
    for (uint64_t i = 0; i < 20; i++)
        add(&tasks, i, 100);
    assert_true(wisp_tasks_cancel(&tasks, 7));
    assert_false(wisp_tasks_cancel(&tasks, 7));
    assert_false(wisp_tasks_cancel(&tasks, 0));
    assert_false(wisp_tasks_cancel(&tasks, 21));
    assert_int_equal(tasks.len, 19);
    wisp_task task;
    for (uint32_t id = 1; id <= 20; id++) {
        if (id == 7)
            continue;
        assert_true(wisp_tasks_take_due(&tasks, 50, &task));
        assert_int_equal(task.id, id);
    }
    deinit(&tasks);
}

static void ids_that_wrap_around_are_neither_zero_nor_taken(void **state)
{
    (void)state;
    wisp_tasks tasks = {0};
    assert_int_equal(add(&tasks, 0, 1), 1);
    assert_int_equal(add(&tasks, 0, 1), 2);
    tasks.last_id = UINT32_MAX - 1;
    assert_int_equal(add(&tasks, 0, 1), UINT32_MAX);
    assert_int_equal(add(&tasks, 0, 1), 3);
    deinit(&tasks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_tasks_nothing_is_due),
        cmocka_unit_test(tasks_come_in_the_order_in_which_they_are_due),
        cmocka_unit_test(a_task_is_not_due_before_its_time),
        cmocka_unit_test(being_late_does_not_shift_later_due_times),
        cmocka_unit_test(due_times_do_not_wrap_around),
        cmocka_unit_test(only_the_cancelled_task_goes),
        cmocka_unit_test(ids_that_wrap_around_are_neither_zero_nor_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
