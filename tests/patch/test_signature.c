#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../words.h"
#include "patch/plan.h"
#include "ration.h"

typedef struct test {
    wisp_arena arena;
    wisp_patch_signature signature;
    wisp_error err;
} test;

static int setup(void **state)
{
    test *t = calloc(1, sizeof *t);
    wisp_arena_init(&t->arena, &wisp_allocator_default, 1024);
    *state = t;
    return t ? 0 : -1;
}

static int teardown(void **state)
{
    test *t = *state;
    wisp_arena_deinit(&t->arena);
    free(t);
    return 0;
}

static wisp_status parse(test *t, const char *text)
{
    return wisp_patch_signature_read(&t->arena, text, &t->signature, &t->err);
}

static void every_letter_is_a_type_of_its_size(void **state)
{
    test *t = *state;
    static const uint32_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 8, 8};
    assert_int_equal(parse(t, "(bcCsSiIlLfdpz)"), WISP_OK);
    assert_int_equal(t->signature.param_count, 13);
    assert_int_equal(t->signature.result.kind, WISP_PATCH_VOID);
    for (uint32_t i = 0; i < 13; i++) {
        const wisp_patch_type *type = &t->signature.params[i];
        assert_int_equal(type->kind, WISP_PATCH_BOOL + i);
        assert_int_equal(type->size, sizes[i]);
        assert_int_equal(type->align, sizes[i]);
        assert_int_equal(wisp_patch_kind_size(type->kind), sizes[i]);
    }
    assert_true(wisp_patch_kind_is_float(t->signature.params[9].kind));
    assert_false(wisp_patch_kind_is_float(t->signature.params[8].kind));
}

static void a_pointer_may_tell_what_it_points_at(void **state)
{
    test *t = *state;
    assert_int_equal(parse(t, "(p16ip)p8"), WISP_OK);
    assert_int_equal(t->signature.param_count, 3);
    assert_int_equal(t->signature.params[0].pointee, 16);
    assert_int_equal(t->signature.params[2].pointee, 0);
    assert_int_equal(t->signature.result.kind, WISP_PATCH_POINTER);
    assert_int_equal(t->signature.result.pointee, 8);
}

static void a_struct_has_its_scalars_with_their_places(void **state)
{
    test *t = *state;
    assert_int_equal(parse(t, "(i{16,8:0i8d}{0,1:}){100,4:}"), WISP_OK);
    assert_int_equal(t->signature.param_count, 3);
    const wisp_patch_type *type = &t->signature.params[1];
    assert_int_equal(type->kind, WISP_PATCH_STRUCT);
    assert_int_equal(type->size, 16);
    assert_int_equal(type->align, 8);
    assert_int_equal(type->member_count, 2);
    assert_int_equal(type->members[0].offset, 0);
    assert_int_equal(type->members[0].kind, WISP_PATCH_I32);
    assert_int_equal(type->members[1].offset, 8);
    assert_int_equal(type->members[1].kind, WISP_PATCH_F64);
    assert_int_equal(t->signature.params[2].member_count, 0);
    assert_int_equal(t->signature.result.size, 100);
}

static void what_is_no_signature_is_refused_with_its_place(void **state)
{
    test *t = *state;
    static const struct {
        const char *text;
        uint64_t offset;
        const char *words;
    } cases[] = {
        {"", 0, "signature '' ends, expected '('"},
        {"i", 0, "signature 'i': 'i' at letter 0, expected '('"},
        {"(", 1, "signature '(' ends, expected ')'"},
        {"(i", 2, "signature '(i' ends, expected ')'"},
        {"(x)", 1, "signature '(x)': 'x' at letter 1, expected a type"},
        {"(1)", 1, "signature '(1)': '1' at letter 1, expected ')'"},
        {"(i1)", 2, "signature '(i1)': '1' at letter 2, expected ')'"},
        {"(p0)", 3, "signature '(p0)': ')' at letter 3, expected a size other than 0 before it"},
        {"()ii", 3, "signature '()ii': 'i' at letter 3, expected the end"},
        {"()v", 2, "signature '()v': 'v' at letter 2, expected a type"},
        {"({8,8:0l)", 8, "signature '({8,8:0l)': ')' at letter 8, expected a number"},
        {"({,8:})", 2, "signature '({,8:})': ',' at letter 2, expected a number"},
        {"({8:})", 3, "signature '({8:})': ':' at letter 3, expected ','"},
        {"({8,})", 4, "signature '({8,})': '}' at letter 4, expected a number"},
        {"({8,3:})", 5, "signature '({8,3:})': ':' at letter 5, expected a power of 2 before it"},
        {"({8,0:})", 5, "signature '({8,0:})': ':' at letter 5, expected a power of 2 before it"},
        {"({8,8})", 5, "signature '({8,8})': '}' at letter 5, expected ':'"},
        {"({8,8:l})", 6, "signature '({8,8:l})': 'l' at letter 6, expected a number"},
        {"({8,8:0z})", 7, "signature '({8,8:0z})': 'z' at letter 7, expected a scalar's letter"},
        {"({8,8:1l})", 7,
         "signature '({8,8:1l})': 'l' at letter 7, expected a member that ends within the struct"},
        {"({8,8:0l", 8, "signature '({8,8:0l' ends, expected '}'"},
        {"){", 0, "signature '){': ')' at letter 0, expected '('"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(t, cases[i].text), WISP_MALFORMED);
        assert_int_equal(t->err.offset, cases[i].offset);
        if (!words_are(t->err.text, cases[i].words))
            fail_msg("%s", t->err.text);
    }
}

