#ifndef WISP_WASM_VECTOR_CODE_H
#define WISP_WASM_VECTOR_CODE_H

/*
 * The vector instructions (Spec 5.4.9), a line each: X(number, shape, operation, …), where the
 * number is what follows the prefix byte 0xfd and shape.operation is the name.
 *
 * Most have nothing more than the result: an expression of the vectors a, b and c, as lanes of
 * any type (vector_math.h). Those that hot loops are made of (HOT) have a register instruction
 * each, the direct ones; the others share one for each number of operands, which is smaller and
 * slower. An instruction becomes direct by moving its line.
 */

/* clang-format off */

/* Of a. */
#define WISP_VECTOR_UNARY(X)                                                                      \
    X(0x4d, v128, not,                         ~a)                                                \
    X(0x5e, f32x4, demote_f64x2_zero,          wisp_demote(a))                                    \
    X(0x5f, f64x2, promote_low_f32x4,          wisp_promote(a))                                   \
    X(0x60, i8x16, abs,                        ABS(8, a))                                         \
    X(0x61, i8x16, neg,                        -U8(a))                                            \
    X(0x62, i8x16, popcnt,                     wisp_popcount(a))                                  \
    X(0x67, f32x4, ceil,                       wisp_f32x4_round(a, ceilf))                        \
    X(0x68, f32x4, floor,                      wisp_f32x4_round(a, floorf))                       \
    X(0x69, f32x4, trunc,                      wisp_f32x4_round(a, truncf))                       \
    X(0x6a, f32x4, nearest,                    wisp_f32x4_round(a, rintf))                        \
    X(0x74, f64x2, ceil,                       wisp_f64x2_round(a, ceil))                         \
    X(0x75, f64x2, floor,                      wisp_f64x2_round(a, floor))                        \
    X(0x7a, f64x2, trunc,                      wisp_f64x2_round(a, trunc))                        \
    X(0x7c, i16x8, extadd_pairwise_i8x16_s,    LOWER_S(16, a) + UPPER_S(16, a))                   \
    X(0x7d, i16x8, extadd_pairwise_i8x16_u,    LOWER_U(16, a) + UPPER_U(16, a))                   \
    X(0x7e, i32x4, extadd_pairwise_i16x8_s,    LOWER_S(32, a) + UPPER_S(32, a))                   \
    X(0x7f, i32x4, extadd_pairwise_i16x8_u,    LOWER_U(32, a) + UPPER_U(32, a))                   \
    X(0x80, i16x8, abs,                        ABS(16, a))                                        \
    X(0x81, i16x8, neg,                        -U16(a))                                           \
    X(0x94, f64x2, nearest,                    wisp_f64x2_round(a, rint))                         \
    X(0xa0, i32x4, abs,                        ABS(32, a))                                        \
    X(0xa1, i32x4, neg,                        -U32(a))                                           \
    X(0xc0, i64x2, abs,                        ABS(64, a))                                        \
    X(0xc1, i64x2, neg,                        -U64(a))                                           \
    X(0xc7, i64x2, extend_low_i32x4_s,         EXTEND_LOW_S(32, a))                               \
    X(0xc8, i64x2, extend_high_i32x4_s,        EXTEND_HIGH_S(32, a))                              \
    X(0xc9, i64x2, extend_low_i32x4_u,         EXTEND_LOW_U(32, a))                               \
    X(0xca, i64x2, extend_high_i32x4_u,        EXTEND_HIGH_U(32, a))                              \
    X(0xe0, f32x4, abs,                        U32(a) & ~SIGN_32)                                 \
    X(0xe1, f32x4, neg,                        NEGATED(32, a))                                    \
    X(0xe3, f32x4, sqrt,                       wisp_f32x4_sqrt(a))                                \
    X(0xec, f64x2, abs,                        U64(a) & ~SIGN_64)                                 \
    X(0xed, f64x2, neg,                        NEGATED(64, a))                                    \
    X(0xef, f64x2, sqrt,                       wisp_f64x2_sqrt(a))                                \
    X(0xf8, i32x4, trunc_sat_f32x4_s,          wisp_f32x4_truncate(a, wisp_truncate_s))           \
    X(0xf9, i32x4, trunc_sat_f32x4_u,          wisp_f32x4_truncate(a, wisp_truncate_u))           \
    X(0xfb, f32x4, convert_i32x4_u,            __builtin_convertvector(U32(a), wisp_f32x4))       \
    X(0xfc, i32x4, trunc_sat_f64x2_s_zero,     wisp_f64x2_truncate(a, wisp_truncate_s))           \
    X(0xfd, i32x4, trunc_sat_f64x2_u_zero,     wisp_f64x2_truncate(a, wisp_truncate_u))           \
    X(0xfe, f64x2, convert_low_i32x4_s,        CONVERT_LOW(I32, a))                               \
    X(0xff, f64x2, convert_low_i32x4_u,        CONVERT_LOW(U32, a))

