#include "symbols/symbols.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The graph of types, of programs of both compilers: it must be the same of both. */

static const char *folder;
static wisp_symbols *opened;

/* Opens [program]; false where its compiler is missing. */
static bool open_if_there(const char *program)
{
    char path[512];
    wisp_error err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, program);
    if (access(path, R_OK) != 0)
        return false;
    wisp_symbols_close(opened);
    if (wisp_symbols_open(NULL, path, &opened, &err))
        fail_msg("%s: %s", program, err.text);
    return true;
}

static int close_program(void **state)
{
    (void)state;
    wisp_symbols_close(opened);
    opened = NULL;
    return 0;
}

/* The type called [name], complete. */
static const wisp_symbols_type *find(const char *name)
{
    const wisp_symbols_type *type = NULL;
    wisp_error err = {0};
    if (wisp_symbols_find_type(opened, name, &type, &err) ||
        wisp_symbols_complete(opened, type, &err))
        fail_msg("%s", err.text);
    assert_true(type->is_complete);
    assert_true(type->index < wisp_symbols_type_count(opened));
    return type;
}

static const wisp_symbols_member *member(const wisp_symbols_type *type, const char *name)
{
    for (uint32_t i = 0; i < type->member_count; i++) {
        if (strcmp(type->members[i].name, name) == 0)
            return &type->members[i];
    }
    fail_msg("%s has no member %s", type->name, name);
    return NULL;
}

static const char *const programs[] = {"gcc_live", "clang_O2", "gcc_dwarf4", "gcc_units",
                                       "cross_live"};
#define EACH_PROGRAM(i)                                                                          \
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)                              \
        if (open_if_there(programs[i]))

static void a_struct_that_points_at_itself_is_a_circle(void **state)
{
    (void)state;
    EACH_PROGRAM(i)
    {
        const wisp_symbols_type *list = find("struct list");
        assert_int_equal(list->kind, WISP_TYPE_STRUCT);
        assert_int_equal(list->size, 24);
        assert_int_equal(list->alignment, 8);
        assert_int_equal(list->member_count, 3);
        const wisp_symbols_type *next = member(list, "next")->type;
        assert_int_equal(next->kind, WISP_TYPE_POINTER);
        assert_ptr_equal(wisp_symbols_type_strip(next->target), list);
        const wisp_symbols_type *items = member(list, "items")->type;
        assert_int_equal(items->kind, WISP_TYPE_ARRAY);
        assert_int_equal(items->count, 3);
        assert_int_equal(member(list, "items")->offset, 12);
    }
}

static void bit_fields_lie_where_the_compiler_put_them(void **state)
{
    (void)state;
    EACH_PROGRAM(i)
    {
        const wisp_symbols_type *bits = find("struct bits");
        assert_int_equal(member(bits, "a")->bit_size, 3);
        assert_int_equal(member(bits, "a")->bit_offset, 0);
        assert_int_equal(member(bits, "b")->bit_size, 7);
        assert_int_equal(member(bits, "b")->bit_offset, 3);
        assert_int_equal(member(bits, "c")->bit_size, 0);
        assert_int_equal(member(bits, "c")->offset, 2);
    }
}

static void packed_structs_and_arrays_of_arrays_are_told(void **state)
{
    (void)state;
    EACH_PROGRAM(i)
    {
        const wisp_symbols_type *named = find("tight_t");
        assert_int_equal(named->kind, WISP_TYPE_TYPEDEF);
        const wisp_symbols_type *tight = wisp_symbols_type_strip(named);
        assert_true(tight->is_packed);
        assert_int_equal(tight->alignment, 1);
        assert_int_equal(tight->size, 17);
        const wisp_symbols_type *grid = member(tight, "grid")->type;
        assert_int_equal(grid->count, 2);
        assert_int_equal(grid->size, 12);
        assert_int_equal(grid->target->kind, WISP_TYPE_ARRAY);
        assert_int_equal(grid->target->count, 3);
        assert_int_equal(grid->target->size, 6);
    }
}

static void atomic_structs_are_aligned_for_one_instruction(void **state)
{
    (void)state;
    EACH_PROGRAM(i)
    {
        const wisp_symbols_type *both = member(find("struct atomic"), "both")->type;
        assert_int_equal(member(find("struct atomic"), "both")->offset, 8);
        if (both->kind == WISP_TYPE_ATOMIC) /* DWARF 4 has no word for it */
            assert_int_equal(both->alignment, 8);
        assert_int_equal(wisp_symbols_type_strip(both)->alignment, 4);
    }
}

