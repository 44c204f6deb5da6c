#include "base/memory.h"

#include <stdalign.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* An allocator that counts what it gave out, checks what comes back, and can refuse. */
typedef struct ledger {
    size_t bytes;       /* given out and not yet returned */
    unsigned calls;     /* for new or larger memory */
    unsigned refuse_at; /* the call to refuse, counted from 1; 0 for none */
} ledger;

static void *ledger_alloc(void *user, void *old, size_t old_size, size_t new_size)
{
    ledger *book = user;
    assert_true(book->bytes >= old_size);
    if (new_size != 0 && ++book->calls == book->refuse_at)
        return NULL;
    book->bytes += new_size - old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    char *block = malloc(new_size);
    assert_non_null(block);
    memset(block, 0xa5, new_size); /* so that memory that ought to be cleared is seen not to be */
    if (old)
        memcpy(block, old, old_size < new_size ? old_size : new_size);
    free(old);
    return block;
}

static wisp_allocator allocator_of(ledger *book)
{
    return (wisp_allocator){ledger_alloc, book};
}

static bool is_cleared(const void *block, size_t size)
{
    const unsigned char *byte = block;
    for (size_t i = 0; i < size; i++) {
        if (byte[i] != 0)
            return false;
    }
    return true;
}

static void null_means_the_default_allocator(void **state)
{
    (void)state;
    wisp_allocator mine = {ledger_alloc, NULL};
    assert_ptr_equal(wisp_allocator_or_default(NULL), &wisp_allocator_default);
    assert_ptr_equal(wisp_allocator_or_default(&mine), &mine);
}

static void the_default_allocator_allocates_grows_and_frees(void **state)
{
    (void)state;
    char *block = wisp_alloc(&wisp_allocator_default, 3, 5);
    assert_non_null(block);
    assert_true(is_cleared(block, 15));
    memcpy(block, "wisp", 5);
    block = wisp_realloc(&wisp_allocator_default, block, 15, 1000);
    assert_string_equal(block, "wisp");
    wisp_free(&wisp_allocator_default, block, 1000);
}

static void new_blocks_are_cleared_and_returned_whole(void **state)
{
    (void)state;
    ledger book = {0};
    wisp_allocator allocator = allocator_of(&book);
    void *block = wisp_alloc(&allocator, 7, 9);
    assert_non_null(block);
    assert_true(is_cleared(block, 63));
    assert_int_equal(book.bytes, 63);
    wisp_free(&allocator, block, 63);
    assert_int_equal(book.bytes, 0);
}

static void an_empty_block_can_be_freed(void **state)
{
    (void)state;
    ledger book = {0};
    wisp_allocator allocator = allocator_of(&book);
    void *block = wisp_alloc(&allocator, 0, 16);
    assert_non_null(block);
    wisp_free(&allocator, block, 0);
    assert_int_equal(book.bytes, 0);
    wisp_free(&allocator, NULL, 0);
    assert_int_equal(book.calls, 1);
}

static void a_size_that_overflows_is_refused_unasked(void **state)
{
    (void)state;
    ledger book = {0};
    wisp_allocator allocator = allocator_of(&book);
    static const struct {
        size_t count, size;
    } requests[] = {
        {SIZE_MAX, 2},
        {2, SIZE_MAX},
        {SIZE_MAX / 2 + 1, 2},
        {SIZE_MAX / 8 + 1, 8},
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        assert_null(wisp_alloc(&allocator, requests[i].count, requests[i].size));
    assert_int_equal(book.calls, 0);
}

static void a_refusal_gives_null(void **state)
{
    (void)state;
    ledger book = {.refuse_at = 1};
    wisp_allocator allocator = allocator_of(&book);
    assert_null(wisp_alloc(&allocator, 1, 8));
    assert_int_equal(book.bytes, 0);
}

static void an_array_grows_by_doubling_and_keeps_its_items(void **state)
{
    (void)state;
    ledger book = {0};
    wisp_allocator allocator = allocator_of(&book);
    uint32_t *items = NULL;
    size_t capacity = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        assert_true(wisp_array_reserve(&allocator, &items, &capacity, i + 1, sizeof *items));
        items[i] = i;
    }
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    assert_int_equal(capacity, 1024);
    assert_int_equal(book.calls, 8); /* 8, 16, 32 … 1024 */
    wisp_free(&allocator, items, capacity * sizeof *items);
    assert_int_equal(book.bytes, 0);
}

