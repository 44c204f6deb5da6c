#ifndef WISP_WASM_VECTOR_CODE_H
#define WISP_WASM_VECTOR_CODE_H

/*
 * The vector instructions (Spec 5.4.9), a line each: X(number, shape, name, …), where the number
 * is what follows the prefix byte 0xfd and shape.name is the whole name.
 *
 * For most that tells all, with an operation on lanes and what these are: U for unsigned, I for
 * signed integers, F for floats, and their bits. What the operations do is in vector_math.h for
 * whole vectors and in vector_lanes.c for one lane after the other. Instructions that hot loops
 * are made of have a register instruction each (DIRECT); the others share one for each number of
 * operands, which is smaller and slower. An instruction becomes direct by moving its line.
 */

/* clang-format off */

/* Of one vector: X(number, shape, name, operation, kind, bits). */
#define WISP_VECTOR_UNARY(X)                                                                      \
    X(0x4d, v128, not,                         NOT, U, 64)                                        \
    X(0x5e, f32x4, demote_f64x2_zero,          DEMOTE, F, 64)                                     \
    X(0x5f, f64x2, promote_low_f32x4,          PROMOTE, F, 32)                                    \
    X(0x60, i8x16, abs,                        ABS, I, 8)                                         \
    X(0x61, i8x16, neg,                        NEG, U, 8)                                         \
    X(0x62, i8x16, popcnt,                     POPCNT, U, 8)                                      \
    X(0x67, f32x4, ceil,                       CEIL, F, 32)                                       \
    X(0x68, f32x4, floor,                      FLOOR, F, 32)                                      \
    X(0x69, f32x4, trunc,                      TRUNC, F, 32)                                      \
    X(0x6a, f32x4, nearest,                    NEAREST, F, 32)                                    \
    X(0x74, f64x2, ceil,                       CEIL, F, 64)                                       \
    X(0x75, f64x2, floor,                      FLOOR, F, 64)                                      \
    X(0x7a, f64x2, trunc,                      TRUNC, F, 64)                                      \
    X(0x7c, i16x8, extadd_pairwise_i8x16_s,    EXTADD, I, 8)                                      \
    X(0x7d, i16x8, extadd_pairwise_i8x16_u,    EXTADD, U, 8)                                      \
    X(0x7e, i32x4, extadd_pairwise_i16x8_s,    EXTADD, I, 16)                                     \
    X(0x7f, i32x4, extadd_pairwise_i16x8_u,    EXTADD, U, 16)                                     \
    X(0x80, i16x8, abs,                        ABS, I, 16)                                        \
    X(0x81, i16x8, neg,                        NEG, U, 16)                                        \
    X(0x94, f64x2, nearest,                    NEAREST, F, 64)                                    \
    X(0xa0, i32x4, abs,                        ABS, I, 32)                                        \
    X(0xa1, i32x4, neg,                        NEG, U, 32)                                        \
    X(0xc0, i64x2, abs,                        ABS, I, 64)                                        \
    X(0xc1, i64x2, neg,                        NEG, U, 64)                                        \
    X(0xc7, i64x2, extend_low_i32x4_s,         EXTEND_LOW, I, 32)                                 \
    X(0xc8, i64x2, extend_high_i32x4_s,        EXTEND_HIGH, I, 32)                                \
    X(0xc9, i64x2, extend_low_i32x4_u,         EXTEND_LOW, U, 32)                                 \
    X(0xca, i64x2, extend_high_i32x4_u,        EXTEND_HIGH, U, 32)                                \
    X(0xe0, f32x4, abs,                        ABS, F, 32)                                        \
    X(0xe1, f32x4, neg,                        NEG, F, 32)                                        \
    X(0xe3, f32x4, sqrt,                       SQRT, F, 32)                                       \
    X(0xec, f64x2, abs,                        ABS, F, 64)                                        \
    X(0xed, f64x2, neg,                        NEG, F, 64)                                        \
    X(0xef, f64x2, sqrt,                       SQRT, F, 64)                                       \
    X(0xf8, i32x4, trunc_sat_f32x4_s,          TRUNCATE, I, 32)                                   \
    X(0xf9, i32x4, trunc_sat_f32x4_u,          TRUNCATE, U, 32)                                   \
    X(0xfb, f32x4, convert_i32x4_u,            CONVERT, U, 32)                                    \
    X(0xfc, i32x4, trunc_sat_f64x2_s_zero,     TRUNCATE_ZERO, I, 32)                              \
    X(0xfd, i32x4, trunc_sat_f64x2_u_zero,     TRUNCATE_ZERO, U, 32)                              \
    X(0xfe, f64x2, convert_low_i32x4_s,        CONVERT_LOW, I, 32)                                \
    X(0xff, f64x2, convert_low_i32x4_u,        CONVERT_LOW, U, 32)

