#include "wasm/raw_call.h"

#include "fixture.h"
#include "modules_host.h"

/* Calls by slots, from the program and into it. */

typedef struct raw_fixture {
    fixture f;
    wisp_instance *instance;
    wisp_status (*act)(struct raw_fixture *r, wisp_slot *slots, wisp_error *err);
} raw_fixture;

static wisp_status raw_act(void *user, wisp_instance *caller, wisp_slot *slots, wisp_error *err)
{
    raw_fixture *r = user;
    assert_ptr_equal(caller, r->instance);
    assert_string_equal(err->text, "");
    return r->act(r, slots, err);
}

/* Gives the sum of what it gets. */
static wisp_status raw_mixed(void *user, wisp_instance *caller, wisp_slot *slots, wisp_error *err)
{
    (void)user, (void)caller, (void)err;
    slots[0].f64 = (double)slots[0].i64 + slots[1].f32 + slots[2].i32 + slots[3].f64;
    return WISP_OK;
}

/* Gives its arguments the other way round. */
static wisp_status raw_pair(void *user, wisp_instance *caller, wisp_slot *slots, wisp_error *err)
{
    (void)user, (void)caller, (void)err;
    int32_t first = slots[0].i32;
    slots[0].i64 = slots[1].i64;
    slots[1].i32 = first;
    return WISP_OK;
}

static wisp_status raw_nothing(void *user, wisp_instance *caller, wisp_slot *slots,
                               wisp_error *err)
{
    (void)user, (void)caller, (void)slots, (void)err;
    return WISP_OK;
}

static void offer(raw_fixture *r, const char *name, wisp_functype type, wisp_raw_fn fn)
{
    wisp_extern item = {.kind = WISP_EXTERN_FUNC};
    assert_int_equal(wisp_raw_func_new(r->f.store, name, type, fn, r, &item.of.func, &r->f.err),
                     WISP_OK);
    assert_int_equal(wisp_linker_add(r->f.linker, "env", name, item, &r->f.err), WISP_OK);
}

static void init_in(raw_fixture *r, const wisp_store_config *config)
{
    static const wisp_valtype i32[] = {WISP_I32}, f64[] = {WISP_F64};
    static const wisp_valtype four[] = {WISP_I64, WISP_F32, WISP_I32, WISP_F64};
    static const wisp_valtype two[] = {WISP_I32, WISP_I64}, turned[] = {WISP_I64, WISP_I32};
    fixture_init(&r->f, config);
    offer(r, "act", (wisp_functype){i32, i32, 1, 1}, raw_act);
    offer(r, "mixed", (wisp_functype){four, f64, 4, 1}, raw_mixed);
    offer(r, "pair", (wisp_functype){two, turned, 2, 2}, raw_pair);
    offer(r, "nothing", (wisp_functype){NULL, NULL, 0, 0}, raw_nothing);
    r->instance = fixture_instance(&r->f, BYTES(host_wasm));
}

static wisp_func *func(raw_fixture *r, const char *name)
{
    wisp_func *found = wisp_instance_func(r->instance, name);
    assert_non_null(found);
    return found;
}

static wisp_trap_code call(raw_fixture *r, const char *name, int32_t arg, int32_t *result)
{
    wisp_func *callee = func(r, name);
    wisp_slot *slots = wisp_raw_slots(callee);
    if (slots)
        slots[0].i32 = arg;
    wisp_trap_code trap = wisp_raw_call(callee, slots, &r->f.err);
    if (!trap)
        *result = slots[0].i32;
    return trap;
}

/* ------------------------------------------------------------------ values */

static void values_of_every_type_are_in_slots(void **state)
{
    (void)state;
    raw_fixture r;
    init_in(&r, NULL);
    wisp_func *mixed = func(&r, "mixed");
    wisp_slot *slots = wisp_raw_slots(mixed);
    slots[0].i64 = 1ll << 40;
    slots[1].f32 = 0.5f;
    slots[2].i32 = -3;
    slots[3].f64 = 0.25;
    assert_int_equal(wisp_raw_call(mixed, slots, NULL), WISP_TRAP_NONE);
    assert_true(slots[0].f64 == (double)(1ll << 40) + 0.5 - 3 + 0.25);

    wisp_func *pair = func(&r, "pair");
    slots = wisp_raw_slots(pair);
    slots[0].i32 = 7;
    slots[1].i64 = -8;
    assert_int_equal(wisp_raw_call(pair, slots, NULL), WISP_TRAP_NONE);
    assert_int_equal(slots[0].i64, -8);
    assert_int_equal(slots[1].i32, 7);
    fixture_deinit(&r.f);
}

