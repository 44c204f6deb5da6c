#include "../words.h"
#include "fixture.h"
#include "modules_exception.h"

/* Exceptions: thrown by modules and by the program, across both, and freed again. */

typedef struct exception_fixture {
    fixture f;
    wisp_instance *throws;
    wisp_tag *shared, *own;
} exception_fixture;

/* What the host function "back" does, by its argument. */
enum { BACK_THROWS = 1, BACK_HANDS_ON, BACK_HANDLES, BACK_FAILS, BACK_THROWS_AND_GOES_ON };

static wisp_status throw_new(wisp_tag *tag, int32_t number, wisp_error *err)
{
    wisp_value value = wisp_i32(number);
    wisp_exception *exception;
    assert_int_equal(wisp_exception_new(tag, &value, 1, &exception, err), WISP_OK);
    wisp_status status = wisp_exception_throw(exception);
    wisp_exception_release(exception);
    return status;
}

static wisp_status call_back(exception_fixture *e, int32_t what, wisp_error *err)
{
    wisp_value arg = wisp_i32(40), result;
    assert_int_equal(wisp_call_export(e->throws, "throw_own", &arg, 1, &result, 1, err),
                     WISP_TRAP);
    wisp_exception *exception = wisp_store_exception(e->f.store);
    assert_ptr_equal(wisp_exception_tag(exception), e->own);
    return what == BACK_HANDS_ON ? wisp_exception_throw(exception) : WISP_OK;
}

static wisp_status host_back(void *user, wisp_instance *caller, const wisp_value *args,
                             wisp_value *results, wisp_error *err)
{
    exception_fixture *e = user;
    (void)caller;
    results[0].of.i32 = 5;
    switch (args[0].of.i32) {
    case BACK_THROWS:
        return throw_new(e->own, 30, err);
    case BACK_HANDS_ON:
    case BACK_HANDLES:
        return call_back(e, args[0].of.i32, err);
    case BACK_FAILS:
        return WISP_BUSY;
    default:
        throw_new(e->own, 30, err);
        return WISP_OK;
    }
}

static void init(exception_fixture *e, const wisp_store_config *config)
{
    wisp_extern tag = {.kind = WISP_EXTERN_TAG};
    fixture_init(&e->f, config);
    assert_int_equal(wisp_tag_new(e->f.store, "(i)", &e->shared, NULL), WISP_OK);
    tag.of.tag = e->shared;
    assert_int_equal(wisp_linker_add(e->f.linker, "env", "tag", tag, NULL), WISP_OK);
    fixture_offer(&e->f, "back", "(i)i", host_back, e);
    e->throws = fixture_instance(&e->f, BYTES(throws_wasm));
    e->own = wisp_instance_tag(e->throws, "own");
    assert_non_null(e->own);
}

static wisp_trap_code call_trap(exception_fixture *e, const char *name, int32_t arg)
{
    wisp_value value = wisp_i32(arg), result;
    assert_int_equal(wisp_call_export(e->throws, name, &value, 1, &result, 1, &e->f.err),
                     WISP_TRAP);
    return wisp_store_trap(e->f.store)->code;
}

static int32_t value_of(const wisp_exception *exception)
{
    wisp_value value;
    assert_true(wisp_exception_value(exception, 0, &value));
    assert_false(wisp_exception_value(exception, 1, &value));
    assert_int_equal(value.type, WISP_I32);
    return value.of.i32;
}

/* ------------------------------------------------------------------ uncaught */

static void an_uncaught_exception_reaches_the_program(void **state)
{
    (void)state;
    exception_fixture e;
    init(&e, NULL);
    assert_null(wisp_store_exception(e.f.store));
    assert_int_equal(call_trap(&e, "throw_own", 42), WISP_TRAP_EXCEPTION);
    const wisp_trap *trap = wisp_store_trap(e.f.store);
    assert_true(words_are(trap->text, "uncaught exception"));
    assert_int_equal(trap->depth, 1);
    assert_string_equal(trap->frames[0].func_name, "throw_own");
    wisp_exception *exception = wisp_store_exception(e.f.store);
    assert_ptr_equal(wisp_exception_tag(exception), e.own);
    assert_int_equal(value_of(exception), 42);
    assert_int_equal(call_trap(&e, "throw_shared", 43), WISP_TRAP_EXCEPTION);
    assert_ptr_equal(wisp_exception_tag(wisp_store_exception(e.f.store)), e.shared);
    fixture_deinit(&e.f);
}

