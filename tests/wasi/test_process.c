#include "../words.h"
#include "guest.h"

#include "base/memory.h"

static void arguments_and_variables_arrive(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, &(wisp_wasi_config){.args = (const char *[]){"program", "", "two words"},
                                      .arg_count = 3,
                                      .env = (const char *[]){"A=1", "B=ü"},
                                      .env_count = 2});
    assert_int_equal(CALL(g, "args_sizes_get", RESULT, RESULT_2), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 3);
    assert_int_equal(guest_load(g, RESULT_2, 4), 8 + 1 + 10);
    assert_int_equal(CALL(g, "args_get", SLICES, BUFFER), 0);
    const char *expected[] = {"program", "", "two words"};
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t at = (uint32_t)guest_load(g, SLICES + 4 * i, 4);
        assert_string_equal((char *)guest_at(g, at, 16), expected[i]);
    }
    assert_int_equal(CALL(g, "environ_sizes_get", RESULT, RESULT_2), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 2);
    assert_int_equal(guest_load(g, RESULT_2, 4), 4 + 5);
    assert_int_equal(CALL(g, "environ_get", SLICES, BUFFER), 0);
    uint32_t second = (uint32_t)guest_load(g, SLICES + 4, 4);
    assert_string_equal((char *)guest_at(g, second, 16), "B=ü");
    guest_deinit(g);
}

static void nothing_is_inherited_by_default(void **state)
{
    (void)state;
    guest it, *g = &it;
    char text[8];
    guest_init(g, NULL);
    assert_int_equal(CALL(g, "args_sizes_get", RESULT, RESULT_2), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 0);
    assert_int_equal(CALL(g, "environ_sizes_get", RESULT, RESULT_2), 0);
    assert_int_equal(guest_load(g, RESULT, 4), 0);
    assert_int_equal(guest_read(g, 0, text, sizeof text), 0); /* the end */
    assert_int_equal(guest_write(g, 1, "lost"), 4);
    assert_int_equal(guest_write(g, 2, "lost"), 4);
    assert_int_equal(CALL(g, "fd_prestat_get", ROOT + 1, RESULT), WISP_WASI_EBADF);
    guest_deinit(g);
}

static void clocks_tell_the_time(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    for (uint32_t clock = 0; clock < 4; clock++) {
        assert_int_equal(CALL(g, "clock_res_get", clock, RESULT), 0);
        assert_in_range(guest_load(g, RESULT, 8), 1, 1000000000);
        assert_int_equal(CALL(g, "clock_time_get", clock, 0, RESULT), 0);
        uint64_t first = guest_load(g, RESULT, 8);
        assert_int_equal(CALL(g, "clock_time_get", clock, 0, RESULT), 0);
        assert_true(clock == 0 || guest_load(g, RESULT, 8) >= first);
    }
    assert_int_equal(CALL(g, "clock_time_get", 4, 0, RESULT), WISP_WASI_EINVAL);
    assert_int_equal(CALL(g, "clock_res_get", 4, RESULT), WISP_WASI_EINVAL);
    guest_deinit(g);
}

static uint64_t fixed_clock(void *user, wisp_wasi_clock clock)
{
    (void)user;
    return 1000 + (uint64_t)clock;
}

static int fixed_random(void *user, void *into, size_t size)
{
    memset(into, *(char *)user, size);
    return 0;
}

static void the_program_can_bring_its_own_time_and_chance(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, &(wisp_wasi_config){
                      .now_ns = fixed_clock, .random = fixed_random, .user = (char[]){7}});
    assert_int_equal(CALL(g, "clock_time_get", WISP_WASI_MONOTONIC, 0, RESULT), 0);
    assert_int_equal(guest_load(g, RESULT, 8), 1001);
    assert_int_equal(CALL(g, "random_get", BUFFER, 4), 0);
    assert_int_equal(guest_load(g, BUFFER, 4), 0x07070707);
    guest_deinit(g);
}

static void random_numbers_differ(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    assert_int_equal(CALL(g, "random_get", BUFFER, 64), 0);
    assert_int_equal(CALL(g, "random_get", BUFFER + 64, 64), 0);
    assert_memory_not_equal(guest_at(g, BUFFER, 64), guest_at(g, BUFFER + 64, 64), 64);
    assert_int_equal(guest_load(g, BUFFER + 128, 8), 0);
    guest_deinit(g);
}