/* "(" [count] times [item] [tail], in memory that the caller frees. */
static char *repeat(const char *head, const char *item, uint32_t count, const char *tail)
{
    char *text = calloc(1, strlen(head) + count * strlen(item) + strlen(tail) + 1);
    assert_non_null(text);
    strcpy(text, head);
    for (uint32_t i = 0; i < count; i++)
        memcpy(text + strlen(head) + i * strlen(item), item, strlen(item));
    strcat(text, tail);
    return text;
}

static void limits_are_kept_to_the_last(void **state)
{
    test *t = *state;
    static const struct {
        const char *head, *item;
        uint32_t count;
        const char *tail;
    } cases[] = {
        {"(", "i", WISP_PATCH_PARAMS_MAX, ")"},
        {"({1024,8:", "0c", WISP_PATCH_MEMBERS_MAX, "})"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint32_t more = 0; more <= 1; more++) {
            char *text =
                repeat(cases[i].head, cases[i].item, cases[i].count + more, cases[i].tail);
            assert_int_equal(parse(t, text), more ? WISP_LIMIT : WISP_OK);
            free(text);
        }
    assert_int_equal(parse(t, "({65536,4096:})"), WISP_OK);
    assert_int_equal(parse(t, "({65537,1:})"), WISP_LIMIT);
    assert_int_equal(parse(t, "({8,8192:})"), WISP_LIMIT);
    assert_int_equal(parse(t, "(p1048576)"), WISP_OK);
    assert_int_equal(parse(t, "(p99999999999999999999)"), WISP_LIMIT);
    assert_int_equal(parse(t, "({8,8:65537c})"), WISP_LIMIT);
}

/* … of those who make plans of them, too. */
static void refused_memory_is_an_error(void **state)
{
    (void)state;
    ration r = {0};
    wisp_allocator allocator = ration_allocator(&r);
    wisp_status status = WISP_NO_MEMORY;
    uint64_t n = 1;
    for (; status != WISP_OK; n++) {
        wisp_arena arena;
        wisp_patch_signature signature;
        wisp_patch_plan plan;
        ration_refuse(&r, n);
        wisp_arena_init(&arena, &allocator, 16);
        status = wisp_patch_signature_read(
            &arena, "(iiiiiiii{16,8:0l8d}{16,4:0i4i8i12i}){24,8:0l8l16l}", &signature, NULL);
        if (status == WISP_OK)
            status = wisp_patch_plan_make(&arena, WISP_PATCH_ABI_HERE, &signature, WISP_I64,
                                          &plan, NULL);
        wisp_arena_deinit(&arena);
        assert_int_equal(r.live, 0);
        assert_int_equal(status, ration_struck(&r) ? WISP_NO_MEMORY : WISP_OK);
    }
    assert_true(n > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_letter_is_a_type_of_its_size, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pointer_may_tell_what_it_points_at, setup, teardown),
        cmocka_unit_test_setup_teardown(a_struct_has_its_scalars_with_their_places, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_no_signature_is_refused_with_its_place, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(limits_are_kept_to_the_last, setup, teardown),
        cmocka_unit_test(refused_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