#define WISP_VECTOR_UNARY_HOT(X)                                                                  \
    X(0x87, i16x8, extend_low_i8x16_s,         EXTEND_LOW_S(8, a))                                \
    X(0x88, i16x8, extend_high_i8x16_s,        EXTEND_HIGH_S(8, a))                               \
    X(0x89, i16x8, extend_low_i8x16_u,         EXTEND_LOW_U(8, a))                                \
    X(0x8a, i16x8, extend_high_i8x16_u,        EXTEND_HIGH_U(8, a))                               \
    X(0xa7, i32x4, extend_low_i16x8_s,         EXTEND_LOW_S(16, a))                               \
    X(0xa8, i32x4, extend_high_i16x8_s,        EXTEND_HIGH_S(16, a))                              \
    X(0xa9, i32x4, extend_low_i16x8_u,         EXTEND_LOW_U(16, a))                               \
    X(0xaa, i32x4, extend_high_i16x8_u,        EXTEND_HIGH_U(16, a))                              \
    X(0xfa, f32x4, convert_i32x4_s,            __builtin_convertvector(I32(a), wisp_f32x4))

/* Of a and b. */
#define WISP_VECTOR_BINARY(X)                                                                     \
    X(0x0e, i8x16, swizzle,                    wisp_swizzle(a, b))                                \
    X(0x24, i8x16, ne,                         I8(a) != I8(b))                                    \
    X(0x25, i8x16, lt_s,                       I8(a) < I8(b))                                     \
    X(0x26, i8x16, lt_u,                       U8(a) < U8(b))                                     \
    X(0x27, i8x16, gt_s,                       I8(a) > I8(b))                                     \
    X(0x28, i8x16, gt_u,                       U8(a) > U8(b))                                     \
    X(0x29, i8x16, le_s,                       I8(a) <= I8(b))                                    \
    X(0x2a, i8x16, le_u,                       U8(a) <= U8(b))                                    \
    X(0x2b, i8x16, ge_s,                       I8(a) >= I8(b))                                    \
    X(0x2c, i8x16, ge_u,                       U8(a) >= U8(b))                                    \
    X(0x2d, i16x8, eq,                         I16(a) == I16(b))                                  \
    X(0x2e, i16x8, ne,                         I16(a) != I16(b))                                  \
    X(0x2f, i16x8, lt_s,                       I16(a) < I16(b))                                   \
    X(0x30, i16x8, lt_u,                       U16(a) < U16(b))                                   \
    X(0x31, i16x8, gt_s,                       I16(a) > I16(b))                                   \
    X(0x32, i16x8, gt_u,                       U16(a) > U16(b))                                   \
    X(0x33, i16x8, le_s,                       I16(a) <= I16(b))                                  \
    X(0x34, i16x8, le_u,                       U16(a) <= U16(b))                                  \
    X(0x35, i16x8, ge_s,                       I16(a) >= I16(b))                                  \
    X(0x36, i16x8, ge_u,                       U16(a) >= U16(b))                                  \
    X(0x38, i32x4, ne,                         I32(a) != I32(b))                                  \
    X(0x3a, i32x4, lt_u,                       U32(a) < U32(b))                                   \
    X(0x3c, i32x4, gt_u,                       U32(a) > U32(b))                                   \
    X(0x3d, i32x4, le_s,                       I32(a) <= I32(b))                                  \
    X(0x3e, i32x4, le_u,                       U32(a) <= U32(b))                                  \
    X(0x3f, i32x4, ge_s,                       I32(a) >= I32(b))                                  \
    X(0x40, i32x4, ge_u,                       U32(a) >= U32(b))                                  \
    X(0x41, f32x4, eq,                         F32(a) == F32(b))                                  \
    X(0x42, f32x4, ne,                         F32(a) != F32(b))                                  \
    X(0x45, f32x4, le,                         F32(a) <= F32(b))                                  \
    X(0x46, f32x4, ge,                         F32(a) >= F32(b))                                  \
    X(0x47, f64x2, eq,                         F64(a) == F64(b))                                  \
    X(0x48, f64x2, ne,                         F64(a) != F64(b))                                  \
    X(0x49, f64x2, lt,                         F64(a) < F64(b))                                   \
    X(0x4a, f64x2, gt,                         F64(a) > F64(b))                                   \
    X(0x4b, f64x2, le,                         F64(a) <= F64(b))                                  \
    X(0x4c, f64x2, ge,                         F64(a) >= F64(b))                                  \
    X(0x65, i8x16, narrow_i16x8_s,             NARROW_S(8, 16, a, b))                             \
    X(0x66, i8x16, narrow_i16x8_u,             NARROW_U(8, 16, a, b))                             \
    X(0x6f, i8x16, add_sat_s,                  ADD_SAT_S(8, a, b))                                \
    X(0x70, i8x16, add_sat_u,                  ADD_SAT_U(8, a, b))                                \
    X(0x72, i8x16, sub_sat_s,                  SUB_SAT_S(8, a, b))                                \
    X(0x73, i8x16, sub_sat_u,                  SUB_SAT_U(8, a, b))                                \
    X(0x76, i8x16, min_s,                      MIN(I8, a, b))                                     \
    X(0x77, i8x16, min_u,                      MIN(U8, a, b))                                     \
    X(0x78, i8x16, max_s,                      MAX(I8, a, b))                                     \
    X(0x79, i8x16, max_u,                      MAX(U8, a, b))                                     \
    X(0x7b, i8x16, avgr_u,                     AVERAGE(8, a, b))                                  \
    X(0x82, i16x8, q15mulr_sat_s,              wisp_q15_multiply(a, b))                           \
    X(0x85, i16x8, narrow_i32x4_s,             NARROW_S(16, 32, a, b))                            \
    X(0x86, i16x8, narrow_i32x4_u,             NARROW_U(16, 32, a, b))                            \
    X(0x8f, i16x8, add_sat_s,                  ADD_SAT_S(16, a, b))                               \
    X(0x90, i16x8, add_sat_u,                  ADD_SAT_U(16, a, b))                               \
    X(0x92, i16x8, sub_sat_s,                  SUB_SAT_S(16, a, b))                               \
    X(0x93, i16x8, sub_sat_u,                  SUB_SAT_U(16, a, b))                               \
    X(0x96, i16x8, min_s,                      MIN(I16, a, b))                                    \
    X(0x97, i16x8, min_u,                      MIN(U16, a, b))                                    \
    X(0x98, i16x8, max_s,                      MAX(I16, a, b))                                    \
    X(0x99, i16x8, max_u,                      MAX(U16, a, b))                                    \
    X(0x9b, i16x8, avgr_u,                     AVERAGE(16, a, b))                                 \
    X(0x9c, i16x8, extmul_low_i8x16_s,         EXTMUL(EXTEND_LOW_S, 8, 16, a, b))                 \
    X(0x9d, i16x8, extmul_high_i8x16_s,        EXTMUL(EXTEND_HIGH_S, 8, 16, a, b))                \
    X(0x9e, i16x8, extmul_low_i8x16_u,         EXTMUL(EXTEND_LOW_U, 8, 16, a, b))                 \
    X(0x9f, i16x8, extmul_high_i8x16_u,        EXTMUL(EXTEND_HIGH_U, 8, 16, a, b))                \
    X(0xb7, i32x4, min_u,                      MIN(U32, a, b))                                    \
    X(0xb9, i32x4, max_u,                      MAX(U32, a, b))                                    \
    X(0xbc, i32x4, extmul_low_i16x8_s,         EXTMUL(EXTEND_LOW_S, 16, 32, a, b))                \
    X(0xbd, i32x4, extmul_high_i16x8_s,        EXTMUL(EXTEND_HIGH_S, 16, 32, a, b))               \
    X(0xbe, i32x4, extmul_low_i16x8_u,         EXTMUL(EXTEND_LOW_U, 16, 32, a, b))                \
    X(0xbf, i32x4, extmul_high_i16x8_u,        EXTMUL(EXTEND_HIGH_U, 16, 32, a, b))               \
    X(0xd6, i64x2, eq,                         I64(a) == I64(b))                                  \
    X(0xd7, i64x2, ne,                         I64(a) != I64(b))                                  \
    X(0xd8, i64x2, lt_s,                       I64(a) < I64(b))                                   \
    X(0xd9, i64x2, gt_s,                       I64(a) > I64(b))                                   \
    X(0xda, i64x2, le_s,                       I64(a) <= I64(b))                                  \
    X(0xdb, i64x2, ge_s,                       I64(a) >= I64(b))                                  \
    X(0xdc, i64x2, extmul_low_i32x4_s,         EXTMUL(EXTEND_LOW_S, 32, 64, a, b))                \
    X(0xdd, i64x2, extmul_high_i32x4_s,        EXTMUL(EXTEND_HIGH_S, 32, 64, a, b))               \
    X(0xde, i64x2, extmul_low_i32x4_u,         EXTMUL(EXTEND_LOW_U, 32, 64, a, b))                \
    X(0xdf, i64x2, extmul_high_i32x4_u,        EXTMUL(EXTEND_HIGH_U, 32, 64, a, b))               \
    X(0xf4, f64x2, min,                        FLOAT_MIN(64, a, b))                               \
    X(0xf5, f64x2, max,                        FLOAT_MAX(64, a, b))                               \
    X(0xf6, f64x2, pmin,                       PICK(F64(b) < F64(a), b, a))                       \
    X(0xf7, f64x2, pmax,                       PICK(F64(a) < F64(b), b, a))                       \
    X(0x112, i16x8, relaxed_dot_i8x16_i7x16_s, wisp_relaxed_dot(a, b))

