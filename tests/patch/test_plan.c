#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "patch/bridge.h"
#include "patch/plan.h"
#include "stub.h"

/* What plans do besides moving bits (test_crossing.c): pointers, rubbish, memory that is not
 * there. */

enum { LINEAR_SIZE = 64 * 1024, NULL_SIZE = 4096, STACK_LIMIT = 32 * 1024, OUTSIDE_SIZE = 256 };

static _Alignas(4096) uint8_t linear[LINEAR_SIZE];
static uint8_t outside[OUTSIDE_SIZE]; /* all that a patch may reach of the program */

wisp_patch_detour *stub_detour;

typedef struct test {
    wisp_arena arena;
    wisp_patch_memory memory;
    wisp_patch_plan plan;
    _Alignas(16) wisp_patch_frame frame;
    uint8_t stack[1024];
    wisp_slot slots[WISP_PATCH_PARAMS_MAX + 1];
} test;

static bool is_outside(uint64_t address, size_t size)
{
    uint64_t start = (uintptr_t)outside;
    return address >= start && size <= OUTSIDE_SIZE && address - start <= OUTSIDE_SIZE - size;
}

static bool read_outside(void *user, uint64_t address, void *into, size_t size)
{
    (void)user;
    if (!is_outside(address, size))
        return false;
    memcpy(into, (const void *)(uintptr_t)address, size);
    return true;
}

static bool write_outside(void *user, uint64_t address, const void *from, size_t size)
{
    (void)user;
    if (!is_outside(address, size))
        return false;
    memcpy((void *)(uintptr_t)address, from, size);
    return true;
}

static wisp_status plan_of(wisp_arena *arena, const char *text, wisp_valtype address,
                           wisp_patch_plan *plan)
{
    wisp_patch_signature signature;
    wisp_status status = wisp_patch_signature_read(arena, text, &signature, NULL);
    return status ? status
                  : wisp_patch_plan_make(arena, WISP_PATCH_ABI_HERE, &signature, address, plan,
                                         NULL);
}

static void use(test *t, const char *text, wisp_valtype address)
{
    memset(linear, 0, sizeof linear);
    memset(outside, 0, sizeof outside);
    memset(t->slots, 0, sizeof t->slots);
    memset(&t->frame, 0, sizeof t->frame);
    t->memory = (wisp_patch_memory){.base = linear,
                                    .size = LINEAR_SIZE,
                                    .null_size = NULL_SIZE,
                                    .stack_pointer = LINEAR_SIZE,
                                    .stack_limit = STACK_LIMIT,
                                    .read = read_outside,
                                    .write = write_outside};
    assert_int_equal(plan_of(&t->arena, text, address, &t->plan), WISP_OK);
    assert_true(t->plan.stack_size <= sizeof t->stack);
}

static int setup(void **state)
{
    test *t = aligned_alloc(16, (sizeof *t + 15) / 16 * 16);
    if (!t)
        return -1;
    wisp_arena_init(&t->arena, &wisp_allocator_default, 1024);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    test *t = *state;
    wisp_arena_deinit(&t->arena);
    free(t);
    return 0;
}

/* ------------------------------------------------------------------ what is in upper bits */

static const uint64_t rubbish = 0xa5a5a5a5a5a5a5a5;

