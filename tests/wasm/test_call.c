#include "../words.h"
#include "fixture.h"
#include "modules.h"

typedef struct call_fixture {
    fixture f;
    wisp_instance *calls;
    int host_calls;
    wisp_instance *caller;
} call_fixture;

/* Gives ten times its argument; fails for 13 with words and for 14 without. */
static wisp_status host_ten_times(void *user, wisp_instance *caller, const wisp_value *args,
                                  wisp_value *results, wisp_error *err)
{
    call_fixture *c = user;
    c->host_calls++;
    c->caller = caller;
    if (args[0].of.i32 == 13) {
        strcpy(err->text, "thirteen is refused");
        return WISP_INVALID;
    }
    if (args[0].of.i32 == 14)
        return WISP_BUSY;
    results[0].of.i32 = args[0].of.i32 * 10;
    return WISP_OK;
}

static void init(call_fixture *c)
{
    fixture_init(&c->f, NULL);
    c->host_calls = 0;
    c->caller = NULL;
    fixture_offer(&c->f, "host", "(i)i", host_ten_times, c);
    c->calls = fixture_instance(&c->f, BYTES(calls_wasm));
}

static void a_call_gives_its_result(void **state)
{
    (void)state;
    call_fixture c;
    init(&c);
    wisp_value args[] = {wisp_i32(20), wisp_i32(22)}, result;
    assert_int_equal(wisp_call_export(c.calls, "add", args, 2, &result, 1, NULL), WISP_OK);
    assert_int_equal(result.type, WISP_I32);
    assert_int_equal(result.of.i32, 42);
    fixture_deinit(&c.f);
}

static void values_of_all_types_come_back_in_order(void **state)
{
    (void)state;
    call_fixture c;
    init(&c);
    wisp_value args[] = {wisp_i32(-1), wisp_i64(INT64_MIN), wisp_f32(1.5f), wisp_f64(-2.25)};
    wisp_value results[4];
    assert_int_equal(wisp_call_export(c.calls, "mixed", args, 4, results, 4, NULL), WISP_OK);
    assert_int_equal(results[0].type, WISP_F64);
    assert_true(results[0].of.f64 == -2.25);
    assert_true(results[1].of.f32 == 1.5f);
    assert_true(results[2].of.i64 == INT64_MIN);
    assert_int_equal(results[3].of.i32, -1);
    wisp_value pair[] = {wisp_i64(1), wisp_i64(2)};
    assert_int_equal(wisp_call_export(c.calls, "swap", pair, 2, results, 2, NULL), WISP_OK);
    assert_true(results[0].of.i64 == 2 && results[1].of.i64 == 1);
    fixture_deinit(&c.f);
}

static void a_nan_passes_through_unchanged(void **state)
{
    (void)state;
    call_fixture c;
    init(&c);
    wisp_value args[] = {wisp_i32(0),
                         wisp_i64(0),
                         {.type = WISP_F32, .of.i32 = 0x7fa01234},
                         {.type = WISP_F64, .of.i64 = 0x7ff4000000005678}};
    wisp_value results[4];
    assert_int_equal(wisp_call_export(c.calls, "mixed", args, 4, results, 4, NULL), WISP_OK);
    assert_true(results[0].of.i64 == 0x7ff4000000005678);
    assert_int_equal(results[1].of.i32, 0x7fa01234);
    fixture_deinit(&c.f);
}

static void a_call_of_another_shape_is_refused(void **state)
{
    (void)state;
    call_fixture c;
    init(&c);
    wisp_error err;
    wisp_value args[] = {wisp_i32(1), wisp_i64(2)}, result;
    assert_int_equal(wisp_call_export(c.calls, "add", args, 1, &result, 1, &err), WISP_MISMATCH);
    assert_true(words_are(err.text, "a call with 1 arguments and 1 results, expected 2 and 1"));
    assert_int_equal(wisp_call_export(c.calls, "add", args, 2, &result, 0, &err), WISP_MISMATCH);
    assert_int_equal(wisp_call_export(c.calls, "add", args, 2, &result, 1, &err), WISP_MISMATCH);
    assert_true(words_are(err.text, "argument 1 is i64, expected i32"));
    assert_int_equal(wisp_call_export(c.calls, "none", NULL, 0, NULL, 0, &err), WISP_NOT_FOUND);
    assert_true(words_are(err.text, "no exported function 'none'"));
    assert_int_equal(wisp_call_export(c.calls, "table", NULL, 0, NULL, 0, &err), WISP_NOT_FOUND);
    fixture_deinit(&c.f);
}

