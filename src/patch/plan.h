#ifndef WISP_PATCH_PLAN_H
#define WISP_PATCH_PLAN_H

#include <wisp/wasm.h>

#include "patch/abi.h"
#include "patch/frame.h"
#include "wasm/slot.h"

/*
 * How the arguments and results of one signature get from a native frame (frame.h) into slots of
 * WebAssembly and back. Made once, executed at each call, by any number of threads.
 *
 *     a patched function is called              a patch calls a native function
 *       take_arguments: frame -> slots            fill_arguments: slots -> new frame
 *       … the patch runs …                        wisp_patch_call(native, frame, stack_size)
 *       give_results:   slots -> frame            take_results:   frame -> slots
 *
 * On the side of WebAssembly functions are as clang compiles C (the "basic C ABI"): integers up
 * to 32 bits are i32, 64 bits and pointers i64 (in modules of 32-bit memories too: there they are
 * native addresses), a struct or union of one scalar is that scalar, any other is the address of
 * a copy, which as a result is the first parameter. An empty struct is nothing.
 *
 * Narrow integers are extended as their type says and a bool is 0 or 1, whatever was in the
 * other bits. A pointer into the patch's linear memory goes out as the native address of that
 * byte, and comes in as what it was; any other stays as it is. Pointers inside of structs stay as
 * well, but for the struct of one pointer.
 */

/*
 * Memory as a patch sees it, in one thread. [stack_pointer] is where its C stack ends, which
 * grows down: take_arguments takes room for structs from there, and fill_arguments for results
 * that the patch wants outside of linear memory; whoever runs the patch tells the module (if
 * [uses_stack] of the plan), and puts it back when the call is over.
 */
typedef struct wisp_patch_memory {
    uint8_t *base;      /* of the linear memory */
    uint64_t size;      /* bytes of it */
    uint64_t null_size; /* addresses below are of no object: they stay as they are [4096] */
    uint64_t stack_pointer, stack_limit; /* linear addresses; equal: there is no stack */

    /* Copies of what is not in linear memory, checked; false: that is not allowed, or faulted. */
    bool (*read)(void *user, uint64_t address, void *into, size_t size);
    bool (*write)(void *user, uint64_t address, const void *from, size_t size);
    void *user;
} wisp_patch_memory;

typedef enum wisp_patch_move_kind {
    WISP_PATCH_MOVE_BITS, /* 32 and fewer: [mask]ed, then extended from [sign] */
    WISP_PATCH_MOVE_WORD, /* 64 bits as they are */
    WISP_PATCH_MOVE_BOOL,
    WISP_PATCH_MOVE_POINTER, /* 64 bits, translated: from here on memory has a part in it */
    WISP_PATCH_MOVE_PARTS,   /* of a struct, to and from the copy in the patch's memory */
    WISP_PATCH_MOVE_ADDRESS  /* of a struct in native memory, likewise */
} wisp_patch_move_kind;

/* One slot. */
typedef struct wisp_patch_move {
    wisp_patch_move_kind kind;
    uint32_t frame; /* bytes from its start; PARTS: unused */
    uint32_t param; /* of the signature */
    uint32_t size;  /* of a struct */
    union {
        struct {
            uint64_t mask, sign;
        };
        struct {
            uint32_t align, part_count;
            const wisp_patch_part *parts;
        };
    };
} wisp_patch_move;

typedef struct wisp_patch_plan {
    const wisp_patch_move *arguments; /* in the order of slots, behind that of [result_slot] */
    uint32_t argument_count;
    uint32_t stack_size;    /* bytes of arguments on the native stack */
    uint64_t address_mask;  /* the bits of an address that the module has in a slot */
    wisp_patch_move result; /* unless it is void or empty */
    bool has_result;
    bool result_slot;     /* slot 0 is where the patch has the result, a struct */
    bool uses_stack;      /* the patch's, in take_arguments */
    bool uses_memory;     /* pointers or structs go over, not numbers alone */
    wisp_valtype *params; /* of the function in WebAssembly */
    uint32_t param_count; /* [argument_count], and one for [result_slot] */
    wisp_valtype value;   /* that it returns; 0: none */
} wisp_patch_plan;

