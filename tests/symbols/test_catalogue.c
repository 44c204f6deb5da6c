#include "symbols/symbols.h"

#include "patch/signature.h"
#include "symbols/verdict.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The programs that the build made of tests/symbols/programs, by the names that it gave them. */

static const char *folder;
static wisp_symbols *opened; /* by the test that runs */

static bool is_there(const char *program, char path[512])
{
    snprintf(path, 512, "%s/%s", folder, program);
    return access(path, R_OK) == 0;
}

/* Opens [program]; false where its compiler is missing. */
static bool open_if_there(const char *program)
{
    char path[512];
    wisp_error err = {0};
    if (!is_there(program, path))
        return false;
    wisp_symbols_close(opened);
    if (wisp_symbols_open(NULL, path, &opened, &err))
        fail_msg("%s: %s", program, err.text);
    return true;
}

/* The same, skipping the test. */
static wisp_symbols *open_program(const char *program)
{
    if (!open_if_there(program))
        skip();
    return opened;
}

static int close_program(void **state)
{
    (void)state;
    wisp_symbols_close(opened);
    opened = NULL;
    return 0;
}

static const wisp_symbols_function *find(const char *name)
{
    const wisp_symbols_function *function = NULL;
    wisp_error err = {0};
    if (wisp_symbols_find_function(opened, name, &function, &err))
        fail_msg("%s", err.text);
    return function;
}

static const char *reason(const wisp_symbols_function *function, wisp_symbols_cause cause)
{
    for (uint32_t i = 0; i < function->reason_count; i++) {
        if (function->reasons[i].cause == cause)
            return function->reasons[i].text;
    }
    return NULL;
}

static void expect(const char *name, wisp_symbols_verdict verdict, wisp_symbols_cause cause)
{
    const wisp_symbols_function *function = find(name);
    if (function->verdict != verdict || !reason(function, cause))
        fail_msg("%s is %s for '%s', expected %s for %s", name,
                 wisp_symbols_verdict_name(function->verdict),
                 function->reason_count ? function->reasons[0].text : "",
                 wisp_symbols_verdict_name(verdict), wisp_symbols_cause_name(cause));
}

/* It can be patched, whatever notes there are. */
static void expect_patchable(const char *name)
{
    const wisp_symbols_function *function = find(name);
    if (function->verdict != WISP_SYMBOLS_PATCHABLE)
        fail_msg("%s is %s: %s", name, wisp_symbols_verdict_name(function->verdict),
                 function->reasons[0].text);
}

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

#define PATCHABLE(name)         expect_patchable(name)
#define PARTIAL(name, cause)    expect(name, WISP_SYMBOLS_PARTIAL, WISP_SYMBOLS_CAUSE_##cause)
#define REFUSED(name, cause)    expect(name, WISP_SYMBOLS_REFUSED, WISP_SYMBOLS_CAUSE_##cause)
#define SIGNATURE(name, text)   assert_string_equal(find(name)->signature, text)
#define HAS_PLACE(name, offset) assert_int_equal(find(name)->sled, offset)

static bool is_gcc_on_x86_64(void)
{
    return wisp_symbols_program(opened)->machine == 62;
}

/* ------------------------------------------------------------------ what optimisers do */

