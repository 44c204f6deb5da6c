#include "state.h"

/* Code that leaves a value. */

static bool is_reference(uint8_t type)
{
    return type == FUNCREF || type == EXTERNREF || type == EXNREF;
}

/* ------------------------------------------------------------------ leaves */

static void put_vector_constant(generator *g)
{
    put(g->out, 0xfd);
    put_u32(g->out, 12);
    uint64_t halves[2] = {pick_number(g), pick_number(g)};
    if (once_in(g, 2))
        halves[1] = halves[0];
    put_bytes(g->out, halves, sizeof halves);
}

void put_constant(generator *g, uint8_t type)
{
    uint64_t number;
    switch (type) {
    case I32:
        put(g->out, 0x41);
        put_s64(g->out, (int32_t)pick_number(g));
        return;
    case I64:
        put(g->out, 0x42);
        put_s64(g->out, (int64_t)pick_number(g));
        return;
    case F32:
        number = pick_number(g);
        put(g->out, 0x43);
        put_bytes(g->out, &number, 4);
        return;
    case F64:
        number = pick_number(g);
        put(g->out, 0x44);
        put_bytes(g->out, &number, 8);
        return;
    case V128:
        put_vector_constant(g);
        return;
    default:
        put(g->out, 0xd0); /* ref.null */
        put(g->out, type);
    }
}

/* The [nth] local of [type], counted around; false where there is none. */
static bool find_local(const generator *g, uint8_t type, uint32_t nth, uint32_t *index)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < g->local_count; i++)
        count += g->locals[i] == type;
    if (count == 0)
        return false;
    nth %= count;
    for (uint32_t i = 0;; i++) {
        if (g->locals[i] == type && nth-- == 0) {
            *index = i;
            return true;
        }
    }
}

static bool find_global(const generator *g, uint8_t type, uint32_t from, uint32_t *index)
{
    for (uint32_t i = 0; i < g->global_count; i++) {
        *index = (from + i) % g->global_count;
        if (g->globals[*index].type == type)
            return true;
    }
    return false;
}

static void put_leaf(generator *g, uint8_t type)
{
    uint32_t kind = pick(g, 5), which = pick(g, 16), index;
    if (kind >= 2 && find_local(g, type, which, &index)) {
        put(g->out, 0x20);
        put_u32(g->out, index);
    } else if (kind == 1 && find_global(g, type, which, &index)) {
        put(g->out, 0x23);
        put_u32(g->out, index);
    } else {
        put_constant(g, type);
    }
}

/* ------------------------------------------------------------------ operators */

static void put_local(generator *g, uint8_t op, uint32_t index)
{
    put(g->out, op);
    put_u32(g->out, index);
}

/* x -> x != x ? nan : x */
static void put_canonical_scalar(generator *g, uint8_t type)
{
    static const uint8_t NAN32[] = {0x43, 0, 0, 0xc0, 0x7f};
    static const uint8_t NAN64[] = {0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f};
    uint32_t x = g->scratch[type == F64];
    put_local(g, 0x21, x);
    if (type == F32)
        put_bytes(g->out, NAN32, sizeof NAN32);
    else
        put_bytes(g->out, NAN64, sizeof NAN64);
    put_local(g, 0x20, x);
    put_local(g, 0x20, x);
    put_local(g, 0x20, x);
    put(g->out, type == F32 ? 0x5c : 0x62); /* ne */
    put(g->out, 0x1b);                      /* select */
}

void put_canonical(generator *g, uint8_t type)
{
    if (type == F32 || type == F64)
        put_canonical_scalar(g, type);
}

/* x -> x & (x == x), by lanes: a NaN becomes 0. */
static void put_canonical_lanes(generator *g, uint8_t opcode)
{
    bool is_f32 =
        (opcode >= 103 && opcode <= 106) || (opcode >= 224 && opcode <= 235) || opcode == 94;
    put_local(g, 0x21, g->scratch[2]);
    for (int i = 0; i < 3; i++)
        put_local(g, 0x20, g->scratch[2]);
    put(g->out, 0xfd);
    put_u32(g->out, is_f32 ? 65 : 71); /* eq */
    put(g->out, 0xfd);
    put_u32(g->out, 78); /* v128.and */
}

/* The divisor on the stack becomes odd, mostly, so that it is not 0. */
static void put_odd(generator *g, uint8_t type)
{
    if (once_in(g, 8))
        return;
    put(g->out, type == I32 ? 0x41 : 0x42);
    put(g->out, 1);
    put(g->out, type == I32 ? 0x72 : 0x84); /* or */
}

