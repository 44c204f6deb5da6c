#include <assert.h>
#include <string.h>

#include "patch/plan.h"

/*
 * A signature up to a NUL, then bytes for what its arguments and results hold. What is accepted
 * has its values within the frame, or behind it as far as the machine says, one beside the other;
 * and on this machine the plan of it carries any bytes in and out.
 */

enum { TEXT_MAX = 4096, LINEAR_SIZE = 1 << 20, NULL_SIZE = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Alignas(4096) uint8_t linear[LINEAR_SIZE];

static bool read_outside(void *user, uint64_t address, void *into, size_t size)
{
    (void)user;
    memset(into, (int)address, size);
    return address % 2 == 0;
}

static bool write_outside(void *user, uint64_t address, const void *from, size_t size)
{
    (void)user, (void)from, (void)size;
    return address % 2 == 0;
}

/* Marks the bytes of [at] in [used], none of which was before. */
static void check_location(const wisp_patch_abi *abi, const wisp_patch_type *type,
                           const wisp_patch_location *at, uint32_t stack_size, uint8_t *used)
{
    for (uint32_t i = 0; i < at->part_count; i++) {
        const wisp_patch_part *part = &at->parts[i];
        assert(part->frame + part->size <= abi->frame_size + stack_size);
        assert(at->way == WISP_PATCH_BY_ADDRESS || part->offset + part->size <= type->size);
        for (uint32_t at_byte = 0; at_byte < part->size; at_byte++)
            assert(!used[part->frame + at_byte]++);
    }
}

static void check_locations(const wisp_patch_abi *abi, const wisp_patch_signature *signature)
{
    static uint8_t used[sizeof(wisp_patch_frame_aarch64) + WISP_PATCH_STACK_MAX + 16];
    wisp_patch_location params[WISP_PATCH_PARAMS_MAX], result;
    uint32_t stack_size;
    if (abi->locate(signature, params, &result, &stack_size, NULL) != WISP_OK)
        return;
    assert(stack_size <= WISP_PATCH_STACK_MAX);
    memset(used, 0, abi->frame_size + stack_size);
    check_location(abi, &signature->result, &result, stack_size, used);
    for (uint32_t i = 0; i < signature->param_count; i++)
        check_location(abi, &signature->params[i], &params[i], stack_size, used);
}

/* A frame of [data], over and over. */
static wisp_patch_frame *frame_of(const uint8_t *data, size_t size)
{
    static _Alignas(16) uint8_t room[sizeof(wisp_patch_frame) + WISP_PATCH_STACK_MAX];
    for (size_t i = 0; i < sizeof room && size; i++)
        room[i] = data[i % size];
    return (wisp_patch_frame *)room;
}

/* The caller's memory is trusted: what it has by address is here. */
static void set_addresses(const wisp_patch_plan *plan, wisp_patch_frame *frame)
{
    static uint8_t callers[WISP_PATCH_STRUCT_MAX];
    uint64_t address = (uint64_t)(uintptr_t)callers;
    for (uint32_t i = 0; i < plan->argument_count; i++)
        if (plan->arguments[i].kind == WISP_PATCH_MOVE_ADDRESS)
            memcpy((uint8_t *)frame + plan->arguments[i].frame, &address, sizeof address);
    if (plan->result_slot && plan->result.kind == WISP_PATCH_MOVE_ADDRESS)
        memcpy((uint8_t *)frame + plan->result.frame, &address, sizeof address);
}

static void check_plan(const wisp_patch_plan *plan, const uint8_t *data, size_t size)
{
    wisp_patch_memory memory = {linear,          LINEAR_SIZE,  NULL_SIZE,     LINEAR_SIZE,
                                LINEAR_SIZE / 2, read_outside, write_outside, NULL};
    wisp_slot slots[WISP_PATCH_PARAMS_MAX + 1];
    wisp_patch_frame *frame = frame_of(data, size);
    set_addresses(plan, frame);
    assert(plan->param_count == plan->argument_count + plan->result_slot);
    if (wisp_patch_take_arguments(plan, &memory, frame, slots))
        wisp_patch_give_results(plan, &memory, frame, slots);
    memset(slots, 0, sizeof slots);
    memcpy(slots, data, size < sizeof slots ? size : sizeof slots);
    memory.stack_pointer = LINEAR_SIZE;
    if (wisp_patch_fill_arguments(plan, &memory, slots, frame))
        wisp_patch_take_results(plan, &memory, frame, slots);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX];
    wisp_arena arena;
    wisp_patch_signature signature;
    wisp_patch_plan plan;
    size_t len = 0;
    for (; len < size && len < TEXT_MAX - 1 && data[len]; len++)
        text[len] = (char)data[len];
    text[len] = '\0';
    wisp_arena_init(&arena, &wisp_allocator_default, 1024);
    if (wisp_patch_signature_read(&arena, text, &signature, NULL) == WISP_OK) {
        check_locations(&wisp_patch_abi_sysv, &signature);
        check_locations(&wisp_patch_abi_aapcs64, &signature);
        wisp_valtype address = size % 2 ? WISP_I32 : WISP_I64;
        if (wisp_patch_plan_make(&arena, WISP_PATCH_ABI_HERE, &signature, address, &plan, NULL) ==
            WISP_OK)
            check_plan(&plan, data, size);
    }
    wisp_arena_deinit(&arena);
    return 0;
}