/*
 * Makes the plan of [signature] for [abi], in a module whose memory has addresses of type
 * [address], WISP_I32 or WISP_I64. All of [out] is in [arena]. WISP_UNSUPPORTED and WISP_LIMIT as
 * wisp_patch_abi says, WISP_NO_MEMORY.
 */
wisp_status wisp_patch_plan_make(wisp_arena *arena, const wisp_patch_abi *abi,
                                 const wisp_patch_signature *signature, wisp_valtype address,
                                 wisp_patch_plan *out, wisp_error *err);

/* Writes all [param_count] of [slots]. False if the patch's stack has no room. [frame] is as it
 * was but for [result_at]. */
bool wisp_patch_take_arguments(const wisp_patch_plan *plan, wisp_patch_memory *memory,
                               wisp_patch_frame *frame, wisp_slot *slots);

/* Gives the patch's result, in slots[0] or in its memory, to the caller. */
void wisp_patch_give_results(const wisp_patch_plan *plan, const wisp_patch_memory *memory,
                             wisp_patch_frame *frame, const wisp_slot *slots);

/*
 * Makes [frame], with plan->stack_size bytes behind it, from the patch's arguments in [slots].
 * False if one of them is the address of a struct that it may not read, or the stack has no room.
 */
bool wisp_patch_fill_arguments(const wisp_patch_plan *plan, wisp_patch_memory *memory,
                               const wisp_slot *slots, wisp_patch_frame *frame);

/* Gives the result of a call of [frame] to the patch: slots[0], or in its memory. False if it
 * may not be written there. */
bool wisp_patch_take_results(const wisp_patch_plan *plan, const wisp_patch_memory *memory,
                             const wisp_patch_frame *frame, wisp_slot *slots);

/* Makes the result of [call], a finished call of the original, that of the call [frame] for when
 * the patch fails later. Both are of [plan]. */
void wisp_patch_keep_results(const wisp_patch_plan *plan, const wisp_patch_frame *call,
                             wisp_patch_frame *frame);

/* ------------------------------------------------------------------ numbers */

/* The value of the lower [bits] that [move] has, in 64 bits. */
static inline uint64_t wisp_patch_extend(const wisp_patch_move *move, uint64_t bits)
{
    return ((bits & move->mask) ^ move->sign) - move->sign;
}

/* A number of the program's, in [word], as the patch has it. */
static inline uint64_t wisp_patch_number_from_native(const wisp_patch_move *move, uint64_t word)
{
    if (move->kind == WISP_PATCH_MOVE_BITS)
        return wisp_patch_extend(move, word);
    return move->kind == WISP_PATCH_MOVE_WORD ? word : (uint8_t)word != 0;
}

/* One of the patch's, as the program has it. Of a slot it takes what was stored, not more: for
 * that it would have to wait. */
static inline uint64_t wisp_patch_number_to_native(const wisp_patch_move *move,
                                                   const wisp_slot *slot)
{
    if (move->kind == WISP_PATCH_MOVE_BITS)
        return wisp_patch_extend(move, slot->u32);
    return move->kind == WISP_PATCH_MOVE_WORD ? slot->u64 : slot->u32 != 0;
}

/* take_arguments and give_results where the plan does not use memory. */

static inline void wisp_patch_take_numbers(const wisp_patch_plan *plan,
                                           const wisp_patch_frame *frame, wisp_slot *slots)
{
    const wisp_patch_move *move = plan->arguments, *end = move + plan->argument_count;
    for (; move < end; move++, slots++)
        slots->u64 =
            wisp_patch_number_from_native(move, wisp_patch_frame_word(frame, move->frame));
}

static inline void wisp_patch_give_number(const wisp_patch_plan *plan, wisp_patch_frame *frame,
                                          const wisp_slot *slots)
{
    if (plan->has_result)
        wisp_patch_frame_set(frame, plan->result.frame,
                             wisp_patch_number_to_native(&plan->result, slots));
}

#endif
