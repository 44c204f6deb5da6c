#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "host/tape/record_coder.h"
#include "host/tape/taped_call.h"

/* Tapes, the calls on them, and the differences that recordings are made of. */

static wisp_tape make_tape(size_t size_max)
{
    return (wisp_tape){.allocator = &wisp_allocator_default, .size_max = size_max};
}

static void numbers_come_back(void **state)
{
    (void)state;
    static const int64_t numbers[] = {0,    1,     -1,        63,        -64,       64,
                                      8191, -8192, INT32_MIN, INT32_MAX, INT64_MIN, INT64_MAX};
    wisp_tape tape = make_tape(1000);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        wisp_tape_put_s64(&tape, numbers[i]);
        wisp_tape_put_u64(&tape, (uint64_t)numbers[i]);
    }
    wisp_reader r = wisp_reader_of(wisp_tape_calls(&tape));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int64_t with_sign;
        uint64_t without;
        assert_true(wisp_tape_read_s64(&r, &with_sign));
        assert_true(wisp_read_leb_u64(&r, &without));
        assert_true(with_sign == numbers[i] && without == (uint64_t)numbers[i]);
    }
    assert_int_equal(wisp_reader_left(&r), 0);
    wisp_tape_deinit(&tape);
}

static void nothing_fits_behind_what_did_not_fit(void **state)
{
    (void)state;
    wisp_tape tape = make_tape(16);
    wisp_tape_put_bytes(&tape, "0123456789", 10);
    wisp_tape_put_bytes(&tape, "0123456789", 10);
    assert_int_equal(tape.status, WISP_LIMIT);
    wisp_tape_put_u64(&tape, 1);
    wisp_tape_put_bytes(&tape, "0", 1);
    assert_int_equal(tape.size, 10);
    wisp_tape_cut(&tape, 5);
    wisp_tape_put_u64(&tape, 1);
    assert_int_equal(tape.size, 5);
    wisp_tape_clear(&tape);
    wisp_tape_put_u64(&tape, 1);
    assert_int_equal(tape.size, 1);
    assert_int_equal(tape.status, WISP_OK);
    wisp_tape_deinit(&tape);
}

static void *no_memory(void *user, void *old, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old;
    (void)old_size;
    (void)new_size;
    return NULL;
}

static void a_tape_without_memory_says_so(void **state)
{
    (void)state;
    const wisp_allocator none = {no_memory, NULL};
    wisp_tape tape = {.allocator = &none, .size_max = 100};
    wisp_tape_put_u64(&tape, 1);
    wisp_tape_put_block(&tape, (wisp_bytes){(const uint8_t *)"12", 2});
    assert_int_equal(tape.status, WISP_NO_MEMORY);
    assert_int_equal(tape.size, 0);
    wisp_tape_deinit(&tape);
}

/* ------------------------------------------------------------------ calls */

static wisp_status nothing(void *user, wisp_instance *caller, const wisp_arg *args,
                           wisp_value *results, wisp_error *err)
{
    (void)user;
    (void)caller;
    (void)args;
    (void)results;
    (void)err;
    return WISP_OK;
}

static const wisp_tap_func get = {"get", "($ >[2] z f)iI", nothing, .kind = WISP_TAP_QUERY};

/* db.get("key", 9 bytes to fill, 9, 1.5) -> -2, 3 with 4 bytes filled. */
static void put_get(wisp_tape *tape)
{
    uint8_t bits[4];
    wisp_put_f32(bits, 1.5f);
    wisp_tape_put_u64(tape, 0);
    wisp_tape_put_u64(tape, 1 + 3);
    wisp_tape_put_bytes(tape, "key", 3);
    wisp_tape_put_u64(tape, 1 + 9);
    wisp_tape_put_bytes(tape, bits, 4);
    wisp_tape_put_u64(tape, WISP_OK);
    wisp_tape_put_s64(tape, -2);
    wisp_tape_put_s64(tape, 3);
    wisp_tape_put_block(tape, (wisp_bytes){(const uint8_t *)"\1\2\3\4", 4});
}

static void a_call_is_read_and_shown(void **state)
{
    (void)state;
    char text[100];
    wisp_taps taps = {0};
    wisp_taped_call call;
    wisp_tape tape = make_tape(1000);
    assert_int_equal(wisp_taps_add(&taps, &wisp_allocator_default, "db", &get, NULL), WISP_OK);
    put_get(&tape);
    wisp_reader r = wisp_reader_of(wisp_tape_calls(&tape));
    assert_int_equal(wisp_taped_call_read(&r, &taps, &call, NULL), WISP_OK);
    assert_int_equal(wisp_reader_left(&r), 0);
    wisp_taped_call_print(&call, text, sizeof text);
    assert_string_equal(text, "db.get('key', 9 bytes, 1.5) -> -2, 3, 4 bytes");
    wisp_taped_call_print(&call, text, 12);
    assert_string_equal(text, "db.get('key");
    wisp_tape_deinit(&tape);
    wisp_taps_deinit(&taps, &wisp_allocator_default);
}

