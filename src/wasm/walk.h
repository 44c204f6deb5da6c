#ifndef WISP_WASM_WALK_H
#define WISP_WASM_WALK_H

#include "wasm/compiler.h"

/*
 * The functions that validate and translate instructions, one a shape (opcodes.h): each
 * reads the immediates, moves the operand stack as the specification says and emits code.
 */

void wisp_walk_unreachable(wisp_compiler *c);
void wisp_walk_nop(wisp_compiler *c);
void wisp_walk_block(wisp_compiler *c);
void wisp_walk_loop(wisp_compiler *c);
void wisp_walk_if(wisp_compiler *c);
void wisp_walk_else(wisp_compiler *c);
void wisp_walk_end(wisp_compiler *c);
void wisp_walk_try_table(wisp_compiler *c);
void wisp_walk_throw(wisp_compiler *c);
void wisp_walk_throw_ref(wisp_compiler *c);
void wisp_walk_try(wisp_compiler *c);
void wisp_walk_catch(wisp_compiler *c);
void wisp_walk_catch_all(wisp_compiler *c);
void wisp_walk_rethrow(wisp_compiler *c);
void wisp_walk_delegate(wisp_compiler *c);
void wisp_walk_br(wisp_compiler *c);
void wisp_walk_br_if(wisp_compiler *c);
void wisp_walk_br_table(wisp_compiler *c);
void wisp_walk_return(wisp_compiler *c);
void wisp_walk_call(wisp_compiler *c);
void wisp_walk_call_indirect(wisp_compiler *c);
void wisp_walk_return_call(wisp_compiler *c);
void wisp_walk_return_call_indirect(wisp_compiler *c);
void wisp_walk_call_ref(wisp_compiler *c);
void wisp_walk_return_call_ref(wisp_compiler *c);
void wisp_walk_drop(wisp_compiler *c);
void wisp_walk_select(wisp_compiler *c);
void wisp_walk_select_t(wisp_compiler *c);
void wisp_walk_local_get(wisp_compiler *c);
void wisp_walk_local_set(wisp_compiler *c);
void wisp_walk_local_tee(wisp_compiler *c);
void wisp_walk_global_get(wisp_compiler *c);
void wisp_walk_global_set(wisp_compiler *c);
void wisp_walk_table_get(wisp_compiler *c);
void wisp_walk_table_set(wisp_compiler *c);
void wisp_walk_load_1(wisp_compiler *c);
void wisp_walk_load_2(wisp_compiler *c);
void wisp_walk_load_4(wisp_compiler *c);
void wisp_walk_load_8(wisp_compiler *c);
void wisp_walk_store_1(wisp_compiler *c);
void wisp_walk_store_2(wisp_compiler *c);
void wisp_walk_store_4(wisp_compiler *c);
void wisp_walk_store_8(wisp_compiler *c);
void wisp_walk_memory_size(wisp_compiler *c);
void wisp_walk_memory_grow(wisp_compiler *c);
void wisp_walk_i32_const(wisp_compiler *c);
void wisp_walk_i64_const(wisp_compiler *c);
void wisp_walk_f32_const(wisp_compiler *c);
void wisp_walk_f64_const(wisp_compiler *c);
void wisp_walk_eqz(wisp_compiler *c);
void wisp_walk_compare(wisp_compiler *c);
void wisp_walk_unary(wisp_compiler *c);
void wisp_walk_binary(wisp_compiler *c);
void wisp_walk_binary_ri(wisp_compiler *c);
void wisp_walk_commutative(wisp_compiler *c);
void wisp_walk_reinterpret(wisp_compiler *c);
void wisp_walk_ref_null(wisp_compiler *c);
void wisp_walk_ref_is_null(wisp_compiler *c);
void wisp_walk_ref_as_non_null(wisp_compiler *c);
void wisp_walk_br_on_null(wisp_compiler *c);
void wisp_walk_br_on_non_null(wisp_compiler *c);
void wisp_walk_ref_func(wisp_compiler *c);
void wisp_walk_memory_init(wisp_compiler *c);
void wisp_walk_data_drop(wisp_compiler *c);
void wisp_walk_memory_copy(wisp_compiler *c);
void wisp_walk_memory_fill(wisp_compiler *c);
void wisp_walk_table_init(wisp_compiler *c);
void wisp_walk_elem_drop(wisp_compiler *c);
void wisp_walk_table_copy(wisp_compiler *c);
void wisp_walk_table_grow(wisp_compiler *c);
void wisp_walk_table_size(wisp_compiler *c);
void wisp_walk_table_fill(wisp_compiler *c);
void wisp_walk_wide_2(wisp_compiler *c);
void wisp_walk_wide_4(wisp_compiler *c);
void wisp_walk_vector(wisp_compiler *c);
void wisp_walk_atomic(wisp_compiler *c);

/* Fails as using denied [features]. */
void wisp_walk_refuse(wisp_compiler *c, uint32_t features);

/* Notes that the current instruction uses [features]; refuses those that are denied. */
inline void wisp_walk_use(wisp_compiler *c, uint32_t features)
{
    c->features.used |= features;
    if (features & c->features.denied)
        wisp_walk_refuse(c, features & c->features.denied);
}