/* Opcodes of truncations and those of their saturating forms are in the same order. */
static void put_truncation(generator *g, uint8_t opcode)
{
    if (once_in(g, 4)) {
        put(g->out, opcode);
        return;
    }
    put(g->out, 0xfc);
    put(g->out, (uint8_t)(opcode <= 0xab ? opcode - 0xa8 : opcode - 0xae + 4));
}

static void put_operator(generator *g, uint8_t type)
{
    uint8_t opcode, last = I32;
    const numeric_op *op = pick_operator(g, type, &opcode);
    for (const char *operand = op->signature + 1; *operand; operand++)
        put_value(g, last = type_of_letter(*operand));
    if (op->trait == LOOKS_AT_LAST)
        put_canonical(g, last);
    if (op->trait == DIVIDES)
        put_odd(g, last);
    if (op->trait == TRAPS_OFTEN) {
        put_truncation(g, opcode);
        return;
    }
    if (op->prefix)
        put(g->out, op->prefix);
    if (op->prefix)
        put_u32(g->out, opcode);
    else
        put(g->out, opcode);
    if (op->lanes)
        put(g->out, (uint8_t)pick(g, op->lanes));
    if (op->trait == MAKES_NAN_LANES)
        put_canonical_lanes(g, opcode);
}

static void put_shuffle(generator *g)
{
    put_value(g, V128);
    put_value(g, V128);
    put(g->out, 0xfd);
    put_u32(g->out, 13);
    for (int i = 0; i < 16; i++)
        put(g->out, (uint8_t)pick(g, 32));
}

/* ------------------------------------------------------------------ others */

void put_condition(generator *g)
{
    switch (pick(g, 4)) {
    default:
        put_value(g, I32);
        return;
    case 2:
        put_value(g, I32);
        put(g->out, 0x45); /* i32.eqz */
        return;
    case 3:
        put_value(g, I32);
        put_value(g, I32);
        put(g->out, (uint8_t)(0x46 + pick(g, 10))); /* i32.eq … ge_u */
    }
}

static void put_select(generator *g, uint8_t type)
{
    put_value(g, type);
    put_value(g, type);
    put_condition(g);
    if (!is_reference(type) && pick(g, 4)) {
        put(g->out, 0x1b);
        return;
    }
    put(g->out, 0x1c);
    put(g->out, 1);
    put(g->out, type);
}

static void put_tee(generator *g, uint8_t type)
{
    uint32_t index;
    put_value(g, type);
    if (find_local(g, type, pick(g, 16), &index))
        put_local(g, 0x22, index);
}

/* memory.size, memory.grow by 0 or 1 */
static void put_pages(generator *g, uint8_t type)
{
    uint32_t memory = pick(g, g->memory_count);
    bool is_64 = g->memories[memory].is_64, does_grow = once_in(g, 4);
    if (does_grow) {
        put(g->out, is_64 ? 0x42 : 0x41);
        put(g->out, (uint8_t)pick(g, 2));
    }
    put(g->out, does_grow ? 0x40 : 0x3f);
    put_u32(g->out, memory);
    if (is_64 && type == I32)
        put(g->out, 0xa7);
    if (!is_64 && type == I64)
        put(g->out, 0xad);
}

/* i64.add128, sub128, mul_wide_s, mul_wide_u; of their two results the lower one. */
static void put_wide(generator *g)
{
    uint32_t opcode = 19 + pick(g, 4);
    for (uint32_t operands = opcode < 21 ? 4 : 2; operands > 0; operands--)
        put_value(g, I64);
    put(g->out, 0xfc);
    put_u32(g->out, opcode);
    put(g->out, 0x1a);
}

/* An i32 that tells of tables or references. */
static void put_table_value(generator *g)
{
    uint32_t table = pick(g, 2);
    uint8_t type = table ? EXTERNREF : FUNCREF;
    switch (pick(g, 3)) {
    case 0:
        put(g->out, 0xfc);
        put(g->out, 16); /* table.size */
        put_u32(g->out, table);
        return;
    case 1:
        put_value(g, type);
        put(g->out, 0xd1); /* ref.is_null */
        return;
    default:
        put_value(g, type);
        put(g->out, 0x41);
        put(g->out, (uint8_t)pick(g, 3));
        put(g->out, 0xfc);
        put(g->out, 15); /* table.grow */
        put_u32(g->out, table);
    }
}

static void put_special(generator *g, uint8_t type)
{
    bool is_integer = type == I32 || type == I64;
    if (type == V128)
        put_shuffle(g);
    else if (is_integer && has(g, WISP_FEATURE_THREADS) && once_in(g, 2))
        put_atomic(g, type);
    else if (type == I32 && has(g, WISP_FEATURE_REFERENCE_TYPES) && once_in(g, 2))
        put_table_value(g);
    else if (type == I64 && has(g, WISP_FEATURE_WIDE_ARITHMETIC) && once_in(g, 2))
        put_wide(g);
    else if (is_integer)
        put_pages(g, type);
    else
        put_operator(g, type);
}

