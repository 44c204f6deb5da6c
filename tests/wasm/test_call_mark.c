#include "wasm/call_mark.h"

#include "fixture.h"
#include "modules_host.h"

/* Calls that the program leaves by longjmp: the store goes back to a mark. */

typedef struct jumper {
    fixture f;
    wisp_instance *instance;
    jmp_buf place;
    wisp_status (*act)(struct jumper *j, int32_t *value);
} jumper;

static wisp_status host_act(void *user, wisp_instance *caller, const wisp_value *args,
                            wisp_value *results, wisp_error *err)
{
    jumper *j = user;
    (void)caller, (void)err;
    int32_t value = args[0].of.i32;
    wisp_status status = j->act(j, &value);
    results[0].of.i32 = value;
    return status;
}

static void init(jumper *j)
{
    fixture_init(&j->f, NULL);
    fixture_offer(&j->f, "act", "(i)i", host_act, j);
    fixture_offer(&j->f, "mixed", "(IfiF)F", host_nothing, NULL);
    fixture_offer(&j->f, "pair", "(iI)Ii", host_nothing, NULL);
    fixture_offer(&j->f, "nothing", "()", host_nothing, NULL);
    j->instance = fixture_instance(&j->f, BYTES(host_wasm));
}

static int32_t call(jumper *j, const char *name, int32_t arg)
{
    return fixture_call(&j->f, j->instance, name, arg);
}

static void assert_idle(jumper *j)
{
    wisp_value zero = wisp_i32(0), result;
    wisp_snapshot *snapshot;
    assert_int_equal(j->f.store->depth, 0);
    assert_null(j->f.store->callback);
    assert_int_equal(wisp_snapshot_take(j->instance, &snapshot, &j->f.err), WISP_OK);
    wisp_snapshot_free(snapshot);
    assert_int_equal(call(j, "leaf", 1), 2);
    assert_int_equal(wisp_call_export(j->instance, "divide", &zero, 1, &result, 1, NULL),
                     WISP_TRAP);
    assert_int_equal(wisp_store_trap(j->f.store)->depth, 1);
}

/* Goes down to 0 by calls back, and leaves from there. */
static wisp_status goes_down_and_leaves(jumper *j, int32_t *value)
{
    if (*value == 0)
        longjmp(j->place, 1);
    *value = call(j, *value % 2 ? "again" : "act", *value - 1);
    return WISP_OK;
}

static void a_store_is_idle_after_its_calls_were_left(void **state)
{
    (void)state;
    jumper j = {.act = goes_down_and_leaves};
    init(&j);
    for (volatile int i = 0; i < 200; i++) { /* more than calls may nest */
        wisp_call_mark mark = wisp_store_mark(j.f.store);
        if (setjmp(j.place) == 0) {
            call(&j, "act", i % 5);
            fail();
        }
        wisp_store_rewind(j.f.store, &mark);
        assert_idle(&j);
    }
    fixture_deinit(&j.f);
}

/* For 0 leaves; else calls something that leaves, once or twice, and goes on as if it had
 * returned. */
static wisp_status survives(jumper *j, int32_t *value)
{
    int32_t arg = *value;
    if (arg == 0)
        longjmp(j->place, 1);
    for (volatile int i = 0; i < arg; i++) {
        wisp_call_mark mark = wisp_store_mark(j->f.store);
        if (setjmp(j->place) == 0) {
            call(j, "again", 0);
            fail();
        }
        wisp_store_rewind(j->f.store, &mark);
    }
    assert_int_equal(call(j, "leaf", 4), 5);
    *value = 2 * arg;
    return WISP_OK;
}

static void a_function_goes_on_after_calls_of_its_own_were_left(void **state)
{
    (void)state;
    jumper j = {.act = survives};
    init(&j);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(call(&j, "act", 1), 1002);
        assert_int_equal(call(&j, "act_indirect", 2), 2004);
        assert_int_equal(call(&j, "again", 3), 6);
    }
    assert_idle(&j);
    fixture_deinit(&j.f);
}

/* Takes a mark outside of all calls, and one in each; goes back to the outermost at last. */
static void a_mark_outlives_those_within(void **state)
{
    (void)state;
    jumper j = {.act = survives};
    init(&j);
    wisp_call_mark mark = wisp_store_mark(j.f.store);
    assert_int_equal(call(&j, "act", 2), 2004);
    wisp_store_rewind(j.f.store, &mark);
    wisp_store_rewind(j.f.store, &mark);
    assert_idle(&j);
    fixture_deinit(&j.f);
}

/* Throws an exception of the module's kind, and leaves before it is on its way. */
static wisp_status throws_and_leaves(jumper *j, int32_t *value)
{
    wisp_tag *tag;
    wisp_exception *exception;
    (void)value;
    if (!(wisp_features_built_in() & WISP_FEATURE_EXCEPTIONS))
        longjmp(j->place, 1);
    assert_int_equal(wisp_tag_new(j->f.store, "()", &tag, &j->f.err), WISP_OK);
    assert_int_equal(wisp_exception_new(tag, NULL, 0, &exception, &j->f.err), WISP_OK);
    wisp_exception_throw(exception);
    wisp_exception_release(exception);
    longjmp(j->place, 1);
}

static wisp_status fails(jumper *j, int32_t *value)
{
    (void)j, (void)value;
    return WISP_BUSY;
}

static void no_exception_stays_on_its_way(void **state)
{
    (void)state;
    jumper j = {.act = throws_and_leaves};
    init(&j);
    wisp_value arg = wisp_i32(1), result;
    wisp_call_mark mark = wisp_store_mark(j.f.store);
    if (setjmp(j.place) == 0) {
        call(&j, "again", 1);
        fail();
    }
    wisp_store_rewind(j.f.store, &mark);
    j.act = fails;
    assert_int_equal(wisp_call_export(j.instance, "again", &arg, 1, &result, 1, NULL), WISP_TRAP);
    assert_int_equal(wisp_store_trap(j.f.store)->code, WISP_TRAP_HOST);
    fixture_deinit(&j.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_is_idle_after_its_calls_were_left),
        cmocka_unit_test(a_function_goes_on_after_calls_of_its_own_were_left),
        cmocka_unit_test(a_mark_outlives_those_within),
        cmocka_unit_test(no_exception_stays_on_its_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
