#include <stdlib.h>

#include "../words.h"
#include "fixture.h"

static wisp_memory *make_memory(fixture *f, uint64_t min, uint64_t max)
{
    wisp_memory *memory = NULL;
    wisp_limits limits = {min, max};
    assert_int_equal(wisp_memory_new(f->store, limits, &memory, &f->err), WISP_OK);
    return memory;
}

static void a_memory_is_read_and_written_within_its_bounds(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_memory *memory = make_memory(&f, 1, 2);
    char text[4] = "";
    assert_int_equal(wisp_memory_size(memory), WISP_PAGE_SIZE);
    assert_int_equal(wisp_memory_write(memory, 65532, "abcd", 4, NULL), WISP_OK);
    assert_int_equal(wisp_memory_read(memory, 65532, text, 4, NULL), WISP_OK);
    assert_memory_equal(text, "abcd", 4);
    assert_int_equal(wisp_memory_write(memory, 65533, "wxyz", 4, &f.err), WISP_LIMIT);
    assert_true(words_are(f.err.text, "4 bytes at address 65533, the memory has 65536"));
    assert_int_equal(wisp_memory_read(memory, UINT64_MAX, text, 1, NULL), WISP_LIMIT);
    assert_int_equal(wisp_memory_read(memory, 65536, text, 0, NULL), WISP_OK);
    assert_int_equal(wisp_memory_read(memory, 65537, text, 0, NULL), WISP_LIMIT);
    assert_int_equal(wisp_memory_at(memory, 65533, 1)[0], 'b');
    assert_null(wisp_memory_at(memory, 65533, 4));
    assert_null(wisp_memory_at(memory, 1, UINT64_MAX));
    fixture_deinit(&f);
}

static void a_memory_grows_up_to_its_maximum_and_keeps_its_bytes(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_memory *memory = make_memory(&f, 1, 3);
    wisp_memory_at(memory, 0, 1)[0] = 9;
    assert_int_equal(wisp_memory_grow(memory, 2, &f.err), WISP_OK);
    assert_int_equal(wisp_memory_size(memory), 3 * WISP_PAGE_SIZE);
    assert_int_equal(wisp_memory_at(memory, 0, 1)[0], 9);
    assert_int_equal(wisp_memory_at(memory, 2 * WISP_PAGE_SIZE, 1)[0], 0);
    assert_int_equal(wisp_memory_grow(memory, 1, &f.err), WISP_LIMIT);
    assert_true(words_are(f.err.text, "a memory of 3 pages cannot grow by 1"));
    assert_int_equal(wisp_memory_grow(memory, UINT64_MAX, NULL), WISP_LIMIT);
    assert_int_equal(wisp_memory_grow(memory, 0, NULL), WISP_OK);
    fixture_deinit(&f);
}

static void an_empty_memory_has_an_empty_range(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_memory *memory = make_memory(&f, 0, UINT64_MAX);
    assert_non_null(wisp_memory_at(memory, 0, 0));
    assert_null(wisp_memory_at(memory, 0, 1));
    assert_int_equal(wisp_memory_grow(memory, 1, NULL), WISP_OK);
    assert_non_null(wisp_memory_at(memory, 0, WISP_PAGE_SIZE));
    fixture_deinit(&f);
}

/* Counts bytes that are held. */
static void *count(void *user, void *old, size_t old_size, size_t new_size)
{
    *(size_t *)user += new_size - old_size;
    if (new_size)
        return realloc(old, new_size);
    free(old);
    return NULL;
}

static void a_mapped_memory_does_not_move_and_is_not_the_allocators(void **state)
{
    (void)state;
    size_t held = 0;
    wisp_allocator allocator = {count, &held};
    wisp_store_config config = {.allocator = &allocator, .memory_source = WISP_MEMORY_MAPPED};
    fixture f;
    fixture_init(&f, &config);
    wisp_memory *memory = make_memory(&f, 1, UINT64_MAX);
    uint8_t *first = wisp_memory_at(memory, 0, 1);
    assert_int_equal(wisp_memory_grow(memory, 1000, NULL), WISP_OK);
    assert_ptr_equal(wisp_memory_at(memory, 0, 1), first);
    assert_int_equal(*wisp_memory_at(memory, 1000 * WISP_PAGE_SIZE, 1), 0);
    assert_true(held < 1000 * WISP_PAGE_SIZE);
    fixture_deinit(&f);
    assert_int_equal(held, 0);
}

