#include "fixture.h"

/* Tail calls: their results, and the stack that they must not take. */

/* clang-format off */

/*
 * (module
 *   (import "env" "host" (func $host (param i32) (result i32)))
 *   (import "env" "pair" (func $pair (param i32 i64 i32) (result i64 i32)))
 *   (type $down (func (param i32) (result i32)))
 *   (table funcref (elem $refs $host))
 *   (func $down (export "down") (param i32) (result i32)
 *     (if (result i32) (local.get 0)
 *       (then (return_call $down (i32.sub (local.get 0) (i32.const 1))))
 *       (else (i32.const 7))))
 *   (func $sum (param i32 i32 i32 i32) (result i32) (local i64 i64)
 *     (i32.sub (i32.sub (i32.sub (local.get 3) (local.get 2)) (local.get 1)) (local.get 0)))
 *   (func (export "more_arguments") (param i32) (result i32)
 *     (return_call $sum (i32.const 1) (i32.const 20) (i32.const 300) (local.get 0)))
 *   (func (export "host") (param i32) (result i32)
 *     (i32.add (call $to_host (local.get 0)) (i32.const 1)))
 *   (func $to_host (param i32) (result i32)
 *     (return_call $host (local.get 0)))
 *   (func (export "host_through_table") (param i32) (result i32)
 *     (i32.add (i32.const 2) (call $to_table (local.get 0))))
 *   (func $to_table (param i32) (result i32)
 *     (return_call_indirect (type $down) (local.get 0) (i32.const 1)))
 *   (func (export "host_pair") (param i32) (result i32)
 *     (call $to_pair (local.get 0))
 *     (drop)
 *     (i32.wrap_i64))
 *   (func $to_pair (param i32) (result i64 i32)
 *     (return_call $pair (i32.const 5) (i64.const 6) (local.get 0)))
 *   (func $refs (param i32) (result i32)
 *     (return_call $host (i32.const 13)))
 *   (func (export "fails") (param i32) (result i32)
 *     (i32.add (call $refs (local.get 0)) (i32.const 0)))
 *   (func $wide (param i32) (result i32) (local i64 … 1,000 times … ) (unreachable))
 *   (func (export "too_wide") (param i32) (result i32)
 *     (return_call $wide (local.get 0)))
 *   (func (export "spin") (param i32) (result i32)
 *     (return_call $spin (local.get 0)))
 *   (func $spin (param i32) (result i32)
 *     (return_call $spin (local.get 0))))
 */
