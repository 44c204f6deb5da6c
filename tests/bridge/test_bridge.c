#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>

#include <wisp/bridge.h>

#include "../words.h"

/* Functions that a module calls, from the module's side. */

/* clang-format off */

/*
 * (module
 *   (import "db" "get" (func $get (param i32 i32 i32) (result i32)))
 *   (import "db" "sum" (func $sum (param i32 i32) (result i64)))
 *   (import "db" "grow" (func $grow (param i32)))
 *   (memory (export "memory") 1)
 *   (data (i32.const 16) "key\00")
 *   (func (export "get") (param i32 i32 i32) (result i32)
 *     (call $get (local.get 0) (local.get 1) (local.get 2)))
 *   (func (export "sum") (param i32 i32) (result i64) (call $sum (local.get 0) (local.get 1)))
 *   (func (export "grow") (param i32) (call $grow (local.get 0)))
 *   (func (export "more") (drop (memory.grow (i32.const 40)))))
 */
static const uint8_t guest_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x15, 0x04, 0x60, 0x03, 0x7f, 0x7f, 0x7f,
    0x01, 0x7f, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7e, 0x60, 0x01, 0x7f, 0x00, 0x60, 0x00, 0x00, 0x02,
    0x1d, 0x03, 0x02, 0x64, 0x62, 0x03, 0x67, 0x65, 0x74, 0x00, 0x00, 0x02, 0x64, 0x62, 0x03, 0x73,
    0x75, 0x6d, 0x00, 0x01, 0x02, 0x64, 0x62, 0x04, 0x67, 0x72, 0x6f, 0x77, 0x00, 0x02, 0x03, 0x05,
    0x04, 0x00, 0x01, 0x02, 0x03, 0x05, 0x03, 0x01, 0x00, 0x01, 0x07, 0x24, 0x05, 0x06, 0x6d, 0x65,
    0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x03, 0x67, 0x65, 0x74, 0x00, 0x03, 0x03, 0x73, 0x75, 0x6d,
    0x00, 0x04, 0x04, 0x67, 0x72, 0x6f, 0x77, 0x00, 0x05, 0x04, 0x6d, 0x6f, 0x72, 0x65, 0x00, 0x06,
    0x0a, 0x24, 0x04, 0x0a, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0x10, 0x00, 0x0b, 0x08, 0x00,
    0x20, 0x00, 0x20, 0x01, 0x10, 0x01, 0x0b, 0x06, 0x00, 0x20, 0x00, 0x10, 0x02, 0x0b, 0x07, 0x00,
    0x41, 0x28, 0x40, 0x00, 0x1a, 0x0b, 0x0b, 0x0a, 0x01, 0x00, 0x41, 0x10, 0x0b, 0x04, 0x6b, 0x65,
    0x79, 0x00,
};

/* clang-format on */

typedef struct database {
    int calls;
    const void *before, *after; /* where the bytes were and are, around a call that grows */
} database;

/* get(key, into, size): 1 and the value if there is such a key */
static wisp_status db_get(void *user, wisp_instance *caller, const wisp_arg *args,
                          wisp_value *results, wisp_error *err)
{
    (void)err;
    ((database *)user)->calls++;
    assert_non_null(caller);
    bool is_there = strcmp(args[0].text, "key") == 0;
    if (is_there)
        memset(args[1].out, 'v', args[1].size);
    results[0] = wisp_i32(is_there);
    return WISP_OK;
}

/* sum(numbers, count) */
static wisp_status db_sum(void *user, wisp_instance *caller, const wisp_arg *args,
                          wisp_value *results, wisp_error *err)
{
    (void)caller;
    (void)err;
    ((database *)user)->calls++;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < args[1].u32; i++)
        sum += wisp_get_u32((const uint8_t *)args[0].in + (size_t)4 * i);
    results[0] = wisp_i64((int64_t)sum);
    return WISP_OK;
}

static wisp_status db_grow(void *user, wisp_instance *caller, const wisp_arg *args,
                           wisp_value *results, wisp_error *err)
{
    (void)results;
    database *db = user;
    db->before = args[0].in;
    wisp_status status = wisp_call_export(caller, "more", NULL, 0, NULL, 0, err);
    db->after = wisp_arg_in(caller, &args[0]);
    assert_ptr_equal(wisp_arg_out(caller, &args[0]), db->after);
    return status;
}

static const wisp_bridge_func db_funcs[] = {
    {"get", "($ >[2] z)i", db_get},
    {"sum", "(<4[1]@4 i)I", db_sum},
    {"grow", "(<>4)", db_grow},
};

