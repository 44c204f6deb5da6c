#ifndef WISP_WASM_CODE_H
#define WISP_WASM_CODE_H

#include <stdint.h>
#include <string.h>

#include "wasm/vector_code.h"

/*
 * The register code that functions are compiled to.
 *
 * A function works on a frame of 8-byte slots, addressed by 16-bit indices:
 *
 *     0 .. args-1      parameters on entry, results on return (whichever are more)
 *     args .. args+1   the frame header: where to return to
 *     then             the locals that are no parameters
 *     then             the operand stack
 *
 * The caller puts the arguments where its operand stack ends; the callee's slot 0 is the
 * first of them. So arguments and results are never copied between frames.
 *
 * An instruction is a sequence of 16-bit units: the head, slot indices (d: where the
 * result goes, a b c: operands) and immediates of 1, 2 or 4 units. The head is the address of
 * the handler, or the code below where code must be small (WISP_COMPACT_CODE). Jumps are
 * relative to the immediate that holds them. Each list gives the C expression of the
 * result over the operands a and b, so that it is also the interpreter.
 *
 * Accumulators: a result of type i32 or i64, f32, or f64 is also left in a register of its
 * own, where the next instruction finds it. So most instructions have several forms, named by
 * where their operands are:
 *
 *     R  in a slot        I  an immediate        A  in the accumulator of their type
 *
 * Forms whose name ends in ACC leave their result in the accumulator only; their d is idle.
 * Machines with few registers do without all of these (WISP_NO_ACCUMULATORS).
 *
 * Where the interpreter must be small (WISP_FEW_FORMS) an instruction has one code, of the form
 * RR, and the others are flags beside it, which interp_switch.c looks at before it goes to the
 * one handler: the right operand is an immediate of type i32, the comparison jumps.
 */

/* clang-format off */

#ifdef WISP_FEW_FORMS
#define WISP_FORM(...)
#define WISP_FORMS_BINARY(F, ...) F(RR, __VA_ARGS__)
#define WISP_FORMS_COMPARE(F, ...) F(RR, __VA_ARGS__)
enum { WISP_HAS_FORMS = 0 };
#else
#define WISP_FORM(...) __VA_ARGS__
enum { WISP_HAS_FORMS = 1 };
#endif

#ifdef WISP_NO_ACCUMULATORS
#define WISP_ACC(...)
enum { WISP_HAS_ACCUMULATORS = 0 };
#ifndef WISP_FEW_FORMS
#define WISP_FORMS_BINARY(F, ...) F(RR, __VA_ARGS__) F(RI, __VA_ARGS__)
#define WISP_FORMS_COMPARE(F, ...) F(RR, __VA_ARGS__) F(RI, __VA_ARGS__)
#endif
#else
#define WISP_ACC(...) __VA_ARGS__
enum { WISP_HAS_ACCUMULATORS = 1 };
#define WISP_FORMS_BINARY(F, ...)                                                                 \
    F(RR, __VA_ARGS__) F(RI, __VA_ARGS__) F(AR, __VA_ARGS__) F(AI, __VA_ARGS__)                   \
    F(RA, __VA_ARGS__)
#define WISP_FORMS_COMPARE(F, ...)                                                                \
    F(RR, __VA_ARGS__) F(RI, __VA_ARGS__) F(AR, __VA_ARGS__) F(AI, __VA_ARGS__)
#endif

/* d = a op b; FORMS_BINARY, and the same with ACC. An immediate has 2 units. */
#define WISP_CODE_I32_BINARY(X)                                                                   \
    X(I32_ADD,   a + b)                                                                           \
    X(I32_SUB,   a - b)                                                                           \
    X(I32_MUL,   a * b)                                                                           \
    X(I32_AND,   a & b)                                                                           \
    X(I32_OR,    a | b)                                                                           \
    X(I32_XOR,   a ^ b)                                                                           \
    X(I32_SHL,   a << (b & 31))                                                                   \
    X(I32_SHR_S, wisp_i32_shr_s(a, b))                                                            \
    X(I32_SHR_U, a >> (b & 31))                                                                   \
    X(I32_ROTL,  a << (b & 31) | a >> (-b & 31))                                                  \
    X(I32_ROTR,  a >> (b & 31) | a << (-b & 31))

/* The immediate is sign-extended. */
#define WISP_CODE_I64_BINARY(X)                                                                   \
    X(I64_ADD,   a + b)                                                                           \
    X(I64_SUB,   a - b)                                                                           \
    X(I64_MUL,   a * b)                                                                           \
    X(I64_AND,   a & b)                                                                           \
    X(I64_OR,    a | b)                                                                           \
    X(I64_XOR,   a ^ b)                                                                           \
    X(I64_SHL,   a << (b & 63))                                                                   \
    X(I64_SHR_S, wisp_i64_shr_s(a, b))                                                            \
    X(I64_SHR_U, a >> (b & 63))                                                                   \
    X(I64_ROTL,  a << (b & 63) | a >> (-b & 63))                                                  \
    X(I64_ROTR,  a >> (b & 63) | a << (-b & 63))