static const uint8_t tail_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x1c, 0x04, 0x60, 0x01, 0x7f, 0x01, 0x7f,
    0x60, 0x03, 0x7f, 0x7e, 0x7f, 0x02, 0x7e, 0x7f, 0x60, 0x04, 0x7f, 0x7f, 0x7f, 0x7f, 0x01, 0x7f,
    0x60, 0x01, 0x7f, 0x02, 0x7e, 0x7f, 0x02, 0x17, 0x02, 0x03, 0x65, 0x6e, 0x76, 0x04, 0x68, 0x6f,
    0x73, 0x74, 0x00, 0x00, 0x03, 0x65, 0x6e, 0x76, 0x04, 0x70, 0x61, 0x69, 0x72, 0x00, 0x01, 0x03,
    0x10, 0x0f, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x04, 0x05, 0x01, 0x70, 0x01, 0x02, 0x02, 0x07, 0x5b, 0x08, 0x04, 0x64, 0x6f, 0x77, 0x6e,
    0x00, 0x02, 0x0e, 0x6d, 0x6f, 0x72, 0x65, 0x5f, 0x61, 0x72, 0x67, 0x75, 0x6d, 0x65, 0x6e, 0x74,
    0x73, 0x00, 0x04, 0x04, 0x68, 0x6f, 0x73, 0x74, 0x00, 0x05, 0x12, 0x68, 0x6f, 0x73, 0x74, 0x5f,
    0x74, 0x68, 0x72, 0x6f, 0x75, 0x67, 0x68, 0x5f, 0x74, 0x61, 0x62, 0x6c, 0x65, 0x00, 0x07, 0x09,
    0x68, 0x6f, 0x73, 0x74, 0x5f, 0x70, 0x61, 0x69, 0x72, 0x00, 0x09, 0x05, 0x66, 0x61, 0x69, 0x6c,
    0x73, 0x00, 0x0c, 0x08, 0x74, 0x6f, 0x6f, 0x5f, 0x77, 0x69, 0x64, 0x65, 0x00, 0x0e, 0x04, 0x73,
    0x70, 0x69, 0x6e, 0x00, 0x0f, 0x09, 0x08, 0x01, 0x00, 0x41, 0x00, 0x0b, 0x02, 0x0b, 0x00, 0x0a,
    0x97, 0x01, 0x0f, 0x11, 0x00, 0x20, 0x00, 0x04, 0x7f, 0x20, 0x00, 0x41, 0x01, 0x6b, 0x12, 0x02,
    0x05, 0x41, 0x07, 0x0b, 0x0b, 0x0f, 0x01, 0x02, 0x7e, 0x20, 0x03, 0x20, 0x02, 0x6b, 0x20, 0x01,
    0x6b, 0x20, 0x00, 0x6b, 0x0b, 0x0d, 0x00, 0x41, 0x01, 0x41, 0x14, 0x41, 0xac, 0x02, 0x20, 0x00,
    0x12, 0x03, 0x0b, 0x09, 0x00, 0x20, 0x00, 0x10, 0x06, 0x41, 0x01, 0x6a, 0x0b, 0x06, 0x00, 0x20,
    0x00, 0x12, 0x00, 0x0b, 0x09, 0x00, 0x41, 0x02, 0x20, 0x00, 0x10, 0x08, 0x6a, 0x0b, 0x09, 0x00,
    0x20, 0x00, 0x41, 0x01, 0x13, 0x00, 0x00, 0x0b, 0x08, 0x00, 0x20, 0x00, 0x10, 0x0a, 0x1a, 0xa7,
    0x0b, 0x0a, 0x00, 0x41, 0x05, 0x42, 0x06, 0x20, 0x00, 0x12, 0x01, 0x0b, 0x06, 0x00, 0x41, 0x0d,
    0x12, 0x00, 0x0b, 0x09, 0x00, 0x20, 0x00, 0x10, 0x0b, 0x41, 0x00, 0x6a, 0x0b, 0x06, 0x01, 0xe8,
    0x07, 0x7e, 0x00, 0x0b, 0x06, 0x00, 0x20, 0x00, 0x12, 0x0d, 0x0b, 0x06, 0x00, 0x20, 0x00, 0x12,
    0x10, 0x0b, 0x06, 0x00, 0x20, 0x00, 0x12, 0x10, 0x0b, 0x00, 0x7b, 0x04, 0x6e, 0x61, 0x6d, 0x65,
    0x01, 0x46, 0x0a, 0x00, 0x04, 0x68, 0x6f, 0x73, 0x74, 0x01, 0x04, 0x70, 0x61, 0x69, 0x72, 0x02,
    0x04, 0x64, 0x6f, 0x77, 0x6e, 0x03, 0x03, 0x73, 0x75, 0x6d, 0x06, 0x07, 0x74, 0x6f, 0x5f, 0x68,
    0x6f, 0x73, 0x74, 0x08, 0x08, 0x74, 0x6f, 0x5f, 0x74, 0x61, 0x62, 0x6c, 0x65, 0x0a, 0x07, 0x74,
    0x6f, 0x5f, 0x70, 0x61, 0x69, 0x72, 0x0b, 0x04, 0x72, 0x65, 0x66, 0x73, 0x0d, 0x04, 0x77, 0x69,
    0x64, 0x65, 0x10, 0x04, 0x73, 0x70, 0x69, 0x6e, 0x02, 0x23, 0x11, 0x00, 0x00, 0x01, 0x00, 0x02,
    0x00, 0x03, 0x00, 0x04, 0x00, 0x05, 0x00, 0x06, 0x00, 0x07, 0x00, 0x08, 0x00, 0x09, 0x00, 0x0a,
    0x00, 0x0b, 0x00, 0x0c, 0x00, 0x0d, 0x00, 0x0e, 0x00, 0x0f, 0x00, 0x10, 0x00, 0x04, 0x07, 0x01,
    0x00, 0x04, 0x64, 0x6f, 0x77, 0x6e,
};

/*
 * (module
 *   (type $hop (func (param i32 i32) (result i32)))
 *   (import "env" "table" (table $t 2 funcref))
 *   (import "env" "slot" (global $slot i32))
 *   (import "env" "step" (global $step i32))
 *   (elem (global.get $slot) func $hop)
 *   (func $hop (type $hop)
 *     (if (result i32) (i32.eqz (local.get 0))
 *       (then (local.get 1))
 *       (else (return_call_indirect $t (type $hop)
 *         (i32.sub (local.get 0) (i32.const 1))
 *         (i32.add (local.get 1) (global.get $step))
 *         (i32.sub (i32.const 1) (global.get $slot))))))
 *   (func (export "through") (param i32) (result i32)
 *     (return_call $hop (local.get 0) (i32.const 0)))
 *   (func (export "inside") (param i32) (result i32)
 *     (i32.add (call $hop (local.get 0) (i32.const 0)) (global.get $step))))
 */
