#include "delta/apply.h"
#include "delta/format.h"
#include "device.h"
#include "modules.h"
#include "publish/delta.h"
#include "../words.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* Two versions of a program and the delta between them; and two blocks that are no modules. */
typedef struct pair {
    wisp_bytes base, result;
    wisp_delta delta;
} pair;

static const wisp_allocator *const heap = NULL;

static void make_pair(pair *p, wisp_bytes base, wisp_bytes result)
{
    wisp_error err;
    *p = (pair){.base = base, .result = result};
    assert_int_equal(wisp_delta_make(heap, base, result, &p->delta, &err), WISP_OK);
}

static void free_pair(pair *p)
{
    wisp_delta_free(heap, &p->delta);
    delta_free(p->base);
    delta_free(p->result);
}

static pair programs(uint32_t functions)
{
    pair p;
    delta_module base = {.functions = functions};
    delta_module result = {.functions = functions,
                           .added_at = functions / 3,
                           .added_data = 40,
                           .added_globals = 1,
                           .added_types = 1,
                           .added_locals = 2};
    make_pair(&p, delta_module_build(&base), delta_module_build(&result));
    assert_true(p.delta.is_renumbered);
    return p;
}

static pair noises(void)
{
    pair p;
    wisp_bytes base = delta_noise(1, 3000);
    make_pair(&p, base, delta_scribbled(base, 2, 40));
    assert_false(p.delta.is_renumbered);
    return p;
}

/* ------------------------------------------------------------------ what it makes */

static void pieces_of_any_size_make_the_same(void **state)
{
    static const size_t pieces[] = {1, 2, 7, 255, 256, 257, 1000000};
    (void)state;
    pair pairs[] = {programs(300), noises()};
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
            delta_device d;
            delta_device_init(&d, pairs[i].base, pairs[i].result);
            assert_int_equal(delta_device_apply(&d, pairs[i].delta.bytes, pieces[k], NULL),
                             WISP_OK);
            assert_true(delta_device_has(&d, pairs[i].result));
            delta_device_deinit(&d);
        }
        free_pair(&pairs[i]);
    }
}

static void memory_is_bounded_and_does_not_grow_with_the_module(void **state)
{
    (void)state;
    size_t most[2];
    for (int i = 0; i < 2; i++) {
        pair p = programs(i ? 3000 : 30);
        delta_device d;
        delta_device_init(&d, p.base, p.result);
        assert_int_equal(delta_device_apply(&d, p.delta.bytes, 1000, NULL), WISP_OK);
        most[i] = d.held_most;
        delta_device_deinit(&d);
        free_pair(&p);
    }
    assert_true(most[0] < WISP_DELTA_MEMORY_MAX);
    assert_int_equal(most[0], most[1]);
}

static void all_memory_is_taken_in_the_beginning(void **state)
{
    (void)state;
    pair p = programs(60);
    delta_device d;
    wisp_delta_apply *apply;
    delta_device_init(&d, p.base, p.result);
    assert_int_equal(wisp_delta_apply_new(&d.config, &apply, NULL), WISP_OK);
    size_t allocations = d.allocations;
    assert_int_equal(wisp_delta_apply_feed(apply, p.delta.bytes.data, p.delta.bytes.size, NULL),
                     WISP_OK);
    assert_int_equal(wisp_delta_apply_finish(apply, NULL), WISP_OK);
    assert_int_equal(d.allocations, allocations);
    wisp_delta_apply_free(apply);
    delta_device_deinit(&d);
    free_pair(&p);
}

/* ------------------------------------------------------------------ what it refuses */

static void a_delta_that_was_cut_is_never_taken(void **state)
{
    (void)state;
    pair pairs[] = {programs(60), noises()};
    for (size_t i = 0; i < 2; i++) {
        for (size_t size = 0; size < pairs[i].delta.bytes.size; size++) {
            delta_device d;
            wisp_error err;
            delta_device_init(&d, pairs[i].base, pairs[i].result);
            assert_int_equal(
                delta_device_apply(&d, (wisp_bytes){pairs[i].delta.bytes.data, size}, 64, &err),
                WISP_MALFORMED);
            delta_device_deinit(&d);
        }
        free_pair(&pairs[i]);
    }
}