/* FORMS_COMPARE; they trap: X(name, overflow, result). */
#define WISP_CODE_I32_DIVIDE(X)                                                                   \
    X(I32_DIV_S, a == 0x80000000u && b == UINT32_MAX, (uint32_t)((int32_t)a / (int32_t)b))        \
    X(I32_DIV_U, false,                               a / b)                                      \
    X(I32_REM_S, false, b == UINT32_MAX ? 0 : (uint32_t)((int32_t)a % (int32_t)b))                \
    X(I32_REM_U, false,                               a % b)

#define WISP_CODE_I64_DIVIDE(X)                                                                   \
    X(I64_DIV_S, a == (uint64_t)1 << 63 && b == UINT64_MAX, (uint64_t)((int64_t)a / (int64_t)b))  \
    X(I64_DIV_U, false,                               a / b)                                      \
    X(I64_REM_S, false, b == UINT64_MAX ? 0 : (uint64_t)((int64_t)a % (int64_t)b))                \
    X(I64_REM_U, false,                               a % b)

/*
 * Comparisons of integers: FORMS_COMPARE set d to 0 or 1; with BR they jump if it holds; with
 * LOOP they jump back if it holds, and charge fuel. Neighbours (0 and 1, 2 and 3, …) are each
 * other's negation.
 */
#define WISP_CODE_I32_COMPARE(X)                                                                  \
    X(I32_EQ,   a == b)                                                                           \
    X(I32_NE,   a != b)                                                                           \
    X(I32_LT_S, (int32_t)a < (int32_t)b)                                                          \
    X(I32_GE_S, (int32_t)a >= (int32_t)b)                                                         \
    X(I32_GT_S, (int32_t)a > (int32_t)b)                                                          \
    X(I32_LE_S, (int32_t)a <= (int32_t)b)                                                         \
    X(I32_LT_U, a < b)                                                                            \
    X(I32_GE_U, a >= b)                                                                           \
    X(I32_GT_U, a > b)                                                                            \
    X(I32_LE_U, a <= b)

#define WISP_CODE_I64_COMPARE(X)                                                                  \
    X(I64_EQ,   a == b)                                                                           \
    X(I64_NE,   a != b)                                                                           \
    X(I64_LT_S, (int64_t)a < (int64_t)b)                                                          \
    X(I64_GE_S, (int64_t)a >= (int64_t)b)                                                         \
    X(I64_GT_S, (int64_t)a > (int64_t)b)                                                          \
    X(I64_LE_S, (int64_t)a <= (int64_t)b)                                                         \
    X(I64_LT_U, a < b)                                                                            \
    X(I64_GE_U, a >= b)                                                                           \
    X(I64_GT_U, a > b)                                                                            \
    X(I64_LE_U, a <= b)

/*
 * The end of a counting loop: d = a + immediate, and jump back if [expression] holds of that
 * sum, a, and b: X(name, comparison, expression). Forms: R has b in a slot, I an immediate.
 */
#define WISP_CODE_ADD_LOOP(X)                                                                     \
    X(I32_ADD_NE_LOOP,   I32_NE,   a != b)                                                        \
    X(I32_ADD_LT_S_LOOP, I32_LT_S, (int32_t)a < (int32_t)b)                                       \
    X(I32_ADD_LT_U_LOOP, I32_LT_U, a < b)

/* d = a op b; FORMS_BINARY, and the same with ACC. An immediate has the type's size. */
#define WISP_CODE_F32_BINARY(X)                                                                   \
    X(F32_ADD, a + b)                                                                             \
    X(F32_SUB, a - b)                                                                             \
    X(F32_MUL, a * b)                                                                             \
    X(F32_DIV, a / b)

#define WISP_CODE_F64_BINARY(X)                                                                   \
    X(F64_ADD, a + b)                                                                             \
    X(F64_SUB, a - b)                                                                             \
    X(F64_MUL, a * b)                                                                             \
    X(F64_DIV, a / b)

/* Like the comparisons of integers, but those of floats have no negation: with BRN they jump
 * if it does not hold. */
#define WISP_CODE_F64_COMPARE(X)                                                                  \
    X(F64_EQ, a == b)                                                                             \
    X(F64_NE, a != b)                                                                             \
    X(F64_LT, a < b)                                                                              \
    X(F64_GT, a > b)                                                                              \
    X(F64_LE, a <= b)                                                                             \
    X(F64_GE, a >= b)

/* d = a op b, all in slots: X(name, operand field, result field, result). */
#define WISP_CODE_FLOAT_BINARY(X)                                                                 \
    X(F32_MIN, f32, f32, wisp_f32_min(a, b))                                                      \
    X(F32_MAX, f32, f32, wisp_f32_max(a, b))                                                      \
    X(F32_COPYSIGN, u32, u32, (a & 0x7fffffffu) | (b & 0x80000000u))                              \
    X(F32_EQ, f32, u32, a == b)                                                                   \
    X(F32_NE, f32, u32, a != b)                                                                   \
    X(F32_LT, f32, u32, a < b)                                                                    \
    X(F32_GT, f32, u32, a > b)                                                                    \
    X(F32_LE, f32, u32, a <= b)                                                                   \
    X(F32_GE, f32, u32, a >= b)                                                                   \
    X(F64_MIN, f64, f64, wisp_f64_min(a, b))                                                      \
    X(F64_MAX, f64, f64, wisp_f64_max(a, b))                                                      \
    X(F64_COPYSIGN, u64, u64, (a & ~WISP_F64_SIGN) | (b & WISP_F64_SIGN))

