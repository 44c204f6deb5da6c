#ifndef WISP_WASM_COMPILER_H
#define WISP_WASM_COMPILER_H

#include <string.h>

#include "base/reader.h"
#include "wasm/code.h"
#include "wasm/compile.h"
#include "wasm/instruction_name.h"
#include "wasm/opcodes.h"
#include "wasm/types.h"

/*
 * The state of compiling one function, shared by compile.c (the walk over the instructions),
 * stack.c (the two stacks) and emit.c (the code).
 *
 * The operand stack is virtual: an operand is in the slot that belongs to its place on the
 * stack (its home), or still in a local, or a constant. So local.get and constants emit
 * nothing. Nor does adding a constant to a local, until somebody wants the sum: accesses to
 * memory add by themselves. An operand in a local is moved home when that local is about to
 * change, and before control flow splits.
 *
 * Code that cannot be reached is validated; what is emitted for it is overwritten (is_dead).
 *
 * Faults stick: the first one is kept in [status], everything after it is harmless, and the
 * walk stops before the next instruction.
 */

typedef enum wisp_operand_kind {
    WISP_OPERAND_HOME,
    WISP_OPERAND_LOCAL,
    WISP_OPERAND_CONSTANT
} wisp_operand_kind;

/* Locals and operands have slots, of which there are fewer than 16 bits can count. */
typedef struct wisp_operand {
    wisp_valtype type; /* 0 for the unknown type of unreachable code */
    uint16_t home;
    uint8_t kind; /* wisp_operand_kind */
    union {
        uint64_t bits; /* CONSTANT */
        struct {
            uint16_t local;    /* LOCAL: its index, … */
            uint16_t next_ref; /* … the next operand below in it, as index + 1, … */
            uint32_t addend;   /* … and what is to be added to it, of an i32 */
        };
    };
} wisp_operand;

typedef struct wisp_local {
    wisp_valtype type;
    uint16_t slot;
    uint16_t refs; /* topmost operand that is in it, as index + 1; 0 for none */
    bool is_unset; /* has no value yet, or the default one of its type */
} wisp_local;

/* Types of a block or branch: [count] of them at [types]. */
typedef struct wisp_types {
    const wisp_valtype *types;
    uint32_t count;
} wisp_types;

typedef struct wisp_control {
    uint8_t opcode; /* of block, loop, if, else; block for the function itself */
    bool is_polymorphic;
    bool was_dead; /* at its start */
    bool is_function;
    wisp_valtype single;       /* the block's one result where its type is written inline */
    const wisp_functype *type; /* NULL where written inline */
    uint32_t height;           /* operands below the block's own */
    uint16_t home;             /* of the block's first operand */
    uint32_t start;            /* unit that a jump to a loop goes to */
    uint32_t catches;          /* chain of handlers that go on behind its end, as index + 1 */
    uint32_t first_clause;     /* of try_table, in clauses */
    uint32_t body_end;         /* of legacy try: unit behind its body */
    uint32_t set_len;          /* locals that were set before */
    uint32_t instructions;     /* how many came before it */
    uint32_t jumps;            /* chain of jumps to the end, as unit + 1 */
    uint32_t weights;          /* chain of weights of jumps to a loop, likewise */
    uint32_t else_jump;        /* of if, as unit + 1 */
    uint32_t stub, stub_of;    /* br_table: code that jumps here, made for the table at stub_of */
} wisp_control;

typedef struct wisp_handler_list {
    wisp_handler *items;
    size_t len, capacity;
} wisp_handler_list;

typedef struct wisp_accumulators {
    uint16_t slots[WISP_ACC_COUNT]; /* WISP_NO_SLOT for an unknown one, and for no accumulator */
} wisp_accumulators;

/* Unit [unit] begins an instruction, which came from [offset] in the module. */
typedef struct wisp_mark {
    uint32_t unit, offset;
} wisp_mark;

/* The instruction at the end of the code, if the next one may be joined to it (code.h). */
typedef struct wisp_tail {
    uint32_t start, row; /* row is 0 if not */
} wisp_tail;

/* An instruction, of which nothing but its code may be known yet. */
typedef struct wisp_emitted {
    uint32_t start, code, len;
    wisp_tail tail;     /* what it found at the end of the code, … */
    uint32_t is_joined; /* … and whether it is joined to that */
} wisp_emitted;