#define WISP_VECTOR_UNARY_DIRECT(X)                                                               \
    X(0x87, i16x8, extend_low_i8x16_s,         EXTEND_LOW, I, 8)                                  \
    X(0x88, i16x8, extend_high_i8x16_s,        EXTEND_HIGH, I, 8)                                 \
    X(0x89, i16x8, extend_low_i8x16_u,         EXTEND_LOW, U, 8)                                  \
    X(0x8a, i16x8, extend_high_i8x16_u,        EXTEND_HIGH, U, 8)                                 \
    X(0xa7, i32x4, extend_low_i16x8_s,         EXTEND_LOW, I, 16)                                 \
    X(0xa8, i32x4, extend_high_i16x8_s,        EXTEND_HIGH, I, 16)                                \
    X(0xa9, i32x4, extend_low_i16x8_u,         EXTEND_LOW, U, 16)                                 \
    X(0xaa, i32x4, extend_high_i16x8_u,        EXTEND_HIGH, U, 16)                                \
    X(0xfa, f32x4, convert_i32x4_s,            CONVERT, I, 32)

/* Of two. */
#define WISP_VECTOR_BINARY(X)                                                                     \
    X(0x0e, i8x16, swizzle,                    SWIZZLE, U, 8)                                     \
    X(0x24, i8x16, ne,                         NE, I, 8)                                          \
    X(0x25, i8x16, lt_s,                       LT, I, 8)                                          \
    X(0x26, i8x16, lt_u,                       LT, U, 8)                                          \
    X(0x27, i8x16, gt_s,                       GT, I, 8)                                          \
    X(0x28, i8x16, gt_u,                       GT, U, 8)                                          \
    X(0x29, i8x16, le_s,                       LE, I, 8)                                          \
    X(0x2a, i8x16, le_u,                       LE, U, 8)                                          \
    X(0x2b, i8x16, ge_s,                       GE, I, 8)                                          \
    X(0x2c, i8x16, ge_u,                       GE, U, 8)                                          \
    X(0x2d, i16x8, eq,                         EQ, I, 16)                                         \
    X(0x2e, i16x8, ne,                         NE, I, 16)                                         \
    X(0x2f, i16x8, lt_s,                       LT, I, 16)                                         \
    X(0x30, i16x8, lt_u,                       LT, U, 16)                                         \
    X(0x31, i16x8, gt_s,                       GT, I, 16)                                         \
    X(0x32, i16x8, gt_u,                       GT, U, 16)                                         \
    X(0x33, i16x8, le_s,                       LE, I, 16)                                         \
    X(0x34, i16x8, le_u,                       LE, U, 16)                                         \
    X(0x35, i16x8, ge_s,                       GE, I, 16)                                         \
    X(0x36, i16x8, ge_u,                       GE, U, 16)                                         \
    X(0x38, i32x4, ne,                         NE, I, 32)                                         \
    X(0x3a, i32x4, lt_u,                       LT, U, 32)                                         \
    X(0x3c, i32x4, gt_u,                       GT, U, 32)                                         \
    X(0x3d, i32x4, le_s,                       LE, I, 32)                                         \
    X(0x3e, i32x4, le_u,                       LE, U, 32)                                         \
    X(0x3f, i32x4, ge_s,                       GE, I, 32)                                         \
    X(0x40, i32x4, ge_u,                       GE, U, 32)                                         \
    X(0x41, f32x4, eq,                         EQ, F, 32)                                         \
    X(0x42, f32x4, ne,                         NE, F, 32)                                         \
    X(0x45, f32x4, le,                         LE, F, 32)                                         \
    X(0x46, f32x4, ge,                         GE, F, 32)                                         \
    X(0x47, f64x2, eq,                         EQ, F, 64)                                         \
    X(0x48, f64x2, ne,                         NE, F, 64)                                         \
    X(0x49, f64x2, lt,                         LT, F, 64)                                         \
    X(0x4a, f64x2, gt,                         GT, F, 64)                                         \
    X(0x4b, f64x2, le,                         LE, F, 64)                                         \
    X(0x4c, f64x2, ge,                         GE, F, 64)                                         \
    X(0x65, i8x16, narrow_i16x8_s,             NARROW, I, 8)                                      \
    X(0x66, i8x16, narrow_i16x8_u,             NARROW, U, 8)                                      \
    X(0x6f, i8x16, add_sat_s,                  ADD_SAT, I, 8)                                     \
    X(0x70, i8x16, add_sat_u,                  ADD_SAT, U, 8)                                     \
    X(0x72, i8x16, sub_sat_s,                  SUB_SAT, I, 8)                                     \
    X(0x73, i8x16, sub_sat_u,                  SUB_SAT, U, 8)                                     \
    X(0x76, i8x16, min_s,                      MIN, I, 8)                                         \
    X(0x77, i8x16, min_u,                      MIN, U, 8)                                         \
    X(0x78, i8x16, max_s,                      MAX, I, 8)                                         \
    X(0x79, i8x16, max_u,                      MAX, U, 8)                                         \
    X(0x7b, i8x16, avgr_u,                     AVERAGE, U, 8)                                     \
    X(0x82, i16x8, q15mulr_sat_s,              Q15_MUL, I, 16)                                    \
    X(0x85, i16x8, narrow_i32x4_s,             NARROW, I, 16)                                     \
    X(0x86, i16x8, narrow_i32x4_u,             NARROW, U, 16)                                     \
    X(0x8f, i16x8, add_sat_s,                  ADD_SAT, I, 16)                                    \
    X(0x90, i16x8, add_sat_u,                  ADD_SAT, U, 16)                                    \
    X(0x92, i16x8, sub_sat_s,                  SUB_SAT, I, 16)                                    \
    X(0x93, i16x8, sub_sat_u,                  SUB_SAT, U, 16)                                    \
    X(0x96, i16x8, min_s,                      MIN, I, 16)                                        \
    X(0x97, i16x8, min_u,                      MIN, U, 16)                                        \
    X(0x98, i16x8, max_s,                      MAX, I, 16)                                        \
    X(0x99, i16x8, max_u,                      MAX, U, 16)                                        \
    X(0x9b, i16x8, avgr_u,                     AVERAGE, U, 16)                                    \
    X(0x9c, i16x8, extmul_low_i8x16_s,         EXTMUL_LOW, I, 8)                                  \
    X(0x9d, i16x8, extmul_high_i8x16_s,        EXTMUL_HIGH, I, 8)                                 \
    X(0x9e, i16x8, extmul_low_i8x16_u,         EXTMUL_LOW, U, 8)                                  \
    X(0x9f, i16x8, extmul_high_i8x16_u,        EXTMUL_HIGH, U, 8)                                 \
    X(0xb7, i32x4, min_u,                      MIN, U, 32)                                        \
    X(0xb9, i32x4, max_u,                      MAX, U, 32)                                        \
    X(0xbc, i32x4, extmul_low_i16x8_s,         EXTMUL_LOW, I, 16)                                 \
    X(0xbd, i32x4, extmul_high_i16x8_s,        EXTMUL_HIGH, I, 16)                                \
    X(0xbe, i32x4, extmul_low_i16x8_u,         EXTMUL_LOW, U, 16)                                 \
    X(0xbf, i32x4, extmul_high_i16x8_u,        EXTMUL_HIGH, U, 16)                                \
    X(0xd6, i64x2, eq,                         EQ, I, 64)                                         \
    X(0xd7, i64x2, ne,                         NE, I, 64)                                         \
    X(0xd8, i64x2, lt_s,                       LT, I, 64)                                         \
    X(0xd9, i64x2, gt_s,                       GT, I, 64)                                         \
    X(0xda, i64x2, le_s,                       LE, I, 64)                                         \
    X(0xdb, i64x2, ge_s,                       GE, I, 64)                                         \
    X(0xdc, i64x2, extmul_low_i32x4_s,         EXTMUL_LOW, I, 32)                                 \
    X(0xdd, i64x2, extmul_high_i32x4_s,        EXTMUL_HIGH, I, 32)                                \
    X(0xde, i64x2, extmul_low_i32x4_u,         EXTMUL_LOW, U, 32)                                 \
    X(0xdf, i64x2, extmul_high_i32x4_u,        EXTMUL_HIGH, U, 32)                                \
    X(0xf4, f64x2, min,                        MIN, F, 64)                                        \
    X(0xf5, f64x2, max,                        MAX, F, 64)                                        \
    X(0xf6, f64x2, pmin,                       PMIN, F, 64)                                       \
    X(0xf7, f64x2, pmax,                       PMAX, F, 64)                                       \
    X(0x112, i16x8, relaxed_dot_i8x16_i7x16_s, DOT_SAT, I, 8)