static void exiting_ends_the_program_with_its_code(void **state)
{
    (void)state;
    guest it, *g = &it;
    uint32_t code = 0;
    guest_init(g, NULL);
    assert_false(wisp_wasi_exited(g->wasi, &code));
    guest_try(g, "proc_exit", (uint64_t[]){3}, 1);
    assert_int_equal(g->status, WISP_TRAP);
    assert_true(words_are(wisp_store_trap(g->store)->text, "exit with code 3"));
    assert_true(wisp_wasi_exited(g->wasi, &code));
    assert_int_equal(code, 3);
    guest_try(g, "proc_exit", (uint64_t[]){4}, 1); /* the first counts */
    assert_int_equal(g->status, WISP_TRAP);
    assert_true(wisp_wasi_exited(g->wasi, &code));
    assert_int_equal(code, 3);
    guest_try(g, "sched_yield", NULL, 0);
    assert_int_equal(g->status, WISP_TRAP);
    guest_deinit(g);
}

static void yielding_returns_and_signals_are_refused(void **state)
{
    (void)state;
    guest it, *g = &it;
    guest_init(g, NULL);
    assert_int_equal(guest_call(g, "sched_yield", NULL, 0), 0);
    assert_int_equal(CALL(g, "proc_raise", 6), WISP_WASI_ENOTSUP);
    guest_deinit(g);
}

/*
 * (module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
 *   (memory 1) (export "memory" (memory 0))
 *   (func (export "_start") (call 0 (i32.const 42))))
 */
static const uint8_t exits_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x60, 0x01, 0x7f,
    0x00, 0x60, 0x00, 0x00, 0x02, 0x24, 0x01, 0x16, 'w',  'a',  's',  'i',  '_',  's',
    'n',  'a',  'p',  's',  'h',  'o',  't',  '_',  'p',  'r',  'e',  'v',  'i',  'e',
    'w',  '1',  0x09, 'p',  'r',  'o',  'c',  '_',  'e',  'x',  'i',  't',  0x00, 0x00,
    0x03, 0x02, 0x01, 0x01, 0x05, 0x03, 0x01, 0x00, 0x01, 0x07, 0x13, 0x02, 0x06, 'm',
    'e',  'm',  'o',  'r',  'y',  0x02, 0x00, 0x06, '_',  's',  't',  'a',  'r',  't',
    0x00, 0x01, 0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x2a, 0x10, 0x00, 0x0b};

/* The same without the memory. */
static const uint8_t bare_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x60, 0x01, 0x7f,
    0x00, 0x60, 0x00, 0x00, 0x02, 0x24, 0x01, 0x16, 'w',  'a',  's',  'i',  '_',  's',
    'n',  'a',  'p',  's',  'h',  'o',  't',  '_',  'p',  'r',  'e',  'v',  'i',  'e',
    'w',  '1',  0x09, 'p',  'r',  'o',  'c',  '_',  'e',  'x',  'i',  't',  0x00, 0x00,
    0x03, 0x02, 0x01, 0x01, 0x07, 0x0a, 0x01, 0x06, '_',  's',  't',  'a',  'r',  't',
    0x00, 0x01, 0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x2a, 0x10, 0x00, 0x0b};

static wisp_status run_module(guest *g, wisp_bytes bytes, uint32_t *code)
{
    wisp_module *module;
    wisp_instance *instance;
    assert_int_equal(wisp_module_new(NULL, bytes, &module, &g->err), WISP_OK);
    assert_true(wisp_wasi_is_needed(module));
    assert_int_equal(wisp_instance_new(g->store, module, g->linker, &instance, &g->err), WISP_OK);
    wisp_status status = wisp_wasi_run(g->wasi, instance, code, &g->err);
    guest_deinit(g);
    wisp_module_free(module);
    return status;
}

static void a_command_runs_to_its_exit(void **state)
{
    (void)state;
    guest it, *g = &it;
    uint32_t code = 0;
    guest_init(g, NULL);
    assert_int_equal(run_module(g, (wisp_bytes){exits_wasm, sizeof exits_wasm}, &code), WISP_OK);
    assert_int_equal(code, 42);
}

static void a_memory_need_not_have_the_name(void **state)
{
    (void)state;
    static uint8_t changed[sizeof exits_wasm];
    guest it, *g = &it;
    uint32_t code = 0;
    guest_init(g, NULL);
    memcpy(changed, exits_wasm, sizeof changed);
    memcpy(changed + 69, "mimory", 6);
    assert_int_equal(run_module(g, (wisp_bytes){changed, sizeof changed}, &code), WISP_OK);
    assert_int_equal(code, 42);
}

