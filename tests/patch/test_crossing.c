#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "crossing.h"
#include "patch/bridge.h"
#include "patch/plan.h"
#include "stub.h"

/*
 * Hundreds of signatures, called both ways through real functions as the compiler makes them. The
 * signatures' texts come from what that compiler says of sizes and offsets.
 */

enum {
    SLOTS_MAX = WISP_PATCH_PARAMS_MAX + 1,
    LINEAR_SIZE = 1024 * 1024,
    NULL_SIZE = 4096,
    FRAME_ROOM = sizeof(wisp_patch_frame) + WISP_PATCH_STACK_MAX
};

typedef struct test {
    wisp_arena arena;
    wisp_patch_memory memory;
    const crossing *crossing;
    wisp_patch_plan plan;
    uint8_t *block; /* what arguments and result shall be */
    uint8_t *found; /* what came over */
    uint64_t random;
} test;

static _Alignas(4096) uint8_t linear[LINEAR_SIZE];
static test current;

wisp_patch_detour *stub_detour;

/* ------------------------------------------------------------------ slots */

/* The slot of the scalar at [bytes]: integers of up to 32 bits are 32 bits. */
static uint64_t slot_of(char letter, const uint8_t *bytes)
{
    uint64_t bits = 0;
    memcpy(&bits, bytes, crossing_scalar_size(letter));
    if (letter == 'c')
        bits = (uint32_t)(int8_t)bits;
    if (letter == 's')
        bits = (uint32_t)(int16_t)bits;
    return bits;
}

static uint64_t bits_of(char letter, const wisp_slot *slot)
{
    return crossing_scalar_size(letter) == 8 ? slot->u64 : slot->u32;
}

/* ------------------------------------------------------------------ a call that comes in */

static void check_slot(const crossing_type *type, const wisp_slot *slot, const uint8_t *wanted)
{
    if (crossing_is_by_address(type)) {
        assert_in_range(slot->u64, NULL_SIZE, LINEAR_SIZE - type->size);
        assert_int_equal(slot->u64 % type->align, 0);
        crossing_check_value(type, linear + slot->u64, wanted);
        return;
    }
    const crossing_scalar *scalar = type->scalars;
    assert_int_equal(bits_of(scalar->letter, slot), slot_of(scalar->letter, wanted));
}

static void check_slots(const test *t, const wisp_slot *slots)
{
    const crossing *c = t->crossing;
    for (uint32_t i = 0; i < c->param_count; i++)
        if (c->params[i].type->len > 0)
            check_slot(c->params[i].type, slots++, t->block + c->params[i].offset);
}

/* The upper half of a slot of 32 bits may hold anything. */
static void set_slot(test *t, const crossing_type *type, const uint8_t *value, wisp_slot *slot)
{
    char letter = type->scalars->letter;
    slot->u64 = slot_of(letter, value);
    if (crossing_scalar_size(letter) < 8)
        slot->u64 |= crossing_random(&t->random) << 32;
}

/* As the patch would: looks at its arguments, gives its result. */
static bool answer(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    (void)detour;
    test *t = &current;
    const crossing_value *result = t->crossing->result;
    wisp_slot slots[SLOTS_MAX];
    assert_true(wisp_patch_take_arguments(&t->plan, &t->memory, frame, slots));
    check_slots(t, slots + t->plan.result_slot);
    if (t->plan.result_slot)
        memcpy(linear + slots[0].u64, t->block + result->offset, result->type->size);
    else if (t->plan.has_result)
        set_slot(t, result->type, t->block + result->offset, slots);
    wisp_patch_give_results(&t->plan, &t->memory, frame, slots);
    return true;
}

static bool decline(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    (void)detour;
    memset(&frame->results, 0xee, sizeof frame->results);
    return false;
}

/* The original, with the very frame that came in. */
static bool pass_on(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    wisp_patch_call(detour->original, frame, current.plan.stack_size);
    return true;
}

/* The caller's block has the arguments alone. */
static void call_in(test *t, bool (*dispatch)(wisp_patch_frame *, wisp_patch_detour *))
{
    wisp_patch_detour detour = {dispatch, t->crossing->callee};
    stub_detour = &detour;
    memcpy(t->found, t->block, t->crossing->block_size);
    if (t->crossing->result)
        memset(t->found + t->crossing->result->offset, 0xdd, t->crossing->result->type->size);
    t->crossing->caller((const void *)(uintptr_t)stub, t->found);
    crossing_check_result(t->crossing, t->found, t->block);
}

/* The original sees the block's result, and what arguments it has found is kept apart. */
static void call_through(test *t, bool (*dispatch)(wisp_patch_frame *, wisp_patch_detour *))
{
    uint8_t *seen = calloc(1, t->crossing->block_size);
    const crossing_value *result = t->crossing->result;
    if (result)
        memcpy(seen + result->offset, t->block + result->offset, result->type->size);
    crossing_seen = seen;
    call_in(t, dispatch);
    crossing_check_arguments(t->crossing, seen, t->block);
    free(seen);
}