static void a_trap_is_no_exception(void **state)
{
    (void)state;
    exception_fixture e;
    init(&e, NULL);
    assert_int_equal(call_trap(&e, "throw_own", 1), WISP_TRAP_EXCEPTION);
    assert_int_equal(call_trap(&e, "catch_own", BACK_FAILS), WISP_TRAP_HOST);
    assert_null(wisp_store_exception(e.f.store));
    assert_int_equal(call_trap(&e, "again", 0), WISP_TRAP_NULL_REFERENCE);
    fixture_deinit(&e.f);
}

/* ------------------------------------------------------------------ caught */

static void an_exception_is_caught_by_the_innermost_handler_of_its_tag(void **state)
{
    (void)state;
    exception_fixture e;
    init(&e, NULL);
    assert_int_equal(fixture_call(&e.f, e.throws, "inner_first", 10), 15);
    assert_int_equal(fixture_call(&e.f, e.throws, "to_function", 11), 11);
    assert_int_equal(fixture_call(&e.f, e.throws, "to_loop", 9), 77);
    fixture_deinit(&e.f);
}

static void an_exception_is_kept_and_thrown_again(void **state)
{
    (void)state;
    exception_fixture e;
    init(&e, NULL);
    assert_int_equal(fixture_call(&e.f, e.throws, "keep", 12), 12);
    assert_int_equal(call_trap(&e, "again", 0), WISP_TRAP_EXCEPTION);
    assert_int_equal(value_of(wisp_store_exception(e.f.store)), 12);
    wisp_value last = wisp_global_get(wisp_instance_global(e.throws, "last"));
    assert_int_equal(last.type, WISP_EXNREF);
    assert_ptr_equal(last.of.exnref, wisp_store_exception(e.f.store));
    fixture_deinit(&e.f);
}

static void what_unwinding_costs_is_charged(void **state)
{
    (void)state;
    exception_fixture e;
    init(&e, NULL);
    wisp_store_set_fuel(e.f.store, 1000);
    assert_int_equal(call_trap(&e, "to_loop", 100000), WISP_TRAP_FUEL);
    fixture_deinit(&e.f);
}

/* ------------------------------------------------------------------ the program's part */

static void a_host_function_can_throw(void **state)
{
    (void)state;
    exception_fixture e;
    init(&e, NULL);
    assert_int_equal(fixture_call(&e.f, e.throws, "catch_own", BACK_THROWS), 1030);
    fixture_deinit(&e.f);
}

static void a_host_function_can_hand_on_or_handle_an_exception(void **state)
{
    (void)state;
    exception_fixture e;
    init(&e, NULL);
    assert_int_equal(fixture_call(&e.f, e.throws, "catch_own", BACK_HANDS_ON), 1040);
    assert_int_equal(fixture_call(&e.f, e.throws, "catch_own", BACK_HANDLES), 5);
    assert_int_equal(fixture_call(&e.f, e.throws, "catch_own", BACK_THROWS_AND_GOES_ON), 5);
    fixture_deinit(&e.f);
}

static void the_backtrace_of_a_host_functions_exception_begins_with_it(void **state)
{
    (void)state;
    exception_fixture e;
    init(&e, NULL);
    wisp_func *back;
    wisp_functype type = {&(wisp_valtype){WISP_I32}, &(wisp_valtype){WISP_I32}, 1, 1};
    assert_int_equal(wisp_func_new(e.f.store, "back", type, host_back, &e, &back, NULL), WISP_OK);
    wisp_value arg = wisp_i32(BACK_THROWS), result;
    assert_int_equal(wisp_call(back, &arg, 1, &result, 1, NULL), WISP_TRAP);
    const wisp_trap *trap = wisp_store_trap(e.f.store);
    assert_int_equal(trap->code, WISP_TRAP_EXCEPTION);
    assert_int_equal(trap->depth, 1);
    assert_string_equal(trap->frames[0].func_name, "back");
    fixture_deinit(&e.f);
}