static void live_patching_keeps_all_functions_patchable(void **state)
{
    (void)state;
    open_program("gcc_live");
    const char *const names[] = {
        "dropped",    "constant", "pointed",  "somewhere", "steady",       "same",
        "same_again", "scalars",  "pointers", "by_value",  "gives_struct", "gives_large",
        "floats",     "on_stack", "nesting",  "run",       "main",         "add_one"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        PATCHABLE(names[i]);
    assert_int_equal(wisp_symbols_program(opened)->note_count, 0);
}

static void nothing_is_lost_without_optimisation(void **state)
{
    (void)state;
    const char *const programs[] = {"gcc_O0", "clang_O0"};
    for (size_t i = 0; i < 2; i++) {
        if (!open_if_there(programs[i]))
            continue;
        PATCHABLE("dropped");
        PATCHABLE("constant");
        PATCHABLE("pointed");
        PATCHABLE("everywhere");
        PATCHABLE("by_value");
        PATCHABLE("on_stack");
    }
}

static void a_clone_is_told_with_what_it_lacks(void **state)
{
    (void)state;
    open_program("gcc_O2");
    PARTIAL("constant", CLONE);
    PARTIAL("constant", ARGUMENT_CONSTANT);
    assert_string_equal(find("constant")->linkage, "constant.constprop.0");
    assert_non_null(
        strstr(reason(find("constant"), WISP_SYMBOLS_CAUSE_ARGUMENT_CONSTANT), "always is 7"));
    assert_ptr_equal(find("constant.constprop.0"), find("constant"));
}

static void a_clone_that_takes_other_arguments_is_refused(void **state)
{
    (void)state;
    open_program("gcc_O2");
    REFUSED("dropped", CHANGED_ABI); /* b comes where unused was */
    REFUSED("pointed", CHANGED_ABI); /* isra: *p comes instead of p */
}

static void clang_is_seen_to_move_arguments_of_static_functions(void **state)
{
    (void)state;
    open_program("clang_O2");
    REFUSED("dropped", CHANGED_ABI);
    PARTIAL("constant", ARGUMENT_CONSTANT);
    PATCHABLE("steady");
    assert_string_equal(find("dropped")->linkage, "dropped"); /* its name says nothing */
}

static void clang_is_seen_to_pass_elements_of_structs_and_pointers(void **state)
{
    (void)state;
    open_program("clang_O3");
    REFUSED("pointed", CHANGED_ABI);
    REFUSED("digested", CHANGED_ABI);
    open_program("clang_dwarf3"); /* which does not say that anything was optimised */
    REFUSED("pointed", CHANGED_ABI);
}

static void arguments_that_may_have_moved_unseen_are_refused(void **state)
{
    (void)state;
    open_program("clang_O2");
    REFUSED("unlocated", CHANGED_ABI);
    REFUSED("pushed", CHANGED_ABI);
    assert_int_equal(find("pushed")->reason_count, 2); /* it, and the one that is not passed */
    open_program("gcc_O2");
    REFUSED("shifted", CHANGED_ABI);
    open_program("gcc_live");
    PATCHABLE("shifted");
    PATCHABLE("unlocated");
    PATCHABLE("pushed");
    PATCHABLE("digested");
}

static void a_part_that_callers_need_not_pass_is_told(void **state)
{
    (void)state;
    open_program("clang_O2");
    PARTIAL("half", ARGUMENT_DROPPED);
    PARTIAL("half_of_global", ARGUMENT_DROPPED); /* callers in its own file know it */
    assert_non_null(strstr(reason(find("half"), WISP_SYMBOLS_CAUSE_ARGUMENT_DROPPED),
                           "a part of argument 1 'p'"));
    PATCHABLE("by_value"); /* padding is no part */
    PATCHABLE("gives_large");
    open_program("gcc_live");
    PATCHABLE("half");
    PATCHABLE("half_of_global");
}

static void what_is_inlined_everywhere_has_no_body(void **state)
{
    (void)state;
    open_program("gcc_O2");
    const wisp_symbols_function *function = find("everywhere");
    REFUSED("everywhere", NO_BODY);
    assert_false(function->has_body);
    assert_true(function->site_count >= 1);
    for (uint32_t i = 0; i < function->site_count; i++) {
        assert_string_equal(function->sites[i].caller->name, "run");
        assert_true(ends_in(function->sites[i].file, "programs/subjects.c"));
        assert_true(function->sites[i].line > function->line);
    }
}

static void copies_of_a_global_function_make_it_partial(void **state)
{
    (void)state;
    const char *const programs[] = {"gcc_O2", "clang_O2"};
    for (size_t i = 0; i < 2; i++) {
        if (!open_if_there(programs[i]))
            continue;
        PARTIAL("somewhere", INLINED);
        assert_int_equal(find("somewhere")->site_count, 1);
        assert_string_equal(find("somewhere")->sites[0].caller->name, "run");
    }
}

static void functions_with_one_body_are_told_of_each_other(void **state)
{
    (void)state;
    open_program("gcc_O2");
    const wisp_symbols_function *with = find("same"), *without = find("same_again");
    if (!with->has_body) {
        const wisp_symbols_function *other = with;
        with = without;
        without = other;
    }
    assert_int_equal(with->verdict, WISP_SYMBOLS_PARTIAL);
    assert_non_null(strstr(reason(with, WISP_SYMBOLS_CAUSE_FOLDED), without->name));
    assert_non_null(strstr(reason(without, WISP_SYMBOLS_CAUSE_NO_BODY), with->name));
}

static void a_linker_that_folds_is_seen_through(void **state)
{
    (void)state;
    open_program("clang_folded");
    PARTIAL("same", FOLDED);
    REFUSED("same_again", NO_BODY);
    assert_non_null(strstr(reason(find("same_again"), WISP_SYMBOLS_CAUSE_NO_BODY), "'same'"));
}

static void a_function_in_two_parts_begins_in_the_hot_one(void **state)
{
    (void)state;
    const char *const programs[] = {"gcc_O2", "gcc_live", "gcc_dwarf4", "cross_live"};
    for (size_t i = 0; i < 4; i++) {
        if (!open_if_there(programs[i]))
            continue;
        assert_true(find("parted")->has_body);
        assert_true(find("parted")->entry.size > 0);
        assert_string_equal(find("parted")->linkage, "parted");
    }
}

static void debug_information_that_is_elsewhere_is_noted(void **state)
{
    (void)state;
    open_program("gcc_split");
    REFUSED("steady", NO_DEBUG);
    assert_non_null(strstr(wisp_symbols_program(opened)->notes[0], "-gsplit-dwarf"));
}

static void link_time_optimisation_is_seen_through(void **state)
{
    (void)state;
    open_program("gcc_lto"); /* abstract entries are in another unit */
    REFUSED("everywhere", NO_BODY);
    assert_true(find("everywhere")->site_count >= 1);
    PATCHABLE("steady");
    assert_int_equal(wisp_symbols_program(opened)->note_count, 1);
    assert_non_null(strstr(wisp_symbols_program(opened)->notes[0], "-flto"));
}

static void flags_that_let_calls_go_missing_are_noted(void **state)
{
    (void)state;
    open_program("gcc_O2");
    assert_int_equal(wisp_symbols_program(opened)->note_count, 1);
    assert_non_null(strstr(wisp_symbols_program(opened)->notes[0], "-flive-patching"));
    open_program("clang_O2");
    assert_int_equal(wisp_symbols_program(opened)->note_count, 1);
    assert_non_null(strstr(wisp_symbols_program(opened)->notes[0], "clang"));
}

/* ------------------------------------------------------------------ signatures */

static void expect_signatures(void)
{
    SIGNATURE("steady", "(ii)i");
    SIGNATURE("pointers", "(p24p24pzppp4)z");
    SIGNATURE("by_value", "({16,8:0i4i8d}{8,8:0d}{4,4:0I0I2c}I)d");
    SIGNATURE("narrow", "({1,1:0C0C})i");
    SIGNATURE("gives_struct", "(i){16,8:0i4i8d}");
    SIGNATURE("gives_large", "({24,8:0l8l16l}){24,8:0l8l16l}");
    SIGNATURE("floats", "({12,4:0f4f8f}{8,8:0l})f");
    SIGNATURE("on_stack", "(iiiiiiiii{16,8:0i4i8d})i");
    SIGNATURE("run", "(ip8)i");
    assert_int_equal(find("scalars")->param_count, 11);
}

static void signatures_are_those_of_the_source(void **state)
{
    (void)state;
    const char *const programs[] = {"gcc_O0",     "gcc_live",    "gcc_lto",
                                    "gcc_fixed",  "clang_O2",    "clang_O0",
                                    "gcc_dwarf4", "gcc_library", "gcc_units"};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (!open_if_there(programs[i]))
            continue;
        if (strcmp(programs[i], "gcc_lto") != 0) /* where most are inlined everywhere */
            expect_signatures();
        if (is_gcc_on_x86_64())
            SIGNATURE("scalars", "(bcCsSiIlLfd)i");
    }
}