#define WISP_VECTOR_BINARY_DIRECT(X)                                                              \
    X(0x23, i8x16, eq,                         EQ, I, 8)                                          \
    X(0x37, i32x4, eq,                         EQ, I, 32)                                         \
    X(0x39, i32x4, lt_s,                       LT, I, 32)                                         \
    X(0x3b, i32x4, gt_s,                       GT, I, 32)                                         \
    X(0x43, f32x4, lt,                         LT, F, 32)                                         \
    X(0x44, f32x4, gt,                         GT, F, 32)                                         \
    X(0x4e, v128, and,                         AND, U, 64)                                        \
    X(0x4f, v128, andnot,                      ANDNOT, U, 64)                                     \
    X(0x50, v128, or,                          OR, U, 64)                                         \
    X(0x51, v128, xor,                         XOR, U, 64)                                        \
    X(0x6e, i8x16, add,                        ADD, U, 8)                                         \
    X(0x71, i8x16, sub,                        SUB, U, 8)                                         \
    X(0x8e, i16x8, add,                        ADD, U, 16)                                        \
    X(0x91, i16x8, sub,                        SUB, U, 16)                                        \
    X(0x95, i16x8, mul,                        MUL, U, 16)                                        \
    X(0xae, i32x4, add,                        ADD, U, 32)                                        \
    X(0xb1, i32x4, sub,                        SUB, U, 32)                                        \
    X(0xb5, i32x4, mul,                        MUL, U, 32)                                        \
    X(0xb6, i32x4, min_s,                      MIN, I, 32)                                        \
    X(0xb8, i32x4, max_s,                      MAX, I, 32)                                        \
    X(0xba, i32x4, dot_i16x8_s,                DOT, I, 16)                                        \
    X(0xce, i64x2, add,                        ADD, U, 64)                                        \
    X(0xd1, i64x2, sub,                        SUB, U, 64)                                        \
    X(0xd5, i64x2, mul,                        MUL, U, 64)                                        \
    X(0xe4, f32x4, add,                        ADD, F, 32)                                        \
    X(0xe5, f32x4, sub,                        SUB, F, 32)                                        \
    X(0xe6, f32x4, mul,                        MUL, F, 32)                                        \
    X(0xe7, f32x4, div,                        DIV, F, 32)                                        \
    X(0xe8, f32x4, min,                        MIN, F, 32)                                        \
    X(0xe9, f32x4, max,                        MAX, F, 32)                                        \
    X(0xea, f32x4, pmin,                       PMIN, F, 32)                                       \
    X(0xeb, f32x4, pmax,                       PMAX, F, 32)                                       \
    X(0xf0, f64x2, add,                        ADD, F, 64)                                        \
    X(0xf1, f64x2, sub,                        SUB, F, 64)                                        \
    X(0xf2, f64x2, mul,                        MUL, F, 64)                                        \
    X(0xf3, f64x2, div,                        DIV, F, 64)