#define WISP_VECTOR_BINARY_HOT(X)                                                                 \
    X(0x23, i8x16, eq,                         I8(a) == I8(b))                                    \
    X(0x37, i32x4, eq,                         I32(a) == I32(b))                                  \
    X(0x39, i32x4, lt_s,                       I32(a) < I32(b))                                   \
    X(0x3b, i32x4, gt_s,                       I32(a) > I32(b))                                   \
    X(0x43, f32x4, lt,                         F32(a) < F32(b))                                   \
    X(0x44, f32x4, gt,                         F32(a) > F32(b))                                   \
    X(0x4e, v128, and,                         a & b)                                             \
    X(0x4f, v128, andnot,                      a & ~b)                                            \
    X(0x50, v128, or,                          a | b)                                             \
    X(0x51, v128, xor,                         a ^ b)                                             \
    X(0x6e, i8x16, add,                        U8(a) + U8(b))                                     \
    X(0x71, i8x16, sub,                        U8(a) - U8(b))                                     \
    X(0x8e, i16x8, add,                        U16(a) + U16(b))                                   \
    X(0x91, i16x8, sub,                        U16(a) - U16(b))                                   \
    X(0x95, i16x8, mul,                        U16(a) * U16(b))                                   \
    X(0xae, i32x4, add,                        U32(a) + U32(b))                                   \
    X(0xb1, i32x4, sub,                        U32(a) - U32(b))                                   \
    X(0xb5, i32x4, mul,                        U32(a) * U32(b))                                   \
    X(0xb6, i32x4, min_s,                      MIN(I32, a, b))                                    \
    X(0xb8, i32x4, max_s,                      MAX(I32, a, b))                                    \
    X(0xba, i32x4, dot_i16x8_s,                DOT(32, a, b))                                     \
    X(0xce, i64x2, add,                        U64(a) + U64(b))                                   \
    X(0xd1, i64x2, sub,                        U64(a) - U64(b))                                   \
    X(0xd5, i64x2, mul,                        U64(a) * U64(b))                                   \
    X(0xe4, f32x4, add,                        FLOAT(32, F32(a) + F32(b)))                        \
    X(0xe5, f32x4, sub,                        FLOAT(32, F32(a) - F32(b)))                        \
    X(0xe6, f32x4, mul,                        FLOAT(32, F32(a) * F32(b)))                        \
    X(0xe7, f32x4, div,                        FLOAT(32, F32(a) / F32(b)))                        \
    X(0xe8, f32x4, min,                        FLOAT_MIN(32, a, b))                               \
    X(0xe9, f32x4, max,                        FLOAT_MAX(32, a, b))                               \
    X(0xea, f32x4, pmin,                       PICK(F32(b) < F32(a), b, a))                       \
    X(0xeb, f32x4, pmax,                       PICK(F32(a) < F32(b), b, a))                       \
    X(0xf0, f64x2, add,                        FLOAT(64, F64(a) + F64(b)))                        \
    X(0xf1, f64x2, sub,                        FLOAT(64, F64(a) - F64(b)))                        \
    X(0xf2, f64x2, mul,                        FLOAT(64, F64(a) * F64(b)))                        \
    X(0xf3, f64x2, div,                        FLOAT(64, F64(a) / F64(b)))