static void char_is_signed_as_the_machine_has_it(void **state)
{
    (void)state;
    open_program("cross_live");
    expect_signatures();
    SIGNATURE("scalars", "(bCCsSiIlLfd)i");
}

/* Every signature is one that a device reads. */
static void all_signatures_can_be_read(void **state)
{
    (void)state;
    const char *const programs[] = {"gcc_live", "clang_O2", "gcc_lto", "cross_live", "gxx_O2"};
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (!open_if_there(programs[i]))
            continue;
        const wisp_symbols_function *f;
        for (size_t k = 0; (f = wisp_symbols_function_at(opened, k)); k++) {
            wisp_arena arena;
            wisp_patch_signature signature;
            wisp_error err;
            if (!f->signature)
                continue;
            wisp_arena_init(&arena, wisp_allocator_or_default(NULL), 1024);
            assert_int_equal(wisp_patch_signature_read(&arena, f->signature, &signature, &err),
                             0);
            assert_int_equal(signature.param_count, f->param_count);
            wisp_arena_deinit(&arena);
            count++;
        }
    }
    assert_true(count > 0);
}

static void types_without_a_letter_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *function, *word;
    } rows[] = {{"long_doubles", "long double"},
                {"complexes", "complex"},
                {"wide", "__int128"},
                {"flexible", "no length"},
                {"precise", "_BitInt"},
                {"vectors", "vector of 16 bytes"}};
    const char *const programs[] = {"gcc_live", "clang_O2", "cross_live"};
    for (size_t i = 0; i < 3; i++) {
        if (!open_if_there(programs[i]))
            continue;
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
            if (strcmp(rows[k].function, "precise") == 0 && strncmp(programs[i], "clang", 5) != 0)
                continue; /* gcc has none yet */
            REFUSED(rows[k].function, TYPE);
            assert_null(find(rows[k].function)->signature);
            assert_non_null(
                strstr(reason(find(rows[k].function), WISP_SYMBOLS_CAUSE_TYPE), rows[k].word));
        }
    }
}