static void half_a_call_is_none(void **state)
{
    (void)state;
    wisp_taps taps = {0};
    wisp_taped_call call;
    wisp_error err;
    wisp_tape tape = make_tape(1000);
    assert_int_equal(wisp_taps_add(&taps, &wisp_allocator_default, "db", &get, NULL), WISP_OK);
    put_get(&tape);
    for (size_t size = 0; size < tape.size; size++) {
        wisp_reader r = wisp_reader_of((wisp_bytes){tape.data, size});
        assert_int_equal(wisp_taped_call_read(&r, &taps, &call, &err), WISP_MALFORMED);
    }
    tape.data[0] = 1; /* the number of an import that is not there */
    wisp_reader r = wisp_reader_of(wisp_tape_calls(&tape));
    assert_int_equal(wisp_taped_call_read(&r, &taps, &call, &err), WISP_MALFORMED);
    assert_string_equal(err.text, "no call of an import at byte 0 of a tape");
    wisp_tape_deinit(&tape);
    wisp_taps_deinit(&taps, &wisp_allocator_default);
}

static void functions_with_a_bad_signature_are_not_offered(void **state)
{
    (void)state;
    wisp_error err;
    wisp_taps taps = {0};
    const wisp_tap_func bad = {"get", "(<[7])", nothing, .kind = WISP_TAP_QUERY};
    const wisp_tap_func none = {"get", "()", NULL, .kind = WISP_TAP_QUERY};
    assert_int_equal(wisp_taps_add(&taps, &wisp_allocator_default, "db", &bad, &err),
                     WISP_INVALID);
    assert_non_null(strstr(err.text, "db.get: signature '(<[7])'"));
    assert_int_equal(wisp_taps_add(&taps, &wisp_allocator_default, "db", &none, &err),
                     WISP_INVALID);
    assert_int_equal(wisp_taps_count(&taps), 0);
    wisp_taps_deinit(&taps, &wisp_allocator_default);
}

/* ------------------------------------------------------------------ differences */

static const char *const records[] = {
    "a record",
    "a record",
    "a recorD that is longer",
    "another one",
    "a",
    "a record of eight and more, which is as before but for one",
    "a record of eight and more, which is as before but 4or one",
    "",
};

static size_t encode_all(wisp_tape *out)
{
    wisp_coder coder = {.allocator = &wisp_allocator_default};
    size_t count = 0;
    for (; *records[count]; count++) {
        wisp_bytes record = {(const uint8_t *)records[count], strlen(records[count])};
        assert_true(wisp_coder_encode(&coder, 3, record, out));
    }
    wisp_coder_deinit(&coder);
    return count;
}

static void records_come_back_from_their_differences(void **state)
{
    (void)state;
    wisp_tape coded = make_tape(10000), plain = make_tape(10000);
    wisp_coder coder = {.allocator = &wisp_allocator_default};
    size_t count = encode_all(&coded);
    wisp_reader r = wisp_reader_of(wisp_tape_calls(&coded));
    for (size_t i = 0; i < count; i++) {
        wisp_tape_clear(&plain);
        assert_int_equal(wisp_coder_decode(&coder, &r, &plain), WISP_OK);
        assert_int_equal(plain.size, strlen(records[i]));
        assert_memory_equal(plain.data, records[i], plain.size);
    }
    assert_int_equal(wisp_reader_left(&r), 0);
    wisp_coder_deinit(&coder);
    wisp_tape_deinit(&coded);
    wisp_tape_deinit(&plain);
}

static void a_record_that_is_the_same_takes_three_bytes(void **state)
{
    (void)state;
    wisp_tape coded = make_tape(10000);
    wisp_coder coder = {.allocator = &wisp_allocator_default};
    wisp_bytes record = {(const uint8_t *)"all the same", 12};
    assert_true(wisp_coder_encode(&coder, 31, record, &coded));
    size_t first = coded.size;
    assert_true(wisp_coder_encode(&coder, 31, record, &coded));
    assert_int_equal(coded.size - first, 3);
    wisp_coder_deinit(&coder);
    wisp_tape_deinit(&coded);
}

static void differences_of_any_bytes_are_none_or_bounded(void **state)
{
    (void)state;
    static const char *const coded[] = {
        "\x20\x01\x00\x01x",    /* there are 32 slots */
        "\x00\x00",             /* a record of nothing */
        "\x00\x05\x01\x04xxxx", /* as before, where nothing was */
        "\x00\x05\x00\x00",     /* nothing new, for ever */
        "\x00\x05\x00\x06xxxxxx",
        "\x00\xff\xff\xff\xff\x0f\x00\x01x",
        "\x00\x05\x00\x03xxx",
    };
    static const size_t sizes[] = {5, 2, 8, 4, 10, 9, 7};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        wisp_tape plain = make_tape(10000);
        wisp_coder coder = {.allocator = &wisp_allocator_default};
        wisp_reader r = wisp_reader_of((wisp_bytes){(const uint8_t *)coded[i], sizes[i]});
        assert_int_equal(wisp_coder_decode(&coder, &r, &plain), WISP_MALFORMED);
        wisp_coder_deinit(&coder);
        wisp_tape_deinit(&plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(nothing_fits_behind_what_did_not_fit),
        cmocka_unit_test(a_tape_without_memory_says_so),
        cmocka_unit_test(a_call_is_read_and_shown),
        cmocka_unit_test(half_a_call_is_none),
        cmocka_unit_test(functions_with_a_bad_signature_are_not_offered),
        cmocka_unit_test(records_come_back_from_their_differences),
        cmocka_unit_test(a_record_that_is_the_same_takes_three_bytes),
        cmocka_unit_test(differences_of_any_bytes_are_none_or_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