/* d = op a: X(name, operand field, result field, result); two forms, and _A has a in the
 * accumulator. */
#define WISP_CODE_UNARY(X)                                                                        \
    X(I32_CLZ, u32, u32, wisp_i32_clz(a))                                                         \
    X(I32_CTZ, u32, u32, wisp_i32_ctz(a))                                                         \
    X(I32_POPCNT, u32, u32, (uint32_t)__builtin_popcount(a))                                      \
    X(I64_CLZ, u64, u64, wisp_i64_clz(a))                                                         \
    X(I64_CTZ, u64, u64, wisp_i64_ctz(a))                                                         \
    X(I64_POPCNT, u64, u64, (uint64_t)__builtin_popcountll(a))                                    \
    X(F32_CEIL, f32, f32, wisp_f32_quiet(ceilf(a)))                                               \
    X(F32_FLOOR, f32, f32, wisp_f32_quiet(floorf(a)))                                             \
    X(F32_TRUNC, f32, f32, wisp_f32_quiet(truncf(a)))                                             \
    X(F32_NEAREST, f32, f32, wisp_f32_quiet(rintf(a)))                                            \
    X(F32_SQRT, f32, f32, sqrtf(a))                                                               \
    X(F64_CEIL, f64, f64, wisp_f64_quiet(ceil(a)))                                                \
    X(F64_FLOOR, f64, f64, wisp_f64_quiet(floor(a)))                                              \
    X(F64_TRUNC, f64, f64, wisp_f64_quiet(trunc(a)))                                              \
    X(F64_NEAREST, f64, f64, wisp_f64_quiet(rint(a)))                                             \
    X(F64_SQRT, f64, f64, sqrt(a))                                                                \
    X(I32_WRAP_I64, u64, u32, (uint32_t)a)                                                        \
    X(I64_EXTEND_I32_S, i32, i64, a)                                                              \
    X(I64_EXTEND_I32_U, u32, u64, a)                                                              \
    X(F32_CONVERT_I32_S, i32, f32, (float)a)                                                      \
    X(F32_CONVERT_I32_U, u32, f32, (float)a)                                                      \
    X(F32_CONVERT_I64_S, i64, f32, (float)a)                                                      \
    X(F32_CONVERT_I64_U, u64, f32, (float)a)                                                      \
    X(F32_DEMOTE_F64, f64, f32, (float)a)                                                         \
    X(F64_CONVERT_I32_S, i32, f64, (double)a)                                                     \
    X(F64_CONVERT_I32_U, u32, f64, (double)a)                                                     \
    X(F64_CONVERT_I64_S, i64, f64, (double)a)                                                     \
    X(F64_CONVERT_I64_U, u64, f64, (double)a)                                                     \
    X(F64_PROMOTE_F32, f32, f64, (double)a)                                                       \
    X(I32_EXTEND8_S, u32, i32, (int8_t)a)                                                         \
    X(I32_EXTEND16_S, u32, i32, (int16_t)a)                                                       \
    X(I64_EXTEND8_S, u64, i64, (int8_t)a)                                                         \
    X(I64_EXTEND16_S, u64, i64, (int16_t)a)                                                       \
    X(I64_EXTEND32_S, u64, i64, (int32_t)a)                                                       \
    X(REF_IS_NULL, ref, u32, a == NULL)

/* The same, but not arithmetic: a NaN keeps its bits. */
#define WISP_CODE_SIGN(X)                                                                         \
    X(F32_ABS, f32, f32, wisp_f32_sign(a, 0x7fffffffu, 0))                                        \
    X(F32_NEG, f32, f32, wisp_f32_sign(a, UINT32_MAX, 0x80000000u))                               \
    X(F64_ABS, f64, f64, wisp_f64_sign(a, ~WISP_F64_SIGN, 0))                                     \
    X(F64_NEG, f64, f64, wisp_f64_sign(a, UINT64_MAX, WISP_F64_SIGN))

/*
 * Floats to integers: X(to, from, operand field, result field, C type, its least, its
 * greatest, low, high). The value fits if low < a < high. There are two of each: TRUNC traps
 * where it does not fit, TRUNC_SAT gives the nearest integer, and 0 for NaN. Forms as above.
 */