static void rubbish_above_narrow_arguments_is_cut_off(void **state)
{
    test *t = *state;
    static const struct {
        const char *signature;
        uint64_t mask, bits, slot;
    } cases[] = {
        {"(b)", 0xff, 0, 0},
        {"(b)", 0xff, 1, 1},
        {"(b)", 0xff, 2, 1},
        {"(c)", 0xff, 0x80, 0xffffff80},
        {"(c)", 0xff, 0x7f, 0x7f},
        {"(C)", 0xff, 0x80, 0x80},
        {"(s)", 0xffff, 0x8000, 0xffff8000},
        {"(S)", 0xffff, 0x8000, 0x8000},
        {"(i)", 0xffffffff, 0x80000000, 0x80000000},
        {"(I)", 0xffffffff, 0x80000000, 0x80000000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        use(t, cases[i].signature, WISP_I64);
        t->frame.integers[0] = (rubbish & ~cases[i].mask) | cases[i].bits;
        assert_true(wisp_patch_take_arguments(&t->plan, &t->memory, &t->frame, t->slots));
        assert_int_equal(t->slots[0].u32, cases[i].slot);
        assert_false(t->plan.uses_memory);
        t->slots[0].u64 = rubbish;
        wisp_patch_take_numbers(&t->plan, &t->frame, t->slots);
        assert_int_equal(t->slots[0].u32, cases[i].slot);
    }
}

/* A native callee may take it that narrow integers are extended: clang does. */
static void a_native_function_gets_narrow_integers_extended(void **state)
{
    test *t = *state;
    static const struct {
        const char *signature;
        uint64_t slot, wanted;
    } cases[] = {
        {"(b)b", 0x100, 1},
        {"(b)b", 0, 0},
        {"(c)c", 0x180, 0xffffffffffffff80},
        {"(C)C", 0x180, 0x80},
        {"(s)s", 0x18000, 0xffffffffffff8000},
        {"(S)S", 0x18000, 0x8000},
        {"(i)i", 0x80000000, 0xffffffff80000000},
        {"(I)I", 0x80000000, 0x80000000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        use(t, cases[i].signature, WISP_I64);
        t->slots[0].u64 = rubbish << 32 | cases[i].slot;
        assert_true(wisp_patch_fill_arguments(&t->plan, &t->memory, t->slots, &t->frame));
        assert_int_equal(t->frame.integers[0], cases[i].wanted);
        wisp_patch_give_results(&t->plan, &t->memory, &t->frame, t->slots);
        assert_int_equal(t->frame.results.integers[0], cases[i].wanted);
        t->frame.results.integers[0] = rubbish;
        wisp_patch_give_number(&t->plan, &t->frame, t->slots);
        assert_int_equal(t->frame.results.integers[0], cases[i].wanted);
    }
}

static bool give_sum(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    test *t = *(test **)(detour + 1);
    assert_true(wisp_patch_take_arguments(&t->plan, &t->memory, frame, t->slots));
    int32_t sum = 0;
    for (uint32_t i = 0; i < t->plan.argument_count; i++)
        sum += t->slots[i].i32;
    t->slots[0].i32 = sum;
    wisp_patch_give_results(&t->plan, &t->memory, frame, t->slots);
    return true;
}

/* The caller is assembly: wisp_patch_call puts into registers and on the stack what it is given.
 */
static void a_caller_may_leave_rubbish_in_registers_and_on_the_stack(void **state)
{
    test *t = *state;
    struct {
        wisp_patch_detour detour;
        test *t;
    } patched = {{give_sum, NULL}, t};
    use(t, "(cCsSbiiiiicCsSb)c", WISP_I64);
    stub_detour = &patched.detour;
    static const uint64_t arguments[] = {0x80, 0x80, 0x8000, 0x8000, 2,      1, 2, 3,
                                         4,    5,    0x81,   1,      0x8001, 2, 3};
    const wisp_patch_move *moves = t->plan.arguments;
    for (uint32_t i = 0; i < t->plan.argument_count; i++) {
        uint64_t bits = (rubbish & ~moves[i].mask) | arguments[i];
        memcpy((uint8_t *)&t->frame + moves[i].frame, &bits, sizeof bits);
    }
    wisp_patch_call((const void *)(uintptr_t)stub, &t->frame, t->plan.stack_size);
    int sum = -128 + 128 - 32768 + 32768 + 1 + 15 - 127 + 1 - 32767 + 2 + 1;
    assert_int_equal((int64_t)t->frame.results.integers[0], (int8_t)sum);
}

/* ------------------------------------------------------------------ pointers */

static void pointers_into_linear_memory_are_translated(void **state)
{
    test *t = *state;
    static const struct {
        uint64_t patchs;
        bool is_linear;
    } cases[] = {
        {0, false},
        {1, false},
        {NULL_SIZE - 1, false},
        {NULL_SIZE, true},
        {LINEAR_SIZE - 1, true},
        {LINEAR_SIZE, false},
        {0x7fff12345678, false},
        {UINT64_MAX, false},
    };
    for (int is_struct = 0; is_struct <= 1; is_struct++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            uint64_t native = cases[i].patchs + (cases[i].is_linear ? (uintptr_t)linear : 0);
            use(t, is_struct ? "({8,8:0p}){8,8:0p}" : "(p)p", WISP_I64);
            t->slots[0].u64 = cases[i].patchs;
            assert_true(wisp_patch_fill_arguments(&t->plan, &t->memory, t->slots, &t->frame));
            assert_int_equal(t->frame.integers[0], native);
            t->slots[0].u64 = 0;
            assert_true(wisp_patch_take_arguments(&t->plan, &t->memory, &t->frame, t->slots));
            assert_int_equal(t->slots[0].u64, cases[i].patchs);

            wisp_patch_give_results(&t->plan, &t->memory, &t->frame, t->slots);
            assert_int_equal(t->frame.results.integers[0], native);
            t->slots[0].u64 = 0;
            assert_true(wisp_patch_take_results(&t->plan, &t->memory, &t->frame, t->slots));
            assert_int_equal(t->slots[0].u64, cases[i].patchs);
        }
}

/* ------------------------------------------------------------------ structs that are not in
 * reach */

static int64_t sum_of_three(const int64_t *numbers)
{
    return numbers[0] + numbers[1] + numbers[2];
}

typedef struct three {
    int64_t numbers[3];
} three;

static int64_t add_three(three t)
{
    return sum_of_three(t.numbers);
}

static three make_three(int64_t from)
{
    return (three){{from, from + 1, from + 2}};
}

/* clang may hand over the address of the program's own struct where a copy would be the same. */
static void a_struct_may_be_read_from_outside(void **state)
{
    test *t = *state;
    static const three numbers = {{1, 20, 300}};
    use(t, "({24,8:0l8l16l})l", WISP_I64);
    memcpy(outside + 8, &numbers, sizeof numbers);
    t->slots[0].u64 = (uintptr_t)(outside + 8);
    assert_true(wisp_patch_fill_arguments(&t->plan, &t->memory, t->slots, &t->frame));
    wisp_patch_call((const void *)(uintptr_t)add_three, &t->frame, t->plan.stack_size);
    assert_true(wisp_patch_take_results(&t->plan, &t->memory, &t->frame, t->slots));
    assert_int_equal(t->slots[0].i64, 321);
}

static void a_result_may_be_written_outside(void **state)
{
    test *t = *state;
    use(t, "(l){24,8:0l8l16l}", WISP_I64);
    t->slots[0].u64 = (uintptr_t)(outside + 16);
    t->slots[1].i64 = 7;
    assert_true(wisp_patch_fill_arguments(&t->plan, &t->memory, t->slots, &t->frame));
    wisp_patch_call((const void *)(uintptr_t)make_three, &t->frame, t->plan.stack_size);
    assert_true(wisp_patch_take_results(&t->plan, &t->memory, &t->frame, t->slots));
    three found;
    memcpy(&found, outside + 16, sizeof found);
    assert_int_equal(sum_of_three(found.numbers), 24);
}

static void what_may_not_be_reached_is_refused(void **state)
{
    test *t = *state;
    static const uint64_t addresses[] = {0, NULL_SIZE - 8, LINEAR_SIZE - 8, LINEAR_SIZE,
                                         UINT64_MAX - 8};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        static const char *const params[] = {"({16,8:0l8l})", "({24,8:0l8l16l})"};
        static const char *const results[] = {"(){16,8:0l8l}", "(){24,8:0l8l16l}"};
        for (int j = 0; j < 2; j++) {
            use(t, params[j], WISP_I64);
            t->slots[0].u64 = addresses[i];
            assert_false(wisp_patch_fill_arguments(&t->plan, &t->memory, t->slots, &t->frame));
            use(t, results[j], WISP_I64);
            t->slots[0].u64 = addresses[i];
            assert_false(wisp_patch_fill_arguments(&t->plan, &t->memory, t->slots, &t->frame) &&
                         wisp_patch_take_results(&t->plan, &t->memory, &t->frame, t->slots));
        }
    }
}

/* ------------------------------------------------------------------ the patch's stack */

static void structs_take_room_on_the_patchs_stack(void **state)
{
    test *t = *state;
    use(t, "({12,4:0i4i8i}l{64,16:0l}){40,8:0l8l16l24l32l}", WISP_I64);
    t->memory.stack_pointer = LINEAR_SIZE - 8;
    static _Alignas(16) uint64_t callers[8]; /* what the machine has by address */
    for (uint32_t i = 0; i < 6; i++)
        t->frame.integers[i] = (uintptr_t)callers;
    assert_true(t->plan.uses_stack);
    assert_true(t->plan.result_slot);
    assert_int_equal(t->plan.param_count, 4);
    assert_true(wisp_patch_take_arguments(&t->plan, &t->memory, &t->frame, t->slots));
    assert_true(t->slots[0].u64 + 40 <= LINEAR_SIZE - 8);
    assert_true(t->slots[1].u64 + 12 <= t->slots[0].u64);
    assert_true(t->slots[3].u64 + 64 <= t->slots[1].u64);
    assert_int_equal(t->memory.stack_pointer, t->slots[3].u64);
    assert_int_equal(t->memory.stack_pointer % 16, 0);
}

static void a_stack_without_room_is_said(void **state)
{
    test *t = *state;
    static const char *const signatures[] = {"({16,8:0l8l})", "(){16,8:0l8l}"};
    for (int i = 0; i < 2; i++)
        for (uint64_t room = 0; room <= 32; room += 16) {
            use(t, signatures[i], WISP_I64);
            t->memory.stack_pointer = t->memory.stack_limit + room;
            bool is_taken = wisp_patch_take_arguments(&t->plan, &t->memory, &t->frame, t->slots);
            assert_int_equal(is_taken, room == 32);
            assert_true(t->memory.stack_pointer >= t->memory.stack_limit);
        }
}

/* ------------------------------------------------------------------ 32-bit memories */

static void addresses_of_32_bits_are_what_is_in_the_lower_half(void **state)
{
    test *t = *state;
    static const three numbers = {{4, 50, 600}};
    use(t, "({24,8:0l8l16l}p)l", WISP_I32);
    assert_int_equal(t->plan.params[0], WISP_I32);
    assert_int_equal(t->plan.params[1], WISP_I64);
    memcpy(linear + NULL_SIZE, &numbers, sizeof numbers);
    t->slots[0].u64 = rubbish << 32 | NULL_SIZE;
    assert_true(wisp_patch_fill_arguments(&t->plan, &t->memory, t->slots, &t->frame));
    wisp_patch_call((const void *)(uintptr_t)add_three, &t->frame, t->plan.stack_size);
    assert_true(wisp_patch_take_results(&t->plan, &t->memory, &t->frame, t->slots));
    assert_int_equal(t->slots[0].i64, 654);
}

/* ------------------------------------------------------------------ results that are kept */

/* Has the original's result already when it gives up. */
static bool keep(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    test *t = *(test **)(detour + 1);
    t->slots[0].u64 = NULL_SIZE;
    t->slots[1].i64 = 100;
    assert_true(wisp_patch_fill_arguments(&t->plan, &t->memory, t->slots, &t->frame));
    wisp_patch_call(detour->original, &t->frame, t->plan.stack_size);
    wisp_patch_keep_results(&t->plan, &t->frame, frame);
    assert_true(wisp_patch_take_results(&t->plan, &t->memory, &t->frame, t->slots));
    memset(linear, 0xff, sizeof linear);
    return true;
}

typedef struct mixed {
    int64_t a;
    double b;
} mixed;

static mixed make_mixed(int64_t from)
{
    return (mixed){from + 1, (double)from + 2};
}

static void a_result_can_be_kept_for_later(void **state)
{
    test *t = *state;
    struct {
        wisp_patch_detour detour;
        test *t;
    } patched = {{keep, (const void *)(uintptr_t)make_three}, t};
    stub_detour = &patched.detour;
    use(t, "(l){24,8:0l8l16l}", WISP_I64);
    three (*volatile in_memory)(int64_t) = (three(*)(int64_t))(uintptr_t)stub;
    three found = in_memory(1);
    assert_int_equal(sum_of_three(found.numbers), 303);

    patched.detour.original = (const void *)(uintptr_t)make_mixed;
    use(t, "(l){16,8:0l8d}", WISP_I64);
    mixed (*volatile in_registers)(int64_t) = (mixed(*)(int64_t))(uintptr_t)stub;
    mixed m = in_registers(1);
    assert_int_equal(m.a, 101);
    assert_true(m.b == 102);
}

/* ------------------------------------------------------------------ making a plan */

static void what_a_machine_cannot_place_has_no_plan(void **state)
{
    test *t = *state;
    assert_int_equal(plan_of(&t->arena, "({65536,1:}{65536,1:})", WISP_I64, &t->plan),
                     WISP_PATCH_ABI_HERE == &wisp_patch_abi_sysv ? WISP_LIMIT : WISP_OK);
    assert_int_equal(
        plan_of(&t->arena, "(iiiiiiiii{16,16:0l}i{16,16:0l}{32,32:0l})", WISP_I64, &t->plan),
        WISP_UNSUPPORTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rubbish_above_narrow_arguments_is_cut_off),
        TEST(a_native_function_gets_narrow_integers_extended),
        TEST(a_caller_may_leave_rubbish_in_registers_and_on_the_stack),
        TEST(pointers_into_linear_memory_are_translated),
        TEST(a_struct_may_be_read_from_outside),
        TEST(a_result_may_be_written_outside),
        TEST(what_may_not_be_reached_is_refused),
        TEST(structs_take_room_on_the_patchs_stack),
        TEST(a_stack_without_room_is_said),
        TEST(addresses_of_32_bits_are_what_is_in_the_lower_half),
        TEST(a_result_can_be_kept_for_later),
        TEST(what_a_machine_cannot_place_has_no_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
