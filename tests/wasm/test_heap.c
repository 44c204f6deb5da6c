#include <stdlib.h>

#include "fixture.h"

/* How much memory a small module takes, besides its linear memory. What is asked of the
 * allocator is the same in every run, so the bounds are exact. */

/*
 * (module
 *   (import "env" "print" (func $print (param i32)))
 *   (memory 100 (pagesize 1))
 *   (func (export "primes") (param $end i32) (result i32) …))
 *
 * examples/baremetal/main.c has it in full: a sieve that prints the primes below $end.
 */
static const uint8_t primes[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0a, 0x02, 0x60, 0x01, 0x7f, 0x00,
    0x60, 0x01, 0x7f, 0x01, 0x7f, 0x02, 0x0d, 0x01, 0x03, 0x65, 0x6e, 0x76, 0x05, 0x70, 0x72,
    0x69, 0x6e, 0x74, 0x00, 0x00, 0x03, 0x02, 0x01, 0x01, 0x05, 0x04, 0x01, 0x08, 0x64, 0x00,
    0x07, 0x0a, 0x01, 0x06, 0x70, 0x72, 0x69, 0x6d, 0x65, 0x73, 0x00, 0x01, 0x0a, 0x52, 0x01,
    0x50, 0x01, 0x03, 0x7f, 0x41, 0x02, 0x21, 0x01, 0x02, 0x40, 0x03, 0x40, 0x20, 0x01, 0x20,
    0x00, 0x4f, 0x0d, 0x01, 0x20, 0x01, 0x2d, 0x00, 0x00, 0x45, 0x04, 0x40, 0x20, 0x01, 0x10,
    0x00, 0x20, 0x03, 0x41, 0x01, 0x6a, 0x21, 0x03, 0x20, 0x01, 0x21, 0x02, 0x03, 0x40, 0x20,
    0x02, 0x41, 0x01, 0x3a, 0x00, 0x00, 0x20, 0x02, 0x20, 0x01, 0x6a, 0x21, 0x02, 0x20, 0x02,
    0x20, 0x00, 0x49, 0x0d, 0x00, 0x0b, 0x0b, 0x20, 0x01, 0x41, 0x01, 0x6a, 0x21, 0x01, 0x0c,
    0x00, 0x0b, 0x0b, 0x20, 0x03, 0x0b};

enum { MEMORY_SIZE = 100, END = 100, PRIMES_BELOW_END = 25, STACK_SIZE = 1024 };

typedef struct heap {
    size_t held, held_max; /* bytes */
} heap;

static void *take(void *user, void *old, size_t old_size, size_t new_size)
{
    heap *h = user;
    h->held += new_size - old_size;
    if (h->held > h->held_max)
        h->held_max = h->held;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    void *block = realloc(old, new_size);
    assert_non_null(block);
    return block;
}

static int32_t run(wisp_store *store, const wisp_module *module)
{
    wisp_linker *linker;
    wisp_instance *instance;
    const wisp_value end = wisp_i32(END);
    wisp_value count;
    wisp_error err;
    assert_int_equal(wisp_linker_new(store, &linker, &err), WISP_OK);
    assert_int_equal(
        wisp_linker_add_func(linker, "env", "print", "(i)", host_nothing, NULL, &err), WISP_OK);
    assert_int_equal(wisp_instance_new(store, module, linker, &instance, &err), WISP_OK);
    assert_int_equal(wisp_call_export(instance, "primes", &end, 1, &count, 1, &err), WISP_OK);
    return count.of.i32;
}

/* The most that was held at once while the module was loaded, and until it had run. */
static void measure(size_t *loading, size_t *running)
{
    heap h = {0};
    const wisp_allocator allocator = {take, &h};
    const wisp_module_config module_config = {.allocator = &allocator, .borrow = true};
    const wisp_store_config config = {.allocator = &allocator, .stack_size = STACK_SIZE};
    wisp_module *module;
    wisp_store *store;
    wisp_error err;
    assert_int_equal(wisp_module_load(&module_config, BYTES(primes), &module, &err), WISP_OK);
    *loading = h.held_max;
    h.held_max = h.held;
    assert_int_equal(wisp_store_new(&config, &store, &err), WISP_OK);
    assert_int_equal(run(store, module), PRIMES_BELOW_END);
    *running = h.held_max - MEMORY_SIZE;
    wisp_store_free(store);
    wisp_module_free(module);
    assert_int_equal(h.held, 0);
}

static void a_small_module_runs_in_8_kib(void **state)
{
    (void)state;
    size_t loading, running;
    measure(&loading, &running);
    if (loading > 8192 || running > 8192)
        fail_msg("%zu bytes while loading, %zu while running, expected at most 8192", loading,
                 running);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_module_runs_in_8_kib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