struct wisp_compiler {
    const wisp_module *module;
    const wisp_allocator *allocator;
    wisp_error *err;
    wisp_status status;
    bool may_name_data;
    bool has_plain_memory;     /* memory 0: not shared, with addresses of 32 bits */
    wisp_feature_set features; /* the module's, and what was used since */

    /* the function */
    uint32_t function;
    const wisp_functype *type;
    wisp_reader r;
    const uint8_t *start; /* of the current instruction */
    const wisp_opcode *opcode;
    const char *text; /* its name for errors, if not that of the opcode */
    char name[WISP_INSTRUCTION_NAME_MAX];
    uint32_t instructions; /* so far, else and end not counted */
    uint16_t header;
    uint32_t top; /* first slot behind the operands: the home of the next one */
    uint32_t slots_max;
    uint32_t slots_room;    /* while top is not above it there is room */
    uint32_t operands_slot; /* home of the first operand */
    bool has_locals;
    uint32_t clear_from, clear_to; /* slots of locals that may be read before they are set */
    bool is_dead;

    wisp_local *locals; /* parameters first */
    uint32_t local_count;
    size_t local_capacity;
    uint32_t *set_locals; /* those that were unset when the function began, as they were set */
    size_t set_len, set_capacity;

    wisp_operand *operands;
    size_t height, operand_capacity;
    size_t floor; /* height of the current block */
    size_t moved; /* operands below this are in no local */
    wisp_control *controls;
    size_t depth, control_capacity;

    wisp_handler_list handlers; /* of blocks that have ended, inner ones first … */
    wisp_handler_list clauses;  /* … and of try_tables that have not, outer ones first */

    /* In code that cannot be reached instructions are emitted, too, and taken back before the
     * next one: code_len goes back to dead_len. */
    uint16_t *code;
    size_t code_len, code_capacity, code_max, dead_len;
    size_t code_room; /* while code_len is less there is room; 0 if nothing is to be kept */
    /* The last instruction with a result: it is the last of all if it ended, at last.len, where
     * the code does; 0 if jumps go there. Then the same of the one before it. */
    wisp_emitted last, before;
    uint32_t last_end; /* the same as last.len while its result is in an operand's home */
    wisp_tail tail;
    /* Which slot's value each accumulator has too, now and before the last instruction. */
    wisp_accumulators accumulators, last_accumulators;

    /* wisp_compile_locate: the unit in question, and where it came from so far */
    uint32_t locate;
    uint32_t located;
    /* The same of all units, for a listing: locate is INT32_MAX then. */
    bool is_listed;
    wisp_mark *marks;
    size_t mark_len, mark_capacity;
};

/* Listings have words, which a build may leave out. */
#ifdef WISP_WITHOUT_TEXTS
enum { WISP_HAS_LISTING = 0 };
#else
enum { WISP_HAS_LISTING = 1 };
#endif

/* Where the current instruction is in the module. */
static inline uint32_t wisp_compile_offset(const wisp_compiler *c)
{
    return (uint32_t)(c->start - c->module->bytes.data);
}

/* A slot's number has 16 bits. */
enum { WISP_FRAME_SLOTS_MAX = 65535 };

/* ------------------------------------------------------------------ the walk (compile.c) */

/* For a listing: begins function [index], walks over its next instruction, which is false behind
 * the last one and after a fault, and gives the unit where its finished code begins. */
void wisp_compile_begin(wisp_compiler *c, uint32_t index, wisp_error *err);
bool wisp_compile_step(wisp_compiler *c);
uint32_t wisp_compile_finish(wisp_compiler *c);

/* ------------------------------------------------------------------ faults (stack.c) */

/* Keep what rarely happens, or never in a good module, out of the way of what happens for each
 * instruction: a function that calls nothing on its common path saves no registers. */
#define WISP_APART __attribute__((noinline))
#define WISP_COLD  __attribute__((cold, noinline))

WISP_COLD WISP_PRINTF(3, 4) void wisp_compile_fail(wisp_compiler *c, wisp_status status,
                                                   const char *format, ...);
/* The same without words (base/error.h). */
void wisp_compile_fail_silent(wisp_compiler *c, wisp_status status);
/* The name of the current instruction, for words. */
WISP_COLD const char *wisp_compile_text(wisp_compiler *c);
#ifdef WISP_WITHOUT_TEXTS
#define wisp_compile_fail(c, status, ...)                                                        \
    (0 ? (wisp_compile_fail)(c, status, __VA_ARGS__) : wisp_compile_fail_silent(c, status))
#endif

