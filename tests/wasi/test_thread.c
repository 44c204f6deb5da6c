#include "../words.h"
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>

/* Threads of programs; the first argument is programs/threads.c, compiled. */

static uint8_t *program;
static size_t program_size;

typedef struct outcome {
    wisp_status status;
    uint32_t code;
    char trap[2048]; /* "" for none outside the first thread */
    wisp_error err;
} outcome;

/* Runs what [letter] stands for with up to [max] threads. */
static outcome run(const char *letter, uint32_t max)
{
    outcome o = {.code = 99};
    wisp_wasi *wasi;
    wisp_module *module;
    wisp_store *store;
    wisp_linker *linker;
    wisp_wasi_threads *threads;
    wisp_instance *instance;
    const char *args[] = {"threads", letter};
    wisp_wasi_config config = {.args = args, .arg_count = 2};
    wisp_wasi_threads_config with = {.max = max, .store = {.memory_max = 4 << 20}};
    assert_int_equal(wisp_wasi_new(&config, &wasi, &o.err), WISP_OK);
    assert_int_equal(wisp_module_new(NULL, (wisp_bytes){program, program_size}, &module, &o.err),
                     WISP_OK);
    assert_true(wisp_wasi_threads_are_needed(module));
    assert_int_equal(wisp_store_new(NULL, &store, &o.err), WISP_OK);
    assert_int_equal(wisp_linker_new(store, &linker, &o.err), WISP_OK);
    assert_int_equal(wisp_wasi_threads_new(wasi, module, &with, &threads, &o.err), WISP_OK);
    assert_int_equal(wisp_wasi_threads_link(threads, linker, &o.err), WISP_OK);
    assert_int_equal(wisp_instance_new(store, module, linker, &instance, &o.err), WISP_OK);
    o.status = wisp_wasi_run(wasi, instance, &o.code, &o.err);
    const char *trap = wisp_wasi_threads_trap(threads);
    snprintf(o.trap, sizeof o.trap, "%s", trap ? trap : "");
    wisp_wasi_threads_free(threads);
    wisp_store_free(store);
    wisp_wasi_free(wasi);
    wisp_module_free(module);
    return o;
}

static void threads_share_their_memory(void **state)
{
    (void)state;
    outcome o = run("c", 4);
    assert_int_equal(o.status, WISP_OK);
    assert_int_equal(o.code, 0);
}

static void the_place_of_a_thread_is_used_again(void **state)
{
    (void)state;
    outcome o = run("o", 1);
    assert_int_equal(o.status, WISP_OK);
    assert_int_equal(o.code, 0);
}

static void there_are_no_more_threads_than_allowed(void **state)
{
    (void)state;
    assert_int_equal(run("m", 1).code, 1);
    assert_int_equal(run("m", 3).code, 3);
}

static void a_thread_that_exits_ends_all(void **state)
{
    (void)state;
    outcome o = run("x", 4);
    assert_int_equal(o.status, WISP_OK);
    assert_int_equal(o.code, 7);
    assert_string_equal(o.trap, "");
}

static void a_thread_that_traps_ends_all(void **state)
{
    (void)state;
    outcome o = run("t", 4);
    assert_int_equal(o.status, WISP_TRAP);
    assert_true(words_are(o.err.text, "another thread has trapped"));
    assert_non_null(strstr(o.trap, "trap: unreachable\n  at "));
}

static void the_first_thread_that_returns_ends_all(void **state)
{
    (void)state;
    outcome o = run("r", 4);
    assert_int_equal(o.status, WISP_OK);
    assert_int_equal(o.code, 0);
    assert_string_equal(o.trap, "");
}

static void a_memory_over_the_limit_is_refused(void **state)
{
    (void)state;
    wisp_module *module;
    wisp_wasi *wasi;
    wisp_wasi_threads *threads = NULL;
    wisp_error err;
    wisp_wasi_threads_config config = {.store = {.memory_max = 65536}};
    assert_int_equal(wisp_wasi_new(NULL, &wasi, &err), WISP_OK);
    assert_int_equal(wisp_module_new(NULL, (wisp_bytes){program, program_size}, &module, &err),
                     WISP_OK);
    assert_int_equal(wisp_wasi_threads_new(wasi, module, &config, &threads, &err), WISP_LIMIT);
    wisp_wasi_free(wasi);
    wisp_module_free(module);
}

static void a_module_without_threads_is_refused(void **state)
{
    (void)state;
    guest it, *g = &it;
    wisp_wasi_threads *threads = NULL;
    guest_init(g, NULL);
    assert_false(wisp_wasi_threads_are_needed(g->module));
    assert_int_equal(wisp_wasi_threads_new(g->wasi, g->module, NULL, &threads, &g->err),
                     WISP_MISMATCH);
    assert_true(words_are(g->err.text, "the module imports no shared memory"));
    guest_deinit(g);
}

static bool load(const char *path)
{
    FILE *file = fopen(path, "rb");
    program = malloc(1 << 20);
    program_size = file && program ? fread(program, 1, 1 << 20, file) : 0;
    if (file)
        fclose(file);
    return program_size > 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_their_memory),
        cmocka_unit_test(the_place_of_a_thread_is_used_again),
        cmocka_unit_test(there_are_no_more_threads_than_allowed),
        cmocka_unit_test(a_thread_that_exits_ends_all),
        cmocka_unit_test(a_thread_that_traps_ends_all),
        cmocka_unit_test(the_first_thread_that_returns_ends_all),
        cmocka_unit_test(a_memory_over_the_limit_is_refused),
        cmocka_unit_test(a_module_without_threads_is_refused),
    };
    if (argc != 2 || !load(argv[1]))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(program);
    return failed;
}