static const uint8_t hop_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0c, 0x02, 0x60, 0x02, 0x7f, 0x7f, 0x01,
    0x7f, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x02, 0x27, 0x03, 0x03, 0x65, 0x6e, 0x76, 0x05, 0x74, 0x61,
    0x62, 0x6c, 0x65, 0x01, 0x70, 0x00, 0x02, 0x03, 0x65, 0x6e, 0x76, 0x04, 0x73, 0x6c, 0x6f, 0x74,
    0x03, 0x7f, 0x00, 0x03, 0x65, 0x6e, 0x76, 0x04, 0x73, 0x74, 0x65, 0x70, 0x03, 0x7f, 0x00, 0x03,
    0x04, 0x03, 0x00, 0x01, 0x01, 0x07, 0x14, 0x02, 0x07, 0x74, 0x68, 0x72, 0x6f, 0x75, 0x67, 0x68,
    0x00, 0x01, 0x06, 0x69, 0x6e, 0x73, 0x69, 0x64, 0x65, 0x00, 0x02, 0x09, 0x07, 0x01, 0x00, 0x23,
    0x00, 0x0b, 0x01, 0x00, 0x0a, 0x34, 0x03, 0x1d, 0x00, 0x20, 0x00, 0x45, 0x04, 0x7f, 0x20, 0x01,
    0x05, 0x20, 0x00, 0x41, 0x01, 0x6b, 0x20, 0x01, 0x23, 0x01, 0x6a, 0x41, 0x01, 0x23, 0x00, 0x6b,
    0x13, 0x00, 0x00, 0x0b, 0x0b, 0x08, 0x00, 0x20, 0x00, 0x41, 0x00, 0x12, 0x00, 0x0b, 0x0b, 0x00,
    0x20, 0x00, 0x41, 0x00, 0x10, 0x00, 0x23, 0x01, 0x6a, 0x0b, 0x00, 0x33, 0x04, 0x6e, 0x61, 0x6d,
    0x65, 0x01, 0x06, 0x01, 0x00, 0x03, 0x68, 0x6f, 0x70, 0x02, 0x07, 0x03, 0x00, 0x00, 0x01, 0x00,
    0x02, 0x00, 0x04, 0x06, 0x01, 0x00, 0x03, 0x68, 0x6f, 0x70, 0x05, 0x04, 0x01, 0x00, 0x01, 0x74,
    0x07, 0x0d, 0x02, 0x00, 0x04, 0x73, 0x6c, 0x6f, 0x74, 0x01, 0x04, 0x73, 0x74, 0x65, 0x70,
};

/* clang-format on */

enum { MANY = 100000, SMALL_STACK = 4096 };

static wisp_status host_double(void *user, wisp_instance *caller, const wisp_value *args,
                               wisp_value *results, wisp_error *err)
{
    (void)user;
    (void)caller;
    if (args[0].of.i32 == 13) {
        strcpy(err->text, "thirteen is refused");
        return WISP_INVALID;
    }
    results[0].of.i32 = args[0].of.i32 * 2;
    return WISP_OK;
}

static wisp_status host_pair(void *user, wisp_instance *caller, const wisp_value *args,
                             wisp_value *results, wisp_error *err)
{
    (void)user;
    (void)caller;
    (void)err;
    results[0].of.i64 = args[1].of.i64 * 100 + args[2].of.i32;
    results[1].of.i32 = args[0].of.i32;
    return WISP_OK;
}

static wisp_instance *init(fixture *f)
{
    wisp_store_config config = {.stack_size = SMALL_STACK};
    fixture_init(f, &config);
    fixture_offer(f, "host", "(i)i", host_double, NULL);
    fixture_offer(f, "pair", "(iIi)Ii", host_pair, NULL);
    return fixture_instance(f, BYTES(tail_wasm));
}

static void a_tail_call_takes_no_stack(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *tail = init(&f);
    assert_int_equal(fixture_call(&f, tail, "down", MANY), 7);
    fixture_deinit(&f);
}

static void a_tail_callee_may_take_more_arguments_than_its_caller(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *tail = init(&f);
    assert_int_equal(fixture_call(&f, tail, "more_arguments", 1000), 1000 - 321);
    fixture_deinit(&f);
}

static void a_function_of_the_program_as_tail_callee_gives_the_results(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *tail = init(&f);
    assert_int_equal(fixture_call(&f, tail, "host", 21), 43);
    assert_int_equal(fixture_call(&f, tail, "host_through_table", 21), 44);
    assert_int_equal(fixture_call(&f, tail, "host_pair", 42), 642);
    fixture_deinit(&f);
}