static void enums_have_their_values(void **state)
{
    (void)state;
    EACH_PROGRAM(i)
    {
        const wisp_symbols_type *color = find("enum color");
        assert_int_equal(color->kind, WISP_TYPE_ENUM);
        assert_int_equal(color->enumerator_count, 3);
        assert_string_equal(color->enumerators[1].name, "GREEN");
        assert_int_equal(color->enumerators[1].value, 5);
        assert_int_equal(color->enumerators[2].value, 6);
        assert_int_equal(color->size, 4);
        assert_false(color->is_signed);
    }
}

static void pointers_to_functions_and_unknown_structs_are_told(void **state)
{
    (void)state;
    const wisp_symbols_function *function;
    wisp_error err;
    EACH_PROGRAM(i)
    {
        assert_int_equal(wisp_symbols_find_function(opened, "pointers", &function, &err), 0);
        for (uint32_t k = 0; k < function->param_count; k++)
            assert_int_equal(wisp_symbols_complete(opened, function->params[k].type, &err), 0);
        assert_int_equal(wisp_symbols_complete(opened, function->result, &err), 0);
        assert_true(wisp_symbols_type_strip(function->params[4].type)->target->is_declared_only);
        const wisp_symbols_type *callback =
            wisp_symbols_type_strip(wisp_symbols_type_strip(function->params[5].type)->target);
        assert_int_equal(callback->kind, WISP_TYPE_FUNCTION);
        assert_int_equal(callback->param_count, 1);
        assert_false(callback->is_variadic);
        assert_int_equal(callback->target->kind, WISP_TYPE_INTEGER);
        assert_int_equal(function->result->target->kind, WISP_TYPE_CONST);
        assert_true(function->result->target->target->is_char);
    }
}

static void variables_have_types(void **state)
{
    (void)state;
    const wisp_symbols_variable *variable;
    wisp_error err;
    EACH_PROGRAM(i)
    {
        assert_int_equal(wisp_symbols_find_variable(opened, "first_list", &variable, &err), 0);
        assert_int_equal(wisp_symbols_complete(opened, variable->type, &err), WISP_OK);
        assert_string_equal(variable->type->target->name, "list");
        assert_non_null(strstr(variable->file, "programs/subjects.c"));
    }
}

static void classes_have_qualified_names_and_bases(void **state)
{
    (void)state;
    const char *const both[] = {"gxx_O2", "clangxx_O2"};
    for (size_t i = 0; i < 2; i++) {
        if (!open_if_there(both[i]))
            continue;
        const wisp_symbols_type *shape = find("struct ns::Shape");
        assert_string_equal(shape->name, "ns::Shape");
        assert_true(shape->is_by_reference);
        assert_int_equal(shape->size, 16);
        assert_string_equal(shape->members[0].type->name, "ns::Base");
        assert_false(find("struct ns::Pair")->is_by_reference);
        assert_true(find("struct ns::Diamond")->is_opaque);
        assert_false(shape->member_count > 2); /* static ones are no members */
    }
}

static void a_type_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    const wisp_symbols_type *type;
    wisp_error err;
    assert_true(open_if_there("gcc_live"));
    assert_int_equal(wisp_symbols_find_type(opened, "struct nothing", &type, &err),
                     WISP_NOT_FOUND);
    assert_int_equal(wisp_symbols_find_type(opened, "list", &type, &err), WISP_NOT_FOUND);
}

int main(int argc, char **argv)
{
    folder = argc > 1 ? argv[1] : ".";
#define TEST(name) cmocka_unit_test_teardown(name, close_program)
    const struct CMUnitTest tests[] = {
        TEST(a_struct_that_points_at_itself_is_a_circle),
        TEST(bit_fields_lie_where_the_compiler_put_them),
        TEST(packed_structs_and_arrays_of_arrays_are_told),
        TEST(atomic_structs_are_aligned_for_one_instruction),
        TEST(enums_have_their_values),
        TEST(pointers_to_functions_and_unknown_structs_are_told),
        TEST(variables_have_types),
        TEST(classes_have_qualified_names_and_bases),
        TEST(a_type_that_is_not_there_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