static void a_store_with_an_allocator_takes_memory_from_it(void **state)
{
    (void)state;
    size_t held = 0;
    wisp_allocator allocator = {count, &held};
    wisp_store_config config = {.allocator = &allocator};
    fixture f;
    fixture_init(&f, &config);
    make_memory(&f, 100, UINT64_MAX);
    assert_true(held > 100 * WISP_PAGE_SIZE);
    fixture_deinit(&f);
    assert_int_equal(held, 0);
}

static void a_memory_of_the_default_allocator_grows_as_well(void **state)
{
    (void)state;
    wisp_store_config config = {.memory_source = WISP_MEMORY_ALLOCATED};
    fixture f;
    fixture_init(&f, &config);
    wisp_memory *memory = make_memory(&f, 0, 3);
    assert_int_equal(wisp_memory_grow(memory, 3, NULL), WISP_OK);
    *wisp_memory_at(memory, 3 * WISP_PAGE_SIZE - 1, 1) = 1;
    fixture_deinit(&f);
}

static void impossible_limits_are_refused(void **state)
{
    (void)state;
    static const wisp_limits bad[] = {{2, 1}, {65537, UINT64_MAX}, {0, 65537}};
    fixture f;
    fixture_init(&f, NULL);
    wisp_memory *memory;
    wisp_table *table;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(wisp_memory_new(f.store, bad[i], &memory, &f.err), WISP_INVALID);
    assert_int_equal(wisp_table_new(f.store, WISP_FUNCREF, bad[0], &table, &f.err), WISP_INVALID);
    wisp_limits one = {1, 1};
    assert_int_equal(wisp_table_new(f.store, WISP_I32, one, &table, &f.err), WISP_INVALID);
    fixture_deinit(&f);
}

static void a_table_holds_references_of_its_type(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_table *table;
    wisp_limits two = {2, 2};
    int thing;
    wisp_value value = {.type = WISP_EXTERNREF, .of.externref = &thing}, found;
    assert_int_equal(wisp_table_new(f.store, WISP_EXTERNREF, two, &table, NULL), WISP_OK);
    assert_int_equal(wisp_table_size(table), 2);
    assert_int_equal(wisp_table_get(table, 1, &found, NULL), WISP_OK);
    assert_int_equal(found.type, WISP_EXTERNREF);
    assert_null(found.of.externref);
    assert_int_equal(wisp_table_set(table, 1, value, NULL), WISP_OK);
    assert_int_equal(wisp_table_get(table, 1, &found, NULL), WISP_OK);
    assert_ptr_equal(found.of.externref, &thing);
    assert_int_equal(wisp_table_get(table, 2, &found, &f.err), WISP_LIMIT);
    assert_true(words_are(f.err.text, "element 2 of a table of 2"));
    assert_int_equal(wisp_table_set(table, UINT64_MAX, value, NULL), WISP_LIMIT);
    assert_int_equal(wisp_table_set(table, 0, wisp_i32(1), &f.err), WISP_MISMATCH);
    assert_true(words_are(f.err.text, "a value of type i32 for a table of externref"));
    fixture_deinit(&f);
}

static void a_global_holds_a_value_of_its_type(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_global *global;
    assert_int_equal(wisp_global_new(f.store, true, wisp_f64(0.5), &global, NULL), WISP_OK);
    assert_int_equal(wisp_global_set(global, wisp_f64(1.5), NULL), WISP_OK);
    assert_int_equal(wisp_global_get(global).type, WISP_F64);
    assert_true(wisp_global_get(global).of.f64 == 1.5);
    assert_int_equal(wisp_global_set(global, wisp_f32(2), &f.err), WISP_MISMATCH);
    assert_int_equal(wisp_global_new(f.store, false, wisp_i32(3), &global, NULL), WISP_OK);
    assert_int_equal(wisp_global_set(global, wisp_i32(4), &f.err), WISP_INVALID);
    assert_int_equal(wisp_global_get(global).of.i32, 3);
    wisp_value none = {.type = (wisp_valtype)1};
    assert_int_equal(wisp_global_new(f.store, false, none, &global, &f.err), WISP_INVALID);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_memory_is_read_and_written_within_its_bounds),
        cmocka_unit_test(a_memory_grows_up_to_its_maximum_and_keeps_its_bytes),
        cmocka_unit_test(an_empty_memory_has_an_empty_range),
        cmocka_unit_test(a_mapped_memory_does_not_move_and_is_not_the_allocators),
        cmocka_unit_test(a_store_with_an_allocator_takes_memory_from_it),
        cmocka_unit_test(a_memory_of_the_default_allocator_grows_as_well),
        cmocka_unit_test(impossible_limits_are_refused),
        cmocka_unit_test(a_table_holds_references_of_its_type),
        cmocka_unit_test(a_global_holds_a_value_of_its_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