static void what_is_called_in_another_way_is_refused(void **state)
{
    (void)state;
    const char *const programs[] = {"gcc_live", "clang_O2"};
    for (size_t i = 0; i < 2; i++) {
        if (!open_if_there(programs[i]))
            continue;
        REFUSED("variadic", VARIADIC);
        REFUSED("promoted", CONVENTION);
        PARTIAL("stop", NO_RETURN);
        if (is_gcc_on_x86_64())
            REFUSED("foreign", CHANGED_ABI); /* ms_abi: gcc does not say so, its places do */
    }
    open_program("gcc_live");
    REFUSED("nested", STATIC_CHAIN);
}

static void arguments_are_found_where_the_convention_has_them(void **state)
{
    (void)state;
    open_program("gcc_live");
    if (!is_gcc_on_x86_64())
        skip();
    const wisp_symbols_param *params = find("scalars")->params;
    assert_string_equal(params[0].expected, "rdi");
    assert_string_equal(params[5].found, "r9");
    assert_string_equal(params[6].expected, "stack+0");
    assert_string_equal(params[6].found, "stack+0");
    assert_string_equal(params[9].found, "xmm0");
    assert_string_equal(find("by_value")->params[0].expected, "rdi, xmm0");
    open_program("cross_live");
    params = find("scalars")->params;
    assert_string_equal(params[0].found, "x0");
    assert_string_equal(params[8].expected, "stack+0");
    assert_string_equal(params[10].found, "v1");
    assert_string_equal(find("gives_large")->params[0].expected, "memory at x0");
    PATCHABLE("pointed_on_stack");
}

/* tests/symbols/programs/written.s */
static void what_compilers_write_seldom_is_understood(void **state)
{
    (void)state;
    open_program("gcc_written");
    PATCHABLE("copied");
    REFUSED("newer", CONVENTION);
    REFUSED("endless", CHANGED_ABI);
}

static void reasons_beyond_the_limit_leave_the_verdict(void **state)
{
    (void)state;
    wisp_arena arena;
    wisp_symbols_function function = {0};
    wisp_error err;
    wisp_verdict verdict = {.arena = &arena};
    wisp_arena_init(&arena, wisp_allocator_or_default(NULL), 4096);
    for (int i = 0; i <= WISP_VERDICT_REASONS_MAX; i++)
        wisp_verdict_add(&verdict, WISP_SYMBOLS_CAUSE_ARGUMENT_DROPPED, "argument %d", i);
    wisp_verdict_add(&verdict, WISP_SYMBOLS_CAUSE_CHANGED_ABI, "the last one");
    wisp_verdict_add(&verdict, WISP_SYMBOLS_CAUSE_UNVERIFIED, "a note");
    assert_int_equal(wisp_verdict_finish(&verdict, &function, &err), WISP_OK);
    assert_int_equal(function.verdict, WISP_SYMBOLS_REFUSED);
    assert_int_equal(function.reason_count, WISP_VERDICT_REASONS_MAX);
    assert_string_equal(function.reasons[0].text, "the last one");
    wisp_arena_deinit(&arena);
}