static void an_array_grows_at_once_to_what_is_needed(void **state)
{
    (void)state;
    ledger book = {0};
    wisp_allocator allocator = allocator_of(&book);
    uint64_t *items = NULL;
    size_t capacity = 0;
    assert_true(wisp_array_reserve(&allocator, &items, &capacity, 300, sizeof *items));
    assert_int_equal(capacity, 300);
    assert_true(wisp_array_reserve(&allocator, &items, &capacity, 300, sizeof *items));
    assert_int_equal(book.calls, 1);
    wisp_free(&allocator, items, capacity * sizeof *items);
}

static void a_refused_array_stays_as_it_was(void **state)
{
    (void)state;
    ledger book = {.refuse_at = 2};
    wisp_allocator allocator = allocator_of(&book);
    uint16_t *items = NULL;
    size_t capacity = 0;
    assert_true(wisp_array_reserve(&allocator, &items, &capacity, 1, sizeof *items));
    const uint16_t *before = items;
    items[0] = 42;
    assert_false(wisp_array_reserve(&allocator, &items, &capacity, 9, sizeof *items));
    assert_ptr_equal(items, before);
    assert_int_equal(capacity, 8);
    assert_int_equal(items[0], 42);
    wisp_free(&allocator, items, capacity * sizeof *items);
    assert_int_equal(book.bytes, 0);
}

static void an_array_whose_size_overflows_is_refused_unasked(void **state)
{
    (void)state;
    ledger book = {0};
    wisp_allocator allocator = allocator_of(&book);
    uint64_t *items = NULL;
    size_t capacity = 0;
    assert_false(wisp_array_reserve(&allocator, &items, &capacity, SIZE_MAX / 4, sizeof *items));
    assert_false(wisp_array_reserve(&allocator, &items, &capacity, SIZE_MAX, sizeof *items));
    assert_null(items);
    assert_int_equal(book.calls, 0);
}

static void arena_blocks_are_cleared_aligned_and_apart(void **state)
{
    (void)state;
    ledger book = {0};
    wisp_allocator allocator = allocator_of(&book);
    wisp_arena arena;
    wisp_arena_init(&arena, &allocator, 256);
    unsigned char *blocks[40];
    for (size_t i = 0; i < 40; i++) {
        blocks[i] = wisp_arena_alloc(&arena, i, 3);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % alignof(max_align_t), 0);
        assert_true(is_cleared(blocks[i], i * 3));
        memset(blocks[i], (int)i, i * 3);
    }
    for (size_t i = 0; i < 40; i++) {
        for (size_t k = 0; k < i * 3; k++)
            assert_int_equal(blocks[i][k], i);
    }
    assert_true(book.calls > 1); /* 256 bytes did not hold them all */
    wisp_arena_deinit(&arena);
    assert_int_equal(book.bytes, 0);
}

static void an_arena_takes_a_block_larger_than_its_chunks(void **state)
{
    (void)state;
    ledger book = {0};
    wisp_allocator allocator = allocator_of(&book);
    wisp_arena arena;
    wisp_arena_init(&arena, &allocator, 64);
    assert_non_null(wisp_arena_alloc(&arena, 1, 10000));
    assert_non_null(wisp_arena_alloc(&arena, 1, 8));
    wisp_arena_deinit(&arena);
    assert_int_equal(book.bytes, 0);
}

static void an_arena_copies_items(void **state)
{
    (void)state;
    ledger book = {0};
    wisp_allocator allocator = allocator_of(&book);
    wisp_arena arena;
    wisp_arena_init(&arena, &allocator, 64);
    static const uint16_t items[] = {1, 2, 65535};
    const uint16_t *copy = wisp_arena_copy(&arena, items, 3, sizeof *items);
    assert_non_null(copy);
    assert_memory_equal(copy, items, sizeof items);
    assert_ptr_not_equal(copy, items);
    assert_non_null(wisp_arena_copy(&arena, NULL, 0, sizeof *items));
    assert_null(wisp_arena_copy(&arena, items, SIZE_MAX / 2, 3));
    wisp_arena_deinit(&arena);
    assert_int_equal(book.bytes, 0);
}