/* ------------------------------------------------------------------ a call that goes out */

static uint64_t put_struct(test *t, const crossing_value *value, uint64_t *at)
{
    uint32_t align = value->type->align;
    *at = (*at + align - 1) / align * align;
    uint64_t address = *at;
    memcpy(linear + address, t->block + value->offset, value->type->size);
    *at += value->type->size;
    return address;
}

static void call_out(test *t)
{
    static _Alignas(16) uint8_t room[FRAME_ROOM];
    wisp_patch_frame *frame = (wisp_patch_frame *)room;
    const crossing *c = t->crossing;
    wisp_slot slots[SLOTS_MAX], *slot = slots;
    uint64_t at = NULL_SIZE, result_at = 0;
    if (c->result && crossing_is_by_address(c->result->type))
        slot++->u64 = result_at = put_struct(t, c->result, &at);
    for (uint32_t i = 0; i < c->param_count; i++) {
        const crossing_value *param = &c->params[i];
        if (crossing_is_by_address(param->type))
            slot++->u64 = put_struct(t, param, &at);
        else if (param->type->len > 0)
            set_slot(t, param->type, t->block + param->offset, slot++);
    }
    memset(room, 0xcc, sizeof room);
    memcpy(t->found, t->block, c->block_size);
    for (uint32_t i = 0; i < c->param_count; i++)
        memset(t->found + c->params[i].offset, 0xdd, c->params[i].type->size);
    crossing_seen = t->found;

    assert_true(wisp_patch_fill_arguments(&t->plan, &t->memory, slots, frame));
    wisp_patch_call(c->callee, frame, t->plan.stack_size);
    if (result_at)
        memset(linear + result_at + c->result->type->size, 0, 0);
    assert_true(wisp_patch_take_results(&t->plan, &t->memory, frame, slots));
    crossing_check_arguments(c, t->found, t->block);
    if (!c->result || c->result->type->len == 0)
        return;
    const uint8_t *wanted = t->block + c->result->offset;
    if (result_at)
        crossing_check_value(c->result->type, linear + result_at, wanted);
    else
        check_slot(c->result->type, slots, wanted);
}

/* ------------------------------------------------------------------ all signatures */

static bool refuse_read(void *user, uint64_t address, void *into, size_t size)
{
    (void)user, (void)address, (void)into, (void)size;
    fail_msg("all of it is in linear memory");
    return false;
}

static bool refuse_write(void *user, uint64_t address, const void *from, size_t size)
{
    (void)user, (void)address, (void)from, (void)size;
    fail_msg("all of it is in linear memory");
    return false;
}

static void begin(test *t, const crossing *c)
{
    *t = (test){.crossing = c, .random = 88172645463325252u + (uint64_t)(c - crossings)};
    wisp_arena_init(&t->arena, &wisp_allocator_default, 1024);
    t->memory = (wisp_patch_memory){linear,    LINEAR_SIZE, NULL_SIZE,    LINEAR_SIZE,
                                    NULL_SIZE, refuse_read, refuse_write, NULL};
    crossing_plan(c, &t->arena, &t->plan);
    t->block = aligned_alloc(64, (c->block_size + 63) / 64 * 64);
    t->found = aligned_alloc(64, (c->block_size + 63) / 64 * 64);
    crossing_fill(c, &t->random, t->block);
}

static void end(test *t)
{
    free(t->block);
    free(t->found);
    wisp_arena_deinit(&t->arena);
}

static void for_all(void (*check)(test *))
{
    for (uint32_t i = 0; i < crossing_count; i++) {
        begin(&current, &crossings[i]);
        check(&current);
        end(&current);
    }
}

static void check_patched(test *t)
{
    call_in(t, answer);
}

static void check_declined(test *t)
{
    call_through(t, decline);
}

static void check_passed_on(test *t)
{
    call_through(t, pass_on);
}

static void a_patched_function_gets_its_arguments_and_gives_its_result(void **state)
{
    (void)state;
    for_all(check_patched);
}

static void a_declined_call_runs_the_original(void **state)
{
    (void)state;
    for_all(check_declined);
}

static void the_original_can_be_called_with_the_frame_that_came_in(void **state)
{
    (void)state;
    for_all(check_passed_on);
}

static void a_native_function_gets_its_arguments_and_gives_its_result(void **state)
{
    (void)state;
    for_all(call_out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_patched_function_gets_its_arguments_and_gives_its_result),
        cmocka_unit_test(a_declined_call_runs_the_original),
        cmocka_unit_test(the_original_can_be_called_with_the_frame_that_came_in),
        cmocka_unit_test(a_native_function_gets_its_arguments_and_gives_its_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
