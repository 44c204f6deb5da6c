#include "patch/plan.h"

#include <string.h>

#include "base/error.h"

/* What calls of scalars alone do without, so that their functions are small. */
#define WISP_APART __attribute__((noinline))

/* ------------------------------------------------------------------ making a plan */

typedef struct maker {
    wisp_arena *arena;
    wisp_valtype address;
    wisp_patch_plan *plan;
    wisp_patch_move *moves;
} maker;

/* [type], or the scalar that a struct consists of. */
static wisp_patch_kind scalar_of(const wisp_patch_type *type)
{
    bool is_one = type->kind == WISP_PATCH_STRUCT && type->member_count == 1 &&
                  wisp_patch_kind_size(type->members[0].kind) == type->size;
    return is_one ? type->members[0].kind : type->kind;
}

/* Whether WebAssembly has nothing of it, a machine perhaps a register (C++ on aarch64). */
static bool is_nothing(const wisp_patch_type *type)
{
    return type->kind == WISP_PATCH_VOID ||
           (type->kind == WISP_PATCH_STRUCT && type->member_count == 0 &&
            type->size <= WISP_PATCH_FLAT_MAX);
}

/* The bits of a scalar, and which of them the upper ones are copies of. */
static void set_bits(wisp_patch_move *move, wisp_patch_kind kind)
{
    uint32_t bits = 8 * wisp_patch_kind_size(kind);
    bool is_signed = kind == WISP_PATCH_I8 || kind == WISP_PATCH_I16 || kind == WISP_PATCH_I32;
    move->mask = UINT64_MAX >> (64 - bits);
    move->sign = is_signed ? 1ull << (bits - 1) : 0;
}

static wisp_valtype valtype_of(wisp_patch_kind kind)
{
    if (kind == WISP_PATCH_F32)
        return WISP_F32;
    if (kind == WISP_PATCH_F64)
        return WISP_F64;
    return wisp_patch_kind_size(kind) <= 4 ? WISP_I32 : WISP_I64;
}

static wisp_patch_move_kind move_kind_of(wisp_patch_kind kind)
{
    if (kind == WISP_PATCH_BOOL)
        return WISP_PATCH_MOVE_BOOL;
    if (kind == WISP_PATCH_POINTER || kind == WISP_PATCH_TEXT)
        return WISP_PATCH_MOVE_POINTER;
    return wisp_patch_kind_size(kind) == sizeof(uint64_t) ? WISP_PATCH_MOVE_WORD
                                                          : WISP_PATCH_MOVE_BITS;
}

/* *[valtype] is what it is in WebAssembly. False if memory is refused. */
static bool make_struct(const maker *m, const wisp_patch_type *type,
                        const wisp_patch_location *at, wisp_patch_move *move,
                        wisp_valtype *valtype)
{
    bool is_address = at->way == WISP_PATCH_BY_ADDRESS;
    move->kind = is_address ? WISP_PATCH_MOVE_ADDRESS : WISP_PATCH_MOVE_PARTS;
    move->align = type->align;
    move->part_count = is_address ? 0 : at->part_count;
    *valtype = m->address;
    move->parts = wisp_arena_copy(m->arena, at->parts, at->part_count, sizeof *at->parts);
    return move->parts != NULL;
}

static bool make_move(const maker *m, const wisp_patch_type *type, const wisp_patch_location *at,
                      wisp_patch_move *move, wisp_valtype *valtype)
{
    wisp_patch_kind kind = scalar_of(type);
    move->frame = at->parts[0].frame;
    move->size = type->size;
    if (kind == WISP_PATCH_STRUCT)
        return make_struct(m, type, at, move, valtype);
    move->kind = move_kind_of(kind);
    *valtype = valtype_of(kind);
    set_bits(move, kind);
    return true;
}

static bool make_result(const maker *m, const wisp_patch_type *type,
                        const wisp_patch_location *at)
{
    wisp_patch_plan *plan = m->plan;
    plan->has_result = !is_nothing(type);
    if (!plan->has_result)
        return true;
    wisp_valtype valtype;
    if (!make_move(m, type, at, &plan->result, &valtype))
        return false;
    plan->result_slot = plan->result.kind >= WISP_PATCH_MOVE_PARTS;
    if (plan->result_slot)
        plan->params[plan->param_count++] = valtype;
    else
        plan->value = valtype;
    plan->uses_stack = plan->result_slot;
    plan->uses_memory = plan->result.kind >= WISP_PATCH_MOVE_POINTER;
    return true;
}

