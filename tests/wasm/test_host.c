#include "../words.h"
#include "fixture.h"
#include "modules_host.h"

/* Functions of the program's: what they get and give, and what they may do meanwhile. */

/* clang-format off */

/* (module (memory 1) (data (i32.const 65536) "x")) */
static const uint8_t outside_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x05, 0x03, 0x01, 0x00, 0x01, 0x0b, 0x09, 0x01,
    0x00, 0x41, 0x80, 0x80, 0x04, 0x0b, 0x01, 0x78,
};

/* clang-format on */

/* What env.act does in a test; its argument becomes its result. */
typedef struct host_fixture {
    fixture f;
    wisp_instance *instance;
    wisp_trap innermost;
    wisp_status (*act)(struct host_fixture *h, int32_t *value, wisp_error *err);
} host_fixture;

static wisp_status host_act(void *user, wisp_instance *caller, const wisp_value *args,
                            wisp_value *results, wisp_error *err)
{
    host_fixture *h = user;
    (void)caller;
    int32_t value = args[0].of.i32;
    wisp_status status = h->act(h, &value, err);
    results[0].of.i32 = value;
    return status;
}

/* Gives the sum of what it gets. */
static wisp_status host_mixed(void *user, wisp_instance *caller, const wisp_value *args,
                              wisp_value *results, wisp_error *err)
{
    (void)user, (void)caller, (void)err;
    static const wisp_valtype types[] = {WISP_I64, WISP_F32, WISP_I32, WISP_F64};
    for (int i = 0; i < 4; i++)
        assert_int_equal(args[i].type, types[i]);
    assert_int_equal(results[0].type, WISP_F64);
    results[0].of.f64 = (double)args[0].of.i64 + args[1].of.f32 + args[2].of.i32 + args[3].of.f64;
    return WISP_OK;
}

/* Gives its arguments the other way round. */
static wisp_status host_pair(void *user, wisp_instance *caller, const wisp_value *args,
                             wisp_value *results, wisp_error *err)
{
    (void)user, (void)caller, (void)err;
    assert_int_equal(results[0].type, WISP_I64);
    assert_int_equal(results[1].type, WISP_I32);
    results[0] = args[1];
    results[1] = args[0];
    return WISP_OK;
}

static void init_in(host_fixture *h, const wisp_store_config *config)
{
    fixture_init(&h->f, config);
    fixture_offer(&h->f, "act", "(i)i", host_act, h);
    fixture_offer(&h->f, "mixed", "(IfiF)F", host_mixed, NULL);
    fixture_offer(&h->f, "pair", "(iI)Ii", host_pair, NULL);
    fixture_offer(&h->f, "nothing", "()", host_nothing, NULL);
    h->instance = fixture_instance(&h->f, BYTES(host_wasm));
}

static void init(host_fixture *h)
{
    init_in(h, NULL);
}

static int32_t call(host_fixture *h, const char *name, int32_t arg)
{
    return fixture_call(&h->f, h->instance, name, arg);
}

/* ------------------------------------------------------------------ values */

static void numbers_of_every_type_arrive(void **state)
{
    (void)state;
    host_fixture h;
    init(&h);
    wisp_value args[] = {wisp_i64(1ll << 40), wisp_f32(0.5f), wisp_i32(-3), wisp_f64(0.25)};
    wisp_value result;
    assert_int_equal(wisp_call_export(h.instance, "mixed", args, 4, &result, 1, NULL), WISP_OK);
    assert_true(result.of.f64 == (double)(1ll << 40) + 0.5 - 3 + 0.25);
    fixture_deinit(&h.f);
}

static void several_results_come_in_order(void **state)
{
    (void)state;
    host_fixture h;
    init(&h);
    wisp_value args[] = {wisp_i32(7), wisp_i64(-8)}, results[2];
    assert_int_equal(wisp_call_export(h.instance, "pair", args, 2, results, 2, NULL), WISP_OK);
    assert_true(results[0].type == WISP_I64 && results[0].of.i64 == -8);
    assert_true(results[1].type == WISP_I32 && results[1].of.i32 == 7);
    fixture_deinit(&h.f);
}

/* Writes numbers other than 0 where values of later calls will be. */
static void soil_the_stack(host_fixture *h)
{
    wisp_value args[] = {wisp_i64(-1), wisp_f32(1), wisp_i32(-1), wisp_f64(1)}, result;
    assert_int_equal(wisp_call_export(h->instance, "mixed", args, 4, &result, 1, NULL), WISP_OK);
}