/* ------------------------------------------------------------------ blocks */

/* A block's type (Spec 5.4.1): an index, one value type into [single], or none. */
const wisp_functype *wisp_walk_blocktype(wisp_compiler *c, wisp_valtype *single);
/* Takes the parameters of a block of [type] (NULL: none) and leaves all that is on the stack
 * where it stays put whatever the block does. */
void wisp_walk_enter(wisp_compiler *c, const wisp_functype *type);
/* Checks that the block's results, and nothing else, are on the stack. */
void wisp_walk_check_results(wisp_compiler *c);

/* What ends with the current block, whose results have been checked: the clauses of try_table
 * become handlers; in a legacy catch clause, which is then true, the results move to where they
 * are wanted. */
void wisp_walk_try_table_end(wisp_compiler *c);
bool wisp_walk_catch_end(wisp_compiler *c);
/* Makes the handlers that wait for the end of [control] go on at the end of the code. */
void wisp_handlers_land(wisp_compiler *c, wisp_control *control);

/* ------------------------------------------------------------------ immediates */

/* What is rare in the two that are inline: a fault, and an index of several bytes. */
WISP_COLD uint32_t wisp_walk_no_u32(wisp_compiler *c, const char *expected);
uint32_t wisp_walk_long_index(wisp_compiler *c, const char *what, uint32_t count);

/* Each sets the status if there is no such number, and then gives something harmless. */
inline uint32_t wisp_walk_u32(wisp_compiler *c, const char *expected)
{
    uint32_t value;
    return wisp_read_leb_u32(&c->r, &value) ? value : wisp_walk_no_u32(c, expected);
}

uint8_t wisp_walk_byte(wisp_compiler *c, const char *expected);

/* An index into [count] things that are called [what]. */
inline uint32_t wisp_walk_index(wisp_compiler *c, const char *what, uint32_t count)
{
    if (c->r.at == c->r.end || *c->r.at >= 0x80 || *c->r.at >= count)
        return wisp_walk_long_index(c, what, count);
    return *c->r.at++;
}

wisp_valtype wisp_walk_valtype(wisp_compiler *c);
/* A heap type: that of a reference to it, which may be null. */
wisp_valtype wisp_walk_heaptype(wisp_compiler *c);
/* The index of a type, or of the first that equals it. */
uint32_t wisp_walk_type(wisp_compiler *c);
uint32_t wisp_walk_table(wisp_compiler *c);
uint32_t wisp_walk_memory(wisp_compiler *c);
/* The types of their indices and addresses. */
wisp_valtype wisp_walk_table_index(const wisp_compiler *c, uint32_t table);
wisp_valtype wisp_walk_address(const wisp_compiler *c, uint32_t memory);

/* What an access to memory says (Spec 5.4.7). */
typedef struct wisp_memarg {
    uint32_t memory;
    uint64_t offset;
    bool is_upper_half; /* of a vector, which is accessed first */
} wisp_memarg;

/* That of an access to 2^[natural] bytes. */
wisp_memarg wisp_walk_memarg(wisp_compiler *c, uint32_t natural);

/* The same for the commonest instructions: mostly it is two or three bytes, of memory 0. */
static inline wisp_memarg wisp_walk_short_memarg(wisp_compiler *c, uint32_t natural)
{
    const uint8_t *at = c->r.at;
    if (!c->has_plain_memory || wisp_reader_left(&c->r) < 3 || at[0] > natural ||
        (at[1] & at[2]) >= 0x80)
        return wisp_walk_memarg(c, natural);
    bool is_long = at[1] >= 0x80;
    c->r.at += 2 + is_long;
    return (wisp_memarg){.offset = is_long ? (at[1] & 0x7fu) | (uint32_t)at[2] << 7 : at[1]};
}

/* Whether the handlers for memory 0, not shared, with addresses of 32 bits will do. */
static inline bool wisp_memarg_is_plain(const wisp_compiler *c, const wisp_memarg *memarg)
{
    return c->has_plain_memory && memarg->memory == 0 && memarg->offset <= UINT32_MAX;
}

/* The instruction that does on the memory of [memarg] what [code], a load or store, does on
 * that one; where there is none, [any], LOAD_ANY or STORE_ANY. */
uint32_t wisp_memarg_code(const wisp_compiler *c, const wisp_memarg *memarg, uint32_t code,
                          uint32_t any);

/* In modules with outside access, puts the head in its place that is wanted there, if another is
 * than that of [code], the code that wisp_memarg_code gave, at [unit]; but not in a listing. */
void wisp_emit_outside(wisp_compiler *c, uint32_t code, uint32_t unit);
/* Emits what comes behind its slots. */
void wisp_emit_place(wisp_compiler *c, const wisp_memarg *memarg, uint32_t code);
/* Emits which memory and where, for instructions that name it (access.h). */
void wisp_emit_memarg(wisp_compiler *c, const wisp_memarg *memarg);
wisp_valtype wisp_walk_table_type(const wisp_compiler *c, uint32_t table);

#endif