#define WISP_CODE_TRUNCATE(X)                                                                     \
    X(I32, F32_S, f32, u32, int32_t,  INT32_MIN, INT32_MAX, -2147483904.0f, 2147483648.0f)        \
    X(I32, F32_U, f32, u32, uint32_t, 0, UINT32_MAX, -1.0f, 4294967296.0f)                        \
    X(I32, F64_S, f64, u32, int32_t,  INT32_MIN, INT32_MAX, -2147483649.0, 2147483648.0)          \
    X(I32, F64_U, f64, u32, uint32_t, 0, UINT32_MAX, -1.0, 4294967296.0)                          \
    X(I64, F32_S, f32, u64, int64_t,  INT64_MIN, INT64_MAX, -9223373136366403584.0f,              \
      9223372036854775808.0f)                                                                     \
    X(I64, F32_U, f32, u64, uint64_t, 0, UINT64_MAX, -1.0f, 18446744073709551616.0f)              \
    X(I64, F64_S, f64, u64, int64_t,  INT64_MIN, INT64_MAX, -9223372036854777856.0,               \
      9223372036854775808.0)                                                                      \
    X(I64, F64_U, f64, u64, uint64_t, 0, UINT64_MAX, -1.0, 18446744073709551616.0)

/*
 * d = memory[a + offset]; offset is an immediate of 2 units. X(name, result field, type in
 * memory, type that it is extended through). Forms: _A has a in the accumulator, _X has a + b
 * instead (a sum of 32 bits), _AX has a of those in the accumulator, _K has a + an immediate
 * (likewise) and no offset, _AK has a of those in the accumulator, _U sets a local to a + an
 * immediate and takes that, _UX to a + b; and the same with ACC.
 */
#define WISP_CODE_LOAD(X)                                                                         \
    X(I32_LOAD,     u32, uint32_t, uint32_t)                                                      \
    X(I64_LOAD,     u64, uint64_t, uint64_t)                                                      \
    X(I32_LOAD8_S,  i32, uint8_t,  int8_t)                                                        \
    X(I32_LOAD8_U,  u32, uint8_t,  uint8_t)                                                       \
    X(I32_LOAD16_S, i32, uint16_t, int16_t)                                                       \
    X(I32_LOAD16_U, u32, uint16_t, uint16_t)                                                      \
    X(I64_LOAD8_S,  i64, uint8_t,  int8_t)                                                        \
    X(I64_LOAD8_U,  u64, uint8_t,  uint8_t)                                                       \
    X(I64_LOAD16_S, i64, uint16_t, int16_t)                                                       \
    X(I64_LOAD16_U, u64, uint16_t, uint16_t)                                                      \
    X(I64_LOAD32_S, i64, uint32_t, int32_t)                                                       \
    X(I64_LOAD32_U, u64, uint32_t, uint32_t)

/* The same for the accumulators of floats; memory that is not ordinary has integers only. */
#define WISP_CODE_FLOAT_LOAD(X)                                                                   \
    WISP_ACC(X(F32_LOAD,     f32, float,    float))                                               \
    WISP_ACC(X(F64_LOAD,     f64, double,   double))

/*
 * d = a op memory[…], for arithmetic on what was just loaded: X(name, operation, its load,
 * field, type in memory, result over a and b). The first letter of a form says where a is, R or
 * A; what follows is as in loads: _R and _A have address and offset, _RX and _AX the sum of two
 * slots and an offset, _RK and _AK the sum of a slot and an immediate.
 */
#define WISP_CODE_LOAD_OP(X)                                                                      \
    X(I32_ADD_LOAD, I32_ADD_RR, I32_LOAD, u32, uint32_t, a + b)                                   \
    X(I32_MUL_LOAD, I32_MUL_RR, I32_LOAD, u32, uint32_t, a * b)                                   \
    X(F32_ADD_LOAD, F32_ADD_RR, F32_LOAD, f32, float, a + b)                                      \
    X(F32_SUB_LOAD, F32_SUB_RR, F32_LOAD, f32, float, a - b)                                      \
    X(F32_MUL_LOAD, F32_MUL_RR, F32_LOAD, f32, float, a * b)                                      \
    X(F64_ADD_LOAD, F64_ADD_RR, F64_LOAD, f64, double, a + b)                                     \
    X(F64_SUB_LOAD, F64_SUB_RR, F64_LOAD, f64, double, a - b)                                     \
    X(F64_MUL_LOAD, F64_MUL_RR, F64_LOAD, f64, double, a * b)
#define WISP_FORMS_LOAD_OP(F, ...)                                                                \
    F(R, __VA_ARGS__) F(A, __VA_ARGS__) F(RX, __VA_ARGS__) F(AX, __VA_ARGS__)                     \
    F(RK, __VA_ARGS__) F(AK, __VA_ARGS__)

/*
 * memory[…] = a op b, for arithmetic whose result is stored, with b in the accumulator:
 * X(name, operation, field, type in memory, result over a and b). Forms: none has address and
 * offset, _K the sum of a slot and an immediate.
 */
#define WISP_CODE_OP_STORE(X)                                                                     \
    X(F32_ADD_STORE, F32_ADD_RR, f32, float, a + b)                                               \
    X(F32_SUB_STORE, F32_SUB_RR, f32, float, a - b)                                               \
    X(F64_ADD_STORE, F64_ADD_RR, f64, double, a + b)                                              \
    X(F64_SUB_STORE, F64_SUB_RR, f64, double, a - b)

