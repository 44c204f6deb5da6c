#ifndef WISP_WASM_BITS_H
#define WISP_WASM_BITS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * The arithmetic of WebAssembly where C leaves it open (Spec 4.3): shifts, counts, minima,
 * and the byte order of linear memory.
 */

#define WISP_F64_SIGN ((uint64_t)1 << 63)

#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "floats must be computed in their own precision: for i386, build with -msse2 -mfpmath=sse"
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define WISP_LE16(v)        __builtin_bswap16(v)
#define WISP_LE32(v)        __builtin_bswap32(v)
#define WISP_LE64(v)        __builtin_bswap64(v)
#define WISP_LANE(count, i) ((count)-1 - (i))
#else
#define WISP_LE16(v)        (v)
#define WISP_LE32(v)        (v)
#define WISP_LE64(v)        (v)
#define WISP_LANE(count, i) (i)
#endif

/* Little-endian numbers at any address; wisp_get_uint16_t(p) and so on. */
static inline uint8_t wisp_get_uint8_t(const uint8_t *p)
{
    return *p;
}

static inline uint16_t wisp_get_uint16_t(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return WISP_LE16(v);
}

static inline uint32_t wisp_get_uint32_t(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return WISP_LE32(v);
}

static inline uint64_t wisp_get_uint64_t(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return WISP_LE64(v);
}

static inline float wisp_get_float(const uint8_t *p)
{
    uint32_t bits = wisp_get_uint32_t(p);
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static inline double wisp_get_double(const uint8_t *p)
{
    uint64_t bits = wisp_get_uint64_t(p);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static inline void wisp_put_uint8_t(uint8_t *p, uint8_t v)
{
    *p = v;
}

static inline void wisp_put_uint16_t(uint8_t *p, uint16_t v)
{
    v = WISP_LE16(v);
    memcpy(p, &v, sizeof v);
}

static inline void wisp_put_uint32_t(uint8_t *p, uint32_t v)
{
    v = WISP_LE32(v);
    memcpy(p, &v, sizeof v);
}

static inline void wisp_put_uint64_t(uint8_t *p, uint64_t v)
{
    v = WISP_LE64(v);
    memcpy(p, &v, sizeof v);
}

static inline void wisp_put_float(uint8_t *p, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    wisp_put_uint32_t(p, bits);
}

static inline void wisp_put_double(uint8_t *p, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    wisp_put_uint64_t(p, bits);
}

/* Immediates in the register code: the host's byte order, two bytes aligned. */
static inline uint32_t wisp_unit32(const uint16_t *pc)
{
    uint32_t v;
    memcpy(&v, pc, sizeof v);
    return v;
}

static inline uint64_t wisp_unit64(const uint16_t *pc)
{
    uint64_t v;
    memcpy(&v, pc, sizeof v);
    return v;
}

static inline float wisp_unit_f32(const uint16_t *pc)
{
    float v;
    memcpy(&v, pc, sizeof v);
    return v;
}

static inline double wisp_unit_f64(const uint16_t *pc)
{
    double v;
    memcpy(&v, pc, sizeof v);
    return v;
}

/* C leaves >> of negative numbers to the compiler; both of ours shift in the sign. */
static inline uint32_t wisp_i32_shr_s(uint32_t a, uint32_t b)
{
    return (uint32_t)((int32_t)a >> (b & 31));
}

static inline uint64_t wisp_i64_shr_s(uint64_t a, uint64_t b)
{
    return (uint64_t)((int64_t)a >> (b & 63));
}

static inline uint32_t wisp_i32_clz(uint32_t a)
{
    return a ? (uint32_t)__builtin_clz(a) : 32;
}

static inline uint32_t wisp_i32_ctz(uint32_t a)
{
    return a ? (uint32_t)__builtin_ctz(a) : 32;
}

static inline uint64_t wisp_i64_clz(uint64_t a)
{
    return a ? (uint64_t)__builtin_clzll(a) : 64;
}

static inline uint64_t wisp_i64_ctz(uint64_t a)
{
    return a ? (uint64_t)__builtin_ctzll(a) : 64;
}

/*
 * What arithmetic gives. A NaN must be quiet, that is, have the top bit of its fraction set.
 * Old mips has that bit the other way round and makes NaNs without it, so there each of
 * them becomes the canonical one, which is always allowed.
 */
#if defined(__mips__) && !defined(__mips_nan2008)
static inline float wisp_f32_result(float a)
{
    const uint32_t canonical = 0x7fc00000;
    if (a != a)
        memcpy(&a, &canonical, sizeof a);
    return a;
}

static inline double wisp_f64_result(double a)
{
    const uint64_t canonical = 0x7ff8000000000000;
    if (a != a)
        memcpy(&a, &canonical, sizeof a);
    return a;
}
#else
static inline float wisp_f32_result(float a)
{
    return a;
}

static inline double wisp_f64_result(double a)
{
    return a;
}
#endif

/* These change the sign's bit only, that of a NaN too. */
static inline float wisp_f32_sign(float a, uint32_t keep, uint32_t flip)
{
    uint32_t bits;
    memcpy(&bits, &a, sizeof bits);
    bits = (bits & keep) ^ flip;
    memcpy(&a, &bits, sizeof a);
    return a;
}

static inline double wisp_f64_sign(double a, uint64_t keep, uint64_t flip)
{
    uint64_t bits;
    memcpy(&bits, &a, sizeof bits);
    bits = (bits & keep) ^ flip;
    memcpy(&a, &bits, sizeof a);
    return a;
}

/* A NaN operand gives a quiet NaN, as adding does; rounding functions of some C libraries
 * let a signalling one through. */
static inline float wisp_f32_quiet(float a)
{
    return a != a ? a + a : a;
}

static inline double wisp_f64_quiet(double a)
{
    return a != a ? a + a : a;
}

/* Either operand NaN: NaN. Of two zeros, min gives the negative one, max the positive. */
static inline float wisp_f32_min(float a, float b)
{
    if (a != a || b != b)
        return a + b;
    if (a == b)
        return signbit(a) ? a : b;
    return a < b ? a : b;
}

static inline float wisp_f32_max(float a, float b)
{
    if (a != a || b != b)
        return a + b;
    if (a == b)
        return signbit(a) ? b : a;
    return a > b ? a : b;
}

static inline double wisp_f64_min(double a, double b)
{
    if (a != a || b != b)
        return a + b;
    if (a == b)
        return signbit(a) ? a : b;
    return a < b ? a : b;
}

static inline double wisp_f64_max(double a, double b)
{
    if (a != a || b != b)
        return a + b;
    if (a == b)
        return signbit(a) ? b : a;
    return a > b ? a : b;
}

#endif