enum { DB_FUNCS = sizeof db_funcs / sizeof *db_funcs };

typedef struct fixture {
    wisp_store *store;
    wisp_linker *linker;
    wisp_module *module;
    wisp_instance *instance;
    database db;
    wisp_error err;
} fixture;

/* A store with an instance of the fixture's module. */
static wisp_status start(fixture *f)
{
    wisp_status status = wisp_store_new(NULL, &f->store, &f->err);
    if (!status)
        status = wisp_linker_new(f->store, &f->linker, &f->err);
    if (!status)
        status = wisp_bridge_add(f->linker, "db", db_funcs, DB_FUNCS, &f->db, &f->err);
    if (!status)
        status = wisp_instance_new(f->store, f->module, f->linker, &f->instance, &f->err);
    return status;
}

static void setup(fixture *f)
{
    *f = (fixture){.store = NULL};
    wisp_bytes bytes = {guest_wasm, sizeof guest_wasm};
    assert_int_equal(wisp_module_new(NULL, bytes, &f->module, &f->err), WISP_OK);
    assert_int_equal(start(f), WISP_OK);
}

static void teardown(fixture *f)
{
    wisp_store_free(f->store);
    wisp_module_free(f->module);
}

static wisp_status get(fixture *f, uint32_t key, uint32_t into, uint32_t size, wisp_value *result)
{
    wisp_value args[] = {wisp_i32((int32_t)key), wisp_i32((int32_t)into),
                         wisp_i32((int32_t)size)};
    return wisp_call_export(f->instance, "get", args, 3, result, 1, &f->err);
}

static void a_function_gets_native_pointers(void **state)
{
    (void)state;
    fixture f;
    wisp_value result;
    setup(&f);
    assert_int_equal(get(&f, 16, WISP_PAGE_SIZE - 3, 3, &result), WISP_OK);
    assert_int_equal(result.of.i32, 1);
    wisp_memory *memory = wisp_instance_memory(f.instance, "memory");
    assert_memory_equal(wisp_memory_at(memory, WISP_PAGE_SIZE - 4, 4), "\0vvv", 4);
    assert_int_equal(get(&f, 17, 0, 0, &result), WISP_OK);
    assert_int_equal(result.of.i32, 0);
    teardown(&f);
}

static void a_bad_argument_traps_before_the_function_runs(void **state)
{
    (void)state;
    static const struct {
        uint32_t key, into, size;
        const char *text;
    } cases[] = {
        {16, 65530, 40,
         "db.get: parameter 1: 40 bytes at address 65530 are outside the memory of 65536 bytes"},
        {16, 65537, 0,
         "db.get: parameter 1: 0 bytes at address 65537 are outside the memory of 65536 bytes"},
        {16, 4, UINT32_MAX,
         "db.get: parameter 1: 4294967295 bytes at address 4 are outside the memory of 65536 "
         "bytes"},
        {65536, 0, 0,
         "db.get: parameter 0: a text at address 65536 is outside the memory of 65536 bytes"},
    };
    fixture f;
    wisp_value result;
    setup(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(get(&f, cases[i].key, cases[i].into, cases[i].size, &result), WISP_TRAP);
        const wisp_trap *trap = wisp_store_trap(f.store);
        assert_int_equal(trap->code, WISP_TRAP_HOST);
        assert_true(words_are(trap->text, cases[i].text));
    }
    assert_int_equal(f.db.calls, 0);
    teardown(&f);
}

static void elements_are_counted_and_aligned(void **state)
{
    (void)state;
    fixture f;
    wisp_value args[] = {wisp_i32(32), wisp_i32(3)}, result;
    setup(&f);
    uint8_t *data = wisp_memory_at(wisp_instance_memory(f.instance, "memory"), 32, 12);
    for (uint32_t i = 0; i < 3; i++)
        wisp_put_u32(data + (size_t)4 * i, 0x80000000u + i);
    assert_int_equal(wisp_call_export(f.instance, "sum", args, 2, &result, 1, &f.err), WISP_OK);
    assert_true(result.of.i64 == 3 * 0x80000000ll + 3);
    args[0] = wisp_i32(33);
    assert_int_equal(wisp_call_export(f.instance, "sum", args, 2, &result, 1, &f.err), WISP_TRAP);
    assert_true(words_are(
        wisp_store_trap(f.store)->text,
        "db.sum: parameter 0: address 33 is not a multiple of 4, in a memory of 65536 bytes"));
    teardown(&f);
}