/* memory[a + offset] = b. Forms: none has both in slots, _I has b as a sign-extended immediate
 * of 2 units after the offset; _AR, _AI and _RA have a or b in the accumulator; _K stores b to
 * a + an immediate (a sum of 32 bits), _KA the same from the accumulator. */
#define WISP_CODE_STORE(X)                                                                        \
    X(I32_STORE,   u32, uint32_t)                                                                 \
    X(I64_STORE,   u64, uint64_t)                                                                 \
    X(I32_STORE8,  u32, uint8_t)                                                                  \
    X(I32_STORE16, u32, uint16_t)                                                                 \
    X(I64_STORE8,  u64, uint8_t)                                                                  \
    X(I64_STORE16, u64, uint16_t)                                                                 \
    X(I64_STORE32, u64, uint32_t)

/* The same on floats: forms none and, next to it, _A with b in the accumulator; _K and _KA. */
#define WISP_CODE_FLOAT_STORE(X)                                                                  \
    WISP_ACC(X(F32_STORE, f32, float))                                                            \
    WISP_ACC(X(F64_STORE, f64, double))

/*
 * Each load and store has two more forms for a memory 0 that is not the ordinary one, with the
 * same operands: AT64 has an address of 64 bits, SHARED knows that there are other threads. The
 * immediate form of stores is not among them. Where code must be small (WISP_FEW_FORMS) LOAD_ANY
 * and STORE_ANY stand in for them.
 */
#ifdef WISP_FEW_FORMS
#define WISP_CODE_LOAD_AT64(X)
#define WISP_CODE_STORE_AT64(X)
enum { WISP_HAS_MEMORY_FORMS = 0 };
#else
#define WISP_CODE_LOAD_AT64(X)  WISP_CODE_LOAD(X)
#define WISP_CODE_STORE_AT64(X) WISP_CODE_STORE(X)
enum { WISP_HAS_MEMORY_FORMS = 1 };
#endif
#if !defined(WISP_COMPACT_CODE) && !defined(WISP_WITHOUT_OUTSIDE)
#define WISP_HAS_OUTSIDE_HANDLERS
#endif
#if defined(WISP_WITHOUT_THREADS) || defined(WISP_FEW_FORMS)
#define WISP_CODE_LOAD_SHARED(X)
#define WISP_CODE_STORE_SHARED(X)
#else
#define WISP_HAS_SHARED_FORMS
#define WISP_CODE_LOAD_SHARED(X)  WISP_CODE_LOAD(X)
#define WISP_CODE_STORE_SHARED(X) WISP_CODE_STORE(X)
#endif

/*
 * The code of a load or store that LOAD_ANY or STORE_ANY carries may have this flag in modules with
 * outside access: it is the upper half of a vector, all of which must be there.
 */
enum { WISP_ACCESS_UPPER_HALF = 0x8000 };

/*
 * What is rare or long enough to be a C function of slow.c: X(name, function, units).
 * Slots first, then immediates.
 */
#define WISP_CODE_SLOW(X)                                                                         \
    X(REF_FUNC,    ref_func,    4) /* d, function:2 */                                            \
    X(TABLE_GET,   table_get,   5) /* d, index, table:2 */                                        \
    X(TABLE_SET,   table_set,   5) /* index, value, table:2 */                                    \
    X(TABLE_SIZE,  table_size,  4) /* d, table:2 */                                               \
    X(TABLE_GROW,  table_grow,  6) /* d, value, count, table:2 */                                 \
    X(TABLE_FILL,  table_fill,  6) /* to, value, count, table:2 */                                \
    X(TABLE_COPY,  table_copy,  8) /* to, from, count, to-table:2, from-table:2 */                \
    X(TABLE_INIT,  table_init,  8) /* to, from, count, table:2, segment:2 */                      \
    X(ELEM_DROP,   elem_drop,   3) /* segment:2 */                                                \
    X(MEMORY_SIZE, memory_size, 4) /* d, memory:2 */                                              \
    X(MEMORY_GROW, memory_grow, 5) /* d, pages, memory:2 */                                       \
    X(MEMORY_FILL, memory_fill, 6) /* to, value, size, memory:2 */                                \
    X(MEMORY_COPY, memory_copy, 8) /* to, from, size, to-memory:2, from-memory:2 */               \
    X(MEMORY_INIT, memory_init, 8) /* to, from, size, memory:2, segment:2 */                      \
    X(LOAD_ANY,    load_any,   10) /* d, address, memory:2, offset:4, code of the load */         \
    X(STORE_ANY,   store_any,  10) /* address, value, memory:2, offset:4, code of the store */    \
    X(INDEX_32,    index_32,    3) /* d, a: index into a table, UINT32_MAX if it is beyond */     \
    X(I64_ADD128,  i64_add128,  6) /* d and the next, a, a-high, b, b-high */                     \
    X(I64_SUB128,  i64_sub128,  6) /* likewise */                                                 \
    X(I64_MUL_WIDE_S, i64_mul_wide_s, 4) /* d and the next, a, b */                               \
    X(I64_MUL_WIDE_U, i64_mul_wide_u, 4) /* likewise */                                           \
    X(DATA_DROP,   data_drop,   3) /* segment:2 */                                                \
    WISP_CODE_ATOMIC(X)