/* Of a, b and c. */
#define WISP_VECTOR_TERNARY(X)                                                                    \
    X(0x106, f32x4, relaxed_nmadd,             wisp_f32x4_madd(NEGATED(32, a), b, c))             \
    X(0x108, f64x2, relaxed_nmadd,             wisp_f64x2_madd(NEGATED(64, a), b, c))             \
    X(0x113, i32x4, relaxed_dot_i8x16_i7x16_add_s, wisp_relaxed_dot_add(a, b, c))

#define WISP_VECTOR_TERNARY_HOT(X)                                                                \
    X(0x52, v128, bitselect,                   PICK(c, a, b))                                     \
    X(0x105, f32x4, relaxed_madd,              wisp_f32x4_madd(a, b, c))                          \
    X(0x107, f64x2, relaxed_madd,              wisp_f64x2_madd(a, b, c))

/* Of a and a number n of 32 bits, modulo the width that comes before the result. The direct ones
 * have n as an immediate. */
#define WISP_VECTOR_SHIFT(X)                                                                      \
    X(0x6b, i8x16, shl,                        8, SHL8(a, n))                                     \
    X(0x6c, i8x16, shr_s,                      8, SHR8_S(a, n))                                   \
    X(0x6d, i8x16, shr_u,                      8, SHR8_U(a, n))                                   \
    X(0xcc, i64x2, shr_s,                      64, SHR64_S(a, n))