static void the_upper_half_of_an_i32_says_nothing(void **state)
{
    (void)state;
    raw_fixture r;
    init_in(&r, NULL);
    wisp_func *leaf = func(&r, "leaf");
    wisp_slot *slots = wisp_raw_slots(leaf);
    slots[0].u64 = UINT64_MAX;
    slots[0].i32 = 41;
    assert_int_equal(wisp_raw_call(leaf, slots, NULL), WISP_TRAP_NONE);
    assert_int_equal(slots[0].i32, 42);
    fixture_deinit(&r.f);
}

static void values_and_slots_can_be_mixed(void **state)
{
    (void)state;
    raw_fixture r;
    init_in(&r, NULL);
    wisp_value args[] = {wisp_i32(7), wisp_i64(-8)}, results[2];
    assert_int_equal(wisp_call_export(r.instance, "pair", args, 2, results, 2, &r.f.err),
                     WISP_OK);
    assert_true(results[0].type == WISP_I64 && results[0].of.i64 == -8);
    assert_true(results[1].type == WISP_I32 && results[1].of.i32 == 7);
    fixture_deinit(&r.f);
}

static void a_function_of_the_programs_can_be_called_itself(void **state)
{
    (void)state;
    static const wisp_valtype two[] = {WISP_I32, WISP_I64}, turned[] = {WISP_I64, WISP_I32};
    raw_fixture r;
    wisp_func *pair;
    init_in(&r, NULL);
    assert_int_equal(wisp_raw_func_new(r.f.store, NULL, (wisp_functype){two, turned, 2, 2},
                                       raw_pair, NULL, &pair, NULL),
                     WISP_OK);
    wisp_slot *slots = wisp_raw_slots(pair);
    slots[0].i32 = 1;
    slots[1].i64 = 2;
    assert_int_equal(wisp_raw_call(pair, slots, NULL), WISP_TRAP_NONE);
    assert_true(slots[0].i64 == 2 && slots[1].i32 == 1);
    wisp_value args[] = {wisp_i32(3), wisp_i64(4)}, results[2];
    assert_int_equal(wisp_call(pair, args, 2, results, 2, NULL), WISP_OK);
    assert_true(results[0].of.i64 == 4 && results[1].of.i32 == 3);
    assert_int_equal(
        wisp_raw_func_new(r.f.store, NULL, (wisp_functype){0}, NULL, NULL, &pair, &r.f.err),
        WISP_INVALID);
    fixture_deinit(&r.f);
}

/* ------------------------------------------------------------------ how calls end */

static void a_trap_is_told_as_ever(void **state)
{
    (void)state;
    raw_fixture r;
    int32_t result;
    init_in(&r, NULL);
    assert_int_equal(call(&r, "divide", 0, &result), WISP_TRAP_DIVIDE_BY_ZERO);
    const wisp_trap *trap = wisp_store_trap(r.f.store);
    assert_int_equal(trap->code, WISP_TRAP_DIVIDE_BY_ZERO);
    assert_int_equal(trap->frame_count, 1);
    assert_string_equal(trap->frames[0].func_name, "divide");
    assert_non_null(strstr(r.f.err.text, "integer divide by zero, in divide"));
    assert_int_equal(call(&r, "divide", 1, &result), WISP_TRAP_NONE);
    assert_int_equal(result, 1);
    fixture_deinit(&r.f);
}

static wisp_status fails(raw_fixture *r, wisp_slot *slots, wisp_error *err)
{
    (void)r;
    if (slots[0].i32 == 1)
        return WISP_BUSY;
    memcpy(err->text, "no such thing", sizeof "no such thing");
    return WISP_NOT_FOUND;
}

static void a_function_that_fails_is_told_with_its_words(void **state)
{
    (void)state;
    raw_fixture r = {.act = fails};
    int32_t result;
    init_in(&r, NULL);
    assert_int_equal(call(&r, "again", 0, &result), WISP_TRAP_HOST);
    const wisp_trap *trap = wisp_store_trap(r.f.store);
    assert_string_equal(trap->text, "no such thing");
    assert_int_equal(trap->frame_count, 2);
    assert_string_equal(trap->frames[0].func_name, "act");
    assert_string_equal(trap->frames[1].func_name, "again");
    assert_int_equal(call(&r, "again", 1, &result), WISP_TRAP_HOST);
    assert_string_equal(wisp_store_trap(r.f.store)->text, wisp_status_name(WISP_BUSY));
    fixture_deinit(&r.f);
}