/* ------------------------------------------------------------------ C++ */

static void cpp_functions_have_qualified_and_linkage_names(void **state)
{
    (void)state;
    const char *const programs[] = {"gxx_O2", "gxx_O0", "clangxx_O2"};
    for (size_t i = 0; i < 3; i++) {
        if (!open_if_there(programs[i]))
            continue;
        const wisp_symbols_function *area = find("ns::Shape::area");
        assert_string_equal(area->linkage, "_ZNK2ns5Shape4areaEi");
        assert_ptr_equal(find("_ZNK2ns5Shape4areaEi"), area);
        assert_ptr_equal(find("programs/classes.cc:ns::Shape::area"), area);
        SIGNATURE("ns::Shape::area", "(p16i)i");
        SIGNATURE("ns::Shape::scale<double>", "(p16d)d");
        SIGNATURE("_ZN2ns4takeERKNS_5ShapeEl", "(p16l)l");
    }
}

static void classes_that_must_be_copied_are_pointers(void **state)
{
    (void)state;
    const char *const programs[] = {"gxx_O2", "gxx_O0", "clangxx_O2"};
    for (size_t i = 0; i < 3; i++) {
        if (!open_if_there(programs[i]))
            continue;
        SIGNATURE("_ZN2ns4takeENS_5OwnerEi", "(p8i)i");
        SIGNATURE("_ZN2ns4takeENS_4PairENS_4KindE", "({16,8:0l8d}C)d");
        PATCHABLE("_ZN2ns4takeENS_5OwnerEi");
        PATCHABLE("_ZN2ns4takeENS_4PairENS_4KindE");
        REFUSED("ns::give", TYPE);
    }
}

static void a_constructor_of_a_part_takes_one_argument_more(void **state)
{
    (void)state;
    const char *const programs[] = {"gxx_O2", "gxx_O0", "clangxx_O2"};
    for (size_t i = 0; i < 3; i++) {
        if (!open_if_there(programs[i]))
            continue;
        assert_int_equal(find("_ZN2ns7DiamondC1Ei")->param_count, 2);
        assert_int_equal(find("_ZN2ns7DiamondC2Ei")->param_count, 3);
    }
}

/* ------------------------------------------------------------------ places */

static void a_place_may_be_behind_where_jumps_land(void **state)
{
    (void)state;
    const char *const programs[] = {"gcc_landing", "cross_landing"};
    for (size_t i = 0; i < 2; i++) {
        if (!open_if_there(programs[i]))
            continue;
        PATCHABLE("steady");
        HAS_PLACE("scalars", 4);
        assert_true(find("scalars")->entry.size >= 8);
    }
}

static void entry_bytes_end_where_the_function_does(void **state)
{
    (void)state;
    open_program("gcc_live");
    const wisp_symbols_function *f;
    for (size_t i = 0; (f = wisp_symbols_function_at(opened, i)); i++) {
        assert_true(f->entry.size <= WISP_PATCH_ENTRY_MAX);
        assert_true(f->entry.size <= f->size);
    }
    assert_int_equal(find("run")->entry.size, WISP_PATCH_ENTRY_MAX);
}

static void programs_without_places_say_which_flag_is_missing(void **state)
{
    (void)state;
    open_program("gcc_plain");
    REFUSED("steady", NO_SLED);
    assert_non_null(strstr(reason(find("steady"), WISP_SYMBOLS_CAUSE_NO_SLED),
                           "-fpatchable-function-entry="));
    assert_non_null(
        strstr(wisp_symbols_program(opened)->notes[0], "-fpatchable-function-entry="));
}

static void places_of_another_size_are_refused(void **state)
{
    (void)state;
    open_program("gcc_small");
    if (!is_gcc_on_x86_64())
        skip();
    REFUSED("scalars", BAD_SLED);
    open_program("gcc_before");
    REFUSED("scalars", BAD_SLED);
}