static void a_caller_without_memory_traps(void **state)
{
    (void)state;
    guest it, *g = &it;
    uint32_t code = 0;
    guest_init(g, NULL);
    assert_int_equal(run_module(g, (wisp_bytes){bare_wasm, sizeof bare_wasm}, &code), WISP_TRAP);
    assert_true(words_are(g->err.text, "the caller has no memory"));
}

static void what_cannot_be_given_is_refused(void **state)
{
    (void)state;
    wisp_wasi *wasi = NULL;
    wisp_error err;
    wisp_wasi_preopen missing = {.host = "/no/such/folder", .guest = "/"};
    wisp_wasi_config no_folder = {.preopens = &missing, .preopen_count = 1};
    wisp_wasi_config no_fd = {.out = {.kind = WISP_WASI_FD, .fd = 12345}};
    wisp_wasi_config no_function = {.in = {.kind = WISP_WASI_CALLBACK}};
    wisp_wasi_config no_socket = {.sockets = (int[]){0}, .socket_count = 1};
    wisp_wasi_config too_few = {.descriptor_max = 2};
    assert_int_equal(wisp_wasi_new(&no_folder, &wasi, &err), WISP_IO);
    assert_true(
        words_are(err.text, "cannot open the folder /no/such/folder: No such file or directory"));
    assert_int_equal(wisp_wasi_new(&no_fd, &wasi, &err), WISP_INVALID);
    assert_true(words_are(err.text, "descriptor 12345 is not open"));
    assert_int_equal(wisp_wasi_new(&no_function, &wasi, &err), WISP_INVALID);
    assert_int_equal(wisp_wasi_new(&no_socket, &wasi, &err), WISP_INVALID);
    assert_int_equal(wisp_wasi_new(&too_few, &wasi, &err), WISP_LIMIT);
}

typedef struct counter {
    size_t allowed; /* allocations until one is refused */
    size_t blocks;  /* that are not freed */
} counter;

static void *count_alloc(void *user, void *old, size_t old_size, size_t new_size)
{
    counter *c = user;
    if (new_size == 0) {
        c->blocks -= old != NULL;
        return wisp_allocator_default.alloc(NULL, old, old_size, 0);
    }
    if (c->allowed == 0)
        return NULL;
    c->allowed--;
    c->blocks += old == NULL;
    return wisp_allocator_default.alloc(NULL, old, old_size, new_size);
}

static void a_refused_allocation_is_told_and_leaves_nothing(void **state)
{
    (void)state;
    wisp_wasi_preopen folder = {.host = "/", .guest = "/"};
    wisp_status status = WISP_NO_MEMORY;
    size_t allowed = 0;
    for (; status != WISP_OK && allowed < 100; allowed++) {
        counter c = {.allowed = allowed};
        wisp_allocator allocator = {count_alloc, &c};
        wisp_wasi_config config = {.allocator = &allocator,
                                   .args = (const char *[]){"x"},
                                   .arg_count = 1,
                                   .env = (const char *[]){"A=1"},
                                   .env_count = 1,
                                   .preopens = &folder,
                                   .preopen_count = 1};
        wisp_wasi *wasi = NULL;
        status = wisp_wasi_new(&config, &wasi, NULL);
        assert_true(status == WISP_OK || status == WISP_NO_MEMORY);
        wisp_wasi_free(wasi);
        assert_int_equal(c.blocks, 0);
    }
    assert_in_range(allowed, 8, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_and_variables_arrive),
        cmocka_unit_test(nothing_is_inherited_by_default),
        cmocka_unit_test(clocks_tell_the_time),
        cmocka_unit_test(the_program_can_bring_its_own_time_and_chance),
        cmocka_unit_test(random_numbers_differ),
        cmocka_unit_test(exiting_ends_the_program_with_its_code),
        cmocka_unit_test(yielding_returns_and_signals_are_refused),
        cmocka_unit_test(a_command_runs_to_its_exit),
        cmocka_unit_test(a_memory_need_not_have_the_name),
        cmocka_unit_test(a_caller_without_memory_traps),
        cmocka_unit_test(what_cannot_be_given_is_refused),
        cmocka_unit_test(a_refused_allocation_is_told_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