static void a_module_calls_the_program(void **state)
{
    (void)state;
    call_fixture c;
    init(&c);
    assert_int_equal(fixture_call(&c.f, c.calls, "call_host", 4), 40);
    assert_int_equal(c.host_calls, 1);
    assert_ptr_equal(c.caller, c.calls);
    fixture_deinit(&c.f);
}

static void the_program_may_call_its_own_function(void **state)
{
    (void)state;
    static const uint8_t reexport[] = "\0asm\1\0\0\0"
                                      "\x01\x06\x01\x60\x01\x7f\x01\x7f"
                                      "\x02\x0c\x01\x03"
                                      "env\x04host\x00\x00"
                                      "\x07\x05\x01\x01h\x00\x00";
    call_fixture c;
    init(&c);
    wisp_instance *instance = fixture_instance(&c.f, (wisp_bytes){reexport, sizeof reexport - 1});
    assert_int_equal(fixture_call(&c.f, instance, "h", 7), 70);
    assert_null(c.caller);
    fixture_deinit(&c.f);
}

static void a_failing_host_function_traps_with_its_words(void **state)
{
    (void)state;
    call_fixture c;
    init(&c);
    wisp_value arg = wisp_i32(13), result;
    assert_int_equal(wisp_call_export(c.calls, "call_host", &arg, 1, &result, 1, &c.f.err),
                     WISP_TRAP);
    const wisp_trap *trap = wisp_store_trap(c.f.store);
    assert_int_equal(trap->code, WISP_TRAP_HOST);
    assert_true(words_are(trap->text, "thirteen is refused"));
    assert_int_equal(trap->frame_count, 2);
    assert_null(trap->frames[0].module);
    assert_string_equal(trap->frames[0].func_name, "host");
    assert_string_equal(trap->frames[1].func_name, "call_host");
    arg = wisp_i32(14);
    assert_int_equal(wisp_call_export(c.calls, "call_host", &arg, 1, &result, 1, &c.f.err),
                     WISP_TRAP);
    assert_string_equal(wisp_store_trap(c.f.store)->text, "busy");
    assert_int_equal(fixture_call(&c.f, c.calls, "call_host", 5), 50);
    fixture_deinit(&c.f);
}

static void references_go_in_and_out(void **state)
{
    (void)state;
    call_fixture c;
    init(&c);
    int thing;
    wisp_value arg = {.type = WISP_EXTERNREF, .of.externref = &thing}, result;
    assert_int_equal(wisp_call_export(c.calls, "same", &arg, 1, &result, 1, NULL), WISP_OK);
    assert_ptr_equal(result.of.externref, &thing);
    assert_int_equal(wisp_call_export(c.calls, "ref", NULL, 0, &result, 1, NULL), WISP_OK);
    assert_int_equal(result.type, WISP_FUNCREF);
    wisp_value one = wisp_i32(1), two;
    assert_int_equal(wisp_call(result.of.funcref, &one, 1, &two, 1, NULL), WISP_OK);
    assert_int_equal(two.of.i32, 2);
    wisp_value null = {.type = WISP_FUNCREF, .of.funcref = NULL};
    assert_int_equal(wisp_call_export(c.calls, "is_null", &null, 1, &two, 1, NULL), WISP_OK);
    assert_int_equal(two.of.i32, 1);
    assert_int_equal(wisp_call_export(c.calls, "is_null", &result, 1, &two, 1, NULL), WISP_OK);
    assert_int_equal(two.of.i32, 0);
    fixture_deinit(&c.f);
}

static void a_table_dispatches_by_type(void **state)
{
    (void)state;
    call_fixture c;
    init(&c);
    wisp_value args[] = {wisp_i32(0), wisp_i32(41)}, result;
    static const struct {
        int32_t index;
        wisp_trap_code code;
    } traps[] = {{1, WISP_TRAP_SIGNATURE},
                 {2, WISP_TRAP_UNINITIALIZED_ELEMENT},
                 {4, WISP_TRAP_UNDEFINED_ELEMENT},
                 {-1, WISP_TRAP_UNDEFINED_ELEMENT}};
    assert_int_equal(wisp_call_export(c.calls, "call_through", args, 2, &result, 1, NULL),
                     WISP_OK);
    assert_int_equal(result.of.i32, 42);
    for (size_t i = 0; i < sizeof traps / sizeof traps[0]; i++) {
        args[0] = wisp_i32(traps[i].index);
        assert_int_equal(wisp_call_export(c.calls, "call_through", args, 2, &result, 1, NULL),
                         WISP_TRAP);
        assert_int_equal(wisp_store_trap(c.f.store)->code, traps[i].code);
    }
    fixture_deinit(&c.f);
}

