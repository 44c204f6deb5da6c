#ifndef WISP_WASM_VECTOR_H
#define WISP_WASM_VECTOR_H

#include "wasm/bits.h"
#include "wasm/slot.h"

/*
 * Vectors of 128 bits, by the vector types that gcc and clang share: they become SSE or NEON
 * where there is one, and plain code elsewhere.
 *
 * A vector is kept as one number of 128 bits in the machine's byte order. So operations
 * between equal lanes are the same on every machine; only what names a lane by its number
 * must know that a big-endian machine has lane 0 last: WISP_LANE, and the macros on pairs of
 * vectors below. In linear memory and in a wisp_value lane 0 always comes first.
 */

typedef uint8_t wisp_u8x16 __attribute__((vector_size(16)));
typedef int8_t wisp_i8x16 __attribute__((vector_size(16)));
typedef uint16_t wisp_u16x8 __attribute__((vector_size(16)));
typedef int16_t wisp_i16x8 __attribute__((vector_size(16)));
typedef uint32_t wisp_u32x4 __attribute__((vector_size(16)));
typedef int32_t wisp_i32x4 __attribute__((vector_size(16)));
typedef uint64_t wisp_u64x2 __attribute__((vector_size(16)));
typedef int64_t wisp_i64x2 __attribute__((vector_size(16)));
typedef float wisp_f32x4 __attribute__((vector_size(16)));
typedef double wisp_f64x2 __attribute__((vector_size(16)));

typedef wisp_u64x2 wisp_v128;

/* The same bits as other lanes. */
#define U8(v)  ((wisp_u8x16)(v))
#define I8(v)  ((wisp_i8x16)(v))
#define U16(v) ((wisp_u16x8)(v))
#define I16(v) ((wisp_i16x8)(v))
#define U32(v) ((wisp_u32x4)(v))
#define I32(v) ((wisp_i32x4)(v))
#define U64(v) ((wisp_u64x2)(v))
#define I64(v) ((wisp_i64x2)(v))
#define F32(v) ((wisp_f32x4)(v))
#define F64(v) ((wisp_f64x2)(v))

/* clang-format off */
#define WISP_ZIP8_FRONT(a, b)                                                                     \
    __builtin_shufflevector(U8(a), U8(b), 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define WISP_ZIP8_BACK(a, b)                                                                      \
    __builtin_shufflevector(U8(a), U8(b), 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30,   \
                            15, 31)
#define WISP_ZIP16_FRONT(a, b)                                                                    \
    __builtin_shufflevector(U16(a), U16(b), 0, 8, 1, 9, 2, 10, 3, 11)
#define WISP_ZIP16_BACK(a, b)                                                                     \
    __builtin_shufflevector(U16(a), U16(b), 4, 12, 5, 13, 6, 14, 7, 15)
#define WISP_ZIP32_FRONT(a, b) __builtin_shufflevector(U32(a), U32(b), 0, 4, 1, 5)
#define WISP_ZIP32_BACK(a, b)  __builtin_shufflevector(U32(a), U32(b), 2, 6, 3, 7)

/*
 * WISP_LANE(count, i)     where lane i of count is
 * WISP_LANES(type, x, y)  a vector of two lanes
 * ZIPn_LOW(a, b)          of the first halves of two vectors: a lane of a, then one of b, …
 * ZIPn_HIGH(a, b)         of the second halves
 * EVEN8(a, b)             every second byte, those of a first, beginning with byte 0
 * EVEN16(a, b)            the same of lanes of 16 bits
 */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define WISP_LANES(type, x, y) ((type){(y), (x)})
#define ZIP8_LOW(a, b)   WISP_ZIP8_BACK(b, a)
#define ZIP8_HIGH(a, b)  WISP_ZIP8_FRONT(b, a)
#define ZIP16_LOW(a, b)  WISP_ZIP16_BACK(b, a)
#define ZIP16_HIGH(a, b) WISP_ZIP16_FRONT(b, a)
#define ZIP32_LOW(a, b)  WISP_ZIP32_BACK(b, a)
#define ZIP32_HIGH(a, b) WISP_ZIP32_FRONT(b, a)
#define EVEN8(a, b)                                                                               \
    __builtin_shufflevector(U8(b), U8(a), 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define EVEN16(a, b) __builtin_shufflevector(U16(b), U16(a), 1, 3, 5, 7, 9, 11, 13, 15)
#else
#define WISP_LANES(type, x, y) ((type){(x), (y)})
#define ZIP8_LOW(a, b)   WISP_ZIP8_FRONT(a, b)
#define ZIP8_HIGH(a, b)  WISP_ZIP8_BACK(a, b)
#define ZIP16_LOW(a, b)  WISP_ZIP16_FRONT(a, b)
#define ZIP16_HIGH(a, b) WISP_ZIP16_BACK(a, b)
#define ZIP32_LOW(a, b)  WISP_ZIP32_FRONT(a, b)
#define ZIP32_HIGH(a, b) WISP_ZIP32_BACK(a, b)
#define EVEN8(a, b)                                                                               \
    __builtin_shufflevector(U8(a), U8(b), 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define EVEN16(a, b) __builtin_shufflevector(U16(a), U16(b), 0, 2, 4, 6, 8, 10, 12, 14)
#endif
/* clang-format on */

/* Little-endian at any address. */
static inline wisp_v128 wisp_get_v128(const uint8_t *p)
{
    return WISP_LANES(wisp_v128, wisp_get_uint64_t(p), wisp_get_uint64_t(p + 8));
}

static inline void wisp_put_v128(uint8_t *p, wisp_v128 v)
{
    wisp_put_uint64_t(p, v[WISP_LANE(2, 0)]);
    wisp_put_uint64_t(p + 8, v[WISP_LANE(2, 1)]);
}

/* In a frame or global: two slots, which need not be aligned as vectors are. */
static inline wisp_v128 wisp_v128_of_slots(const wisp_slot *slots)
{
    wisp_v128 v;
    memcpy(&v, slots, sizeof v);
    return v;
}

static inline void wisp_v128_to_slots(wisp_slot *slots, wisp_v128 v)
{
    memcpy(slots, &v, sizeof v);
}

/* The nearest integer towards zero; 0 for NaN. */
static inline uint32_t wisp_truncate_I(double a)
{
    if (a != a)
        return 0;
    return (uint32_t)(a <= INT32_MIN ? INT32_MIN : a >= INT32_MAX ? INT32_MAX : (int32_t)a);
}

static inline uint32_t wisp_truncate_U(double a)
{
    return !(a > 0) ? 0 : a >= UINT32_MAX ? UINT32_MAX : (uint32_t)a;
}

#endif