/* Of three. */
#define WISP_VECTOR_TERNARY(X)                                                                    \
    X(0x106, f32x4, relaxed_nmadd,             NMADD, F, 32)                                      \
    X(0x108, f64x2, relaxed_nmadd,             NMADD, F, 64)                                      \
    X(0x113, i32x4, relaxed_dot_i8x16_i7x16_add_s, DOT_SAT_ADD, I, 8)

#define WISP_VECTOR_TERNARY_DIRECT(X)                                                             \
    X(0x52, v128, bitselect,                   SELECT, U, 64)                                     \
    X(0x105, f32x4, relaxed_madd,              MADD, F, 32)                                       \
    X(0x107, f64x2, relaxed_madd,              MADD, F, 64)

/* Of a vector and a number of 32 bits, modulo the bits of a lane. The direct ones have it as an
 * immediate. */
#define WISP_VECTOR_SHIFT(X)                                                                      \
    X(0x6b, i8x16, shl,                        SHL, U, 8)                                         \
    X(0x6c, i8x16, shr_s,                      SHR, I, 8)                                         \
    X(0x6d, i8x16, shr_u,                      SHR, U, 8)                                         \
    X(0xcc, i64x2, shr_s,                      SHR, I, 64)

#define WISP_VECTOR_SHIFT_DIRECT(X)                                                               \
    X(0x8b, i16x8, shl,                        SHL, U, 16)                                        \
    X(0x8c, i16x8, shr_s,                      SHR, I, 16)                                        \
    X(0x8d, i16x8, shr_u,                      SHR, U, 16)                                        \
    X(0xab, i32x4, shl,                        SHL, U, 32)                                        \
    X(0xac, i32x4, shr_s,                      SHR, I, 32)                                        \
    X(0xad, i32x4, shr_u,                      SHR, U, 32)                                        \
    X(0xcb, i64x2, shl,                        SHL, U, 64)                                        \
    X(0xcd, i64x2, shr_u,                      SHR, U, 64)