static void a_range_is_found_again_after_the_memory_grew(void **state)
{
    (void)state;
    fixture f;
    setup(&f);
    wisp_value arg = wisp_i32(WISP_PAGE_SIZE - 4);
    assert_int_equal(wisp_call_export(f.instance, "grow", &arg, 1, NULL, 0, &f.err), WISP_OK);
    wisp_memory *memory = wisp_instance_memory(f.instance, "memory");
    assert_int_equal(wisp_memory_size(memory), 41 * WISP_PAGE_SIZE);
    assert_non_null(f.db.before);
    assert_ptr_equal(f.db.after, wisp_memory_at(memory, WISP_PAGE_SIZE - 4, 4));
    teardown(&f);
}

static void a_call_by_the_program_has_no_memory(void **state)
{
    (void)state;
    static const uint8_t
        reexport[] = {0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x07,
                      0x01, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7e, 0x02, 0x0a, 0x01,
                      0x02, 0x64, 0x62, 0x03, 0x73, 0x75, 0x6d, 0x00, 0x00, 0x07,
                      0x07, 0x01, 0x03, 0x73, 0x75, 0x6d, 0x00, 0x00}; /* (import "db" "sum" (func
                                                                          (param i32 i32) (result
                                                                          i64))) (export "sum" …)
                                                                        */
    fixture f;
    setup(&f);
    wisp_module *module;
    wisp_instance *instance;
    wisp_value args[] = {wisp_i32(0), wisp_i32(0)}, result;
    wisp_bytes bytes = {reexport, sizeof reexport};
    assert_int_equal(wisp_module_new(NULL, bytes, &module, &f.err), WISP_OK);
    assert_int_equal(wisp_instance_new(f.store, module, f.linker, &instance, &f.err), WISP_OK);
    assert_int_equal(wisp_call_export(instance, "sum", args, 2, &result, 1, &f.err), WISP_TRAP);
    assert_true(words_are(wisp_store_trap(f.store)->text,
                          "db.sum: parameter 0: address 0, and the caller has no memory"));
    teardown(&f);
    wisp_module_free(module);
}

static void a_bad_function_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        wisp_bridge_func func;
        const char *text;
    } cases[] = {
        {{"f", "(i", db_get}, "db.f: signature '(i' ends, expected ')'"},
        {{"f", "(y)", db_get}, "signature '(y)' has a letter"},
        {{"f", "()y", db_get}, "signature '()y' has a letter"},
        {{"f", "()", NULL}, "no function for db.f"},
    };
    fixture f;
    setup(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(wisp_bridge_add(f.linker, "db", &cases[i].func, 1, NULL, &f.err),
                         WISP_INVALID);
        if (!words_say(f.err.text, cases[i].text))
            fail_msg("%s", f.err.text);
    }
    teardown(&f);
}

static void functions_for_64_bit_addresses_have_wide_types(void **state)
{
    (void)state;
    fixture f;
    setup(&f);
    assert_int_equal(wisp_bridge_add64(f.linker, "db", db_funcs, DB_FUNCS, &f.db, &f.err),
                     WISP_OK);
    assert_int_equal(wisp_linker_check(f.linker, f.module, &f.err), WISP_MISMATCH);
    assert_true(words_say(f.err.text, "db.get is func (i64 i64 i64) -> (i32), expected func "
                                      "(i32 i32 i32) -> (i32)"));
    teardown(&f);
}

static void fields_are_little_endian_at_any_address(void **state)
{
    (void)state;
    uint8_t bytes[32] = {0};
    wisp_put_u16(bytes + 1, 0x0102);
    wisp_put_u32(bytes + 3, 0x03040506);
    wisp_put_u64(bytes + 7, 0x0708090a0b0c0d0eu);
    static const uint8_t expected[] = {0,    0x02, 0x01, 0x06, 0x05, 0x04, 0x03, 0x0e,
                                       0x0d, 0x0c, 0x0b, 0x0a, 0x09, 0x08, 0x07, 0};
    assert_memory_equal(bytes, expected, sizeof expected);
    assert_int_equal(wisp_get_u16(bytes + 1), 0x0102);
    assert_int_equal(wisp_get_u32(bytes + 3), 0x03040506);
    assert_true(wisp_get_u64(bytes + 7) == 0x0708090a0b0c0d0eu);
    wisp_put_f32(bytes + 1, 1.0f);
    wisp_put_f64(bytes + 5, -2.0);
    assert_int_equal(wisp_get_u32(bytes + 1), 0x3f800000);
    assert_true(wisp_get_u64(bytes + 5) == 0xc000000000000000u);
    assert_true(wisp_get_f32(bytes + 1) == 1.0f);
    assert_true(wisp_get_f64(bytes + 5) == -2.0);
}