static void a_result_that_was_not_set_is_zero(void **state)
{
    (void)state;
    static const wisp_valtype types[] = {WISP_I64, WISP_I64, WISP_EXTERNREF, WISP_I64};
    host_fixture h;
    init(&h);
    for (uint32_t params = 0; params <= 4; params++) {
        for (uint32_t count = 1; count <= 4; count++) {
            wisp_value args[] = {
                wisp_i64(-1), wisp_i64(-1), {.type = WISP_EXTERNREF, .of.i64 = -1}, wisp_i64(-1)};
            wisp_value results[4];
            wisp_func *func;
            wisp_functype type = {types, types, params, count};
            assert_int_equal(
                wisp_func_new(h.f.store, NULL, type, host_nothing, NULL, &func, NULL), WISP_OK);
            soil_the_stack(&h);
            assert_int_equal(wisp_call(func, args, params, results, count, NULL), WISP_OK);
            for (uint32_t i = 0; i < count; i++)
                assert_true(results[i].type == types[i] && results[i].of.i64 == 0);
        }
    }
    fixture_deinit(&h.f);
}

static void null_is_refused_where_the_type_has_none(void **state)
{
    (void)state;
    static const wisp_valtype results[] = {WISP_I32, WISP_EXTERNREF | WISP_NON_NULL};
    fixture f;
    wisp_func *func;
    wisp_value values[2];
    fixture_init(&f, NULL);
    assert_int_equal(wisp_func_new(f.store, "give", (wisp_functype){NULL, results, 0, 2},
                                   host_nothing, NULL, &func, &f.err),
                     WISP_OK);
    assert_int_equal(wisp_call(func, NULL, 0, values, 2, &f.err), WISP_TRAP);
    assert_true(words_are(wisp_store_trap(f.store)->text,
                          "a host function gave null for a type without it"));
    fixture_deinit(&f);
}

/* ------------------------------------------------------------------ calls back */

/* Calls into the module that end in every way, and gives twice its argument. */
static wisp_status calls_back(host_fixture *h, int32_t *value, wisp_error *err)
{
    (void)err;
    int32_t arg = *value;
    wisp_value zero = wisp_i32(0), result;
    assert_int_equal(call(h, "leaf", arg), arg + 1);
    assert_int_equal(wisp_call_export(h->instance, "divide", &zero, 1, &result, 1, NULL),
                     WISP_TRAP);
    if (arg > 1)
        assert_int_equal(call(h, "act", arg - 1), (arg - 1) * 1002);
    assert_int_equal(call(h, "leaf", arg), arg + 1);
    *value = arg * 2;
    return WISP_OK;
}

static void a_caller_goes_on_after_any_calls_back(void **state)
{
    (void)state;
    host_fixture h = {.act = calls_back};
    init(&h);
    assert_int_equal(call(&h, "act", 1), 1002);
    assert_int_equal(call(&h, "act", 5), 5010);
    assert_int_equal(call(&h, "act_indirect", 5), 5010);
    fixture_deinit(&h.f);
}

/* Calls itself through the module, in turn by two of its functions, and divides by zero in the
 * end. Keeps the trap of that, which those around it hand on. */
static wisp_status goes_down(host_fixture *h, int32_t *value, wisp_error *err)
{
    static const char *const names[] = {"divide", "again", "act"};
    wisp_value arg = wisp_i32(*value - 1), result;
    assert_int_equal(call(h, "leaf", 1), 2);
    wisp_status status =
        wisp_call_export(h->instance, names[arg.of.i32], &arg, 1, &result, 1, err);
    if (arg.of.i32 == 0)
        h->innermost = *wisp_store_trap(h->f.store);
    return status;
}

static void a_backtrace_has_all_calls_between_module_and_program(void **state)
{
    (void)state;
    static const char *const names[] = {"divide", "act", "again", "act", "act", "act", "act"};
    host_fixture h = {.act = goes_down};
    init(&h);
    wisp_value arg = wisp_i32(3), result;
    assert_int_equal(wisp_call_export(h.instance, "act", &arg, 1, &result, 1, NULL), WISP_TRAP);
    assert_int_equal(wisp_store_trap(h.f.store)->depth, 2);
    assert_int_equal(h.innermost.code, WISP_TRAP_DIVIDE_BY_ZERO);
    assert_int_equal(h.innermost.depth, 7);
    for (uint32_t i = 0; i < 7; i++) {
        assert_string_equal(h.innermost.frames[i].func_name, names[i]);
        assert_int_equal(h.innermost.frames[i].module == NULL, i % 2);
    }
    fixture_deinit(&h.f);
}