/* Of a vector; the result is an i32. */
#define WISP_VECTOR_TEST(X)                                                                       \
    X(0x53, v128, any_true,                    ANY_TRUE, U, 64)                                   \
    X(0x63, i8x16, all_true,                   ALL_TRUE, U, 8)                                    \
    X(0x64, i8x16, bitmask,                    BITMASK, I, 8)                                     \
    X(0x83, i16x8, all_true,                   ALL_TRUE, U, 16)                                   \
    X(0x84, i16x8, bitmask,                    BITMASK, I, 16)                                    \
    X(0xa3, i32x4, all_true,                   ALL_TRUE, U, 32)                                   \
    X(0xa4, i32x4, bitmask,                    BITMASK, I, 32)                                    \
    X(0xc3, i64x2, all_true,                   ALL_TRUE, U, 64)                                   \
    X(0xc4, i64x2, bitmask,                    BITMASK, I, 64)

/*
 * Relaxed instructions whose result may be that of another one, and is: the choice of the
 * deterministic profile (Spec, appendix on profiles), so that it is the same on every machine.
 * X(number, shape, name, number of the other)
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

/* X(number, shape, name, type of the operand, register instruction) */
#define WISP_VECTOR_SPLAT(X)                                                                      \
    X(0x0f, i8x16, splat, I32, V128_SPLAT_8)                                                      \
    X(0x10, i16x8, splat, I32, V128_SPLAT_16)                                                     \
    X(0x11, i32x4, splat, I32, V128_SPLAT_32)                                                     \
    X(0x12, i64x2, splat, I64, V128_SPLAT_64)                                                     \
    X(0x13, f32x4, splat, F32, V128_SPLAT_32)                                                     \
    X(0x14, f64x2, splat, F64, V128_SPLAT_64)

/* X(number, shape, name, type of the number, register instruction, log2 of its bytes) */
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
 * ordinary access. The other one extends: X(number, shape, name, number of what extends)
 */
#define WISP_VECTOR_LOAD_EXTEND(X)                                                                \
    X(0x01, v128, load8x8_s,  0x87)                                                               \
    X(0x02, v128, load8x8_u,  0x89)                                                               \
    X(0x03, v128, load16x4_s, 0xa7)                                                               \
    X(0x04, v128, load16x4_u, 0xa9)                                                               \
    X(0x05, v128, load32x2_s, 0xc7)                                                               \
    X(0x06, v128, load32x2_u, 0xc9)

/* … or makes lanes of one: X(number, shape, name, log2 of its bytes). From memory 0 the wider two
 * are one instruction. */