static void wrong_tags_and_values_are_refused(void **state)
{
    (void)state;
    exception_fixture e;
    init(&e, NULL);
    wisp_tag *tag;
    wisp_exception *exception;
    wisp_value wide = wisp_i64(1);
    assert_int_equal(wisp_tag_new(e.f.store, "(i)i", &tag, NULL), WISP_INVALID);
    assert_int_equal(wisp_tag_new(e.f.store, "i", &tag, NULL), WISP_INVALID);
    assert_int_equal(wisp_exception_new(e.own, &wide, 1, &exception, NULL), WISP_MISMATCH);
    assert_int_equal(wisp_exception_new(e.own, &wide, 0, &exception, NULL), WISP_MISMATCH);
    assert_int_equal(wisp_tag_type(e.own).param_count, 1);
    wisp_extern other = {.kind = WISP_EXTERN_TAG};
    assert_int_equal(wisp_tag_new(e.f.store, "(I)", &other.of.tag, NULL), WISP_OK);
    assert_int_equal(wisp_linker_add(e.f.linker, "env", "tag", other, NULL), WISP_OK);
    assert_int_equal(wisp_linker_check(e.f.linker, e.f.modules[0], &e.f.err), WISP_MISMATCH);
    assert_true(words_say(e.f.err.text, "env.tag is tag (i64), expected tag (i32)"));
    fixture_deinit(&e.f);
}

/* ------------------------------------------------------------------ memory */

static void exceptions_that_nothing_refers_to_make_room(void **state)
{
    (void)state;
    exception_fixture e;
    wisp_store_config config = {.exception_max = 1000};
    init(&e, &config);
    assert_int_equal(fixture_call(&e.f, e.throws, "churn", 10000), 0);
    assert_int_equal(fixture_call(&e.f, e.throws, "keep", 12), 12);
    assert_int_equal(fixture_call(&e.f, e.throws, "hoard", 3), 3);
    assert_int_equal(call_trap(&e, "again", 0), WISP_TRAP_EXCEPTION);
    assert_int_equal(value_of(wisp_store_exception(e.f.store)), 12);
    fixture_deinit(&e.f);
}

static void exceptions_in_use_end_at_the_stores_limit(void **state)
{
    (void)state;
    exception_fixture e;
    wisp_store_config config = {.exception_max = 1000};
    init(&e, &config);
    assert_int_equal(call_trap(&e, "hoard", 100), WISP_TRAP_EXCEPTIONS);
    wisp_value value = wisp_i32(1);
    wisp_exception *exception;
    assert_int_equal(wisp_exception_new(e.own, &value, 1, &exception, &e.f.err), WISP_LIMIT);
    fixture_deinit(&e.f);
}

static void an_exception_that_the_program_holds_stays(void **state)
{
    (void)state;
    exception_fixture e;
    wisp_store_config config = {.exception_max = 1000};
    init(&e, &config);
    assert_int_equal(call_trap(&e, "throw_own", 42), WISP_TRAP_EXCEPTION);
    wisp_exception *held = wisp_store_exception(e.f.store);
    wisp_exception_hold(held);
    assert_int_equal(fixture_call(&e.f, e.throws, "churn", 1000), 0);
    assert_int_equal(value_of(held), 42);
    wisp_exception_release(held);
    wisp_exception_release(NULL);
    fixture_deinit(&e.f);
}

/* An exception whose value is the one before: found through it alone, however long the chain. */
static void an_exception_keeps_those_that_it_refers_to(void **state)
{
    (void)state;
    exception_fixture e;
    wisp_store_config config = {.exception_max = 4000};
    wisp_tag *chain;
    init(&e, &config);
    assert_int_equal(wisp_tag_new(e.f.store, "(x)", &chain, NULL), WISP_OK);
    wisp_value value = {.type = WISP_EXNREF, .of.exnref = NULL};
    for (int i = 0; i < 20; i++) {
        wisp_exception *exception, *before = value.of.exnref;
        assert_int_equal(wisp_exception_new(chain, &value, 1, &exception, NULL), WISP_OK);
        wisp_exception_release(before);
        value.of.exnref = exception;
    }
    wisp_exception *last = value.of.exnref;
    assert_int_equal(fixture_call(&e.f, e.throws, "churn", 1000), 0);
    for (int i = 0; i < 20; i++)
        assert_true(wisp_exception_value(value.of.exnref, 0, &value));
    assert_null(value.of.exnref);
    wisp_exception_release(last);
    fixture_deinit(&e.f);
}

