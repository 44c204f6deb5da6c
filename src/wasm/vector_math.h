#ifndef WISP_WASM_VECTOR_MATH_H
#define WISP_WASM_VECTOR_MATH_H

#include "wasm/vector.h"

/*
 * The arithmetic of vectors (Spec 4.3.6) that is more than one operator of C, for the
 * expressions of vector_code.h. Macros take the width of a lane in bits and give lanes of
 * any type.
 */

/* clang-format off */

/* a where the bits of [mask] are set, else b. */
#define PICK(mask, a, b)                                                                          \
    (((wisp_v128)(mask) & (wisp_v128)(a)) | (~(wisp_v128)(mask) & (wisp_v128)(b)))

/* All bits of a lane set if it is negative; of a lane of 64 bits too, where SSE2 cannot shift. */
#define NEGATIVE(bits, a) (I##bits(a) < 0)

#define MIN(view, a, b) PICK(view(a) < view(b), a, b)
#define MAX(view, a, b) PICK(view(a) > view(b), a, b)
#define ABS(bits, a)    ((U##bits(a) ^ U##bits(NEGATIVE(bits, a))) - U##bits(NEGATIVE(bits, a)))

/* ------------------------------------------------------------------ wider lanes */

/* The lower and the upper half of each lane, extended to the whole of it. */
#define LOWER_S(bits, a) (I##bits(U##bits(a) << ((bits) / 2)) >> ((bits) / 2))
#define UPPER_S(bits, a) (I##bits(a) >> ((bits) / 2))
#define LOWER_U(bits, a) (U##bits(a) << ((bits) / 2) >> ((bits) / 2))
#define UPPER_U(bits, a) (U##bits(a) >> ((bits) / 2))

/* Half of the lanes, twice as wide. */
#define EXTEND_LOW_S(bits, a)  ZIP##bits##_LOW(a, NEGATIVE(bits, a))
#define EXTEND_HIGH_S(bits, a) ZIP##bits##_HIGH(a, NEGATIVE(bits, a))
#define EXTEND_LOW_U(bits, a)  ZIP##bits##_LOW(a, (wisp_v128){0})
#define EXTEND_HIGH_U(bits, a) ZIP##bits##_HIGH(a, (wisp_v128){0})

#define EXTMUL(extend, bits, wide, a, b) (U##wide(extend(bits, a)) * U##wide(extend(bits, b)))

