#ifndef WISP_WASM_VECTOR_MATH_H
#define WISP_WASM_VECTOR_MATH_H

#include "wasm/vector.h"

/*
 * The arithmetic of vectors (Spec 4.3.6), all lanes at once: an operation that vector_code.h
 * names is V_operation(kind, bits, operands) here, whose lanes are of any type.
 */

/* clang-format off */

/* a where the bits of [mask] are set, else b. */
#define PICK(mask, a, b)                                                                          \
    (((wisp_v128)(mask) & (wisp_v128)(a)) | (~(wisp_v128)(mask) & (wisp_v128)(b)))

/* All bits of a lane set if it is negative; of a lane of 64 bits too, where SSE2 cannot shift. */
#define NEGATIVE(bits, a) (I##bits(a) < 0)

/* What operators of C do on lanes. Arithmetic on floats gives FLOAT, as wisp_f32_result of bits.h. */
#if defined(__mips__) && !defined(__mips_nan2008)
#define CANONICAL_32 (U32((wisp_v128){0}) + 0x7fc00000)
#define CANONICAL_64 (U64((wisp_v128){0}) + 0x7ff8000000000000)
#define FLOAT(bits, v)                                                                            \
    PICK(F##bits(v) == F##bits(v), v, CANONICAL_##bits)
#else
#define FLOAT(bits, v) (v)
#endif
#define RESULT_I(bits, v) (v)
#define RESULT_U(bits, v) (v)
#define RESULT_F(bits, v) FLOAT(bits, v)

#define V_ADD(kind, bits, a, b) RESULT_##kind(bits, kind##bits(a) + kind##bits(b))
#define V_SUB(kind, bits, a, b) RESULT_##kind(bits, kind##bits(a) - kind##bits(b))
#define V_MUL(kind, bits, a, b) RESULT_##kind(bits, kind##bits(a) * kind##bits(b))
#define V_DIV(kind, bits, a, b) RESULT_##kind(bits, kind##bits(a) / kind##bits(b))

#define V_EQ(kind, bits, a, b) (kind##bits(a) == kind##bits(b))
#define V_NE(kind, bits, a, b) (kind##bits(a) != kind##bits(b))
#define V_LT(kind, bits, a, b) (kind##bits(a) < kind##bits(b))
#define V_GT(kind, bits, a, b) (kind##bits(a) > kind##bits(b))
#define V_LE(kind, bits, a, b) (kind##bits(a) <= kind##bits(b))
#define V_GE(kind, bits, a, b) (kind##bits(a) >= kind##bits(b))

#define V_NOT(kind, bits, a)          (~(a))
#define V_AND(kind, bits, a, b)       ((a) & (b))
#define V_ANDNOT(kind, bits, a, b)    ((a) & ~(b))
#define V_OR(kind, bits, a, b)        ((a) | (b))
#define V_XOR(kind, bits, a, b)       ((a) ^ (b))
#define V_SELECT(kind, bits, a, b, c) PICK(c, a, b)

/* ------------------------------------------------------------------ signs and order */

#define SIGN_32 0x80000000u
#define SIGN_64 WISP_F64_SIGN

#define NEG_U(bits, a)       (-U##bits(a))
#define NEG_F(bits, a)       ((wisp_v128)(U##bits(a) ^ SIGN_##bits))
#define V_NEG(kind, bits, a) NEG_##kind(bits, a)

#define ABS_I(bits, a)       ((U##bits(a) ^ U##bits(NEGATIVE(bits, a))) - U##bits(NEGATIVE(bits, a)))
#define ABS_F(bits, a)       (U##bits(a) & ~SIGN_##bits)
#define V_ABS(kind, bits, a) ABS_##kind(bits, a)

/* Floats that are equal are zeros that may differ in sign; what remains has a NaN, which adding
 * makes quiet. */
#define FLOAT_PICK(bits, a, b, less, more, equal)                                                 \
    PICK(F##bits(less) < F##bits(more), a, PICK(F##bits(more) < F##bits(less), b,                 \
         PICK(F##bits(a) == F##bits(b), equal, FLOAT(bits, F##bits(a) + F##bits(b)))))

#define MIN_I(bits, a, b)       PICK(I##bits(a) < I##bits(b), a, b)
#define MAX_I(bits, a, b)       PICK(I##bits(a) > I##bits(b), a, b)
#define MIN_U(bits, a, b)       PICK(U##bits(a) < U##bits(b), a, b)
#define MAX_U(bits, a, b)       PICK(U##bits(a) > U##bits(b), a, b)
#define MIN_F(bits, a, b)       FLOAT_PICK(bits, a, b, a, b, a | b)
#define MAX_F(bits, a, b)       FLOAT_PICK(bits, a, b, b, a, a & b)
#define V_MIN(kind, bits, a, b) MIN_##kind(bits, a, b)
#define V_MAX(kind, bits, a, b) MAX_##kind(bits, a, b)

#define V_PMIN(kind, bits, a, b) PICK(F##bits(b) < F##bits(a), b, a)
#define V_PMAX(kind, bits, a, b) PICK(F##bits(a) < F##bits(b), b, a)

/* (a + b + 1) / 2 without the carry out of the lane. */
#define V_AVERAGE(kind, bits, a, b)                                                               \
    ((U##bits(a) | U##bits(b)) - ((U##bits(a) ^ U##bits(b)) >> 1))

/* ------------------------------------------------------------------ wider lanes */

/* Lanes of twice as many [bits]: macros by the number of bits that are given. */
#define WIDE_I8(a)  I16(a)
#define WIDE_U8(a)  U16(a)
#define WIDE_I16(a) I32(a)
#define WIDE_U16(a) U32(a)
#define WIDE_I32(a) I64(a)
#define WIDE_U32(a) U64(a)

/* The lower and the upper half of each wide lane, extended to the whole of it. */
#define LOWER(kind, bits, a) (WIDE_##kind##bits(WIDE_U##bits(a) << (bits)) >> (bits))
#define UPPER(kind, bits, a) (WIDE_##kind##bits(a) >> (bits))

/* Half of the lanes, twice as wide. */
#define EXTENSION_I(bits, a)         NEGATIVE(bits, a)
#define EXTENSION_U(bits, a)         ((wisp_v128){0})
#define V_EXTEND_LOW(kind, bits, a)  ZIP##bits##_LOW(a, EXTENSION_##kind(bits, a))
#define V_EXTEND_HIGH(kind, bits, a) ZIP##bits##_HIGH(a, EXTENSION_##kind(bits, a))

#define V_EXTMUL_LOW(kind, bits, a, b)                                                            \
    (WIDE_U##bits(V_EXTEND_LOW(kind, bits, a)) * WIDE_U##bits(V_EXTEND_LOW(kind, bits, b)))
#define V_EXTMUL_HIGH(kind, bits, a, b)                                                           \
    (WIDE_U##bits(V_EXTEND_HIGH(kind, bits, a)) * WIDE_U##bits(V_EXTEND_HIGH(kind, bits, b)))

/* Sums of neighbours, and of their products. Two products of 32 bits may wrap around; of signed
 * bytes two do not fit only if all four are -128. */
#define V_EXTADD(kind, bits, a) (LOWER(kind, bits, a) + UPPER(kind, bits, a))
#define LOWER_PRODUCT(bits, a, b) (LOWER(I, bits, a) * LOWER(I, bits, b))
#define UPPER_PRODUCT(bits, a, b) (UPPER(I, bits, a) * UPPER(I, bits, b))
#define V_DOT(kind, bits, a, b)                                                                   \
    (WIDE_U##bits(LOWER_PRODUCT(bits, a, b)) + WIDE_U##bits(UPPER_PRODUCT(bits, a, b)))
#define V_DOT_SAT(kind, bits, a, b)        wisp_dot_sat(a, b)
#define V_DOT_SAT_ADD(kind, bits, a, b, c) wisp_dot_sat_add(a, b, c)

/* ------------------------------------------------------------------ saturation */

#define LEAST_8     INT8_MIN
#define LEAST_16    INT16_MIN
#define GREATEST_8  INT8_MAX
#define GREATEST_16 INT16_MAX

/* The nearer end of the range where the sign of the result is that of neither operand. */
#define SATURATE(bits, a, overflow, result)                                                       \
    PICK(NEGATIVE(bits, overflow), U##bits(NEGATIVE(bits, a)) ^ GREATEST_##bits, result)

#define ADD_SAT_I(bits, a, b)                                                                     \
    SATURATE(bits, a, (U##bits(a) ^ (U##bits(a) + U##bits(b))) &                                  \
                      (U##bits(b) ^ (U##bits(a) + U##bits(b))), U##bits(a) + U##bits(b))
#define SUB_SAT_I(bits, a, b)                                                                     \
    SATURATE(bits, a, (U##bits(a) ^ U##bits(b)) &                                                 \
                      (U##bits(a) ^ (U##bits(a) - U##bits(b))), U##bits(a) - U##bits(b))
#define ADD_SAT_U(bits, a, b)                                                                     \
    ((U##bits(a) + U##bits(b)) | U##bits(U##bits(a) + U##bits(b) < U##bits(a)))
#define SUB_SAT_U(bits, a, b) ((U##bits(a) - U##bits(b)) & U##bits(U##bits(a) >= U##bits(b)))
#define V_ADD_SAT(kind, bits, a, b) ADD_SAT_##kind(bits, a, b)
#define V_SUB_SAT(kind, bits, a, b) SUB_SAT_##kind(bits, a, b)

#define LANES(bits, value) (WIDE_I##bits((wisp_v128){0}) + (value))
#define CLAMP_8(a, least, greatest)                                                               \
    MIN_I(16, MAX_I(16, a, LANES(8, least)), LANES(8, greatest))
#define CLAMP_16(a, least, greatest)                                                              \
    MIN_I(32, MAX_I(32, a, LANES(16, least)), LANES(16, greatest))
#define NARROW_I(bits, a, b)                                                                      \
    EVEN##bits(CLAMP_##bits(a, LEAST_##bits, GREATEST_##bits),                                    \
               CLAMP_##bits(b, LEAST_##bits, GREATEST_##bits))
#define NARROW_U(bits, a, b)                                                                      \
    EVEN##bits(CLAMP_##bits(a, 0, UINT##bits##_MAX), CLAMP_##bits(b, 0, UINT##bits##_MAX))
#define V_NARROW(kind, bits, a, b)  NARROW_##kind(bits, a, b)
#define V_Q15_MUL(kind, bits, a, b) wisp_q15_multiply(a, b)

/* ------------------------------------------------------------------ shifts */

#define V_SHL(kind, bits, a, n) SHL_##bits(a, n)
#define V_SHR(kind, bits, a, n) SHR_##kind##bits(a, n)

#define SHL_16(a, n)  (U16(a) << (n))
#define SHL_32(a, n)  (U32(a) << (n))
#define SHL_64(a, n)  (U64(a) << (n))
#define SHR_I16(a, n) (I16(a) >> (n))
#define SHR_I32(a, n) (I32(a) >> (n))
#define SHR_U16(a, n) (U16(a) >> (n))
#define SHR_U32(a, n) (U32(a) >> (n))
#define SHR_U64(a, n) (U64(a) >> (n))

/* Of bytes: the lanes of 16 bits shifted, without what came over from the neighbour. */
#define BYTES(value)  (U8((wisp_v128){0}) + (uint8_t)(value))
#define SHL_8(a, n)   (U8(U16(a) << (n)) & BYTES(0xff << (n)))
#define SHR_U8(a, n)  (U8(U16(a) >> (n)) & BYTES(0xff >> (n)))
#define SHR_I8(a, n)  ((SHR_U8(a, n) ^ BYTES(0x80 >> (n))) - BYTES(0x80 >> (n)))

/* SSE2 has no such shift; the sign is extended from where it has come to. */
#define SHR_I64(a, n) (((U64(a) >> (n)) ^ WISP_F64_SIGN >> (n)) - (WISP_F64_SIGN >> (n)))

/* ------------------------------------------------------------------ floats, and to and from them */

#define ROUND_32(a, function)    wisp_f32x4_round(a, function##f)
#define ROUND_64(a, function)    wisp_f64x2_round(a, function)
#define V_CEIL(kind, bits, a)    ROUND_##bits(a, ceil)
#define V_FLOOR(kind, bits, a)   ROUND_##bits(a, floor)
#define V_TRUNC(kind, bits, a)   ROUND_##bits(a, trunc)
#define V_NEAREST(kind, bits, a) ROUND_##bits(a, rint)

#define SQRT_32(a)            wisp_f32x4_sqrt(a)
#define SQRT_64(a)            wisp_f64x2_sqrt(a)
#define V_SQRT(kind, bits, a) SQRT_##bits(a)

#define MADD_32(a, b, c)             wisp_f32x4_madd(a, b, c)
#define MADD_64(a, b, c)             wisp_f64x2_madd(a, b, c)
#define V_MADD(kind, bits, a, b, c)  MADD_##bits(a, b, c)
#define V_NMADD(kind, bits, a, b, c) MADD_##bits(NEG_F(bits, a), b, c)

#define V_PROMOTE(kind, bits, a) wisp_promote(a)
#define V_DEMOTE(kind, bits, a)  wisp_demote(a)
#define V_CONVERT(kind, bits, a) __builtin_convertvector(kind##bits(a), wisp_f32x4)
#define V_CONVERT_LOW(kind, bits, a)                                                              \
    WISP_LANES(wisp_f64x2, (double)kind##bits(a)[WISP_LANE(4, 0)],                                \
               (double)kind##bits(a)[WISP_LANE(4, 1)])
#define V_TRUNCATE(kind, bits, a)      wisp_f32x4_truncate(a, wisp_truncate_##kind)
#define V_TRUNCATE_ZERO(kind, bits, a) wisp_f64x2_truncate(a, wisp_truncate_##kind)

/* ------------------------------------------------------------------ bytes, and to a number */

#define V_POPCNT(kind, bits, a)     wisp_popcount(a)
#define V_SWIZZLE(kind, bits, a, b) wisp_swizzle(a, b)
#define V_ANY_TRUE(kind, bits, a)   wisp_any_true(a)
#define V_ALL_TRUE(kind, bits, a)   (!wisp_any_true((wisp_v128)(U##bits(a) == 0)))
#define V_BITMASK(kind, bits, a)    wisp_bitmask(a, (bits) / 8)

/* clang-format on */

/* Two lanes of 32 bits, then zeros. */
static inline wisp_v128 wisp_v128_of_low(uint32_t x, uint32_t y)
{
    return WISP_LANES(wisp_v128, (uint64_t)y << 32 | x, 0);
}

static inline wisp_v128 wisp_f32x4_round(wisp_v128 a, float (*round)(float))
{
    wisp_f32x4 v = F32(a);
    for (int i = 0; i < 4; i++)
        v[i] = wisp_f32_result(wisp_f32_quiet(round(v[i])));
    return (wisp_v128)v;
}

static inline wisp_v128 wisp_f64x2_round(wisp_v128 a, double (*round)(double))
{
    wisp_f64x2 v = F64(a);
    for (int i = 0; i < 2; i++)
        v[i] = wisp_f64_result(wisp_f64_quiet(round(v[i])));
    return (wisp_v128)v;
}

static inline wisp_v128 wisp_f32x4_sqrt(wisp_v128 a)
{
    wisp_f32x4 v = F32(a);
    v = (wisp_f32x4){sqrtf(v[0]), sqrtf(v[1]), sqrtf(v[2]), sqrtf(v[3])};
    return (wisp_v128)FLOAT(32, v);
}

static inline wisp_v128 wisp_f64x2_sqrt(wisp_v128 a)
{
    wisp_f64x2 v = F64(a);
    v = (wisp_f64x2){sqrt(v[0]), sqrt(v[1])};
    return (wisp_v128)FLOAT(64, v);
}

/* Two statements, so that no compiler fuses them: the product is rounded on every machine. */
static inline wisp_v128 wisp_f32x4_madd(wisp_v128 a, wisp_v128 b, wisp_v128 c)
{
    wisp_f32x4 product = F32(a) * F32(b);
    return (wisp_v128)FLOAT(32, product + F32(c));
}

static inline wisp_v128 wisp_f64x2_madd(wisp_v128 a, wisp_v128 b, wisp_v128 c)
{
    wisp_f64x2 product = F64(a) * F64(b);
    return (wisp_v128)FLOAT(64, product + F64(c));
}

static inline wisp_v128 wisp_promote(wisp_v128 a)
{
    return (wisp_v128)FLOAT(64, V_CONVERT_LOW(F, 32, a));
}

static inline uint32_t wisp_f32_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline wisp_v128 wisp_demote(wisp_v128 a)
{
    wisp_f64x2 v = F64(a);
    return wisp_v128_of_low(wisp_f32_bits(wisp_f32_result((float)v[WISP_LANE(2, 0)])),
                            wisp_f32_bits(wisp_f32_result((float)v[WISP_LANE(2, 1)])));
}

static inline wisp_v128 wisp_f32x4_truncate(wisp_v128 a, uint32_t (*truncate)(double))
{
    wisp_u32x4 v = U32(a);
    for (int i = 0; i < 4; i++)
        v[i] = truncate((double)F32(a)[i]);
    return (wisp_v128)v;
}

static inline wisp_v128 wisp_f64x2_truncate(wisp_v128 a, uint32_t (*truncate)(double))
{
    wisp_f64x2 v = F64(a);
    return wisp_v128_of_low(truncate(v[WISP_LANE(2, 0)]), truncate(v[WISP_LANE(2, 1)]));
}

/* ------------------------------------------------------------------ bytes */

static inline wisp_v128 wisp_popcount(wisp_v128 a)
{
    wisp_u8x16 v = U8(a);
    v -= v >> 1 & 0x55;
    v = (v & 0x33) + (v >> 2 & 0x33);
    return (wisp_v128)((v + (v >> 4)) & 0x0f);
}

static inline wisp_v128 wisp_swizzle(wisp_v128 a, wisp_v128 b)
{
    wisp_u8x16 from = U8(a), v = U8(b);
    for (int i = 0; i < 16; i++)
        v[i] = v[i] < 16 ? from[WISP_LANE(16, v[i])] : 0;
    return (wisp_v128)v;
}

static inline wisp_v128 wisp_dot_sat(wisp_v128 a, wisp_v128 b)
{
    wisp_i16x8 lower = LOWER_PRODUCT(8, a, b), upper = UPPER_PRODUCT(8, a, b);
    return ADD_SAT_I(16, lower, upper);
}

static inline wisp_v128 wisp_dot_sat_add(wisp_v128 a, wisp_v128 b, wisp_v128 c)
{
    wisp_v128 dot = wisp_dot_sat(a, b);
    return (wisp_v128)(U32(V_EXTADD(I, 16, dot)) + U32(c));
}

/* Fixed-point numbers of 15 binary places, rounded; only -1 * -1 saturates. */
static inline wisp_v128 wisp_q15_multiply(wisp_v128 a, wisp_v128 b)
{
    wisp_i16x8 v = I16(a), w = I16(b);
    for (int i = 0; i < 8; i++) {
        int32_t product = ((int32_t)v[i] * w[i] + 0x4000) >> 15;
        v[i] = (int16_t)(product > INT16_MAX ? INT16_MAX : product);
    }
    return (wisp_v128)v;
}

/* ------------------------------------------------------------------ to a number */

static inline bool wisp_any_true(wisp_v128 a)
{
    return (a[0] | a[1]) != 0;
}

/* The signs of lanes of [size] bytes, lane 0 in the lowest bit. */
static inline uint32_t wisp_bitmask(wisp_v128 a, unsigned size)
{
    wisp_u8x16 v = U8(a);
    uint32_t mask = 0;
    for (unsigned i = 0; i < 16 / size; i++)
        mask |= (uint32_t)(v[WISP_LANE(16, i * size + size - 1)] >> 7) << i;
    return mask;
}

#endif
