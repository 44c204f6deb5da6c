#include "board.h"

#include <wisp/wasm.h>

#include <stdio.h>
#include <stdlib.h>

/*
 * A microcontroller without an operating system that runs a WebAssembly module: primes below
 * 100, which the module hands to the program one by one. Then the program tells what that
 * took.
 *
 *     (module
 *       (import "env" "print" (func $print (param i32)))
 *       (memory 100 (pagesize 1))
 *       (func (export "primes") (param $end i32) (result i32)
 *         (local $n i32) (local $multiple i32) (local $count i32)
 *         (local.set $n (i32.const 2))
 *         (block $done
 *           (loop $next
 *             (br_if $done (i32.ge_u (local.get $n) (local.get $end)))
 *             (if (i32.eqz (i32.load8_u (local.get $n)))
 *               (then
 *                 (call $print (local.get $n))
 *                 (local.set $count (i32.add (local.get $count) (i32.const 1)))
 *                 (local.set $multiple (local.get $n))
 *                 (loop $strike
 *                   (i32.store8 (local.get $multiple) (i32.const 1))
 *                   (local.set $multiple (i32.add (local.get $multiple) (local.get $n)))
 *                   (br_if $strike (i32.lt_u (local.get $multiple) (local.get $end))))))
 *             (local.set $n (i32.add (local.get $n) (i32.const 1)))
 *             (br $next)))
 *         (local.get $count)))
 */
static const uint8_t primes_wasm[] = {
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

enum { END = 100, PRIMES_BELOW_END = 25 };

/* malloc, with a count of what is held. */
typedef struct heap {
    size_t held, held_max; /* bytes */
} heap;

static void *heap_alloc(void *user, void *old, size_t old_size, size_t new_size)
{
    heap *h = user;
    void *block = NULL;
    if (new_size == 0)
        free(old);
    else if (!(block = realloc(old, new_size)))
        return NULL;
    h->held += new_size - old_size;
    if (h->held > h->held_max)
        h->held_max = h->held;
    return block;
}

static void print_number(const char *before, size_t number, const char *behind)
{
    char text[64];
    snprintf(text, sizeof text, "%s%u%s", before, (unsigned)number, behind);
    board_print(text);
}

static wisp_status print_prime(void *user, wisp_instance *caller, const wisp_value *args,
                               wisp_value *results, wisp_error *err)
{
    (void)user, (void)caller, (void)results, (void)err;
    print_number("", (size_t)args[0].of.i32, " ");
    return WISP_OK;
}

static wisp_status run(wisp_store *store, const wisp_module *module, wisp_value *count,
                       wisp_error *err)
{
    wisp_linker *linker;
    wisp_instance *instance;
    const wisp_value end = wisp_i32(END);
    wisp_status status = wisp_linker_new(store, &linker, err);
    if (!status)
        status = wisp_linker_add_func(linker, "env", "print", "(i)", print_prime, NULL, err);
    if (!status)
        status = wisp_instance_new(store, module, linker, &instance, err);
    if (!status)
        status = wisp_call_export(instance, "primes", &end, 1, count, 1, err);
    return status;
}

static wisp_status load_and_run(const wisp_allocator *allocator, wisp_value *count,
                                wisp_error *err)
{
    const wisp_bytes bytes = {primes_wasm, sizeof primes_wasm};
    const wisp_store_config config = {.allocator = allocator, .stack_size = 1024};
    wisp_module *module = NULL;
    wisp_store *store = NULL;
    wisp_status status = wisp_module_new_borrowed(allocator, bytes, &module, err);
    if (!status)
        status = wisp_store_new(&config, &store, err);
    if (!status)
        status = run(store, module, count, err);
    wisp_store_free(store);
    wisp_module_free(module);
    return status;
}

int main(void)
{
    heap h = {0};
    const wisp_allocator allocator = {heap_alloc, &h};
    wisp_error err;
    wisp_value count;
    if (load_and_run(&allocator, &count, &err)) {
        board_print(err.text);
        return 1;
    }
    print_number("\n", (size_t)count.of.i32, " primes\n");
    print_number("heap: ", h.held_max, " bytes at most\n");
    print_number("C stack: ", board_stack_used(), " bytes at most\n");
    return count.of.i32 == PRIMES_BELOW_END && h.held == 0 ? 0 : 1;
}