typedef struct refuser {
    size_t live;
    int until_refusal;
} refuser;

static void *refuse(void *user, void *old, size_t old_size, size_t new_size)
{
    refuser *r = user;
    if (new_size && r->until_refusal-- == 0)
        return NULL;
    r->live += new_size - old_size;
    if (new_size)
        return realloc(old, new_size);
    free(old);
    return NULL;
}

static void a_refused_allocation_is_told_and_leaks_nothing(void **state)
{
    (void)state;
    bool was_refused = true;
    for (int n = 0; was_refused; n++) {
        refuser r = {.until_refusal = n};
        wisp_allocator allocator = {refuse, &r};
        wisp_store_config config = {.allocator = &allocator};
        wisp_store *store = NULL;
        wisp_linker *linker;
        wisp_status status = wisp_store_new(&config, &store, NULL);
        if (status == WISP_OK)
            status = wisp_linker_new(store, &linker, NULL);
        for (int i = 0; i < 20 && status == WISP_OK; i++)
            status = wisp_bridge_add(linker, "db", db_funcs, DB_FUNCS, NULL, NULL);
        wisp_store_free(store);
        was_refused = r.until_refusal < 0;
        assert_int_equal(status, was_refused ? WISP_NO_MEMORY : WISP_OK);
        assert_int_equal(r.live, 0);
    }
}

/* ------------------------------------------------------------------ threads */

enum { WORKERS = 4, ROUNDS = 100 };

typedef struct worker {
    pthread_t thread;
    wisp_module *module; /* the one of all */
    uint32_t number;
    int good_rounds;
} worker;

/* Whether the sum of numbers that only this thread has, a growing memory and a trap are all as
 * they would be on one thread. */
static bool is_alone(fixture *f, uint32_t number)
{
    uint8_t *numbers = wisp_memory_at(wisp_instance_memory(f->instance, "memory"), 64, 8);
    wisp_put_u32(numbers, number);
    wisp_put_u32(numbers + 4, number * 1000);
    wisp_value args[] = {wisp_i32(64), wisp_i32(2)}, sum;
    wisp_value outside[] = {wisp_i32(WISP_PAGE_SIZE * 50), wisp_i32(1)};
    return !wisp_call_export(f->instance, "sum", args, 2, &sum, 1, &f->err) &&
           sum.of.i64 == (int64_t)number * 1001 && f->db.calls == 1 &&
           !wisp_call_export(f->instance, "grow", args, 1, NULL, 0, &f->err) &&
           wisp_call_export(f->instance, "sum", outside, 2, &sum, 1, &f->err) == WISP_TRAP &&
           wisp_store_trap(f->store)->depth == 2 && f->db.calls == 1;
}

/* cmocka's assertions are for its own thread. */
static void *work(void *user)
{
    worker *w = user;
    for (int i = 0; i < ROUNDS; i++) {
        fixture f = {.module = w->module};
        w->good_rounds += !start(&f) && is_alone(&f, w->number);
        wisp_store_free(f.store);
    }
    return NULL;
}

static void threads_share_a_module_and_nothing_else(void **state)
{
    (void)state;
    fixture f;
    worker workers[WORKERS];
    setup(&f);
    for (uint32_t i = 0; i < WORKERS; i++) {
        workers[i] = (worker){.module = f.module, .number = i + 1};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(workers[i].good_rounds, ROUNDS);
    assert_int_equal(f.db.calls, 0);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_gets_native_pointers),
        cmocka_unit_test(a_bad_argument_traps_before_the_function_runs),
        cmocka_unit_test(elements_are_counted_and_aligned),
        cmocka_unit_test(a_range_is_found_again_after_the_memory_grew),
        cmocka_unit_test(a_call_by_the_program_has_no_memory),
        cmocka_unit_test(a_bad_function_is_refused_by_name),
        cmocka_unit_test(functions_for_64_bit_addresses_have_wide_types),
        cmocka_unit_test(fields_are_little_endian_at_any_address),
        cmocka_unit_test(a_refused_allocation_is_told_and_leaks_nothing),
        cmocka_unit_test(threads_share_a_module_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
