#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../words.h"
#include "patch/abi.h"
#include "patch/frame.h"

/*
 * Where the standards say that values are, of both machines on any. test_crossing.c asks
 * compilers; this is what they do not make easily, and what to read first.
 */

enum { PLACES_MAX = 4096 };

static const char *const x86_64_integers[] = {"rdi", "rsi", "rdx", "rcx", "r8", "r9"};
static const char *const x86_64_results[] = {"rax", "rdx", "xmm0", "xmm1"};
static const char *const aarch64_results[] = {"x0", "x1", "v0", "v1", "v2", "v3"};

/* The name of what is at [frame]: a register, or "+n" for the stack. */
static void print_place(const wisp_patch_abi *abi, uint32_t frame, char *into, size_t room)
{
    bool is_arm = abi == &wisp_patch_abi_aapcs64;
    uint32_t floats = is_arm ? WISP_FRAME_AARCH64_FLOATS : WISP_FRAME_X86_64_FLOATS;
    uint32_t integers = is_arm ? WISP_FRAME_AARCH64_INTEGERS : WISP_FRAME_X86_64_INTEGERS;
    if (frame >= abi->frame_size)
        snprintf(into, room, "+%u", frame - abi->frame_size);
    else if (frame >= floats)
        snprintf(into, room, is_arm ? "v%u" : "xmm%u", (frame - floats) / 16);
    else if (frame < integers)
        snprintf(into, room, "%s", (is_arm ? aarch64_results : x86_64_results)[frame / 8]);
    else if (is_arm)
        snprintf(into, room, "x%u", (frame - integers) / 8);
    else
        snprintf(into, room, "%s", x86_64_integers[(frame - integers) / 8]);
}

/* "rdi", "rax:rdx", "[x8]", "-" */
static void print_location(const wisp_patch_abi *abi, const wisp_patch_location *at, char *into,
                           size_t room)
{
    size_t len = 0;
    if (at->way == WISP_PATCH_NOWHERE)
        len += (size_t)snprintf(into, room, "-");
    for (uint32_t i = 0; i < at->part_count; i++) {
        char place[16];
        print_place(abi, at->parts[i].frame, place, sizeof place);
        len += (size_t)snprintf(into + len, room - len,
                                at->way == WISP_PATCH_BY_ADDRESS ? "%s[%s]" : "%s%s",
                                i ? ":" : "", place);
    }
}

/* "rdi xmm0 -> rax" */
static wisp_status print_places(const wisp_patch_abi *abi, const char *text, char *into,
                                wisp_error *err)
{
    wisp_patch_location params[WISP_PATCH_PARAMS_MAX], result;
    wisp_patch_signature signature;
    wisp_arena arena;
    uint32_t stack_size;
    size_t len = 0;
    wisp_arena_init(&arena, &wisp_allocator_default, 4096);
    assert_int_equal(wisp_patch_signature_read(&arena, text, &signature, NULL), WISP_OK);
    wisp_status status = abi->locate(&signature, params, &result, &stack_size, err);
    for (uint32_t i = 0; i < signature.param_count && status == WISP_OK; i++) {
        print_location(abi, &params[i], into + len, PLACES_MAX - len);
        len += strlen(into + len);
        into[len++] = ' ';
    }
    if (status == WISP_OK) {
        len += (size_t)snprintf(into + len, PLACES_MAX - len, "-> ");
        print_location(abi, &result, into + len, PLACES_MAX - len);
        assert_int_equal(stack_size % 16, 0);
    }
    wisp_arena_deinit(&arena);
    return status;
}

static void check_places(const wisp_patch_abi *abi, const char *text, const char *wanted)
{
    char found[PLACES_MAX];
    assert_int_equal(print_places(abi, text, found, NULL), WISP_OK);
    if (strcmp(found, wanted) != 0)
        fail_msg("%s: %s: %s, expected %s", abi->name, text, found, wanted);
}