/* ------------------------------------------------------------------ stacks (stack.c) */

wisp_control *wisp_control_at(wisp_compiler *c, uint32_t depth);
wisp_types wisp_control_params(const wisp_control *control);

inline wisp_types wisp_control_results(const wisp_control *control)
{
    if (control->type)
        return (wisp_types){control->type->results, control->type->result_count};
    return (wisp_types){&control->single, control->single != 0};
}

/* What a branch to it carries: params of a loop, results of all others. */
wisp_types wisp_control_label(const wisp_control *control);

/* Records that [found] is not what the instruction expects. */
WISP_COLD void wisp_compile_fail_type(wisp_compiler *c, wisp_valtype wanted, wisp_valtype found);

/* Opens a block of [type] or one inline [single] result (0 for none), whose parameters have
 * been popped, and pushes them again. */
void wisp_control_push(wisp_compiler *c, uint8_t opcode, const wisp_functype *type,
                       wisp_valtype single);

/* The [count]-th operand from the top. */
inline wisp_operand *wisp_operand_top(const wisp_compiler *c, size_t count)
{
    return &c->operands[c->height - count];
}

/* Whether [operand] is a local that something is to be added to. */
inline bool wisp_operand_is_sum(const wisp_operand *operand)
{
    return operand->kind == WISP_OPERAND_LOCAL && operand->addend != 0;
}

/* What is rare in popping: from an empty stack, a type that is not the same, a sum. */
WISP_APART const wisp_operand *wisp_operand_pop_nothing(wisp_compiler *c, wisp_valtype type);
WISP_APART const wisp_operand *wisp_operand_match(wisp_compiler *c, const wisp_operand *operand,
                                                  wisp_valtype type);
WISP_APART const wisp_operand *wisp_operand_add_up(wisp_compiler *c, wisp_valtype type);

/* Pops an operand of [type], 0 for any, for who can add: it may be a local and what to add to it.
 * It can be looked at until another one is pushed. */
inline const wisp_operand *wisp_operand_pop_sum(wisp_compiler *c, wisp_valtype type)
{
    if (c->height == c->floor)
        return wisp_operand_pop_nothing(c, type);
    const wisp_operand *operand = &c->operands[--c->height];
    c->top = operand->home;
    if (operand->kind == WISP_OPERAND_LOCAL)
        c->locals[operand->local].refs = operand->next_ref;
    return operand->type == type || !type ? operand : wisp_operand_match(c, operand, type);
}

/* The same for all others. */
inline const wisp_operand *wisp_operand_pop(wisp_compiler *c, wisp_valtype type)
{
    if (c->height != c->floor && wisp_operand_is_sum(wisp_operand_top(c, 1)))
        return wisp_operand_add_up(c, type);
    return wisp_operand_pop_sum(c, type);
}

/* Lists are mostly empty; the functions behind these names take all others. */
void wisp_operands_pop_all(wisp_compiler *c, wisp_types types);
void wisp_operands_push_all(wisp_compiler *c, wisp_types types);
void wisp_operands_check_all(wisp_compiler *c, wisp_types types);

inline void wisp_operands_pop(wisp_compiler *c, wisp_types types)
{
    if (types.count != 0)
        wisp_operands_pop_all(c, types);
}

inline void wisp_operands_push(wisp_compiler *c, wisp_types types)
{
    if (types.count != 0)
        wisp_operands_push_all(c, types);
}

/* Checks that the topmost operands have [types], and that is what they have from now on; those
 * that unreachable code does not have are no fault. */
inline void wisp_operands_check(wisp_compiler *c, wisp_types types)
{
    if (types.count != 0)
        wisp_operands_check_all(c, types);
}

/* Forgets all operands of the current block. */
void wisp_operands_drop(wisp_compiler *c);

/* The home of the next operand. */
static inline uint16_t wisp_operand_home(const wisp_compiler *c)
{
    return (uint16_t)c->top;
}

/* Makes room for operands that take [count] slots, and some: what an instruction gives that has
 * no list of types. There is when it begins. False after a fault. */
WISP_APART bool wisp_operands_make_room(wisp_compiler *c, uint32_t count);

/* Adds an operand, of which nothing else is set. */
inline wisp_operand *wisp_operand_add(wisp_compiler *c, wisp_valtype type, wisp_operand_kind kind)
{
    wisp_operand *operand = &c->operands[c->height++];
    operand->type = type;
    operand->home = (uint16_t)c->top;
    operand->kind = (uint8_t)kind;
    c->top += wisp_valtype_slots(type);
    if (c->slots_max < c->top)
        c->slots_max = c->top;
    return operand;
}