#define WISP_VECTOR_SHIFT_HOT(X)                                                                  \
    X(0x8b, i16x8, shl,                        16, U16(a) << n)                                   \
    X(0x8c, i16x8, shr_s,                      16, I16(a) >> n)                                   \
    X(0x8d, i16x8, shr_u,                      16, U16(a) >> n)                                   \
    X(0xab, i32x4, shl,                        32, U32(a) << n)                                   \
    X(0xac, i32x4, shr_s,                      32, I32(a) >> n)                                   \
    X(0xad, i32x4, shr_u,                      32, U32(a) >> n)                                   \
    X(0xcb, i64x2, shl,                        64, U64(a) << n)                                   \
    X(0xcd, i64x2, shr_u,                      64, U64(a) >> n)

/* Of a; the result is an i32. */
#define WISP_VECTOR_TEST(X)                                                                       \
    X(0x53, v128, any_true,                    wisp_any_true(a))                                  \
    X(0x63, i8x16, all_true,                   !wisp_any_true((wisp_v128)(U8(a) == 0)))           \
    X(0x64, i8x16, bitmask,                    wisp_bitmask(a, 1))                                \
    X(0x83, i16x8, all_true,                   !wisp_any_true((wisp_v128)(U16(a) == 0)))          \
    X(0x84, i16x8, bitmask,                    wisp_bitmask(a, 2))                                \
    X(0xa3, i32x4, all_true,                   !wisp_any_true((wisp_v128)(U32(a) == 0)))          \
    X(0xa4, i32x4, bitmask,                    wisp_bitmask(a, 4))                                \
    X(0xc3, i64x2, all_true,                   !wisp_any_true((wisp_v128)(U64(a) == 0)))          \
    X(0xc4, i64x2, bitmask,                    wisp_bitmask(a, 8))

/*
 * Relaxed instructions whose result may be that of another one, and is: the choice of the
 * deterministic profile (Spec, appendix on profiles), so that it is the same on every machine.
 * X(number, shape, operation, number of the other)
 */
