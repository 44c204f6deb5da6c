#include "wasm/call_mark.h"

#include "fixture.h"
#include "modules_host.h"

/* Calls that the program leaves, by longjmp or an exception of C++: the store goes back to a
 * mark. */

typedef struct jumper jumper;

/* A way to leave calls. */
typedef struct way {
    void (*leave)(jumper *j);
    bool (*was_left)(jumper *j, void (*run)(void *user), void *user);
} way;

struct jumper {
    fixture f;
    wisp_instance *instance;
    const way *way;
    jmp_buf *place;
    wisp_status (*act)(jumper *j, int32_t *value);
};

static void leave_by_jump(jumper *j)
{
    longjmp(*j->place, 1);
}

static bool was_left_by_jump(jumper *j, void (*run)(void *user), void *user)
{
    jmp_buf place, *outer = j->place;
    bool is_left = setjmp(place);
    if (!is_left) {
        j->place = &place;
        run(user);
    }
    j->place = outer;
    return is_left;
}

#ifdef WISP_TESTS_CPP

/* unwinding.cpp */
void unwinding_throw(void);
bool unwinding_catches(void (*run)(void *user), void *user);

static void leave_by_exception(jumper *j)
{
    (void)j;
    unwinding_throw();
}

static bool was_left_by_exception(jumper *j, void (*run)(void *user), void *user)
{
    (void)j;
    return unwinding_catches(run, user);
}

#endif

static const way ways[] = {
    {leave_by_jump, was_left_by_jump},
#ifdef WISP_TESTS_CPP
    {leave_by_exception, was_left_by_exception},
#endif
};

enum { WAYS = sizeof ways / sizeof *ways };

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

/* A call that does not return. */
typedef struct last_call {
    jumper *j;
    const char *name;
    int32_t arg;
} last_call;

static void run_last(void *user)
{
    const last_call *c = user;
    call(c->j, c->name, c->arg);
}

static void assert_is_left(jumper *j, const char *name, int32_t arg)
{
    last_call c = {j, name, arg};
    wisp_call_mark mark = wisp_store_mark(j->f.store);
    assert_true(j->way->was_left(j, run_last, &c));
    wisp_store_rewind(j->f.store, &mark);
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
        j->way->leave(j);
    *value = call(j, *value % 2 ? "again" : "act", *value - 1);
    return WISP_OK;
}

static void a_store_is_idle_after_its_calls_were_left(void **state)
{
    (void)state;
    for (int w = 0; w < WAYS; w++) {
        jumper j = {.act = goes_down_and_leaves, .way = &ways[w]};
        init(&j);
        for (int i = 0; i < 200; i++) { /* more than calls may nest */
            assert_is_left(&j, "act", i % 5);
            assert_idle(&j);
        }
        fixture_deinit(&j.f);
    }
}

/* For 0 leaves; else calls what leaves, so many times, and goes on as if it had returned. */
static wisp_status survives(jumper *j, int32_t *value)
{
    if (*value == 0)
        j->way->leave(j);
    for (int i = 0; i < *value; i++)
        assert_is_left(j, "again", 0);
    assert_int_equal(call(j, "leaf", 4), 5);
    *value *= 2;
    return WISP_OK;
}

static void a_function_goes_on_after_calls_of_its_own_were_left(void **state)
{
    (void)state;
    for (int w = 0; w < WAYS; w++) {
        jumper j = {.act = survives, .way = &ways[w]};
        init(&j);
        for (int i = 0; i < 100; i++) {
            assert_int_equal(call(&j, "act", 1), 1002);
            assert_int_equal(call(&j, "act_indirect", 2), 2004);
            assert_int_equal(call(&j, "again", 3), 6);
        }
        assert_idle(&j);
        fixture_deinit(&j.f);
    }
}

static void a_mark_outlives_those_within(void **state)
{
    (void)state;
    jumper j = {.act = survives, .way = &ways[0]};
    init(&j);
    wisp_call_mark mark = wisp_store_mark(j.f.store);
    assert_int_equal(call(&j, "act", 2), 2004);
    wisp_store_rewind(j.f.store, &mark);
    wisp_store_rewind(j.f.store, &mark);
    assert_idle(&j);
    fixture_deinit(&j.f);
}

/* Throws an exception of the module's kind, and leaves before that is on its way. */
static wisp_status throws_and_leaves(jumper *j, int32_t *value)
{
    wisp_tag *tag;
    wisp_exception *exception;
    (void)value;
    if (wisp_features_built_in() & WISP_FEATURE_EXCEPTIONS) {
        assert_int_equal(wisp_tag_new(j->f.store, "()", &tag, &j->f.err), WISP_OK);
        assert_int_equal(wisp_exception_new(tag, NULL, 0, &exception, &j->f.err), WISP_OK);
        wisp_exception_throw(exception);
        wisp_exception_release(exception);
    }
    j->way->leave(j);
    return WISP_OK;
}

static wisp_status fails(jumper *j, int32_t *value)
{
    (void)j, (void)value;
    return WISP_BUSY;
}

static void no_exception_stays_on_its_way(void **state)
{
    (void)state;
    jumper j = {.act = throws_and_leaves, .way = &ways[0]};
    init(&j);
    wisp_value arg = wisp_i32(1), result;
    assert_is_left(&j, "again", 1);
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