/* Products of signed halves, each lane's two added. The sum of 32 bits may wrap around. */
#define LOWER_PRODUCT(bits, a, b) (LOWER_S(bits, a) * LOWER_S(bits, b))
#define UPPER_PRODUCT(bits, a, b) (UPPER_S(bits, a) * UPPER_S(bits, b))
#define DOT(bits, a, b)                                                                           \
    (U##bits(LOWER_PRODUCT(bits, a, b)) + U##bits(UPPER_PRODUCT(bits, a, b)))

/* ------------------------------------------------------------------ saturation */

#define LEAST_8     INT8_MIN
#define LEAST_16    INT16_MIN
#define GREATEST_8  INT8_MAX
#define GREATEST_16 INT16_MAX

/* The nearer end of the range where the sign of the result is that of neither operand. */
#define SATURATE(bits, a, overflow, result)                                                       \
    PICK(NEGATIVE(bits, overflow), U##bits(NEGATIVE(bits, a)) ^ GREATEST_##bits, result)

#define ADD_SAT_S(bits, a, b)                                                                     \
    SATURATE(bits, a, (U##bits(a) ^ (U##bits(a) + U##bits(b))) &                                  \
                      (U##bits(b) ^ (U##bits(a) + U##bits(b))), U##bits(a) + U##bits(b))
#define SUB_SAT_S(bits, a, b)                                                                     \
    SATURATE(bits, a, (U##bits(a) ^ U##bits(b)) &                                                 \
                      (U##bits(a) ^ (U##bits(a) - U##bits(b))), U##bits(a) - U##bits(b))
#define ADD_SAT_U(bits, a, b)                                                                     \
    ((U##bits(a) + U##bits(b)) | U##bits(U##bits(a) + U##bits(b) < U##bits(a)))
#define SUB_SAT_U(bits, a, b) ((U##bits(a) - U##bits(b)) & U##bits(U##bits(a) >= U##bits(b)))

/* (a + b + 1) / 2 without the carry out of the lane. */
#define AVERAGE(bits, a, b) ((U##bits(a) | U##bits(b)) - ((U##bits(a) ^ U##bits(b)) >> 1))

#define LANES(bits, value) (I##bits((wisp_v128){0}) + (value))
#define CLAMP(bits, a, least, greatest)                                                           \
    MIN(I##bits, MAX(I##bits, a, LANES(bits, least)), LANES(bits, greatest))
#define NARROW_S(bits, wide, a, b)                                                                \
    EVEN##bits(CLAMP(wide, a, LEAST_##bits, GREATEST_##bits),                                     \
               CLAMP(wide, b, LEAST_##bits, GREATEST_##bits))
#define NARROW_U(bits, wide, a, b)                                                                \
    EVEN##bits(CLAMP(wide, a, 0, UINT##bits##_MAX), CLAMP(wide, b, 0, UINT##bits##_MAX))

/* ------------------------------------------------------------------ shifts */

/* Of bytes: the lanes of 16 bits shifted, without what came over from the neighbour. */
#define BYTES(value)  (U8((wisp_v128){0}) + (uint8_t)(value))
#define SHL8(a, n)    (U8(U16(a) << (n)) & BYTES(0xff << (n)))
#define SHR8_U(a, n)  (U8(U16(a) >> (n)) & BYTES(0xff >> (n)))
#define SHR8_S(a, n)  ((SHR8_U(a, n) ^ BYTES(0x80 >> (n))) - BYTES(0x80 >> (n)))

/* SSE2 has no such shift; the sign is extended from where it has come to. */
#define SHR64_S(a, n) (((U64(a) >> (n)) ^ WISP_F64_SIGN >> (n)) - (WISP_F64_SIGN >> (n)))

/* ------------------------------------------------------------------ floats */

#define SIGN_32 0x80000000u
#define SIGN_64 WISP_F64_SIGN
#define NEGATED(bits, a) ((wisp_v128)(U##bits(a) ^ SIGN_##bits))

/* What arithmetic on lanes gives, as wisp_f32_result of bits.h. */
#if defined(__mips__) && !defined(__mips_nan2008)
#define CANONICAL_32 (U32((wisp_v128){0}) + 0x7fc00000)
#define CANONICAL_64 (U64((wisp_v128){0}) + 0x7ff8000000000000)
#define FLOAT(bits, v)                                                                            \
    PICK(F##bits(v) == F##bits(v), v, CANONICAL_##bits)
#else
#define FLOAT(bits, v) (v)
#endif

/* Zeros are equal but differ in sign; what remains has a NaN, which adding makes quiet. */
#define FLOAT_PICK(bits, a, b, less, more, equal)                                                 \
    PICK(F##bits(less) < F##bits(more), a, PICK(F##bits(more) < F##bits(less), b,                 \
         PICK(F##bits(a) == F##bits(b), equal, FLOAT(bits, F##bits(a) + F##bits(b)))))
#define FLOAT_MIN(bits, a, b) FLOAT_PICK(bits, a, b, a, b, a | b)
#define FLOAT_MAX(bits, a, b) FLOAT_PICK(bits, a, b, b, a, a & b)

#define CONVERT_LOW(view, a)                                                                      \
    WISP_LANES(wisp_f64x2, (double)view(a)[WISP_LANE(4, 0)], (double)view(a)[WISP_LANE(4, 1)])

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
    return (wisp_v128)FLOAT(64, CONVERT_LOW(F32, a));
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

/* The nearest integer towards zero; 0 for NaN. */
static inline uint32_t wisp_truncate_s(double a)
{
    if (a != a)
        return 0;
    return (uint32_t)(a <= INT32_MIN ? INT32_MIN : a >= INT32_MAX ? INT32_MAX : (int32_t)a);
}

static inline uint32_t wisp_truncate_u(double a)
{
    return !(a > 0) ? 0 : a >= UINT32_MAX ? UINT32_MAX : (uint32_t)a;
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

/* Sums of two products of signed bytes, that do not fit only if all four are -128. */
static inline wisp_v128 wisp_relaxed_dot(wisp_v128 a, wisp_v128 b)
{
    wisp_i16x8 lower = LOWER_PRODUCT(16, a, b), upper = UPPER_PRODUCT(16, a, b);
    return ADD_SAT_S(16, lower, upper);
}

static inline wisp_v128 wisp_relaxed_dot_add(wisp_v128 a, wisp_v128 b, wisp_v128 c)
{
    wisp_v128 dot = wisp_relaxed_dot(a, b);
    return (wisp_v128)(U32(LOWER_S(32, dot) + UPPER_S(32, dot)) + U32(c));
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