static void locals_begin_as_zero_after_other_calls(void **state)
{
    (void)state;
    call_fixture c;
    init(&c);
    wisp_value arg = wisp_i32(3), result;
    assert_int_equal(fixture_call(&c.f, c.calls, "deep", 50), 50);
    assert_int_equal(wisp_call_export(c.calls, "locals", &arg, 1, &result, 1, NULL), WISP_OK);
    assert_true(result.of.i64 == 3);
    fixture_deinit(&c.f);
}

static void long_loops_do_not_grow_the_c_stack(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *instance = fixture_instance(&f, BYTES(dispatch_wasm));
    assert_int_equal(fixture_call(&f, instance, "count", 4000000), 6000000);
    fixture_deinit(&f);
}

/* ------------------------------------------------------------------ across instances */

static void instances_share_what_they_export(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *lib = fixture_instance(&f, BYTES(exporter_wasm));
    assert_int_equal(wisp_linker_add_instance(f.linker, "lib", lib, NULL), WISP_OK);
    wisp_instance *user = fixture_instance(&f, BYTES(importer_wasm));
    wisp_value args[] = {wisp_i32(64), wisp_i32(77)}, results[2];
    assert_int_equal(wisp_call_export(user, "store_load", args, 2, results, 1, NULL), WISP_OK);
    assert_int_equal(results[0].of.i32, 77);
    assert_int_equal(wisp_memory_at(wisp_instance_memory(lib, "memory"), 64, 1)[0], 77);
    wisp_value pair[] = {wisp_i32(1), wisp_i64(2)};
    assert_int_equal(wisp_call_export(user, "pair", pair, 2, results, 2, NULL), WISP_OK);
    assert_true(results[0].of.i64 == 2 && results[1].of.i32 == 1);
    assert_int_equal(fixture_call(&f, user, "grow_size", 0), 2);
    assert_int_equal(fixture_call(&f, user, "through_table", 1), 9);
    assert_int_equal(fixture_call(&f, user, "bump", 0), 6);
    assert_int_equal(wisp_global_get(wisp_instance_global(lib, "global")).of.i32, 6);
    fixture_deinit(&f);
}

/* ------------------------------------------------------------------ depth */

typedef struct recursion {
    fixture *f;
    wisp_instance *instance;
    int depth;
    wisp_status last;
} recursion;

static wisp_status host_recurse(void *user, wisp_instance *caller, const wisp_value *args,
                                wisp_value *results, wisp_error *err)
{
    recursion *r = user;
    r->depth++;
    r->last = wisp_call_export(caller, "call_host", args, 1, results, 1, err);
    return r->last;
}

static void module_and_program_call_each_other_only_so_deep(void **state)
{
    (void)state;
    wisp_store_config config = {.host_depth_max = 10};
    fixture f;
    fixture_init(&f, &config);
    recursion r = {.f = &f};
    fixture_offer(&f, "host", "(i)i", host_recurse, &r);
    r.instance = fixture_instance(&f, BYTES(calls_wasm));
    wisp_value arg = wisp_i32(0), result;
    assert_int_equal(wisp_call_export(r.instance, "call_host", &arg, 1, &result, 1, &f.err),
                     WISP_TRAP);
    assert_int_equal(r.depth, 10);
    assert_true(words_say(f.err.text, "call stack exhausted"));
    assert_int_equal(fixture_call(&f, r.instance, "deep", 3), 3);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_gives_its_result),
        cmocka_unit_test(values_of_all_types_come_back_in_order),
        cmocka_unit_test(a_nan_passes_through_unchanged),
        cmocka_unit_test(a_call_of_another_shape_is_refused),
        cmocka_unit_test(a_module_calls_the_program),
        cmocka_unit_test(the_program_may_call_its_own_function),
        cmocka_unit_test(a_failing_host_function_traps_with_its_words),
        cmocka_unit_test(references_go_in_and_out),
        cmocka_unit_test(a_table_dispatches_by_type),
        cmocka_unit_test(locals_begin_as_zero_after_other_calls),
        cmocka_unit_test(long_loops_do_not_grow_the_c_stack),
        cmocka_unit_test(instances_share_what_they_export),
        cmocka_unit_test(module_and_program_call_each_other_only_so_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