static void a_delta_that_goes_on_is_never_taken(void **state)
{
    (void)state;
    pair p = programs(60);
    uint8_t *longer = calloc(1, p.delta.bytes.size + 1);
    delta_device d;
    memcpy(longer, p.delta.bytes.data, p.delta.bytes.size);
    delta_device_init(&d, p.base, p.result);
    assert_int_equal(
        delta_device_apply(&d, (wisp_bytes){longer, p.delta.bytes.size + 1}, 64, NULL),
        WISP_MALFORMED);
    delta_device_deinit(&d);
    free(longer);
    free_pair(&p);
}

/* A change of the last bytes of a stream may be one that decoders do not see; then the result
 * is right. */
static void no_changed_byte_makes_another_result(void **state)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff, 0x10};
    (void)state;
    pair pairs[] = {programs(60), noises()};
    for (size_t i = 0; i < 2; i++) {
        wisp_bytes delta = pairs[i].delta.bytes;
        uint8_t *copy = malloc(delta.size);
        memcpy(copy, delta.data, delta.size);
        for (size_t at = 0; at < delta.size; at++)
            for (size_t k = 0; k < sizeof changes; k++) {
                delta_device d;
                delta_device_init(&d, pairs[i].base, pairs[i].result);
                copy[at] ^= changes[k];
                wisp_status status =
                    delta_device_apply(&d, (wisp_bytes){copy, delta.size}, 64, NULL);
                assert_true(status != WISP_OK || delta_device_has(&d, pairs[i].result));
                assert_true(d.size <= pairs[i].result.size);
                copy[at] ^= changes[k];
                delta_device_deinit(&d);
            }
        free(copy);
        free_pair(&pairs[i]);
    }
}

static void nothing_leaves_before_the_header_is_what_was_expected(void **state)
{
    static const struct {
        size_t offset; /* of a byte in the config that is another */
        wisp_status status;
        const char *text;
    } cases[] = {
        {offsetof(wisp_delta_config, base_hash), WISP_MISMATCH,
         "the delta is for a base whose hash begins with"},
        {offsetof(wisp_delta_config, result_hash), WISP_MISMATCH,
         "the delta is for a result whose hash begins with"},
        {offsetof(wisp_delta_config, base_size), WISP_MISMATCH, "the delta is for a base of"},
        {offsetof(wisp_delta_config, result_size), WISP_MISMATCH, "the delta is for a result of"},
    };
    (void)state;
    pair p = programs(60);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        delta_device d;
        wisp_error err;
        delta_device_init(&d, p.base, p.result);
        ((uint8_t *)&d.config)[cases[i].offset] ^= 1;
        assert_int_equal(delta_device_apply(&d, p.delta.bytes, 1, &err), cases[i].status);
        assert_true(words_say(err.text, cases[i].text));
        assert_int_equal(d.sinks, 0);
        assert_int_equal(d.reads, 0);
        delta_device_deinit(&d);
    }
    free_pair(&p);
}

static void other_files_and_formats_are_named(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
        wisp_status status;
        const char *text;
    } cases[] = {
        {0, 'x', WISP_MISMATCH, "this is no delta: it should begin with 'wdl'"},
        {2, 'm', WISP_MISMATCH, "this is no delta: it should begin with 'wdl'"},
        {3, 2, WISP_UNSUPPORTED, "the delta has format 2, expected 1"},
        {4, 9, WISP_UNSUPPORTED, "the delta has filter 9, expected 0 or 1"},
    };
    (void)state;
    pair p = programs(60);
    uint8_t start[5];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        delta_device d;
        wisp_error err;
        memcpy(start, p.delta.bytes.data, sizeof start);
        start[cases[i].at] = cases[i].byte;
        delta_device_init(&d, p.base, p.result);
        assert_int_equal(delta_device_apply(&d, (wisp_bytes){start, sizeof start}, 5, &err),
                         cases[i].status);
        assert_true(words_are(err.text, cases[i].text));
        delta_device_deinit(&d);
    }
    free_pair(&p);
}

static void another_base_of_the_same_name_is_found_out(void **state)
{
    (void)state;
    pair p = programs(60);
    wisp_bytes other = delta_scribbled(p.base, 5, 3);
    delta_device d;
    delta_device_init(&d, p.base, p.result);
    d.base = other; /* the config says that it is the right one */
    wisp_status status = delta_device_apply(&d, p.delta.bytes, 100, NULL);
    assert_true(status == WISP_UNTRUSTED || status == WISP_MALFORMED);
    delta_device_deinit(&d);
    delta_free(other);
    free_pair(&p);
}