#define WISP_VECTOR_RELAXED(X)                                                                    \
    X(0x100, i8x16, relaxed_swizzle,           0x0e)                                              \
    X(0x101, i32x4, relaxed_trunc_f32x4_s,     0xf8)                                              \
    X(0x102, i32x4, relaxed_trunc_f32x4_u,     0xf9)                                              \
    X(0x103, i32x4, relaxed_trunc_f64x2_s_zero, 0xfc)                                             \
    X(0x104, i32x4, relaxed_trunc_f64x2_u_zero, 0xfd)                                             \
    X(0x109, i8x16, relaxed_laneselect,        0x52)                                              \
    X(0x10a, i16x8, relaxed_laneselect,        0x52)                                              \
    X(0x10b, i32x4, relaxed_laneselect,        0x52)                                              \
    X(0x10c, i64x2, relaxed_laneselect,        0x52)                                              \
    X(0x10d, f32x4, relaxed_min,               0xe8)                                              \
    X(0x10e, f32x4, relaxed_max,               0xe9)                                              \
    X(0x10f, f64x2, relaxed_min,               0xf4)                                              \
    X(0x110, f64x2, relaxed_max,               0xf5)                                              \
    X(0x111, i16x8, relaxed_q15mulr_s,         0x82)

/* X(number, shape, operation, type of the operand, register instruction) */
#define WISP_VECTOR_SPLAT(X)                                                                      \
    X(0x0f, i8x16, splat, I32, V128_SPLAT_8)                                                      \
    X(0x10, i16x8, splat, I32, V128_SPLAT_16)                                                     \
    X(0x11, i32x4, splat, I32, V128_SPLAT_32)                                                     \
    X(0x12, i64x2, splat, I64, V128_SPLAT_64)                                                     \
    X(0x13, f32x4, splat, F32, V128_SPLAT_32)                                                     \
    X(0x14, f64x2, splat, F64, V128_SPLAT_64)

/* X(number, shape, operation, type of the number, register instruction, log2 of its bytes) */
#define WISP_VECTOR_EXTRACT(X)                                                                    \
    X(0x15, i8x16, extract_lane_s, I32, V128_EXTRACT_8_S,  0)                                     \
    X(0x16, i8x16, extract_lane_u, I32, V128_EXTRACT_8_U,  0)                                     \
    X(0x18, i16x8, extract_lane_s, I32, V128_EXTRACT_16_S, 1)                                     \
    X(0x19, i16x8, extract_lane_u, I32, V128_EXTRACT_16_U, 1)                                     \
    X(0x1b, i32x4, extract_lane,   I32, V128_EXTRACT_32,   2)                                     \
    X(0x1d, i64x2, extract_lane,   I64, V128_EXTRACT_64,   3)                                     \
    X(0x1f, f32x4, extract_lane,   F32, V128_EXTRACT_32,   2)                                     \
    X(0x21, f64x2, extract_lane,   F64, V128_EXTRACT_64,   3)

/* The same. */
#define WISP_VECTOR_REPLACE(X)                                                                    \
    X(0x17, i8x16, replace_lane, I32, V128_REPLACE_8,  0)                                         \
    X(0x1a, i16x8, replace_lane, I32, V128_REPLACE_16, 1)                                         \
    X(0x1c, i32x4, replace_lane, I32, V128_REPLACE_32, 2)                                         \
    X(0x1e, i64x2, replace_lane, I64, V128_REPLACE_64, 3)                                         \
    X(0x20, f32x4, replace_lane, F32, V128_REPLACE_32, 2)                                         \
    X(0x22, f64x2, replace_lane, F64, V128_REPLACE_64, 3)

/*
 * Loads and stores of less than a vector are two register instructions, one of which is an
 * ordinary access. The other one extends: X(number, shape, operation, number of what extends)
 */
#define WISP_VECTOR_LOAD_EXTEND(X)                                                                \
    X(0x01, v128, load8x8_s,  0x87)                                                               \
    X(0x02, v128, load8x8_u,  0x89)                                                               \
    X(0x03, v128, load16x4_s, 0xa7)                                                               \
    X(0x04, v128, load16x4_u, 0xa9)                                                               \
    X(0x05, v128, load32x2_s, 0xc7)                                                               \
    X(0x06, v128, load32x2_u, 0xc9)