/* ------------------------------------------------------------------ legacy instructions */

static wisp_instance *init_legacy(fixture *f)
{
    fixture_init(f, NULL);
    fixture_offer(f, "host", "(i)", host_nothing, NULL);
    return fixture_instance(f, BYTES(legacy_wasm));
}

static void legacy_clauses_catch_by_tag(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *legacy = init_legacy(&f);
    assert_int_equal(fixture_call(&f, legacy, "catches", 0), 1107);
    assert_int_equal(fixture_call(&f, legacy, "catches", 1), 1042);
    assert_int_equal(fixture_call(&f, legacy, "catches", 2), 1056);
    assert_int_equal(fixture_call(&f, legacy, "catches", 3), 1003);
    assert_int_equal(fixture_call(&f, legacy, "uncaught", 3), 9);
    wisp_value arg = wisp_i32(4), result;
    assert_int_equal(wisp_call_export(legacy, "catches", &arg, 1, &result, 1, NULL), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_UNREACHABLE);
    arg = wisp_i32(1);
    assert_int_equal(wisp_call_export(legacy, "uncaught", &arg, 1, &result, 1, NULL), WISP_TRAP);
    const wisp_trap *trap = wisp_store_trap(f.store);
    assert_int_equal(trap->code, WISP_TRAP_EXCEPTION);
    assert_int_equal(trap->depth, 2);
    assert_string_equal(trap->frames[0].func_name, "thrower");
    fixture_deinit(&f);
}

static void legacy_rethrow_names_the_clause_whose_exception_it_means(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *legacy = init_legacy(&f);
    assert_int_equal(fixture_call(&f, legacy, "rethrows", 1), 41);
    assert_int_equal(fixture_call(&f, legacy, "log", 0), 123);
    assert_int_equal(fixture_call(&f, legacy, "rethrows", 2), 5);
    assert_int_equal(fixture_call(&f, legacy, "log", 0), 124);
    fixture_deinit(&f);
}

static void legacy_delegate_skips_the_handlers_between(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *legacy = init_legacy(&f);
    assert_int_equal(fixture_call(&f, legacy, "delegates", 1), 41);
    assert_int_equal(fixture_call(&f, legacy, "delegates", 3), 2);
    assert_int_equal(fixture_call(&f, legacy, "delegates_to_the_caller", 1), 141);
    assert_int_equal(fixture_call(&f, legacy, "delegates_to_the_caller", 3), 2);
    assert_int_equal(fixture_call(&f, legacy, "delegates_to_the_caller", 0), 7);
    fixture_deinit(&f);
}

static wisp_status host_throws(void *user, wisp_instance *caller, const wisp_value *args,
                               wisp_value *results, wisp_error *err)
{
    (void)user;
    (void)results;
    return throw_new(wisp_instance_tag(caller, "e"), args[0].of.i32, err);
}

static void who_made_a_tail_call_catches_nothing_of_it(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    fixture_offer(&f, "host", "(i)", host_throws, NULL);
    wisp_instance *legacy = fixture_instance(&f, BYTES(legacy_wasm));
    assert_int_equal(fixture_run(&f, legacy, "stays", 1), WISP_OK);
    assert_int_equal(fixture_run(&f, legacy, "leaves", 1), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_EXCEPTION);
    assert_int_equal(fixture_run(&f, legacy, "stays", 1), WISP_OK);
    fixture_deinit(&f);
}

static void locals_are_as_the_throw_left_them(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *legacy = init_legacy(&f);
    assert_int_equal(fixture_call(&f, legacy, "locals", 0), 3);
    assert_int_equal(fixture_call(&f, legacy, "locals", 1), 2);
    assert_int_equal(fixture_call(&f, legacy, "loops", 100000), 1);
    assert_int_equal(fixture_call(&f, legacy, "host", 0), 1);
    fixture_deinit(&f);
}

