#include "device.h"
#include "modules.h"
#include "publish/delta.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* What the maker writes, applied; and what it costs. */

static const wisp_allocator *const heap = NULL;

/* Makes a delta, applies it, and gives its size. */
static size_t round_trip(wisp_bytes base, wisp_bytes result, bool *is_renumbered)
{
    wisp_delta delta;
    wisp_error err;
    delta_device d;
    assert_int_equal(wisp_delta_make(heap, base, result, &delta, &err), WISP_OK);
    delta_device_init(&d, base, result);
    assert_int_equal(delta_device_apply(&d, delta.bytes, 777, &err), WISP_OK);
    assert_true(delta_device_has(&d, result));
    delta_device_deinit(&d);
    size_t size = delta.bytes.size;
    if (is_renumbered)
        *is_renumbered = delta.is_renumbered;
    wisp_delta_free(heap, &delta);
    return size;
}

static wisp_bytes text(const char *bytes)
{
    return (wisp_bytes){(const uint8_t *)bytes, strlen(bytes)};
}

static void any_bytes_have_a_delta(void **state)
{
    static const char *const texts[] = {"",
                                        "a",
                                        "b",
                                        "ab",
                                        "aaaaaaaa",
                                        "abcabcabcabc",
                                        "the quick brown fox",
                                        "the slow brown fox"};
    enum { COUNT = sizeof texts / sizeof *texts };
    (void)state;
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < COUNT; k++)
            round_trip(text(texts[i]), text(texts[k]), NULL);
}

static void noise_has_a_delta_of_about_what_is_new(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 20; seed++) {
        wisp_bytes base = delta_noise(seed, 1000 + 500 * seed);
        wisp_bytes near = delta_scribbled(base, seed, 1 + seed);
        wisp_bytes far = delta_noise(seed + 100, 2000);
        assert_true(round_trip(base, near, NULL) < 60 + 6 * (size_t)(1 + seed));
        assert_true(round_trip(base, far, NULL) < 2200);
        delta_free(base);
        delta_free(near);
        delta_free(far);
    }
}

static void the_same_module_takes_next_to_nothing(void **state)
{
    (void)state;
    wisp_bytes module = delta_module_build(&(delta_module){.functions = 300});
    assert_true(round_trip(module, module, NULL) < 60);
    delta_free(module);
}

static void random_modules_and_their_neighbours_have_deltas(void **state)
{
    (void)state;
    wisp_bytes last = delta_generated(1000);
    for (uint32_t seed = 0; seed < 60; seed++) {
        wisp_bytes module = delta_generated(seed);
        wisp_bytes broken = delta_scribbled(module, seed, 3);
        round_trip(last, module, NULL);
        round_trip(module, broken, NULL);
        round_trip(broken, module, NULL);
        delta_free(last);
        delta_free(broken);
        last = module;
    }
    delta_free(last);
}

/* What moves when something is put in is found out: the delta is not much more than that. */
static void references_that_move_cost_little(void **state)
{
    static const struct {
        delta_module result;
        size_t most; /* bytes of the delta */
    } cases[] = {
        {{.functions = 400, .added_at = 100}, 250},
        {{.functions = 400, .added_data = 64}, 250},
        {{.functions = 400, .added_globals = 3}, 150},
        {{.functions = 400, .added_types = 2}, 150},
        {{.functions = 400, .added_locals = 4}, 900},
        {{.functions = 400, .added_at = 399, .added_data = 4, .added_globals = 1}, 300},
    };
    (void)state;
    for (int is_padded = 0; is_padded < 2; is_padded++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            delta_module version = cases[i].result;
            version.is_padded = is_padded;
            wisp_bytes result = delta_module_build(&version);
            wisp_bytes base =
                delta_module_build(&(delta_module){.functions = 400, .is_padded = is_padded});
            bool is_renumbered;
            size_t size = round_trip(base, result, &is_renumbered);
            assert_true(is_renumbered);
            assert_in_range(size, 0, cases[i].most);
            round_trip(result, base, NULL);
            delta_free(base);
            delta_free(result);
        }
}

static void the_same_input_gives_the_same_delta(void **state)
{
    (void)state;
    wisp_bytes base = delta_module_build(&(delta_module){.functions = 200});
    wisp_bytes result = delta_module_build(&(delta_module){.functions = 210, .added_at = 9});
    wisp_delta deltas[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(wisp_delta_make(heap, base, result, &deltas[i], NULL), WISP_OK);
    assert_int_equal(deltas[0].bytes.size, deltas[1].bytes.size);
    assert_memory_equal(deltas[0].bytes.data, deltas[1].bytes.data, deltas[0].bytes.size);
    for (int i = 0; i < 2; i++)
        wisp_delta_free(heap, &deltas[i]);
    delta_free(base);
    delta_free(result);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    wisp_bytes base = delta_module_build(&(delta_module){.functions = 12});
    wisp_bytes result =
        delta_module_build(&(delta_module){.functions = 12, .added_at = 4, .added_locals = 3});
    delta_device d;
    wisp_status status = WISP_NO_MEMORY;
    delta_device_init(&d, base, result);
    for (size_t n = 1; status == WISP_NO_MEMORY; n++) {
        wisp_delta delta;
        d.allocations = 0;
        d.failing_allocation = n;
        status = wisp_delta_make(&d.allocator, base, result, &delta, NULL);
        if (status == WISP_OK)
            wisp_delta_free(&d.allocator, &delta);
        assert_int_equal(d.held, 0);
    }
    assert_int_equal(status, WISP_OK);
    delta_device_deinit(&d);
    delta_free(base);
    delta_free(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bytes_have_a_delta),
        cmocka_unit_test(noise_has_a_delta_of_about_what_is_new),
        cmocka_unit_test(the_same_module_takes_next_to_nothing),
        cmocka_unit_test(random_modules_and_their_neighbours_have_deltas),
        cmocka_unit_test(references_that_move_cost_little),
        cmocka_unit_test(the_same_input_gives_the_same_delta),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