/* Likewise, those of threads, which a build may leave out. */
#ifdef WISP_WITHOUT_THREADS
#define WISP_CODE_ATOMIC(X)
#else
#define WISP_CODE_ATOMIC(X)                                                                       \
    X(ATOMIC_LOAD, atomic_load, 10) /* d, address, memory:2, offset:4, how (atomic.h) */          \
    X(ATOMIC_STORE, atomic_store, 10) /* address, value, memory:2, offset:4, how */               \
    X(ATOMIC_RMW,  atomic_rmw, 11) /* d, address, value, memory:2, offset:4, how */               \
    X(ATOMIC_CMPXCHG, atomic_cmpxchg, 12) /* d, address, expected, value, memory:2, offset:4, how */\
    X(ATOMIC_WAIT, atomic_wait, 12) /* d, address, expected, timeout, memory:2, offset:4, how */  \
    X(ATOMIC_NOTIFY, atomic_notify, 11) /* d, address, count, memory:2, offset:4, how */          \
    X(ATOMIC_FENCE, atomic_fence, 1)
#endif

/*
 * The rest, written out in ops.inc. Loops charge fuel: their weight is the last immediate.
 * Forms with the condition, index or value in the accumulator, or the result, come next.
 */
#define WISP_CODE_CONTROL(X)                                                                      \
    X(UNREACHABLE)                                                                                \
    X(BR)            /* jump:2 */                                                                 \
    X(BR_NZ)         /* a, jump:2 */                                                              \
    WISP_ACC(X(BR_NZ_A))                                                                          \
    X(BR_Z)          /* a, jump:2 */                                                              \
    WISP_ACC(X(BR_Z_A))                                                                           \
    X(LOOP)          /* jump:2, weight:2 */                                                       \
    X(LOOP_NZ)       /* a, jump:2, weight:2 */                                                    \
    WISP_ACC(X(LOOP_NZ_A))                                                                        \
    X(LOOP_Z)        /* a, jump:2, weight:2 */                                                    \
    WISP_ACC(X(LOOP_Z_A))                                                                         \
    X(BR_TABLE)      /* a, last:2, then last + 1 times jump:2 */                                  \
    WISP_ACC(X(BR_TABLE_A))                                                                       \
    X(RETURN)        /* header */                                                                 \
    X(RETURN_32)     /* header, a: the one result, and likewise */                                \
    WISP_ACC(X(RETURN_32_A))                                                                      \
    X(RETURN_64)     /* those of one type: */                                                     \
    WISP_ACC(X(RETURN_64_A))                                                                      \
    WISP_ACC(X(RETURN_F32))                                                                       \
    WISP_ACC(X(RETURN_F32_A))                                                                     \
    WISP_ACC(X(RETURN_F64))                                                                       \
    WISP_ACC(X(RETURN_F64_A))                                                                     \
    X(CALL)          /* args, callee:4, a pointer to wisp_function */                             \
    X(CALL_IMPORT)   /* args, function:2 */                                                       \
    X(CALL_INDIRECT) /* args, a, type:2, table:2 */                                               \
    X(CALL_REF)      /* args, a */                                                                \
    X(RETURN_CALL)          /* args, header, count of args, callee:4 */                           \
    X(RETURN_CALL_IMPORT)   /* args, header, count, function:2 */                                 \
    X(RETURN_CALL_INDIRECT) /* args, header, count, a, type:2, table:2 */                         \
    X(RETURN_CALL_REF)      /* args, header, count, a */                                          \
    X(THROW)         /* args, tag:2 */                                                            \
    X(THROW_REF)     /* a */                                                                      \
    X(CHECK_NULL)    /* a: traps if it is null */                                                 \
    X(BR_NULL)       /* a, jump:2 */                                                              \
    X(BR_NON_NULL)   /* a, jump:2 */                                                              \
    X(RESUME)        /* never in code: the return address of a call to another instance */        \
    X(ENTRY)         /* never in code: how a call by the program begins … */                      \
    X(EXIT)          /* never in code: … and its return address */                                \
    X(CLEAR)         /* d, count: slots */                                                        \
    X(COPY_32)       /* d, a */                                                                   \
    X(COPY_64)       /* d, a */                                                                   \
    X(COPY_128)      /* d, a: two slots each */                                                   \
    X(COPY_SUM)      /* d, a, addend:2: of 32 bits; leaves the accumulators alone */              \
    X(CONST_32)      /* d, value:2 */                                                             \
    X(CONST_64)      /* d, value:4 */                                                             \
    X(SELECT_32)     /* d, a, b, c: a if c is not 0, else b */                                    \
    WISP_ACC(X(SELECT_32_A))                                                                      \
    X(SELECT_64)     /* d, a, b, c */                                                             \
    WISP_ACC(X(SELECT_64_A))                                                                      \
    X(SELECT_128)    /* d, a, b, c */                                                             \
    WISP_ACC(X(SELECT_128_A))                                                                     \
    X(GLOBAL_GET_32) /* d, global:2 */                                                            \
    WISP_ACC(X(GLOBAL_GET_32_ACC))                                                                \
    X(GLOBAL_GET_64) /* d, global:2 */                                                            \
    WISP_ACC(X(GLOBAL_GET_64_ACC))                                                                \
    X(GLOBAL_GET_128) /* d, global:2 */                                                           \
    X(GLOBAL_SET_32) /* a, global:2 */                                                            \
    WISP_ACC(X(GLOBAL_SET_32_A))                                                                  \
    X(GLOBAL_SET_64) /* a, global:2 */                                                            \
    WISP_ACC(X(GLOBAL_SET_64_A))                                                                  \
    X(GLOBAL_SET_128) /* a, global:2 */