/* … or makes lanes of one: X(number, shape, operation, log2 of the bytes, the access). From
 * memory 0 the wider two are one instruction. */
#define WISP_VECTOR_LOAD_SPLAT(X)                                                                 \
    X(0x07, v128, load8_splat,  0, I32_LOAD8_U)                                                   \
    X(0x08, v128, load16_splat, 1, I32_LOAD16_U)                                                  \
    X(0x09, v128, load32_splat, 2, I32_LOAD)                                                      \
    X(0x0a, v128, load64_splat, 3, I64_LOAD)

#define WISP_VECTOR_LOAD_ZERO(X)                                                                  \
    X(0x5c, v128, load32_zero, 2, I64_LOAD32_U)                                                   \
    X(0x5d, v128, load64_zero, 3, I64_LOAD)

#define WISP_VECTOR_LOAD_LANE(X)                                                                  \
    X(0x54, v128, load8_lane,  0, I32_LOAD8_U)                                                    \
    X(0x55, v128, load16_lane, 1, I32_LOAD16_U)                                                   \
    X(0x56, v128, load32_lane, 2, I32_LOAD)                                                       \
    X(0x57, v128, load64_lane, 3, I64_LOAD)

#define WISP_VECTOR_STORE_LANE(X)                                                                 \
    X(0x58, v128, store8_lane,  0, I32_STORE8)                                                    \
    X(0x59, v128, store16_lane, 1, I32_STORE16)                                                   \
    X(0x5a, v128, store32_lane, 2, I32_STORE)                                                     \
    X(0x5b, v128, store64_lane, 3, I64_STORE)

/* Those with a shape of their own: X(number, shape, operation, form) */
#define WISP_VECTOR_OTHER(X)                                                                      \
    X(0x00, v128, load, LOAD)                                                                     \
    X(0x0b, v128, store, STORE)                                                                   \
    X(0x0c, v128, const, CONST)                                                                   \
    X(0x0d, i8x16, shuffle, SHUFFLE)

/* All of them. */
#define WISP_VECTOR_ALL(X)                                                                        \
    WISP_VECTOR_UNARY(X)                                                                          \
    WISP_VECTOR_UNARY_HOT(X)                                                                      \
    WISP_VECTOR_BINARY(X)                                                                         \
    WISP_VECTOR_BINARY_HOT(X)                                                                     \
    WISP_VECTOR_TERNARY(X)                                                                        \
    WISP_VECTOR_TERNARY_HOT(X)                                                                    \
    WISP_VECTOR_SHIFT(X)                                                                          \
    WISP_VECTOR_SHIFT_HOT(X)                                                                      \
    WISP_VECTOR_TEST(X)                                                                           \
    WISP_VECTOR_RELAXED(X)                                                                        \
    WISP_VECTOR_SPLAT(X)                                                                          \
    WISP_VECTOR_EXTRACT(X)                                                                        \
    WISP_VECTOR_REPLACE(X)                                                                        \
    WISP_VECTOR_LOAD_EXTEND(X)                                                                    \
    WISP_VECTOR_LOAD_SPLAT(X)                                                                     \
    WISP_VECTOR_LOAD_ZERO(X)                                                                      \
    WISP_VECTOR_LOAD_LANE(X)                                                                      \
    WISP_VECTOR_STORE_LANE(X)                                                                     \
    WISP_VECTOR_OTHER(X)