/* Gives the depth of the trap that an instantiation ends in. */
static wisp_status instantiates(host_fixture *h, int32_t *value, wisp_error *err)
{
    wisp_instance *instance;
    wisp_module *module = fixture_module(&h->f, BYTES(outside_wasm));
    assert_int_equal(wisp_instance_new(h->f.store, module, NULL, &instance, err), WISP_TRAP);
    *value = (int32_t)wisp_store_trap(h->f.store)->depth;
    return WISP_OK;
}

static void a_segment_outside_tells_who_instantiated(void **state)
{
    (void)state;
    host_fixture h = {.act = instantiates};
    init(&h);
    assert_int_equal(call(&h, "act", 1), 1002);
    int32_t depth;
    assert_int_equal(instantiates(&h, &depth, NULL), WISP_OK);
    assert_int_equal(depth, 0);
    fixture_deinit(&h.f);
}

/* ------------------------------------------------------------------ what changes meanwhile */

static wisp_status grows(host_fixture *h, int32_t *value, wisp_error *err)
{
    (void)value;
    return wisp_memory_grow(wisp_instance_memory(h->instance, "memory"), 1, err);
}

static void memory_that_a_function_added_is_there_at_once(void **state)
{
    (void)state;
    host_fixture h = {.act = grows};
    init(&h);
    assert_int_equal(call(&h, "grow", 42), 42);
    fixture_deinit(&h.f);
}

static wisp_status grows_by_calling_back(host_fixture *h, int32_t *value, wisp_error *err)
{
    (void)value, (void)err;
    h->act = grows;
    assert_int_equal(call(h, "grow", 6), 6);
    return WISP_OK;
}

static void so_is_what_a_call_back_added(void **state)
{
    (void)state;
    host_fixture h = {.act = grows_by_calling_back};
    init(&h);
    assert_int_equal(call(&h, "grow", 7), 7);
    fixture_deinit(&h.f);
}

/* Throws, but returns as if it had not; fails for 2. */
static wisp_status throws_in_vain(host_fixture *h, int32_t *value, wisp_error *err)
{
    wisp_tag *tag;
    wisp_exception *exception;
    if (*value == 2)
        return WISP_BUSY;
    assert_int_equal(wisp_tag_new(h->f.store, "()", &tag, err), WISP_OK);
    assert_int_equal(wisp_exception_new(tag, NULL, 0, &exception, err), WISP_OK);
    wisp_exception_throw(exception);
    wisp_exception_release(exception);
    return WISP_OK;
}

static void an_exception_that_was_not_handed_on_is_forgotten(void **state)
{
    (void)state;
    if (!(wisp_features_built_in() & WISP_FEATURE_EXCEPTIONS))
        return;
    host_fixture h = {.act = throws_in_vain};
    init(&h);
    wisp_value arg = wisp_i32(2), result;
    assert_int_equal(call(&h, "act", 1), 1001);
    assert_int_equal(wisp_call_export(h.instance, "act", &arg, 1, &result, 1, NULL), WISP_TRAP);
    assert_int_equal(wisp_store_trap(h.f.store)->code, WISP_TRAP_HOST);
    fixture_deinit(&h.f);
}

/* ------------------------------------------------------------------ room */

/* Its arguments and results take more than the stack has left. */
static void a_function_for_which_the_stack_has_no_room_traps(void **state)
{
    (void)state;
    wisp_valtype types[100];
    wisp_store_config config = {.stack_size = 2048};
    host_fixture h;
    wisp_func *func;
    wisp_value args[100], result;
    for (uint32_t i = 0; i < 100; i++) {
        types[i] = WISP_I32;
        args[i] = wisp_i32(1);
    }
    init_in(&h, &config);
    wisp_functype type = {types, types, 100, 1};
    assert_int_equal(wisp_func_new(h.f.store, "many", type, host_nothing, NULL, &func, NULL),
                     WISP_OK);
    assert_int_equal(wisp_call(func, args, 100, &result, 1, NULL), WISP_TRAP);
    assert_int_equal(wisp_store_trap(h.f.store)->code, WISP_TRAP_STACK);
    fixture_deinit(&h.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_every_type_arrive),
        cmocka_unit_test(several_results_come_in_order),
        cmocka_unit_test(a_result_that_was_not_set_is_zero),
        cmocka_unit_test(null_is_refused_where_the_type_has_none),
        cmocka_unit_test(a_caller_goes_on_after_any_calls_back),
        cmocka_unit_test(a_backtrace_has_all_calls_between_module_and_program),
        cmocka_unit_test(a_segment_outside_tells_who_instantiated),
        cmocka_unit_test(memory_that_a_function_added_is_there_at_once),
        cmocka_unit_test(so_is_what_a_call_back_added),
        cmocka_unit_test(an_exception_that_was_not_handed_on_is_forgotten),
        cmocka_unit_test(a_function_for_which_the_stack_has_no_room_traps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