static void a_result_above_the_limit_is_refused_at_once(void **state)
{
    (void)state;
    pair p = programs(60);
    for (int is_unknown = 0; is_unknown < 2; is_unknown++) {
        delta_device d;
        wisp_error err;
        delta_device_init(&d, p.base, p.result);
        d.config.result_is_unknown = is_unknown;
        d.config.result_size_max = p.result.size;
        assert_int_equal(delta_device_apply(&d, p.delta.bytes, 100, NULL), WISP_OK);
        d.config.result_size_max--;
        d.sinks = 0;
        assert_int_equal(delta_device_apply(&d, p.delta.bytes, 100, &err), WISP_LIMIT);
        assert_true(words_say(err.text, "expected at most"));
        assert_int_equal(d.sinks, 0);
        delta_device_deinit(&d);
    }
    free_pair(&p);
}

static void a_delta_of_an_unknown_result_is_checked_against_itself(void **state)
{
    (void)state;
    pair p = noises();
    uint8_t *copy = malloc(p.delta.bytes.size);
    delta_device d;
    delta_device_init(&d, p.base, p.result);
    d.config.result_hash = (wisp_hash){{0}};
    d.config.result_size = 0;
    d.config.result_is_unknown = true;
    assert_int_equal(delta_device_apply(&d, p.delta.bytes, 100, NULL), WISP_OK);
    assert_true(delta_device_has(&d, p.result));
    memcpy(copy, p.delta.bytes.data, p.delta.bytes.size);
    copy[WISP_DELTA_MAGIC_SIZE + 2 + WISP_DELTA_CHECK_SIZE] ^= 1; /* of the result's hash */
    assert_int_equal(delta_device_apply(&d, (wisp_bytes){copy, p.delta.bytes.size}, 100, NULL),
                     WISP_UNTRUSTED);
    delta_device_deinit(&d);
    free(copy);
    free_pair(&p);
}

/* ------------------------------------------------------------------ what fails around it */

static void every_allocation_may_fail(void **state)
{
    (void)state;
    pair p = programs(60);
    size_t failing = 0;
    wisp_status status = WISP_NO_MEMORY;
    while (status == WISP_NO_MEMORY) {
        delta_device d;
        delta_device_init(&d, p.base, p.result);
        d.failing_allocation = ++failing;
        status = delta_device_apply(&d, p.delta.bytes, 100, NULL);
        delta_device_deinit(&d);
    }
    assert_int_equal(status, WISP_OK);
    assert_true(failing > 3);
    free_pair(&p);
}

static void what_a_callback_returns_is_returned_again_and_again(void **state)
{
    (void)state;
    pair p = programs(60);
    for (int is_read = 0; is_read < 2; is_read++) {
        delta_device d;
        wisp_delta_apply *apply;
        wisp_error err;
        wisp_status expected = is_read ? WISP_IO : WISP_LIMIT;
        delta_device_init(&d, p.base, p.result);
        *(is_read ? &d.failing_read : &d.failing_sink) = 2;
        assert_int_equal(wisp_delta_apply_new(&d.config, &apply, &err), WISP_OK);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(
                wisp_delta_apply_feed(apply, p.delta.bytes.data, p.delta.bytes.size, &err),
                expected);
            assert_true(words_say(err.text, is_read ? "cannot be read" : "is full"));
        }
        assert_int_equal(wisp_delta_apply_wants(apply), WISP_DELTA_STREAM_COUNT);
        assert_int_equal(wisp_delta_apply_finish(apply, NULL), expected);
        wisp_delta_apply_free(apply);
        delta_device_deinit(&d);
    }
    free_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_any_size_make_the_same),
        cmocka_unit_test(memory_is_bounded_and_does_not_grow_with_the_module),
        cmocka_unit_test(all_memory_is_taken_in_the_beginning),
        cmocka_unit_test(a_delta_that_was_cut_is_never_taken),
        cmocka_unit_test(a_delta_that_goes_on_is_never_taken),
        cmocka_unit_test(no_changed_byte_makes_another_result),
        cmocka_unit_test(nothing_leaves_before_the_header_is_what_was_expected),
        cmocka_unit_test(other_files_and_formats_are_named),
        cmocka_unit_test(another_base_of_the_same_name_is_found_out),
        cmocka_unit_test(a_result_above_the_limit_is_refused_at_once),
        cmocka_unit_test(a_delta_of_an_unknown_result_is_checked_against_itself),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(what_a_callback_returns_is_returned_again_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