static void raw_places_are_noted(void **state)
{
    (void)state;
    open_program("gcc_live");
    if (!is_gcc_on_x86_64())
        skip();
    assert_non_null(reason(find("steady"), WISP_SYMBOLS_CAUSE_RAW_SLED));
    assert_int_equal(wisp_symbols_program(opened)->raw_count,
                     wisp_symbols_program(opened)->sled_count);
    open_program("clang_O2");
    assert_null(reason(find("steady"), WISP_SYMBOLS_CAUSE_RAW_SLED));
}

static void places_that_no_list_has_any_more_are_found(void **state)
{
    (void)state;
    open_program("gcc_live");
    if (!is_gcc_on_x86_64())
        skip();
    uint32_t count = wisp_symbols_program(opened)->sled_count;
    open_program("gcc_unlisted");
    PATCHABLE("steady");
    assert_int_equal(wisp_symbols_program(opened)->sled_count, count);
}

/* ------------------------------------------------------------------ what is no program */

static void refuses(const char *program, wisp_status status, const char *text)
{
    char path[512];
    wisp_error err = {0};
    wisp_symbols *symbols;
    if (!is_there(program, path))
        skip();
    assert_int_equal(wisp_symbols_open(NULL, path, &symbols, &err), status);
    assert_null(symbols);
    if (!strstr(err.text, text))
        fail_msg("'%s' does not say '%s'", err.text, text);
}

static void what_is_missing_is_named_with_its_flag(void **state)
{
    (void)state;
    wisp_symbols *symbols;
    wisp_error err;
    refuses("gcc_nameless", WISP_UNSUPPORTED, "-Wl,--build-id");
    refuses("gcc_bare", WISP_UNSUPPORTED, "compile with -g");
    refuses("../../build.ninja", WISP_UNSUPPORTED, "no ELF file");
    assert_int_equal(wisp_symbols_open(NULL, "no such file", &symbols, &err), WISP_NOT_FOUND);
}

static void lines_alone_are_no_debug_information(void **state)
{
    (void)state;
    open_program("gcc_lines");
    REFUSED("steady", NO_DEBUG);
    assert_null(find("steady")->signature);
    open_program("clang_lines");
    REFUSED("run", NO_DEBUG);
}

/* ------------------------------------------------------------------ names */

static void names_are_found_as_people_write_them(void **state)
{
    (void)state;
    const wisp_symbols_function *function;
    const wisp_symbols_variable *variable;
    wisp_error err;
    open_program("gcc_live");
    assert_ptr_equal(find("subjects.c:steady"), find("steady"));
    assert_ptr_equal(find("programs/subjects.c:steady"), find("steady"));
    assert_int_equal(wisp_symbols_find_function(opened, "ubjects.c:steady", &function, &err),
                     WISP_NOT_FOUND);
    assert_int_equal(wisp_symbols_find_function(opened, "steadier", &function, &err),
                     WISP_NOT_FOUND);
    assert_int_equal(wisp_symbols_find_variable(opened, "counter", &variable, &err), WISP_OK);
    assert_int_equal(variable->size, 4);
    assert_true(variable->is_global && variable->address);
    assert_int_equal(wisp_symbols_find_variable(opened, "hidden_counter", &variable, &err), 0);
    assert_false(variable->is_global);
    assert_int_equal(wisp_symbols_find_variable(opened, "calls", &variable, &err), WISP_OK);
    assert_int_equal(wisp_symbols_find_variable(opened, "nothing", &variable, &err),
                     WISP_NOT_FOUND);
}

static void functions_of_others_are_known_as_they_are_declared(void **state)
{
    (void)state;
    const wisp_symbols_function *function;
    wisp_error err;
    const char *const programs[] = {"gcc_live", "clang_O2"};
    for (size_t i = 0; i < 2; i++) {
        if (!open_if_there(programs[i]))
            continue;
        assert_int_equal(wisp_symbols_find_declared(opened, "system", &function, &err), WISP_OK);
        assert_string_equal(function->signature, "(z)i");
        assert_false(function->is_variadic);
        assert_int_equal(wisp_symbols_find_declared(opened, "steady", &function, &err),
                         WISP_NOT_FOUND);
    }
    open_program("gcc_live"); /* clang knows printf too well to note it */
    assert_int_equal(wisp_symbols_find_declared(opened, "printf", &function, &err), WISP_OK);
    assert_true(function->is_variadic);
}

