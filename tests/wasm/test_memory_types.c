#include "../words.h"
#include "fixture.h"
#include "modules_memory.h"

/* Memories other than the first, of 64-bit addresses, of small pages. */

static void a_module_uses_each_of_its_memories(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *in = fixture_instance(&f, BYTES(two_memories_wasm));
    assert_int_equal(fixture_call(&f, in, "load", 0), 0x64636261);
    assert_int_equal(fixture_call(&f, in, "first", 4), 0);
    assert_int_equal(fixture_run(&f, in, "store", 8), WISP_OK);
    assert_int_equal(fixture_call(&f, in, "load", 4), 7);
    assert_int_equal(fixture_run(&f, in, "copy", 16), WISP_OK);
    assert_int_equal(fixture_call(&f, in, "first", 16), 0x64636261);
    assert_int_equal(fixture_run(&f, in, "init", 4), WISP_OK);
    assert_int_equal(fixture_call(&f, in, "load", 0), 0x7a797877);
    assert_int_equal(fixture_run(&f, in, "fill", 0x155), WISP_OK);
    assert_int_equal(fixture_call(&f, in, "load", 0), 0x55555555);
    assert_int_equal(fixture_call(&f, in, "first", 0), 0);
    fixture_deinit(&f);
}

static void each_memory_grows_and_ends_by_itself(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *in = fixture_instance(&f, BYTES(two_memories_wasm));
    assert_int_equal(fixture_run(&f, in, "store", WISP_PAGE_SIZE), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_MEMORY);
    assert_int_equal(fixture_call(&f, in, "grow", 2), 1);
    assert_int_equal(fixture_call(&f, in, "size", 0), 3);
    assert_int_equal(fixture_call(&f, in, "grow", 1), -1);
    assert_int_equal(fixture_run(&f, in, "store", WISP_PAGE_SIZE), WISP_OK);
    assert_int_equal(fixture_run(&f, in, "copy", WISP_PAGE_SIZE), WISP_TRAP);
    assert_int_equal(fixture_run(&f, in, "init", 3 * WISP_PAGE_SIZE - 3), WISP_TRAP);
    assert_int_equal(wisp_memory_size(wisp_instance_memory(in, "other")), 3 * WISP_PAGE_SIZE);
    fixture_deinit(&f);
}

/* Calls a function of one i64. */
static wisp_status call_64(fixture *f, wisp_instance *in, const char *name, uint64_t arg,
                           wisp_value *result)
{
    wisp_value value = wisp_i64((int64_t)arg);
    return wisp_call_export(in, name, &value, 1, result, result ? 1 : 0, &f->err);
}

static int64_t result_64(fixture *f, wisp_instance *in, const char *name, uint64_t arg)
{
    wisp_value result;
    assert_int_equal(call_64(f, in, name, arg, &result), WISP_OK);
    assert_int_equal(result.type, WISP_I64);
    return result.of.i64;
}

static void a_memory_may_have_addresses_of_64_bits(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *in = fixture_instance(&f, BYTES(memory64_wasm));
    wisp_value args[] = {wisp_i64(24), wisp_f64(0.5)};
    assert_true(result_64(&f, in, "load", 0) == 0x0807060504030201);
    assert_int_equal(call_64(&f, in, "store", 10, NULL), WISP_OK);
    assert_true(result_64(&f, in, "load", 0) == 0x08070605fffe0201);
    assert_int_equal(wisp_call_export(in, "set", args, 2, NULL, 0, NULL), WISP_OK);
    assert_true(result_64(&f, in, "load", 16) == 0x3fe0000000000000);
    assert_int_equal(call_64(&f, in, "copy", 2, NULL), WISP_OK);
    assert_int_equal(call_64(&f, in, "fill", 8, NULL), WISP_OK);
    assert_true(result_64(&f, in, "load", 0) == 0x0909090909090909);
    assert_int_equal(result_64(&f, in, "grow", 2), 1);
    assert_int_equal(result_64(&f, in, "grow", 1), -1);
    assert_int_equal(result_64(&f, in, "grow", UINT64_MAX), -1);
    assert_int_equal(result_64(&f, in, "size", 0), 3);
    fixture_deinit(&f);
}

static void addresses_of_64_bits_do_not_wrap_around(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t arg;
    } cases[] = {{"load", WISP_PAGE_SIZE - 15},
                 {"load", UINT64_MAX},
                 {"load", UINT64_MAX - 7},
                 {"load", UINT64_MAX - 15},
                 {"load", 0x100000000},
                 {"load8", 24},
                 {"load8", 0},
                 {"store", UINT64_MAX},
                 {"store", WISP_PAGE_SIZE - 1},
                 {"store", (uint64_t)1 << 32},
                 {"fill", UINT64_MAX - 15},
                 {"fill", (uint64_t)1 << 32},
                 {"copy", UINT64_MAX},
                 {"copy", (uint64_t)1 << 32}};
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *in = fixture_instance(&f, BYTES(memory64_wasm));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_value result;
        bool gives = strncmp(cases[i].name, "load", 4) == 0;
        assert_int_equal(call_64(&f, in, cases[i].name, cases[i].arg, gives ? &result : NULL),
                         WISP_TRAP);
        assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_MEMORY);
    }
    fixture_deinit(&f);
}