static void put_reference(generator *g, uint8_t type)
{
    switch (pick(g, 6)) {
    case 2:
        put_select(g, type);
        return;
    case 3:
        put_tee(g, type);
        return;
    case 4:
        put_index(g, type == FUNCREF ? 16 : 4);
        put(g->out, 0x25); /* table.get */
        put_u32(g->out, type == EXTERNREF);
        return;
    case 5:
        if (type == FUNCREF) {
            put(g->out, 0xd2); /* ref.func */
            put_u32(g->out, pick(g, g->func_count));
            if (has(g, WISP_FEATURE_FUNCTION_REFERENCES) && once_in(g, 2))
                put(g->out, 0xd4); /* ref.as_non_null */
            return;
        }
    }
    if (!once_in(g, 4) || !put_call_value(g, type))
        put_leaf(g, type);
}

static void put_number(generator *g, uint8_t type)
{
    switch (pick(g, 16)) {
    default:
        put_leaf(g, type);
        return;
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
        put_operator(g, type);
        return;
    case 9:
        put_load(g, type);
        return;
    case 10:
        put_block_value(g, type);
        return;
    case 11:
        if (put_call_value(g, type))
            return;
        put_operator(g, type);
        return;
    case 12:
        if (!put_branch_value(g, type))
            put_operator(g, type);
        return;
    case 13:
        put_select(g, type);
        return;
    case 14:
        put_tee(g, type);
        return;
    case 15:
        put_special(g, type);
    }
}

void put_value(generator *g, uint8_t type)
{
    if (is_exhausted(g) || g->depth >= DEPTH_MAX || type == EXNREF) {
        put_leaf(g, type);
        return;
    }
    g->depth++;
    if (is_reference(type))
        put_reference(g, type);
    else
        put_number(g, type);
    g->depth--;
}

void put_values(generator *g, const list *types)
{
    for (uint32_t i = 0; i < types->len; i++)
        put_value(g, types->types[i]);
}

/* The lower half of a vector, exclusive-or the upper one. */
static void put_halves(generator *g)
{
    put_local(g, 0x21, g->scratch[2]);
    for (uint8_t lane = 0; lane < 2; lane++) {
        put_local(g, 0x20, g->scratch[2]);
        put(g->out, 0xfd);
        put_u32(g->out, 29); /* i64x2.extract_lane */
        put(g->out, lane);
    }
    put(g->out, 0x85); /* i64.xor */
}

/* The value on the stack as an i64 that tells all of it. */
static void put_as_i64(generator *g, uint8_t type)
{
    put_canonical(g, type);
    switch (type) {
    case I64:
        return;
    case F64:
        put(g->out, 0xbd); /* i64.reinterpret_f64 */
        return;
    case V128:
        put_halves(g);
        return;
    case F32:
        put(g->out, 0xbc); /* i32.reinterpret_f32 */
        break;
    case I32:
        break;
    default:
        put(g->out, 0xd1); /* ref.is_null */
    }
    put(g->out, 0xad); /* i64.extend_i32_u */
}

void put_observation(generator *g, uint8_t type)
{
    static const uint8_t CODE[] = {0x23, 1,    0x42, 31,
                                   0x7e, 0x7c, 0x24, 1}; /* g1 = g1 * 31 + it */
    put_as_i64(g, type);
    put_bytes(g->out, CODE, sizeof CODE);
}

void put_sink(generator *g, const list *types)
{
    uint32_t index;
    for (uint32_t i = types->len; i-- > 0;) {
        uint8_t type = types->types[i];
        uint32_t way = pick(g, 4);
        if (type == EXNREF)
            put(g->out, way == 3 ? 0x0a : 0x1a); /* throw_ref, drop */
        else if (way == 3)
            put(g->out, 0x1a);
        else if (way == 2 && find_local(g, type, pick(g, 16), &index))
            put_local(g, 0x21, index);
        else
            put_observation(g, type);
    }
}

/* An i32 that is below [below], a power of two, mostly. */
void put_index(generator *g, uint32_t below)
{
    if (pick(g, 2) == 0) {
        put(g->out, 0x41);
        put_s64(g->out, pick(g, below + (once_in(g, 16) ? 2 : 0)));
        return;
    }
    put_value(g, I32);
    if (once_in(g, 16))
        return;
    put(g->out, 0x41);
    put_s64(g->out, below - 1);
    put(g->out, 0x71);
}
