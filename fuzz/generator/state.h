#ifndef FUZZ_GENERATOR_STATE_H
#define FUZZ_GENERATOR_STATE_H

#include "generator.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the parts of the generator share. */

/* Value types are their bytes in the binary. */
enum {
    I32 = 0x7f,
    I64 = 0x7e,
    F32 = 0x7d,
    F64 = 0x7c,
    V128 = 0x7b,
    FUNCREF = 0x70,
    EXTERNREF = 0x6f,
    EXNREF = 0x69
};

enum {
    ARITY_MAX = 4,
    TYPES_MAX = 120,
    FUNCS_MAX = 10,
    GLOBALS_MAX = 12,
    LOCALS_MAX = 24,
    LABELS_MAX = 24,
    DEPTH_MAX = 7,
    TAGS = 3
};

typedef struct buffer {
    uint8_t *data;
    size_t size, capacity;
} buffer;

typedef struct list {
    uint8_t types[ARITY_MAX];
    uint32_t len;
} list;

typedef struct functype {
    list params, results;
} functype;

/* What a br to a label carries, and whether it is a legacy catch block, which can rethrow. */
typedef struct label {
    list carries;
    bool is_catch;
} label;

typedef struct global_type {
    uint8_t type;
    bool is_mutable;
} global_type;

typedef struct memory_type {
    uint32_t min, max;
    bool is_shared, is_64;
} memory_type;

typedef struct generator {
    wisp_bytes choices;
    size_t taken;
    uint32_t features;

    functype types[TYPES_MAX];
    uint32_t type_count;
    uint32_t funcs[FUNCS_MAX + 1]; /* types of the functions; index 0 is imported */
    uint32_t func_count;
    global_type globals[GLOBALS_MAX]; /* 0 is "turns"; 1 sums up what is seen */
    uint32_t global_count;
    memory_type memories[2];
    uint32_t memory_count;
    uint32_t tags[TAGS]; /* their types */

    /* of the function that is being made */
    buffer *out;
    const functype *type;
    uint8_t locals[LOCALS_MAX];
    uint32_t local_count;
    uint32_t scratch[3]; /* locals to replace NaNs with: f32, f64, v128 */
    label labels[LABELS_MAX];
    uint32_t label_count;
    uint32_t depth;
} generator;

/* ------------------------------------------------------------------ choices.c */

/* A choice between [count] things, 0 where the choices have ended. */
uint32_t pick(generator *g, uint32_t count);

/* True once in [count] times. */
bool once_in(generator *g, uint32_t count);

/* Up to 8 bytes of choices as a number, often one of those where arithmetic goes wrong. */
uint64_t pick_number(generator *g);

bool is_exhausted(const generator *g);
bool has(const generator *g, uint32_t feature);
uint8_t pick_type(generator *g);

/* ------------------------------------------------------------------ buffer.c */

void put(buffer *out, uint8_t byte);
void put_bytes(buffer *out, const void *from, size_t size);
void put_u32(buffer *out, uint32_t number);
void put_s64(buffer *out, int64_t number);
void put_name(buffer *out, const char *name);

/* Writes the size of [content] and the content, and empties it. */
void put_sized(buffer *out, buffer *content);

void free_buffer(buffer *b);

/* ------------------------------------------------------------------ module.c */

/* The index of a function type, which is added where it is new. */
uint32_t type_index(generator *g, const functype *type);

/* ------------------------------------------------------------------ operators.c */

/* An instruction of numbers alone: operands from the stack, one result to it. */
typedef struct numeric_op {
    uint8_t prefix;        /* 0, 0xfc or 0xfd */
    uint8_t first, last;   /* a range of opcodes that are alike */
    uint8_t lanes;         /* of its immediate; 0 for none */
    const char *signature; /* the result, then the operands: i I f F V */
    enum { PLAIN, DIVIDES, TRAPS_OFTEN, MAKES_NAN_LANES, LOOKS_AT_LAST } trait;
} numeric_op;

/* An operator whose result is of [type], and which opcode of its range. */
const numeric_op *pick_operator(generator *g, uint8_t type, uint8_t *opcode);

uint8_t type_of_letter(char letter);

/* ------------------------------------------------------------------ expressions.c */

/* Code that leaves a value of [type] on the stack. */
void put_value(generator *g, uint8_t type);
void put_values(generator *g, const list *types);

/* Takes the values of [types] from the stack, the last of them first. */
void put_sink(generator *g, const list *types);

/* Takes a value of [type] from the stack and adds all of its bits to the global g1. */
void put_observation(generator *g, uint8_t type);

/* Code that replaces a NaN on top of the stack by the canonical one. */
void put_canonical(generator *g, uint8_t type);

/* An i32 such as conditions are: often a comparison. */
void put_condition(generator *g);

void put_constant(generator *g, uint8_t type);
void put_address(generator *g, uint32_t memory);
void put_index(generator *g, uint32_t below);

/* ------------------------------------------------------------------ memory_code.c */

void put_load(generator *g, uint8_t type);
void put_store(generator *g);
void put_bulk(generator *g);

/* An atomic instruction with a result of [type]: an i32 or an i64. */
void put_atomic(generator *g, uint8_t type);

/* ------------------------------------------------------------------ control_code.c */

/* A structured instruction, a call or a branch that leaves a value of [type]. */
void put_block_value(generator *g, uint8_t type);
bool put_call_value(generator *g, uint8_t type);
bool put_branch_value(generator *g, uint8_t type);

/* Statements that leave the stack as it is. True where their end cannot be reached. */
bool put_statements(generator *g, uint32_t count);

/* The pattern that takes one off "turns". */
void put_turn(generator *g);

/* The body of the function of [index], with its locals and its size. */
void put_body(generator *g, buffer *out, uint32_t index);

#endif