static bool make_argument(const maker *m, uint32_t param, const wisp_patch_type *type,
                          const wisp_patch_location *at)
{
    wisp_patch_plan *plan = m->plan;
    if (is_nothing(type))
        return true;
    wisp_patch_move *move = &m->moves[plan->argument_count++];
    move->param = param;
    if (!make_move(m, type, at, move, &plan->params[plan->param_count++]))
        return false;
    plan->uses_stack |= move->kind >= WISP_PATCH_MOVE_PARTS;
    plan->uses_memory |= move->kind >= WISP_PATCH_MOVE_POINTER;
    return true;
}

static bool make_moves(const maker *m, const wisp_patch_signature *signature,
                       const wisp_patch_location *params, const wisp_patch_location *result)
{
    if (!make_result(m, &signature->result, result))
        return false;
    for (uint32_t i = 0; i < signature->param_count; i++)
        if (!make_argument(m, i, &signature->params[i], &params[i]))
            return false;
    return true;
}

wisp_status wisp_patch_plan_make(wisp_arena *arena, const wisp_patch_abi *abi,
                                 const wisp_patch_signature *signature, wisp_valtype address,
                                 wisp_patch_plan *out, wisp_error *err)
{
    wisp_patch_location params[WISP_PATCH_PARAMS_MAX], result;
    *out = (wisp_patch_plan){.address_mask = address == WISP_I32 ? UINT32_MAX : UINT64_MAX};
    wisp_status status = abi->locate(signature, params, &result, &out->stack_size, err);
    if (status)
        return status;
    maker m = {arena, address, out, NULL};
    uint32_t slots = signature->param_count + 1;
    out->params = wisp_arena_alloc(arena, slots, sizeof *out->params);
    out->arguments = m.moves = wisp_arena_alloc(arena, slots, sizeof *m.moves);
    if (!out->params || !m.moves || !make_moves(&m, signature, params, &result))
        return wisp_fail_memory(err, slots * sizeof *m.moves);
    return WISP_OK;
}

/* ------------------------------------------------------------------ frames and memory */

/* Most parts are registers, for which there need be no call. */
static inline void copy_part(uint8_t *into, const uint8_t *from, uint32_t size)
{
    if (size == sizeof(uint64_t))
        memcpy(into, from, sizeof(uint64_t));
    else
        memcpy(into, from, size);
}