/* ------------------------------------------------------------------ calls back */

/* Counts down by calls back into the module, two frames for each, and gives how many there were;
 * what ends it instead is handed on. */
static wisp_status counts_down(raw_fixture *r, wisp_slot *slots, wisp_error *err)
{
    int32_t left = slots[0].i32, below = 0;
    if (left == 0)
        return WISP_OK;
    wisp_func *again = func(r, "again");
    wisp_slot *inner = wisp_raw_slots(again);
    assert_true(!inner || inner > slots);
    if (inner)
        inner[0].i32 = left - 1;
    if (wisp_raw_call(again, inner, err))
        return WISP_TRAP;
    below = inner[0].i32;
    slots[0].i32 = below + 1;
    return WISP_OK;
}

static void calls_nest(void **state)
{
    (void)state;
    raw_fixture r = {.act = counts_down};
    int32_t result;
    init_in(&r, NULL);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(call(&r, "again", 40, &result), WISP_TRAP_NONE);
        assert_int_equal(result, 40);
        assert_int_equal(call(&r, "act", 10, &result), WISP_TRAP_NONE);
        assert_int_equal(result, 10010);
    }
    fixture_deinit(&r.f);
}

static void calls_nest_no_deeper_than_the_store_allows(void **state)
{
    (void)state;
    raw_fixture r = {.act = counts_down};
    int32_t result;
    init_in(&r, &(wisp_store_config){.host_depth_max = 8});
    assert_int_equal(call(&r, "again", 7, &result), WISP_TRAP_NONE);
    assert_int_equal(call(&r, "again", 8, &result), WISP_TRAP_HOST);
    assert_non_null(strstr(wisp_store_trap(r.f.store)->text, "call stack exhausted"));
    assert_int_equal(call(&r, "again", 7, &result), WISP_TRAP_NONE);
    assert_int_equal(result, 7);
    fixture_deinit(&r.f);
}

/* However the stack ends within a call: before its slots, or before the callee's frame. */
static void a_stack_without_room_traps(void **state)
{
    (void)state;
    for (uint32_t size = 1024; size < 1200; size += 8) {
        raw_fixture r = {.act = counts_down};
        int32_t result;
        init_in(&r, &(wisp_store_config){.stack_size = size, .host_depth_max = 1000});
        assert_int_equal(call(&r, "again", 900, &result), WISP_TRAP_HOST);
        assert_non_null(strstr(wisp_store_trap(r.f.store)->text, "call stack exhausted"));
        assert_int_equal(call(&r, "again", 3, &result), WISP_TRAP_NONE);
        assert_int_equal(result, 3);
        fixture_deinit(&r.f);
    }
}

static void what_has_more_slots_than_the_stack_has_none(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    static wisp_valtype types[COUNT];
    raw_fixture r;
    wisp_func *large;
    for (int i = 0; i < COUNT; i++)
        types[i] = WISP_I64;
    init_in(&r, &(wisp_store_config){.stack_size = 2048});
    assert_int_equal(wisp_raw_func_new(r.f.store, "large", (wisp_functype){types, NULL, COUNT, 0},
                                       raw_nothing, NULL, &large, NULL),
                     WISP_OK);
    assert_null(wisp_raw_slots(large));
    assert_int_equal(wisp_raw_call(large, NULL, NULL), WISP_TRAP_STACK);
    assert_int_equal(wisp_store_trap(r.f.store)->code, WISP_TRAP_STACK);
    fixture_deinit(&r.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_type_are_in_slots),
        cmocka_unit_test(the_upper_half_of_an_i32_says_nothing),
        cmocka_unit_test(values_and_slots_can_be_mixed),
        cmocka_unit_test(a_function_of_the_programs_can_be_called_itself),
        cmocka_unit_test(a_trap_is_told_as_ever),
        cmocka_unit_test(a_function_that_fails_is_told_with_its_words),
        cmocka_unit_test(calls_nest),
        cmocka_unit_test(calls_nest_no_deeper_than_the_store_allows),
        cmocka_unit_test(a_stack_without_room_traps),
        cmocka_unit_test(what_has_more_slots_than_the_stack_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
