#include "publish/delta_moves.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

/* How numbers move, found out from pairs of them. */

enum { PRICE = 6, PAIRS_MAX = 4000 };

static const wisp_allocator *const heap = &wisp_allocator_default;

typedef struct list {
    wisp_delta_pair pairs[PAIRS_MAX];
    size_t len;
} list;

static void add(list *l, uint32_t plain, uint32_t base, size_t times)
{
    while (times-- > 0)
        l->pairs[l->len++] = (wisp_delta_pair){plain, base};
}

static wisp_delta_moves moves_of(list *l)
{
    wisp_delta_moves moves;
    assert_true(wisp_delta_moves_find(heap, l->pairs, l->len, PRICE, &moves));
    return moves;
}

/* All numbers from 0 on, one behind the other, and each becomes another one. */
static void assert_one_to_one(const wisp_delta_moves *moves)
{
    uint32_t end = 0;
    for (size_t i = 0; i < moves->len; i++) {
        assert_int_equal(moves->items[i].plain, end);
        assert_true(moves->items[i].length > 0);
        end += moves->items[i].length;
    }
    uint8_t *seen = calloc(end + 1, 1);
    for (uint32_t n = 0; n < end; n++) {
        uint64_t to = wisp_delta_moves_map(moves, n);
        assert_true(to < end && !seen[to]);
        seen[to] = 1;
    }
    assert_int_equal(wisp_delta_moves_map(moves, end), end);
    free(seen);
}

static void numbers_behind_a_new_one_move_together(void **state)
{
    list l = {.len = 0};
    (void)state;
    for (uint32_t n = 0; n < 100; n++)
        if (n != 40)
            add(&l, n, n < 40 ? n : n - 1, 3);
    wisp_delta_moves moves = moves_of(&l);
    assert_int_equal(moves.len, 3);
    assert_int_equal(wisp_delta_moves_map(&moves, 39), 39);
    assert_int_equal(wisp_delta_moves_map(&moves, 40), 99); /* the one that is left over */
    assert_int_equal(wisp_delta_moves_map(&moves, 41), 40);
    assert_one_to_one(&moves);
    wisp_delta_moves_free(heap, &moves);
}

static void few_pairs_that_say_something_else_are_passed_over(void **state)
{
    list l = {.len = 0};
    (void)state;
    for (uint32_t n = 0; n < 200; n++)
        add(&l, n, n + 5, 4);
    add(&l, 50, 51, 2);
    add(&l, 51, 7, 3);
    wisp_delta_moves moves = moves_of(&l);
    for (uint32_t n = 0; n < 200; n++)
        assert_int_equal(wisp_delta_moves_map(&moves, n), n + 5);
    assert_one_to_one(&moves);
    wisp_delta_moves_free(heap, &moves);
}

static void nothing_moves_where_nothing_is_gained(void **state)
{
    list l = {.len = 0};
    (void)state;
    wisp_delta_moves none = moves_of(&l);
    assert_int_equal(none.len, 0);
    for (uint32_t n = 0; n < 100; n++)
        add(&l, n, n, 2);
    add(&l, 10, 12, 3);
    wisp_delta_moves moves = moves_of(&l);
    assert_int_equal(moves.len, 0);
    assert_int_equal(wisp_delta_moves_map(&moves, 10), 10);
    wisp_delta_moves_free(heap, &moves);
}

static void a_number_that_two_want_goes_to_whom_more_pairs_name(void **state)
{
    list l = {.len = 0};
    (void)state;
    add(&l, 10, 500, 20);
    add(&l, 600, 500, 30);
    wisp_delta_moves moves = moves_of(&l);
    assert_int_equal(wisp_delta_moves_map(&moves, 600), 500);
    assert_int_not_equal(wisp_delta_moves_map(&moves, 10), 500);
    assert_one_to_one(&moves);
    wisp_delta_moves_free(heap, &moves);
}

static void they_are_one_to_one_whatever_the_pairs_say(void **state)
{
    uint32_t random = 1;
    (void)state;
    for (int round = 0; round < 300; round++) {
        list l = {.len = 0};
        uint32_t range = 1 + (uint32_t)round * 3, count = 1 + (uint32_t)round * 5;
        for (uint32_t i = 0; i < count; i++) {
            random = random * 1664525 + 1013904223;
            uint32_t plain = (random >> 8) % range;
            random = random * 1664525 + 1013904223;
            add(&l, plain, round % 2 ? (random >> 8) % range : plain + (random >> 30), 1 + i % 2);
        }
        wisp_delta_moves moves = moves_of(&l);
        assert_one_to_one(&moves);
        wisp_delta_moves_free(heap, &moves);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_behind_a_new_one_move_together),
        cmocka_unit_test(few_pairs_that_say_something_else_are_passed_over),
        cmocka_unit_test(nothing_moves_where_nothing_is_gained),
        cmocka_unit_test(a_number_that_two_want_goes_to_whom_more_pairs_name),
        cmocka_unit_test(they_are_one_to_one_whatever_the_pairs_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