/* clang-format on */

/*
 * Joined instructions: two that follow each other and have one handler (code_joined.inc). Only
 * the first has a head, that of both, to which nothing jumps but what would jump to the first.
 * Behind it are the operands of the first and then those of the second, each as if it were alone.
 * What may have to begin anew, by its head, is never second: calls, accesses to shared memory.
 */
#if !defined(WISP_NO_ACCUMULATORS) && !defined(WISP_COMPACT_CODE)
#define WISP_JOINS
#endif

typedef enum wisp_code {
#define CODE(name) WISP_CODE_##name,
#include "wasm/code_names.inc"
#undef CODE
    WISP_CODE_COUNT
} wisp_code;

/*
 * In modules with outside access the heads of the _AT64 forms may be other handlers, which follow
 * each other as those do: table[code - WISP_CODE_AT64_FIRST] for less than WISP_CODE_AT64_COUNT.
 */
#ifdef WISP_HAS_OUTSIDE_HANDLERS
enum {
    WISP_CODE_AT64_FIRST = WISP_CODE_I32_LOAD_AT64,
    WISP_CODE_AT64_COUNT = WISP_CODE_I64_STORE32_AT64 + 1 - WISP_CODE_AT64_FIRST
};
#endif

#ifdef WISP_NO_ACCUMULATORS
/* What has no accumulator of its own moves as integers do. */
enum {
    WISP_CODE_F32_LOAD = WISP_CODE_I32_LOAD,
    WISP_CODE_F64_LOAD = WISP_CODE_I64_LOAD,
    WISP_CODE_F32_STORE = WISP_CODE_I32_STORE,
    WISP_CODE_F64_STORE = WISP_CODE_I64_STORE,
    WISP_CODE_RETURN_F32 = WISP_CODE_RETURN_32,
    WISP_CODE_RETURN_F64 = WISP_CODE_RETURN_64
};
#endif

/* The forms of a load, as distances from its first code … */
enum {
    WISP_FORM_LOAD_A = 1,
    WISP_FORM_LOAD_X,
    WISP_FORM_LOAD_AX,
    WISP_FORM_LOAD_K,
    WISP_FORM_LOAD_AK,
    WISP_FORM_LOAD_U,
    WISP_FORM_LOAD_UX
};
/* … and of arithmetic that loads. */
enum { WISP_FORM_LOAD_OP_R = 0, WISP_FORM_LOAD_OP_RX = 2, WISP_FORM_LOAD_OP_RK = 4 };

#ifdef WISP_FEW_FORMS

/* The forms of one instruction: flags. BRN jumps if the comparison does not hold. */
enum {
    WISP_FORM_RR,
    WISP_FORM_AR = 0, /* the accumulators' are never asked for */
    WISP_FORM_RA = 0,
    WISP_CODE_MASK = 0x07ff,
    WISP_FORM_RI = 0x0800,
    WISP_FORM_BR = 0x1000,
    WISP_FORM_LOOP = 0x2000,
    WISP_FORM_BRN = 0x4000,
    WISP_INT_COMPARE_FORMS = 1,
    WISP_FLOAT_COMPARE_FORMS = 1
};

#else

enum { WISP_CODE_MASK = UINT16_MAX };
/* Those of other instructions, likewise … */
enum { WISP_FORM_RR, WISP_FORM_RI, WISP_FORM_AR, WISP_FORM_AI, WISP_FORM_RA };
/* … and of a comparison: from the value to BR, and so on. */
enum {
    WISP_FORM_BR = WISP_CODE_I32_EQ_BR_RR - WISP_CODE_I32_EQ_RR,
    WISP_FORM_LOOP = WISP_CODE_I32_EQ_LOOP_RR - WISP_CODE_I32_EQ_RR,
    WISP_FORM_BRN = WISP_CODE_F64_EQ_BRN_RR - WISP_CODE_F64_EQ_RR,
    WISP_INT_COMPARE_FORMS = WISP_CODE_I32_NE_RR - WISP_CODE_I32_EQ_RR,
    WISP_FLOAT_COMPARE_FORMS = WISP_CODE_F64_NE_RR - WISP_CODE_F64_EQ_RR
};