static void an_arena_refuses_what_overflows(void **state)
{
    (void)state;
    ledger book = {0};
    wisp_allocator allocator = allocator_of(&book);
    wisp_arena arena;
    wisp_arena_init(&arena, &allocator, 64);
    assert_null(wisp_arena_alloc(&arena, SIZE_MAX, 2));
    assert_null(wisp_arena_alloc(&arena, SIZE_MAX, 1));
    assert_null(wisp_arena_alloc(&arena, SIZE_MAX - alignof(max_align_t), 1));
    assert_null(wisp_arena_text(&arena, "", SIZE_MAX));
    assert_int_equal(book.calls, 0);
    wisp_arena_deinit(&arena);
}

static void an_arena_survives_a_refusal(void **state)
{
    (void)state;
    ledger book = {.refuse_at = 2};
    wisp_allocator allocator = allocator_of(&book);
    wisp_arena arena;
    wisp_arena_init(&arena, &allocator, 64);
    char *kept = wisp_arena_text(&arena, "kept", 4);
    assert_null(wisp_arena_alloc(&arena, 1, 1000));
    assert_string_equal(kept, "kept");
    assert_non_null(wisp_arena_alloc(&arena, 1, 1000));
    wisp_arena_deinit(&arena);
    assert_int_equal(book.bytes, 0);
}

static void an_arena_text_is_a_terminated_copy(void **state)
{
    (void)state;
    wisp_arena arena;
    wisp_arena_init(&arena, &wisp_allocator_default, 64);
    char source[] = "wisp engine";
    char *copy = wisp_arena_text(&arena, source, 4);
    source[0] = 'l';
    assert_string_equal(copy, "wisp");
    assert_string_equal(wisp_arena_text(&arena, NULL, 0), "");
    wisp_arena_deinit(&arena);
}

static void an_empty_arena_can_be_freed_twice(void **state)
{
    (void)state;
    wisp_arena arena;
    wisp_arena_init(&arena, &wisp_allocator_default, 64);
    wisp_arena_deinit(&arena);
    wisp_arena_deinit(&arena);
    assert_null(arena.chunks);
}

static void an_arena_begins_small_and_grows(void **state)
{
    (void)state;
    ledger book = {0};
    wisp_allocator allocator = allocator_of(&book);
    wisp_arena arena;
    wisp_arena_init(&arena, &allocator, 4096);
    assert_non_null(wisp_arena_alloc(&arena, 1, 16));
    assert_true(book.bytes < 512);
    for (int i = 0; i < 1000; i++)
        assert_non_null(wisp_arena_alloc(&arena, 1, 16));
    assert_true(book.calls < 10);
    wisp_arena_deinit(&arena);
    assert_int_equal(book.bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_means_the_default_allocator),
        cmocka_unit_test(the_default_allocator_allocates_grows_and_frees),
        cmocka_unit_test(new_blocks_are_cleared_and_returned_whole),
        cmocka_unit_test(an_empty_block_can_be_freed),
        cmocka_unit_test(a_size_that_overflows_is_refused_unasked),
        cmocka_unit_test(a_refusal_gives_null),
        cmocka_unit_test(an_array_grows_by_doubling_and_keeps_its_items),
        cmocka_unit_test(an_array_grows_at_once_to_what_is_needed),
        cmocka_unit_test(a_refused_array_stays_as_it_was),
        cmocka_unit_test(an_array_whose_size_overflows_is_refused_unasked),
        cmocka_unit_test(arena_blocks_are_cleared_aligned_and_apart),
        cmocka_unit_test(an_arena_takes_a_block_larger_than_its_chunks),
        cmocka_unit_test(an_arena_copies_items),
        cmocka_unit_test(an_arena_refuses_what_overflows),
        cmocka_unit_test(an_arena_survives_a_refusal),
        cmocka_unit_test(an_arena_text_is_a_terminated_copy),
        cmocka_unit_test(an_empty_arena_can_be_freed_twice),
        cmocka_unit_test(an_arena_begins_small_and_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
