#include "fixture.h"
#include "modules.h"
#include "modules_threads.h"

/*
 * The clock is the test's: it counts how often it is looked at, and goes on by a step each time.
 */
typedef struct test_clock {
    uint64_t now, step, looks;
} test_clock;

static uint64_t read_clock(void *user)
{
    test_clock *c = user;
    c->looks++;
    return c->now += c->step;
}

typedef struct timed {
    fixture f;
    test_clock c;
    wisp_instance *instance;
} timed;

static void init(timed *t, uint64_t fuel)
{
    wisp_store_config config = {.fuel = fuel, .now_ns = read_clock, .now_user = &t->c};
    t->c = (test_clock){.now = 1000};
    fixture_init(&t->f, &config);
    fixture_offer(&t->f, "ready", "()", host_nothing, NULL);
    t->instance = fixture_instance(&t->f, BYTES(fuel_wasm));
}

static void set_deadline(timed *t, uint64_t deadline_ns)
{
    assert_int_equal(wisp_store_set_deadline(t->f.store, deadline_ns, &t->f.err), WISP_OK);
}

static void assert_late(timed *t, const char *name, int32_t arg)
{
    assert_int_equal(fixture_run(&t->f, t->instance, name, arg), WISP_TRAP);
    assert_int_equal(wisp_store_trap(t->f.store)->code, WISP_TRAP_DEADLINE);
    assert_string_equal(wisp_store_trap(t->f.store)->text, "deadline exceeded");
}

static void an_endless_loop_ends_at_the_deadline_whatever_its_fuel(void **state)
{
    static const uint64_t fuels[] = {WISP_FUEL_UNLIMITED, 100000000};
    (void)state;
    for (int i = 0; i < 2; i++) {
        timed t;
        init(&t, fuels[i]);
        t.c.step = 1;
        set_deadline(&t, 1100);
        assert_late(&t, "forever", 0);
        assert_int_equal(t.c.now, 1100);
        assert_int_equal(t.c.looks, 100);
        assert_int_equal(wisp_store_trap(t.f.store)->frame_count, 1);
        fixture_deinit(&t.f);
    }
}

static void the_clock_is_looked_at_once_in_a_thousand_units(void **state)
{
    (void)state;
    timed t;
    init(&t, WISP_FUEL_UNLIMITED - 1);
    set_deadline(&t, 2000);
    assert_int_equal(fixture_run(&t.f, t.instance, "loop", 1000000), WISP_OK);
    assert_in_range(t.c.looks, 1000000 / 1100, 1000000 / 900);
    fixture_deinit(&t.f);
}

static void without_a_deadline_nobody_looks_at_the_clock(void **state)
{
    (void)state;
    timed t;
    init(&t, WISP_FUEL_UNLIMITED);
    assert_int_equal(fixture_run(&t.f, t.instance, "loop", 100000), WISP_OK);
    set_deadline(&t, 5);
    set_deadline(&t, WISP_DEADLINE_NONE);
    assert_int_equal(fixture_run(&t.f, t.instance, "loop", 100000), WISP_OK);
    assert_false(wisp_store_is_overdue(t.f.store));
    assert_int_equal(t.c.looks, 0);
    fixture_deinit(&t.f);
}

static void a_new_deadline_lets_the_store_go_on(void **state)
{
    (void)state;
    timed t;
    init(&t, WISP_FUEL_UNLIMITED);
    set_deadline(&t, 1000);
    assert_true(wisp_store_is_overdue(t.f.store));
    assert_late(&t, "loop", 100000);
    assert_late(&t, "loop", 100000);
    set_deadline(&t, 1001);
    assert_false(wisp_store_is_overdue(t.f.store));
    assert_int_equal(fixture_run(&t.f, t.instance, "loop", 100000), WISP_OK);
    fixture_deinit(&t.f);
}

static void a_deadline_holds_though_a_longer_slice_was_begun(void **state)
{
    (void)state;
    timed t;
    init(&t, WISP_FUEL_UNLIMITED);
    assert_int_equal(fixture_run(&t.f, t.instance, "loop", 10), WISP_OK);
    set_deadline(&t, 1000);
    assert_late(&t, "loop", 1500);
    fixture_deinit(&t.f);
}

static void short_calls_one_after_the_other_are_noticed_together(void **state)
{
    (void)state;
    timed t;
    wisp_status status = WISP_OK;
    int calls = 0;
    init(&t, WISP_FUEL_UNLIMITED);
    set_deadline(&t, 1000);
    for (; status == WISP_OK && calls < 10000; calls++)
        status = fixture_run(&t.f, t.instance, "loop", 9);
    assert_int_equal(status, WISP_TRAP);
    assert_in_range(calls, 1, 120);
    fixture_deinit(&t.f);
}

static void bulk_work_is_noticed_too(void **state)
{
    (void)state;
    timed t;
    wisp_status status = WISP_OK;
    int calls = 0;
    init(&t, WISP_FUEL_UNLIMITED);
    set_deadline(&t, 1000);
    for (; status == WISP_OK && calls < 10000; calls++)
        status = fixture_run(&t.f, t.instance, "fill", 2 * 65536);
    assert_int_equal(status, WISP_TRAP);
    assert_int_equal(wisp_store_trap(t.f.store)->code, WISP_TRAP_DEADLINE);
    assert_in_range(calls, 1, 20);
    fixture_deinit(&t.f);
}