inline void wisp_operand_push(wisp_compiler *c, wisp_valtype type)
{
    wisp_operand_add(c, type, WISP_OPERAND_HOME);
}

void wisp_operand_push_constant(wisp_compiler *c, wisp_valtype type, uint64_t bits);
void wisp_operand_push_local(wisp_compiler *c, uint32_t local);
/* Pushes the sum of a local of type i32 and [addend]. */
void wisp_operand_push_sum(wisp_compiler *c, uint32_t local, uint32_t addend);

/* The same, but what they have stays. */
void wisp_operands_match(wisp_compiler *c, wisp_types types);

/* Locals whose type has no default value: [local] is set, and those that were set in [control]
 * are no more, as it ends (Spec 3.4.1). */
void wisp_local_set(wisp_compiler *c, uint32_t local);
/* [local] is read, which has not been set: it must have a default value, and have it then. */
void wisp_local_read_unset(wisp_compiler *c, uint32_t local);
void wisp_locals_unset(wisp_compiler *c, const wisp_control *control);

/* ------------------------------------------------------------------ code (emit.c) */

/* There is room for so many units when an instruction of WebAssembly begins, and again after
 * each wisp_emit_ensure, which whoever emits a number of instructions calls in between. */
enum { WISP_UNITS_ROOM = 64 };

/* Makes room for [count] units and those. Where nothing is to be kept, because of a fault or in
 * dead code, earlier units give theirs. False after a fault. */
WISP_APART bool wisp_emit_make_room(wisp_compiler *c, size_t count);

static inline void wisp_emit_ensure(wisp_compiler *c)
{
    if (c->code_len >= c->code_room)
        wisp_emit_make_room(c, 0);
}

inline void wisp_emit(wisp_compiler *c, uint16_t unit)
{
    c->code[c->code_len++] = unit;
}

/* [size] bytes, which is even. */
inline void wisp_emit_bytes(wisp_compiler *c, const void *bytes, size_t size)
{
    memcpy(&c->code[c->code_len], bytes, size);
    c->code_len += size / sizeof *c->code;
}

inline void wisp_emit_32(wisp_compiler *c, uint32_t value)
{
    wisp_emit_bytes(c, &value, sizeof value);
}

inline void wisp_emit_64(wisp_compiler *c, uint64_t value)
{
    wisp_emit_bytes(c, &value, sizeof value);
}

/* Begins an instruction. */
void wisp_emit_code(wisp_compiler *c, uint32_t code);
/* Begins one whose result is the next operand: emits code and d. End it by
 * wisp_emit_result, which pushes that. */
void wisp_emit_producer(wisp_compiler *c, uint32_t code);
void wisp_emit_result(wisp_compiler *c, wisp_valtype type);

/* Adds up the topmost operand, a sum, by an instruction that others can be made of. */
void wisp_emit_top_sum(wisp_compiler *c);

/* Puts [operand], a constant or a sum, into its home, which it returns. */
uint16_t wisp_emit_make(wisp_compiler *c, const wisp_operand *operand);

/* The slot that [operand] is in; what is in none is put into its home first. */
inline uint16_t wisp_emit_use(wisp_compiler *c, const wisp_operand *operand)
{
    if (operand->kind == WISP_OPERAND_HOME)
        return operand->home;
    if (operand->kind == WISP_OPERAND_CONSTANT || operand->addend != 0)
        return wisp_emit_make(c, operand);
    return c->locals[operand->local].slot;
}

static inline wisp_accumulator wisp_accumulator_of(wisp_valtype type)
{
    static const uint8_t numbers[] = {WISP_ACC_F64, WISP_ACC_F32, WISP_ACC_INT, WISP_ACC_INT};
    wisp_valtype index = type - WISP_F64; /* f64, f32, i64 and i32 follow each other */
    return index < sizeof numbers ? numbers[index] : WISP_ACC_NONE;
}

/* Whether the accumulator of its type has [operand], too, which is in [slot]. */
static inline bool wisp_emit_is_accumulated(const wisp_compiler *c, const wisp_operand *operand,
                                            uint16_t slot)
{
    return WISP_HAS_ACCUMULATORS &&
           c->accumulators.slots[wisp_accumulator_of(operand->type)] == slot;
}