static void a_name_leads_to_the_function_that_is_called(void **state)
{
    (void)state;
    const wisp_symbols_function *function;
    wisp_error err;
    const char *const programs[] = {"gcc_names", "clang_names"};
    for (size_t i = 0; i < 2; i++) {
        if (!open_if_there(programs[i]))
            continue;
        REFUSED("names.c:hook", OVERRIDDEN);
        PATCHABLE("hook");
        assert_ptr_equal(find("names_strong.c:hook"), find("hook"));
        PATCHABLE("own_hook");
        assert_ptr_equal(find("other"), find("real"));
        assert_int_equal(wisp_symbols_find_function(opened, "choice", &function, &err),
                         WISP_UNSUPPORTED);
        assert_non_null(strstr(err.text, "'choose'"));
        assert_int_equal(wisp_symbols_find_function(opened, "a@0x1:real", &function, &err),
                         WISP_NOT_FOUND);
    }
}

static void a_name_of_several_functions_lists_them(void **state)
{
    (void)state;
    const wisp_symbols_function *function;
    wisp_error err;
    open_program("gxx_O2");
    assert_int_equal(wisp_symbols_find_function(opened, "ns::take", &function, &err),
                     WISP_MISMATCH);
    assert_non_null(strstr(err.text, "_ZN2ns4takeERKNS_5ShapeEl"));
    assert_int_equal(wisp_symbols_find_function(opened, "take", &function, &err), WISP_NOT_FOUND);
    assert_non_null(strstr(err.text, "ns::take")); /* what was meant */
}

int main(int argc, char **argv)
{
    folder = argc > 1 ? argv[1] : ".";
#define TEST(name) cmocka_unit_test_teardown(name, close_program)
    const struct CMUnitTest tests[] = {
        TEST(live_patching_keeps_all_functions_patchable),
        TEST(nothing_is_lost_without_optimisation),
        TEST(a_clone_is_told_with_what_it_lacks),
        TEST(a_clone_that_takes_other_arguments_is_refused),
        TEST(clang_is_seen_to_move_arguments_of_static_functions),
        TEST(clang_is_seen_to_pass_elements_of_structs_and_pointers),
        TEST(arguments_that_may_have_moved_unseen_are_refused),
        TEST(a_part_that_callers_need_not_pass_is_told),
        TEST(what_is_inlined_everywhere_has_no_body),
        TEST(copies_of_a_global_function_make_it_partial),
        TEST(functions_with_one_body_are_told_of_each_other),
        TEST(a_linker_that_folds_is_seen_through),
        TEST(a_function_in_two_parts_begins_in_the_hot_one),
        TEST(debug_information_that_is_elsewhere_is_noted),
        TEST(link_time_optimisation_is_seen_through),
        TEST(flags_that_let_calls_go_missing_are_noted),
        TEST(signatures_are_those_of_the_source),
        TEST(char_is_signed_as_the_machine_has_it),
        TEST(all_signatures_can_be_read),
        TEST(types_without_a_letter_are_refused_by_name),
        TEST(what_is_called_in_another_way_is_refused),
        TEST(arguments_are_found_where_the_convention_has_them),
        TEST(what_compilers_write_seldom_is_understood),
        TEST(reasons_beyond_the_limit_leave_the_verdict),
        TEST(cpp_functions_have_qualified_and_linkage_names),
        TEST(classes_that_must_be_copied_are_pointers),
        TEST(a_constructor_of_a_part_takes_one_argument_more),
        TEST(a_place_may_be_behind_where_jumps_land),
        TEST(entry_bytes_end_where_the_function_does),
        TEST(programs_without_places_say_which_flag_is_missing),
        TEST(places_of_another_size_are_refused),
        TEST(raw_places_are_noted),
        TEST(places_that_no_list_has_any_more_are_found),
        TEST(what_is_missing_is_named_with_its_flag),
        TEST(lines_alone_are_no_debug_information),
        TEST(names_are_found_as_people_write_them),
        TEST(functions_of_others_are_known_as_they_are_declared),
        TEST(a_name_leads_to_the_function_that_is_called),
        TEST(a_name_of_several_functions_lists_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