#endif

/* Instructions for values of 32, 64 and 128 bits come in this order, so far apart. */
enum { WISP_WIDTH_FORMS = WISP_CODE_SELECT_64 - WISP_CODE_SELECT_32 };

/* Units of an instruction's parts. */
#ifdef WISP_COMPACT_CODE
enum { WISP_UNITS_HEAD = 1 };
#else
enum { WISP_UNITS_HEAD = sizeof(void *) / sizeof(uint16_t) };
#endif
enum { WISP_UNITS_32 = 2, WISP_UNITS_64 = 4 };

/* The handlers by their codes, of any type (interp_tail.c). */
extern void (*const wisp_code_handlers[])(void);

/*
 * Which instructions are joined: the row of one that may be first, else 0; that of a row; and the
 * code of one whose row is [row] with [second], 0 if there is none.
 */
#ifdef WISP_JOINS
enum { WISP_HAS_JOINED = 1 };
enum {
    WISP_ROW_NONE,
#define FIRST(name) WISP_ROW_##name,
#include "wasm/code_joined.inc"
    WISP_ROW_COUNT
};
enum {
    WISP_COLUMN_NONE,
#define SECOND(name) WISP_COLUMN_##name,
#include "wasm/code_joined.inc"
    WISP_COLUMN_COUNT,
    WISP_COLUMN_ROOM = 128 /* so that rows are found without multiplying */
};
_Static_assert(WISP_COLUMN_COUNT <= WISP_COLUMN_ROOM && WISP_ROW_COUNT <= 256,
               "too many instructions are joined");
extern const uint8_t wisp_code_rows[WISP_CODE_COUNT], wisp_code_columns[WISP_CODE_COUNT];
extern const uint16_t wisp_code_firsts[WISP_ROW_COUNT];
extern const uint16_t wisp_code_joins[WISP_ROW_COUNT][WISP_COLUMN_ROOM];

static inline uint32_t wisp_code_row(uint32_t code)
{
    return wisp_code_rows[code];
}
static inline uint32_t wisp_code_first(uint32_t row)
{
    return wisp_code_firsts[row];
}
static inline uint32_t wisp_code_joined(uint32_t row, uint32_t second)
{
    return wisp_code_joins[row][wisp_code_columns[second]];
}
#else
enum { WISP_HAS_JOINED = 0 };
static inline uint32_t wisp_code_row(uint32_t code)
{
    (void)code;
    return 0;
}
static inline uint32_t wisp_code_first(uint32_t row)
{
    return row;
}
static inline uint32_t wisp_code_joined(uint32_t row, uint32_t second)
{
    (void)row, (void)second;
    return 0;
}
#endif

/* Writes the head of an instruction: [code], a wisp_code, and the flags of its form. */
#ifdef WISP_COMPACT_CODE
static inline void wisp_code_head(uint32_t code, uint16_t head[WISP_UNITS_HEAD])
{
    head[0] = (uint16_t)code;
}
#else
static inline void wisp_code_head(uint32_t code, uint16_t head[WISP_UNITS_HEAD])
{
    memcpy(head, &wisp_code_handlers[code], sizeof wisp_code_handlers[code]);
}
#endif

/*
 * What the compiler must know of a code, in bits: which accumulator its result is left in,
 * and how far behind it the form is that leaves it there only. The code changes no other
 * accumulator then. Of all other codes those that keep the accumulators say so.
 */
typedef enum wisp_accumulator {
    WISP_ACC_NONE,
    WISP_ACC_INT,
    WISP_ACC_F32,
    WISP_ACC_F64,
    WISP_ACC_COUNT
} wisp_accumulator;

enum { WISP_TRAIT_RESULT = 3, WISP_TRAIT_KEEPS = 4, WISP_TRAIT_DISTANCE = 8 };

#ifdef WISP_NO_ACCUMULATORS
static inline unsigned wisp_code_traits(uint32_t code)
{
    (void)code;
    return 0;
}
#else
extern const uint8_t wisp_code_trait_table[WISP_CODE_COUNT];
static inline unsigned wisp_code_traits(uint32_t code)
{
    return wisp_code_trait_table[code];
}
#endif

/* Slots of a frame header. */
enum {
    WISP_HEADER_RETURN, /* where the caller goes on */
    WISP_HEADER_FRAME,  /* the caller's slot 0 */
    WISP_HEADER_SLOTS
};

/*
 * A call into another instance puts a bridge between the two frames, in front of a copy of
 * the arguments. The callee returns to the RESUME instruction with the bridge as its frame.
 */
enum {
    WISP_BRIDGE_RETURN,   /* where the caller goes on */
    WISP_BRIDGE_FRAME,    /* the caller's slot 0 */
    WISP_BRIDGE_INSTANCE, /* the caller's */
    WISP_BRIDGE_RESULTS,  /* where the caller wants them */
    WISP_BRIDGE_COUNT,    /* how many slots that are */
    WISP_BRIDGE_SLOTS
};

#endif