/* Where code must be small, none is direct. */
#ifdef WISP_FEW_FORMS
#define WISP_VECTOR_UNARY_CALLED(X) WISP_VECTOR_UNARY(X) WISP_VECTOR_UNARY_HOT(X)
#define WISP_VECTOR_UNARY_DIRECT(X)
#define WISP_VECTOR_BINARY_CALLED(X) WISP_VECTOR_BINARY(X) WISP_VECTOR_BINARY_HOT(X)
#define WISP_VECTOR_BINARY_DIRECT(X)
#define WISP_VECTOR_TERNARY_CALLED(X) WISP_VECTOR_TERNARY(X) WISP_VECTOR_TERNARY_HOT(X)
#define WISP_VECTOR_TERNARY_DIRECT(X)
#define WISP_VECTOR_SHIFT_CALLED(X) WISP_VECTOR_SHIFT(X) WISP_VECTOR_SHIFT_HOT(X)
#define WISP_VECTOR_SHIFT_DIRECT(X)
#else
#define WISP_VECTOR_UNARY_CALLED(X) WISP_VECTOR_UNARY(X)
#define WISP_VECTOR_UNARY_DIRECT(X) WISP_VECTOR_UNARY_HOT(X)
#define WISP_VECTOR_BINARY_CALLED(X) WISP_VECTOR_BINARY(X)
#define WISP_VECTOR_BINARY_DIRECT(X) WISP_VECTOR_BINARY_HOT(X)
#define WISP_VECTOR_TERNARY_CALLED(X) WISP_VECTOR_TERNARY(X)
#define WISP_VECTOR_TERNARY_DIRECT(X) WISP_VECTOR_TERNARY_HOT(X)
#define WISP_VECTOR_SHIFT_CALLED(X) WISP_VECTOR_SHIFT(X)
#define WISP_VECTOR_SHIFT_DIRECT(X) WISP_VECTOR_SHIFT_HOT(X)
#endif

/*
 * The register instructions. Those that C functions do (vector.c): X(name, function, units).
 * [number] is that of the instruction.
 */
#define WISP_CODE_VECTOR_CALL(X)                                                                  \
    X(V128_UNARY,   unary,   4)  /* d, number, a */                                               \
    X(V128_BINARY,  binary,  5)  /* d, number, a, b */                                            \
    X(V128_TERNARY, ternary, 6)  /* d, number, a, b, c */                                         \
    X(V128_SHIFT,   shift,   5)  /* d, number, a, count */                                        \
    X(V128_TEST,    test,    4)  /* d, number, a */                                               \
    X(V128_SHUFFLE, shuffle, 12) /* d, a, b, where each byte is among those of a and b: 8 */

/* Those with a handler in ops_vector.inc: V128_shape_operation for each that is DIRECT, and these.
 * A lane's place is given in bytes. The order of sizes matters. */
#define WISP_CODE_VECTOR_SPLAT(X)      /* d, a: X(name, lane, field) */                           \
    X(V128_SPLAT_8,  U8,  uint8_t,  u32)                                                          \
    X(V128_SPLAT_16, U16, uint16_t, u32)                                                          \
    X(V128_SPLAT_32, U32, uint32_t, u32)                                                          \
    X(V128_SPLAT_64, U64, uint64_t, u64)

#define WISP_CODE_VECTOR_EXTRACT(X)    /* d, a, place: X(name, type of the lane, field) */        \
    X(V128_EXTRACT_8_S,  int8_t,   i32)                                                           \
    X(V128_EXTRACT_16_S, int16_t,  i32)                                                           \
    X(V128_EXTRACT_8_U,  uint8_t,  u32)                                                           \
    X(V128_EXTRACT_16_U, uint16_t, u32)                                                           \
    X(V128_EXTRACT_32,   uint32_t, u32)                                                           \
    X(V128_EXTRACT_64,   uint64_t, u64)

#define WISP_CODE_VECTOR_REPLACE(X)    /* d, a, number, place: the same columns */                \
    X(V128_REPLACE_8,  uint8_t,  u32)                                                             \
    X(V128_REPLACE_16, uint16_t, u32)                                                             \
    X(V128_REPLACE_32, uint32_t, u32)                                                             \
    X(V128_REPLACE_64, uint64_t, u64)

#define WISP_CODE_VECTOR(X)                                                                       \
    X(V128_CONST) /* d, value:8 */                                                                \
    X(V128_ZERO)  /* d, a: the lower half of d, before zeros */

/* X(name, bytes) */
#define WISP_CODE_VECTOR_LOAD(X)                                                                  \
    X(V128_LOAD, 16)         /* d, a, offset:2 */                                                 \
    X(V128_LOAD_SPLAT_32, 4) /* likewise */                                                       \
    X(V128_LOAD_SPLAT_64, 8) /* likewise */

#define WISP_CODE_VECTOR_STORE(X)                                                                 \
    X(V128_STORE, 16) /* a, b, offset:2 */

/* clang-format on */

#define WISP_VECTOR_CONST         0x0c
#define WISP_VECTOR_COUNT         0x114 /* numbers, including some that are none */
#define WISP_VECTOR_FIRST_RELAXED 0x100

#endif