#define WISP_VECTOR_LOAD_SPLAT(X)                                                                 \
    X(0x07, v128, load8_splat,  0)                                                                \
    X(0x08, v128, load16_splat, 1)                                                                \
    X(0x09, v128, load32_splat, 2)                                                                \
    X(0x0a, v128, load64_splat, 3)

#define WISP_VECTOR_LOAD_ZERO(X)                                                                  \
    X(0x5c, v128, load32_zero, 2)                                                                 \
    X(0x5d, v128, load64_zero, 3)

#define WISP_VECTOR_LOAD_LANE(X)                                                                  \
    X(0x54, v128, load8_lane,  0)                                                                 \
    X(0x55, v128, load16_lane, 1)                                                                 \
    X(0x56, v128, load32_lane, 2)                                                                 \
    X(0x57, v128, load64_lane, 3)

#define WISP_VECTOR_STORE_LANE(X)                                                                 \
    X(0x58, v128, store8_lane,  0)                                                                \
    X(0x59, v128, store16_lane, 1)                                                                \
    X(0x5a, v128, store32_lane, 2)                                                                \
    X(0x5b, v128, store64_lane, 3)

/* Those with a shape of their own: X(number, shape, name, form) */
#define WISP_VECTOR_OTHER(X)                                                                      \
    X(0x00, v128, load, LOAD)                                                                     \
    X(0x0b, v128, store, STORE)                                                                   \
    X(0x0c, v128, const, CONST)                                                                   \
    X(0x0d, i8x16, shuffle, SHUFFLE)

/* All of them. */
#define WISP_VECTOR_ALL(X)                                                                        \
    WISP_VECTOR_UNARY(X)                                                                          \
    WISP_VECTOR_UNARY_DIRECT(X)                                                                   \
    WISP_VECTOR_BINARY(X)                                                                         \
    WISP_VECTOR_BINARY_DIRECT(X)                                                                  \
    WISP_VECTOR_TERNARY(X)                                                                        \
    WISP_VECTOR_TERNARY_DIRECT(X)                                                                 \
    WISP_VECTOR_SHIFT(X)                                                                          \
    WISP_VECTOR_SHIFT_DIRECT(X)                                                                   \
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

/*
 * The register instructions. Those that C functions do: X(name, function, units). [number] is that
 * of the instruction for vector_whole.c, and what it does for vector_lanes.c (vector_lanes.h).
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

/* V128_shape_operation for each that is DIRECT: the same columns. Where code must be small none is. */
#ifdef WISP_FEW_FORMS
#define WISP_CODE_VECTOR_UNARY(X)
#define WISP_CODE_VECTOR_BINARY(X)
#define WISP_CODE_VECTOR_TERNARY(X)
#define WISP_CODE_VECTOR_SHIFT(X)
#else
#define WISP_CODE_VECTOR_UNARY(X)   WISP_VECTOR_UNARY_DIRECT(X)
#define WISP_CODE_VECTOR_BINARY(X)  WISP_VECTOR_BINARY_DIRECT(X)
#define WISP_CODE_VECTOR_TERNARY(X) WISP_VECTOR_TERNARY_DIRECT(X)
#define WISP_CODE_VECTOR_SHIFT(X)   WISP_VECTOR_SHIFT_DIRECT(X)
#endif

#define WISP_CODE_VECTOR(X)                                                                       \
    X(V128_CONST) /* d, value:8 */                                                                \
    X(V128_ZERO)  /* d, a: the lower half of d, before zeros */

/* Access to memory 0: d, a, offset:2; the last one a, b, offset:2. Where code must be small lanes of
 * 64 bits do. */
#define WISP_CODE_VECTOR_ACCESS(X)                                                                \
    X(V128_LOAD)                                                                                  \
    X(V128_LOAD_SPLAT_32)                                                                         \
    X(V128_LOAD_SPLAT_64)                                                                         \
    X(V128_STORE)

/* clang-format on */

#define WISP_VECTOR_CONST         0x0c
#define WISP_VECTOR_FIRST_SPLAT   0x0f  /* of bytes; those of wider lanes follow */
#define WISP_VECTOR_COUNT         0x114 /* numbers, including some that are none */
#define WISP_VECTOR_FIRST_RELAXED 0x100

#endif