static void values_are_where_the_standards_say(void **state)
{
    (void)state;
    static const struct {
        const char *signature, *x86_64, *aarch64;
    } cases[] = {
        {"()", "-> -", "-> -"},
        {"(bcsilpz)L", "rdi rsi rdx rcx r8 r9 +0 -> rax", "x0 x1 x2 x3 x4 x5 x6 -> x0"},
        {"(fd)f", "xmm0 xmm1 -> xmm0", "v0 v1 -> v0"},
        {"(idpf)d", "rdi xmm0 rsi xmm1 -> xmm0", "x0 v0 x1 v1 -> v0"},
        {"(iiiiiiiii)i", "rdi rsi rdx rcx r8 r9 +0 +8 +16 -> rax",
         "x0 x1 x2 x3 x4 x5 x6 x7 +0 -> x0"},
        {"(dddddddddf)", "xmm0 xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 xmm7 +0 +8 -> -",
         "v0 v1 v2 v3 v4 v5 v6 v7 +0 +8 -> -"},

        /* Classes of eightbytes. */
        {"({16,8:0l8l}){16,8:0l8l}", "rdi:rsi -> rax:rdx", "x0:x1 -> x0:x1"},
        {"({16,8:0l8d}){16,8:0d8l}", "rdi:xmm0 -> xmm0:rax", "x0:x1 -> x0:x1"},
        {"({8,4:0f4i}){8,4:0f4f}", "rdi -> xmm0", "x0 -> v0:v1"},
        {"({12,4:0f4f8i}){12,4:0f4f8f}", "xmm0:rdi -> xmm0:xmm1", "x0:x1 -> v0:v1:v2"},
        {"({16,8:0d8d})", "xmm0:xmm1 -> -", "v0:v1 -> -"},

        /* Too large for registers. */
        {"({24,8:0l8l16l}i){24,8:0l8l16l}", "+0 rsi -> [rdi]", "[x0] x1 -> [x8]"},
        {"({32,8:0d8d16d24d}){32,8:0d8d16d24d}", "+0 -> [rdi]", "v0:v1:v2:v3 -> v0:v1:v2:v3"},
        {"({40,8:0d8d16d24d32d}){40,8:0d8d16d24d32d}", "+0 -> [rdi]", "[x0] -> [x8]"},
        {"({100,1:}i)", "+0 rdi -> -", "[x0] x1 -> -"},

        /* Not homogeneous: a gap, two kinds, a fifth. */
        {"({12,4:0f8f})", "xmm0:xmm1 -> -", "x0:x1 -> -"},
        {"({16,8:0f8d})", "xmm0:xmm1 -> -", "x0:x1 -> -"},
        {"({20,4:0f4f8f12f16f})", "+0 -> -", "[x0] -> -"},
        {"({8,4:0f0i4f})", "rdi -> -", "x0 -> -"},
        {"({8,4:0f0f4f})", "xmm0 -> -", "v0:v1 -> -"},

        /* Packed. */
        {"({5,1:0c1i}){5,1:0c1i}", "+0 -> [rdi]", "x0 -> x0"},
        {"({8,1:0i4f})", "rdi -> -", "x0 -> -"},

        /* The last register does not take half a struct: System V keeps it for others. */
        {"(lllll{16,8:0l8l}l)", "rdi rsi rdx rcx r8 +0 r9 -> -", "x0 x1 x2 x3 x4 x5:x6 x7 -> -"},
        {"(lllllll{16,8:0l8l}l)", "rdi rsi rdx rcx r8 r9 +0 +8 +24 -> -",
         "x0 x1 x2 x3 x4 x5 x6 +0 +16 -> -"},
        {"(ddddddd{16,8:0d8d}d)", "xmm0 xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 +0 xmm7 -> -",
         "v0 v1 v2 v3 v4 v5 v6 +0 +16 -> -"},
        {"(lllllldddddddd{16,8:0l8d}l)",
         "rdi rsi rdx rcx r8 r9 xmm0 xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 xmm7 +0 +16 -> -",
         "x0 x1 x2 x3 x4 x5 v0 v1 v2 v3 v4 v5 v6 v7 x6:x7 +0 -> -"},

        /* A result in memory takes a parameter's register, on one of them. */
        {"(l){24,8:0l8l16l}", "rsi -> [rdi]", "x0 -> [x8]"},

        /* Nothing: of C, and of C++ on aarch64 a register with nothing in it. */
        {"({0,1:}i){0,1:}", "- rdi -> -", "- x0 -> -"},
        {"({1,1:}i)", "- rdi -> -", "x0 x1 -> -"},

        /* Alignment on the stack. */
        {"(llllllllf{32,16:0l16l}l)", "rdi rsi rdx rcx r8 r9 +0 +8 xmm0 +16 +48 -> -", NULL},
        {"(lllllll{32,16:0l16l}l)", "rdi rsi rdx rcx r8 r9 +0 +16 +48 -> -",
         "x0 x1 x2 x3 x4 x5 x6 [x7] +0 -> -"},
        {"({16,16:0l})", "rdi -> -", "x0:x1 -> -"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].x86_64)
            check_places(&wisp_patch_abi_sysv, cases[i].signature, cases[i].x86_64);
        if (cases[i].aarch64)
            check_places(&wisp_patch_abi_aapcs64, cases[i].signature, cases[i].aarch64);
    }
}

static void what_a_signature_leaves_open_is_refused(void **state)
{
    (void)state;
    static const struct {
        const wisp_patch_abi *abi;
        const char *signature;
        wisp_status status;
        const char *words;
    } cases[] = {
        {&wisp_patch_abi_sysv, "(i{32,32:0l})", WISP_UNSUPPORTED,
         "argument 2 is a struct on the stack aligned to 32 bytes, expected at most 16"},
        {&wisp_patch_abi_aapcs64, "(i{16,16:0l})", WISP_UNSUPPORTED,
         "argument 2 is a struct aligned to 16 bytes, expected at most 8"},
        {&wisp_patch_abi_aapcs64, "(ddddddd{16,16:0d8d})", WISP_UNSUPPORTED,
         "argument 8 is a struct aligned to 16 bytes, expected at most 8"},
        {&wisp_patch_abi_sysv, "({65536,1:}i{8,8:0l})", WISP_OK, NULL},
        {&wisp_patch_abi_sysv, "({65536,1:}{24,8:0l8l16l})", WISP_LIMIT,
         "parameters take more than 65536 bytes of stack"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char places[PLACES_MAX];
        wisp_error err;
        assert_int_equal(print_places(cases[i].abi, cases[i].signature, places, &err),
                         cases[i].status);
        if (cases[i].words && !words_are(err.text, cases[i].words))
            fail_msg("%s", err.text);
    }
}

static void a_machine_is_found_by_its_number(void **state)
{
    (void)state;
    assert_ptr_equal(wisp_patch_abi_of(62), &wisp_patch_abi_sysv);
    assert_ptr_equal(wisp_patch_abi_of(183), &wisp_patch_abi_aapcs64);
    assert_null(wisp_patch_abi_of(3));
    assert_int_equal(WISP_PATCH_ABI_HERE->frame_size, sizeof(wisp_patch_frame));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_where_the_standards_say),
        cmocka_unit_test(what_a_signature_leaves_open_is_refused),
        cmocka_unit_test(a_machine_is_found_by_its_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