static void a_failing_tail_callee_of_the_program_shows_its_caller(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *tail = init(&f);
    wisp_value arg = wisp_i32(1), result;
    assert_int_equal(wisp_call_export(tail, "fails", &arg, 1, &result, 1, &f.err), WISP_TRAP);
    const wisp_trap *trap = wisp_store_trap(f.store);
    assert_int_equal(trap->code, WISP_TRAP_HOST);
    assert_int_equal(trap->depth, 3);
    assert_string_equal(trap->frames[0].func_name, "host");
    assert_string_equal(trap->frames[1].func_name, "refs");
    assert_string_equal(trap->frames[2].func_name, "fails");
    assert_true(trap->frames[1].offset != 0 && trap->frames[1].offset < trap->frames[2].offset);
    fixture_deinit(&f);
}

static void a_tail_callee_without_room_leaves_the_frames_whole(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *tail = init(&f);
    wisp_value arg = wisp_i32(1), result;
    assert_int_equal(wisp_call_export(tail, "too_wide", &arg, 1, &result, 1, &f.err), WISP_TRAP);
    const wisp_trap *trap = wisp_store_trap(f.store);
    assert_int_equal(trap->code, WISP_TRAP_STACK);
    assert_int_equal(trap->depth, 1);
    assert_string_equal(trap->frames[0].func_name, "too_wide");
    fixture_deinit(&f);
}

static void endless_tail_calls_use_up_the_fuel(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *tail = init(&f);
    wisp_value arg = wisp_i32(1), result;
    wisp_store_set_fuel(f.store, MANY);
    assert_int_equal(wisp_call_export(tail, "spin", &arg, 1, &result, 1, &f.err), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_FUEL);
    fixture_deinit(&f);
}

/* ------------------------------------------------------------------ between instances */

static void offer_global(fixture *f, const char *name, int32_t value)
{
    wisp_extern item = {.kind = WISP_EXTERN_GLOBAL};
    wisp_value initial = wisp_i32(value);
    assert_int_equal(wisp_global_new(f->store, false, initial, &item.of.global, NULL), WISP_OK);
    assert_int_equal(wisp_linker_add(f->linker, "env", name, item, NULL), WISP_OK);
}

/* Two instances whose functions tail-call each other through a table; the [slot]-th adds
 * [step] at each of its turns. */
static void init_hops(fixture *f, wisp_instance *hops[2])
{
    wisp_store_config config = {.stack_size = SMALL_STACK};
    wisp_extern table = {.kind = WISP_EXTERN_TABLE};
    wisp_limits two = {2, 2};
    fixture_init(f, &config);
    assert_int_equal(wisp_table_new(f->store, WISP_FUNCREF, two, &table.of.table, NULL), WISP_OK);
    assert_int_equal(wisp_linker_add(f->linker, "env", "table", table, NULL), WISP_OK);
    for (int i = 0; i < 2; i++) {
        offer_global(f, "slot", i);
        offer_global(f, "step", i ? 1000 : 1);
        hops[i] = fixture_instance(f, BYTES(hop_wasm));
    }
}

static void tail_calls_between_instances_take_no_stack(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *hops[2];
    init_hops(&f, hops);
    int32_t each = MANY / 2;
    assert_int_equal(fixture_call(&f, hops[0], "through", MANY), each + each * 1000);
    assert_int_equal(fixture_call(&f, hops[1], "through", MANY), each + each * 1000);
    fixture_deinit(&f);
}

static void who_called_another_instance_goes_on_in_its_own(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *hops[2];
    init_hops(&f, hops);
    assert_int_equal(fixture_call(&f, hops[0], "inside", 3), 1 + 1000 + 1 + 1);
    assert_int_equal(fixture_call(&f, hops[1], "inside", 3), 1000 + 1 + 1000 + 1000);
    assert_int_equal(fixture_call(&f, hops[1], "inside", MANY),
                     MANY / 2 + MANY / 2 * 1000 + 1000);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tail_call_takes_no_stack),
        cmocka_unit_test(a_tail_callee_may_take_more_arguments_than_its_caller),
        cmocka_unit_test(a_function_of_the_program_as_tail_callee_gives_the_results),
        cmocka_unit_test(a_failing_tail_callee_of_the_program_shows_its_caller),
        cmocka_unit_test(a_tail_callee_without_room_leaves_the_frames_whole),
        cmocka_unit_test(endless_tail_calls_use_up_the_fuel),
        cmocka_unit_test(tail_calls_between_instances_take_no_stack),
        cmocka_unit_test(who_called_another_instance_goes_on_in_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