static void an_interruption_comes_before_the_deadline(void **state)
{
    (void)state;
    timed t;
    init(&t, WISP_FUEL_UNLIMITED);
    set_deadline(&t, 1000);
    wisp_store_interrupt(t.f.store);
    assert_int_equal(fixture_run(&t.f, t.instance, "loop", 100000), WISP_TRAP);
    assert_int_equal(wisp_store_trap(t.f.store)->code, WISP_TRAP_INTERRUPTED);
    assert_late(&t, "loop", 100000);
    fixture_deinit(&t.f);
}

static void a_store_without_a_clock_has_no_deadline(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    assert_int_equal(wisp_store_set_deadline(f.store, 1, &f.err), WISP_INVALID);
    assert_int_equal(wisp_store_set_deadline(f.store, WISP_DEADLINE_NONE, &f.err), WISP_OK);
    assert_false(wisp_store_is_overdue(f.store));
    fixture_deinit(&f);
}

static void a_wait_ends_at_the_deadline(void **state)
{
    (void)state;
    timed t;
    wisp_shared_memory *shared;
    wisp_extern item = {.kind = WISP_EXTERN_MEMORY};
    wisp_memory_type type = {.limits = {1, 16}};
    if (!(wisp_features_built_in() & WISP_FEATURE_THREADS))
        return;
    init(&t, WISP_FUEL_UNLIMITED);
    assert_int_equal(wisp_shared_memory_new(NULL, &type, &shared, NULL), WISP_OK);
    assert_int_equal(wisp_memory_new_shared(t.f.store, shared, &item.of.memory, NULL), WISP_OK);
    assert_int_equal(wisp_linker_add(t.f.linker, "env", "memory", item, NULL), WISP_OK);
    wisp_instance *worker = fixture_instance(&t.f, BYTES(worker_wasm));
    wisp_value arg = wisp_i32(0), result;
    t.c.step = 400;
    set_deadline(&t, 2000);
    assert_int_equal(wisp_call_export(worker, "wait", &arg, 1, &result, 1, NULL), WISP_TRAP);
    assert_int_equal(wisp_store_trap(t.f.store)->code, WISP_TRAP_DEADLINE);
    fixture_deinit(&t.f);
    wisp_shared_memory_release(shared);
}

/* ------------------------------------------------------------------ what a call cost */

static uint64_t cost_of(timed *t, const char *name, int32_t arg)
{
    uint64_t before = wisp_store_fuel(t->f.store);
    fixture_run(&t->f, t->instance, name, arg);
    return before - wisp_store_fuel(t->f.store);
}

static void fuel_is_measured_exactly_whatever_the_slices_are(void **state)
{
    (void)state;
    timed t;
    init(&t, WISP_FUEL_UNLIMITED - 1);
    uint64_t plain = cost_of(&t, "loop", 100000);
    assert_in_range(plain, 99999, 100001);
    set_deadline(&t, 2000);
    assert_int_equal(cost_of(&t, "loop", 100000), plain);
    set_deadline(&t, WISP_DEADLINE_NONE);
    assert_int_equal(cost_of(&t, "loop", 100000), plain);
    fixture_deinit(&t.f);
}

static void fuel_is_exact_after_every_kind_of_trap(void **state)
{
    (void)state;
    timed t;
    init(&t, WISP_FUEL_UNLIMITED - 1);
    uint64_t empty = cost_of(&t, "empty", 0);
    assert_int_equal(cost_of(&t, "fill", 3 * 65536), empty); /* out of bounds, and not charged */
    assert_int_equal(wisp_store_trap(t.f.store)->code, WISP_TRAP_MEMORY);
    set_deadline(&t, 1000);
    uint64_t late = cost_of(&t, "loop", 1000000);
    assert_int_equal(wisp_store_trap(t.f.store)->code, WISP_TRAP_DEADLINE);
    assert_in_range(late, 1, 2048);
    set_deadline(&t, WISP_DEADLINE_NONE);
    wisp_store_interrupt(t.f.store);
    assert_int_equal(cost_of(&t, "empty", 0), 0);
    assert_int_equal(wisp_store_trap(t.f.store)->code, WISP_TRAP_INTERRUPTED);
    wisp_store_set_fuel(t.f.store, 5000);
    assert_int_equal(cost_of(&t, "loop", 1000000), 5000);
    assert_int_equal(wisp_store_trap(t.f.store)->code, WISP_TRAP_FUEL);
    fixture_deinit(&t.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endless_loop_ends_at_the_deadline_whatever_its_fuel),
        cmocka_unit_test(the_clock_is_looked_at_once_in_a_thousand_units),
        cmocka_unit_test(without_a_deadline_nobody_looks_at_the_clock),
        cmocka_unit_test(a_new_deadline_lets_the_store_go_on),
        cmocka_unit_test(a_deadline_holds_though_a_longer_slice_was_begun),
        cmocka_unit_test(short_calls_one_after_the_other_are_noticed_together),
        cmocka_unit_test(bulk_work_is_noticed_too),
        cmocka_unit_test(an_interruption_comes_before_the_deadline),
        cmocka_unit_test(a_store_without_a_clock_has_no_deadline),
        cmocka_unit_test(a_wait_ends_at_the_deadline),
        cmocka_unit_test(fuel_is_measured_exactly_whatever_the_slices_are),
        cmocka_unit_test(fuel_is_exact_after_every_kind_of_trap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