static void a_memory_may_have_pages_of_one_byte(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_memory *memory;
    wisp_memory_type type = {.limits = {3, 100}, .page_size = 1};
    assert_int_equal(wisp_memory_new_typed(f.store, &type, &memory, &f.err), WISP_OK);
    assert_int_equal(wisp_memory_size(memory), 3);
    assert_int_equal(wisp_memory_grow(memory, 97, NULL), WISP_OK);
    assert_int_equal(wisp_memory_size(memory), 100);
    assert_non_null(wisp_memory_at(memory, 99, 1));
    assert_null(wisp_memory_at(memory, 100, 1));
    assert_int_equal(wisp_memory_grow(memory, 1, &f.err), WISP_LIMIT);
    type.page_size = 2;
    assert_int_equal(wisp_memory_new_typed(f.store, &type, &memory, &f.err), WISP_INVALID);
    fixture_deinit(&f);
}

static void a_memory_too_large_for_the_store_is_refused(void **state)
{
    (void)state;
    static const wisp_memory_type types[] = {
        {.limits = {(uint64_t)1 << 48, UINT64_MAX}, .is_64 = true},
        {.limits = {UINT64_MAX, UINT64_MAX}, .is_64 = true, .page_size = 1},
        {.limits = {65536, 65536}},
    };
    fixture f;
    fixture_init(&f, NULL);
    wisp_memory *memory;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(wisp_memory_new_typed(f.store, &types[i], &memory, &f.err), WISP_LIMIT);
    fixture_deinit(&f);
}

/* The import asks for 32-bit addresses and pages of 64 KiB. */
static void memories_of_other_types_do_not_match(void **state)
{
    (void)state;
    static const uint8_t importer[] = {0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00,
                                       0x00, 0x02, 0x0a, 0x01, 0x03, 'e',  'n',
                                       'v',  0x01, 'm',  0x02, 0x00, 0x01};
    static const wisp_memory_type types[] = {
        {.limits = {1, 1}, .is_64 = true},
        {.limits = {1, 1}, .page_size = 1},
        {.limits = {1, 1}},
    };
    static const char *const expected[] = {"64-bit memory of 1 to 1",
                                           "byte-wise memory of 1 to 1", NULL};
    fixture f;
    fixture_init(&f, NULL);
    const wisp_module *module = fixture_module(&f, BYTES(importer));
    for (size_t i = 0; i < 3; i++) {
        wisp_extern item = {.kind = WISP_EXTERN_MEMORY};
        assert_int_equal(wisp_memory_new_typed(f.store, &types[i], &item.of.memory, NULL),
                         WISP_OK);
        assert_int_equal(wisp_linker_add(f.linker, "env", "m", item, NULL), WISP_OK);
        assert_int_equal(wisp_linker_check(f.linker, module, &f.err),
                         expected[i] ? WISP_MISMATCH : WISP_OK);
        assert_true(!expected[i] || words_say(f.err.text, expected[i]));
    }
    fixture_deinit(&f);
}

static void a_table_may_have_indices_of_64_bits(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_table *table;
    wisp_table_type type = {.element = WISP_EXTERNREF, .limits = {2, UINT64_MAX}, .is_64 = true};
    assert_int_equal(wisp_table_new_typed(f.store, &type, &table, &f.err), WISP_OK);
    assert_int_equal(wisp_table_size(table), 2);
    type.limits.min = (uint64_t)1 << 40;
    assert_int_equal(wisp_table_new_typed(f.store, &type, &table, &f.err), WISP_LIMIT);
    type.is_64 = false;
    assert_int_equal(wisp_table_new_typed(f.store, &type, &table, &f.err), WISP_INVALID);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_uses_each_of_its_memories),
        cmocka_unit_test(each_memory_grows_and_ends_by_itself),
        cmocka_unit_test(a_memory_may_have_addresses_of_64_bits),
        cmocka_unit_test(addresses_of_64_bits_do_not_wrap_around),
        cmocka_unit_test(a_memory_may_have_pages_of_one_byte),
        cmocka_unit_test(a_memory_too_large_for_the_store_is_refused),
        cmocka_unit_test(memories_of_other_types_do_not_match),
        cmocka_unit_test(a_table_may_have_indices_of_64_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