static uint64_t address_of(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

static void *pointer_at(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

/* The address in the program of the patch's [address]. */
static uint64_t to_native(const wisp_patch_memory *memory, uint64_t address)
{
    bool is_linear = address - memory->null_size < memory->size - memory->null_size;
    return is_linear ? address + address_of(memory->base) : address;
}

/* The address in the patch of the program's [address]. */
static uint64_t from_native(const wisp_patch_memory *memory, uint64_t address)
{
    uint64_t linear = address - address_of(memory->base);
    return linear - memory->null_size < memory->size - memory->null_size ? linear : address;
}

/* [size] bytes of linear memory at [address], or NULL if they are not all there. */
static uint8_t *linear_at(const wisp_patch_memory *memory, uint64_t address, uint64_t size)
{
    bool is_inside =
        address >= memory->null_size && address <= memory->size && size <= memory->size - address;
    return is_inside ? memory->base + address : NULL;
}

static bool write_memory(const wisp_patch_memory *memory, uint64_t address, const void *from,
                         size_t size)
{
    uint8_t *linear = linear_at(memory, address, size);
    if (!linear)
        return memory->write(memory->user, address, from, size);
    memcpy(linear, from, size);
    return true;
}

enum { STACK_ALIGN = 16 }; /* of the patch's, at calls */

/* Takes room for the struct of [move] from the patch's stack. */
static bool reserve(wisp_patch_memory *memory, const wisp_patch_move *move, uint64_t *address)
{
    uint64_t align = move->align > STACK_ALIGN ? move->align : STACK_ALIGN;
    uint64_t room = memory->stack_pointer - memory->stack_limit;
    if (room < (uint64_t)move->size + align)
        return false;
    *address = memory->stack_pointer = (memory->stack_pointer - move->size) & ~(align - 1);
    return true;
}

/* ------------------------------------------------------------------ a call that comes in */

static void take_parts(const wisp_patch_move *move, const wisp_patch_frame *frame, uint8_t *into)
{
    for (uint32_t i = 0; i < move->part_count; i++)
        copy_part(into + move->parts[i].offset, (const uint8_t *)frame + move->parts[i].frame,
                  move->parts[i].size);
}

static bool take_struct(const wisp_patch_move *move, wisp_patch_memory *memory,
                        const wisp_patch_frame *frame, uint64_t *address)
{
    if (!reserve(memory, move, address))
        return false;
    uint8_t *into = memory->base + *address;
    if (move->kind == WISP_PATCH_MOVE_PARTS)
        take_parts(move, frame, into);
    else
        memcpy(into, pointer_at(wisp_patch_frame_word(frame, move->frame)), move->size);
    return true;
}

/* A scalar of the program's, as the patch has it. */
static inline uint64_t scalar_from_native(const wisp_patch_move *move,
                                          const wisp_patch_memory *memory, uint64_t bits)
{
    return move->kind == WISP_PATCH_MOVE_POINTER ? from_native(memory, bits)
                                                 : wisp_patch_number_from_native(move, bits);
}

WISP_APART static bool take_structs(const wisp_patch_plan *plan, wisp_patch_memory *memory,
                                    wisp_patch_frame *frame, wisp_slot *slots)
{
    if (plan->result_slot) {
        if (!reserve(memory, &plan->result, &frame->result_at))
            return false;
        slots++->u64 = frame->result_at;
    }
    for (uint32_t i = 0; i < plan->argument_count; i++) {
        const wisp_patch_move *move = &plan->arguments[i];
        if (move->kind < WISP_PATCH_MOVE_PARTS)
            slots[i].u64 =
                scalar_from_native(move, memory, wisp_patch_frame_word(frame, move->frame));
        else if (!take_struct(move, memory, frame, &slots[i].u64))
            return false;
    }
    return true;
}

/* Most functions have scalars alone: for them this is a loop that keeps all in registers. */
bool wisp_patch_take_arguments(const wisp_patch_plan *plan, wisp_patch_memory *memory,
                               wisp_patch_frame *frame, wisp_slot *slots)
{
    if (plan->uses_stack)
        return take_structs(plan, memory, frame, slots);
    const wisp_patch_move *move = plan->arguments, *end = move + plan->argument_count;
    for (; move < end; move++, slots++)
        slots->u64 = scalar_from_native(move, memory, wisp_patch_frame_word(frame, move->frame));
    return true;
}

static void fill_parts(const wisp_patch_move *move, const uint8_t *from, wisp_patch_frame *frame)
{
    for (uint32_t i = 0; i < move->part_count; i++)
        copy_part((uint8_t *)frame + move->parts[i].frame, from + move->parts[i].offset,
                  move->parts[i].size);
}

/* The struct in [from] to where the caller wants it. */
static void give_struct(const wisp_patch_move *move, const uint8_t *from, wisp_patch_frame *frame)
{
    if (move->kind == WISP_PATCH_MOVE_PARTS) {
        fill_parts(move, from, frame);
        return;
    }
    uint64_t wanted_at = wisp_patch_frame_word(frame, move->frame);
    memcpy(pointer_at(wanted_at), from, move->size);
    frame->results.integers[0] = wanted_at; /* System V wants it; nobody else minds */
}

/* A scalar of the patch's, as the program has it. */
static inline uint64_t scalar_to_native(const wisp_patch_move *move,
                                        const wisp_patch_memory *memory, const wisp_slot *slot)
{
    return move->kind == WISP_PATCH_MOVE_POINTER ? to_native(memory, slot->u64)
                                                 : wisp_patch_number_to_native(move, slot);
}

void wisp_patch_give_results(const wisp_patch_plan *plan, const wisp_patch_memory *memory,
                             wisp_patch_frame *frame, const wisp_slot *slots)
{
    const wisp_patch_move *move = &plan->result;
    if (plan->result_slot)
        give_struct(move, memory->base + frame->result_at, frame);
    else if (plan->has_result)
        wisp_patch_frame_set(frame, move->frame, scalar_to_native(move, memory, slots));
}

/* ------------------------------------------------------------------ a call that goes out */

/* From memory that is not the patch's. */
static bool fill_outside_parts(const wisp_patch_move *move, const wisp_patch_memory *memory,
                               uint64_t address, wisp_patch_frame *frame)
{
    for (uint32_t i = 0; i < move->part_count; i++) {
        const wisp_patch_part *part = &move->parts[i];
        if (!memory->read(memory->user, address + part->offset, (uint8_t *)frame + part->frame,
                          part->size))
            return false;
    }
    return true;
}

static bool fill_struct_parts(const wisp_patch_move *move, const wisp_patch_memory *memory,
                              uint64_t address, wisp_patch_frame *frame)
{
    const uint8_t *linear = linear_at(memory, address, move->size);
    if (!linear)
        return fill_outside_parts(move, memory, address, frame);
    fill_parts(move, linear, frame);
    return true;
}

/* A native function gets the address of the copy that the patch made, or of one on its stack. */
static bool fill_struct_address(const wisp_patch_move *move, wisp_patch_memory *memory,
                                uint64_t address, wisp_patch_frame *frame)
{
    const uint8_t *linear = linear_at(memory, address, move->size);
    if (!linear) {
        uint64_t copy;
        if (!reserve(memory, move, &copy) ||
            !memory->read(memory->user, address, memory->base + copy, move->size))
            return false;
        linear = memory->base + copy;
    }
    wisp_patch_frame_set(frame, move->frame, address_of(linear));
    return true;
}

static bool fill_struct(const wisp_patch_move *move, wisp_patch_memory *memory, uint64_t address,
                        wisp_patch_frame *frame)
{
    return move->kind == WISP_PATCH_MOVE_PARTS
               ? fill_struct_parts(move, memory, address, frame)
               : fill_struct_address(move, memory, address, frame);
}

/* A native function puts its result where the patch wants it, or where it is taken from later. */
static bool fill_result(const wisp_patch_move *move, wisp_patch_memory *memory, uint64_t address,
                        wisp_patch_frame *frame)
{
    frame->result_at = address;
    if (move->kind == WISP_PATCH_MOVE_PARTS)
        return true;
    const uint8_t *linear = linear_at(memory, address, move->size);
    uint64_t copy;
    if (!linear && reserve(memory, move, &copy))
        linear = memory->base + copy;
    wisp_patch_frame_set(frame, move->frame, address_of(linear));
    return linear != NULL;
}

WISP_APART static bool fill_structs(const wisp_patch_plan *plan, wisp_patch_memory *memory,
                                    const wisp_slot *slots, wisp_patch_frame *frame)
{
    uint64_t mask = plan->address_mask;
    if (plan->result_slot && !fill_result(&plan->result, memory, slots++->u64 & mask, frame))
        return false;
    for (uint32_t i = 0; i < plan->argument_count; i++) {
        const wisp_patch_move *move = &plan->arguments[i];
        if (move->kind < WISP_PATCH_MOVE_PARTS)
            wisp_patch_frame_set(frame, move->frame, scalar_to_native(move, memory, &slots[i]));
        else if (!fill_struct(move, memory, slots[i].u64 & mask, frame))
            return false;
    }
    return true;
}

bool wisp_patch_fill_arguments(const wisp_patch_plan *plan, wisp_patch_memory *memory,
                               const wisp_slot *slots, wisp_patch_frame *frame)
{
    if (plan->uses_stack)
        return fill_structs(plan, memory, slots, frame);
    const wisp_patch_move *move = plan->arguments, *end = move + plan->argument_count;
    for (; move < end; move++, slots++)
        wisp_patch_frame_set(frame, move->frame, scalar_to_native(move, memory, slots));
    return true;
}

enum { PARTS_SIZE_MAX = 8 * WISP_PATCH_PARTS_MAX }; /* of a result in registers */

static bool take_result_struct(const wisp_patch_move *move, const wisp_patch_memory *memory,
                               const wisp_patch_frame *frame)
{
    if (move->kind == WISP_PATCH_MOVE_ADDRESS)
        return linear_at(memory, frame->result_at, move->size) ||
               memory->write(memory->user, frame->result_at,
                             pointer_at(wisp_patch_frame_word(frame, move->frame)), move->size);
    uint8_t bytes[PARTS_SIZE_MAX] = {0};
    take_parts(move, frame, bytes);
    return write_memory(memory, frame->result_at, bytes, move->size);
}

bool wisp_patch_take_results(const wisp_patch_plan *plan, const wisp_patch_memory *memory,
                             const wisp_patch_frame *frame, wisp_slot *slots)
{
    const wisp_patch_move *move = &plan->result;
    if (plan->result_slot)
        return take_result_struct(move, memory, frame);
    if (plan->has_result)
        slots->u64 = scalar_from_native(move, memory, wisp_patch_frame_word(frame, move->frame));
    return true;
}

void wisp_patch_keep_results(const wisp_patch_plan *plan, const wisp_patch_frame *call,
                             wisp_patch_frame *frame)
{
    if (plan->has_result &&
        !plan->result_slot) /* the one word: all would wait for their stores */
        wisp_patch_frame_set(frame, plan->result.frame,
                             wisp_patch_frame_word(call, plan->result.frame));
    else
        frame->results = call->results;
    if (plan->result_slot && plan->result.kind == WISP_PATCH_MOVE_ADDRESS)
        give_struct(&plan->result, pointer_at(wisp_patch_frame_word(call, plan->result.frame)),
                    frame);
}