/* The last instruction leaves its result, [operand], in the accumulator alone, if it has a form
 * that does. */
void wisp_emit_in_accumulator(wisp_compiler *c, const wisp_operand *operand);

/* Whether the accumulator has it; if so the next instruction takes it from there: nothing else
 * may use the operand, which has been popped. Emit no other operands in between. */
static inline bool wisp_emit_take(wisp_compiler *c, const wisp_operand *operand, uint16_t slot)
{
    if (!wisp_emit_is_accumulated(c, operand, slot))
        return false;
    wisp_emit_in_accumulator(c, operand);
    return true;
}
/* What was in the accumulators is unknown: code comes here in several ways. */
void wisp_emit_forget(wisp_compiler *c);
/* The accumulator of its type has the topmost operand, too: a call's result. */
void wisp_emit_accumulated(wisp_compiler *c);
/* [slot] is set to what no accumulator has. */
void wisp_emit_overwrite(wisp_compiler *c, uint16_t slot);

/* Puts [operand] into [slot]. */
void wisp_emit_move(wisp_compiler *c, uint16_t slot, const wisp_operand *operand);

/* Moves the topmost [count] operands to their homes. */
void wisp_emit_home(wisp_compiler *c, size_t count);
/* Moves home all operands that are in [local], or in any local. */
void wisp_emit_flush_local(wisp_compiler *c, uint32_t local);
void wisp_emit_flush(wisp_compiler *c);
/* If the last instruction gave [operand], which has been popped, it gives it to [slot] instead.
 */
bool wisp_emit_retarget(wisp_compiler *c, const wisp_operand *operand, uint16_t slot);

/* Whether the last instruction, last.code, gave [operand], which has been popped. */
bool wisp_emit_gave(const wisp_compiler *c, const wisp_operand *operand);
/* Whether it set [slot], which is not an operand's home. */
bool wisp_emit_was_set(const wisp_compiler *c, uint16_t slot);
/* Takes it back out of the code, to be made part of another; returns how many [units] it had
 * behind d, at most so many. */
enum { WISP_UNITS_TAKEN_MAX = 1 + WISP_UNITS_64 };
int wisp_emit_take_back(wisp_compiler *c, uint16_t units[WISP_UNITS_TAKEN_MAX]);

/* A condition that a branch tests: a slot, or a comparison taken back out of the code. */
typedef struct wisp_condition {
    bool is_comparison, is_accumulated;
    uint16_t slot;
    uint32_t code;                        /* of the comparison, one that gives a value */
    uint16_t units[WISP_UNITS_TAKEN_MAX]; /* its operands */
    uint8_t unit_count;
} wisp_condition;

wisp_condition wisp_emit_condition(wisp_compiler *c);

/* Negates the topmost operand if it is a comparison just made; false if not. */
bool wisp_emit_negate(wisp_compiler *c);

/* Jumps to [target], if [condition] (NULL: always) is [sense]. */
void wisp_emit_jump(wisp_compiler *c, wisp_control *target, const wisp_condition *condition,
                    bool sense);
/* The same to a place that is not known yet; returns the unit to patch, + 1. */
uint32_t wisp_emit_forward(wisp_compiler *c, const wisp_condition *condition, bool sense);
/* The same if the reference in [slot] is null, or is not. */
uint32_t wisp_emit_forward_null(wisp_compiler *c, uint16_t slot, bool is_null);
/* Makes the jump at [unit] + 1, if not 0, go to the end of the code. */
void wisp_emit_patch(wisp_compiler *c, uint32_t unit);
/* Makes all jumps to [control] go to the end of the code. */
void wisp_emit_label(wisp_compiler *c, wisp_control *control);
/* Fills in the weights of jumps back to [control]. */
void wisp_emit_weights(wisp_compiler *c, wisp_control *control);

/* Whether a branch to [target] must move operands, and that. */
bool wisp_emit_must_move(wisp_compiler *c, const wisp_control *target);
/* Moves them: as many as its label takes. */
void wisp_emit_branch_moves(wisp_compiler *c, const wisp_control *target);
/* A whole branch: moves and jump, or return. */
void wisp_emit_branch(wisp_compiler *c, wisp_control *target);
void wisp_emit_return(wisp_compiler *c);
/* Returns the results that are where the caller wants them already. */
void wisp_emit_return_in_place(wisp_compiler *c);

/* From here on nothing can be reached. */
void wisp_emit_dead(wisp_compiler *c);

#endif