/* Destructors run on the way, in each frame, and what is thrown again is what was caught. */
static void a_cpp_program_throws_and_catches(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *catches = fixture_instance(&f, BYTES(catches_wasm));
    assert_int_equal(fixture_call(&f, catches, "once", 2), 2 + 1 + 200);
    assert_int_equal(fixture_call(&f, catches, "once", 7), 1000 + 200);
    assert_int_equal(fixture_call(&f, catches, "again", 2), 2 + 1 + 200);
    assert_int_equal(fixture_call(&f, catches, "again", 7), 5000 + 1 + 200);
    fixture_deinit(&f);
}

/* ------------------------------------------------------------------ between instances */

/* The second instance calls the first, which throws. */
static wisp_instance *init_second(exception_fixture *e, const char *thrower)
{
    wisp_extern item = {.kind = WISP_EXTERN_FUNC};
    item.of.func = wisp_instance_func(e->throws, thrower);
    assert_int_equal(wisp_linker_add(e->f.linker, "env", "back", item, NULL), WISP_OK);
    return fixture_instance(&e->f, BYTES(throws_wasm));
}

static void an_exception_crosses_instances(void **state)
{
    (void)state;
    exception_fixture e;
    init(&e, NULL);
    wisp_instance *second = init_second(&e, "throw_shared");
    assert_int_equal(fixture_call(&e.f, second, "hoard", 3), 3);
    assert_int_equal(fixture_call(&e.f, second, "catch_shared", 7), 10);
    assert_int_equal(fixture_call(&e.f, second, "catch_shared", 8), 11);
    fixture_deinit(&e.f);
}

static void a_tag_of_another_instance_is_another_tag(void **state)
{
    (void)state;
    exception_fixture e;
    init(&e, NULL);
    wisp_instance *second = init_second(&e, "throw_own");
    wisp_value arg = wisp_i32(7), result;
    assert_int_equal(wisp_call_export(second, "catch_own", &arg, 1, &result, 1, NULL), WISP_TRAP);
    assert_ptr_equal(wisp_exception_tag(wisp_store_exception(e.f.store)), e.own);
    const wisp_trap *trap = wisp_store_trap(e.f.store);
    assert_int_equal(trap->depth, 2);
    assert_string_equal(trap->frames[0].func_name, "throw_own");
    assert_string_equal(trap->frames[1].func_name, "catch_own");
    fixture_deinit(&e.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_uncaught_exception_reaches_the_program),
        cmocka_unit_test(a_trap_is_no_exception),
        cmocka_unit_test(an_exception_is_caught_by_the_innermost_handler_of_its_tag),
        cmocka_unit_test(an_exception_is_kept_and_thrown_again),
        cmocka_unit_test(what_unwinding_costs_is_charged),
        cmocka_unit_test(a_host_function_can_throw),
        cmocka_unit_test(a_host_function_can_hand_on_or_handle_an_exception),
        cmocka_unit_test(the_backtrace_of_a_host_functions_exception_begins_with_it),
        cmocka_unit_test(wrong_tags_and_values_are_refused),
        cmocka_unit_test(exceptions_that_nothing_refers_to_make_room),
        cmocka_unit_test(exceptions_in_use_end_at_the_stores_limit),
        cmocka_unit_test(an_exception_that_the_program_holds_stays),
        cmocka_unit_test(an_exception_keeps_those_that_it_refers_to),
        cmocka_unit_test(legacy_clauses_catch_by_tag),
        cmocka_unit_test(legacy_rethrow_names_the_clause_whose_exception_it_means),
        cmocka_unit_test(legacy_delegate_skips_the_handlers_between),
        cmocka_unit_test(who_made_a_tail_call_catches_nothing_of_it),
        cmocka_unit_test(locals_are_as_the_throw_left_them),
        cmocka_unit_test(a_cpp_program_throws_and_catches),
        cmocka_unit_test(an_exception_crosses_instances),
        cmocka_unit_test(a_tag_of_another_instance_is_another_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
