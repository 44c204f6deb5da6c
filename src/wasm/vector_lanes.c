#include "wasm/vector_lanes.h"

#include "wasm/vector.h"
#include "wasm/vector_run.h"

/*
 * Vector instructions for builds that must be small: one lane after the other, as a number of 64
 * bits. A vector is seen as two such numbers, so that the machine's byte order does not matter.
 */

/* What an instruction says of its operands' lanes. */
typedef struct lanes {
    uint32_t operation;
    uint32_t kind;
    uint32_t log2;  /* of the bytes of a lane */
    uint32_t count; /* of operands */
} lanes;

enum { FIRST_TO_32 = WISP_LANES_DEMOTE, FIRST_KEEPING = WISP_LANES_CONVERT };

/* Lane [i] of [v]: a signed number keeps its sign, of a float it is the bits. */
static uint64_t get(const wisp_v128 *v, uint32_t kind, uint32_t log2, uint32_t i)
{
    uint32_t bits = 8u << log2, at = i * bits, unused = 64 - bits;
    uint64_t lane = (*v)[WISP_LANE(2, at / 64)] >> at % 64 << unused;
    return kind == WISP_LANES_I ? (uint64_t)((int64_t)lane >> unused) : lane >> unused;
}

/* Sets lane [i], which is 0. */
static void put(wisp_v128 *v, uint32_t log2, uint32_t i, uint64_t value)
{
    uint32_t bits = 8u << log2, at = i * bits, unused = 64 - bits;
    (*v)[WISP_LANE(2, at / 64)] |= value << unused >> unused << at % 64;
}

/* A float of so many bytes, from its bits and to them. Rounding twice, to a double and then to a
 * float, gives what rounding once does, for all that is done here. */
static double number_of(uint64_t bits, uint32_t log2)
{
    wisp_slot slot = {.u64 = bits};
    if (log2 == WISP_LANES_64)
        return slot.f64;
    slot.u32 = (uint32_t)bits;
    return (double)slot.f32;
}

static uint64_t bits_of(double number, uint32_t log2)
{
    wisp_slot slot = {.f64 = wisp_f64_result(number)};
    if (log2 == WISP_LANES_64)
        return slot.u64;
    slot.f32 = wisp_f32_result((float)number);
    return slot.u32;
}

/* ------------------------------------------------------------------ integers */

/* The nearest number that a lane can have. */
static uint64_t clamp(uint32_t kind, uint32_t log2, int64_t value)
{
    uint32_t bits = 8u << log2;
    int64_t end = (int64_t)1 << (kind == WISP_LANES_I ? bits - 1 : bits);
    int64_t least = kind == WISP_LANES_I ? -end : 0;
    return (uint64_t)(value < least ? least : value >= end ? end - 1 : value);
}

static uint64_t count_ones(uint64_t a)
{
    uint64_t count = 0;
    for (; a; a &= a - 1)
        count++;
    return count;
}

static uint64_t mask_of(bool is_true)
{
    return -(uint64_t)is_true;
}

/* Cases for two numbers of one type, integers or floats. */
#define COMPARISONS(x, y)                                                                        \
    case WISP_LANES_EQ:                                                                          \
        return mask_of((x) == (y));                                                              \
    case WISP_LANES_NE:                                                                          \
        return mask_of((x) != (y));                                                              \
    case WISP_LANES_LT:                                                                          \
        return mask_of((x) < (y));                                                               \
    case WISP_LANES_GT:                                                                          \
        return mask_of((x) > (y));                                                               \
    case WISP_LANES_LE:                                                                          \
        return mask_of((x) <= (y));                                                              \
    case WISP_LANES_GE:                                                                          \
        return mask_of((x) >= (y));

/* Unsigned numbers of 64 bits are never compared, so that all can be as signed ones. */
static uint64_t on_integers(const lanes *l, uint64_t a, uint64_t b, uint64_t c)
{
    int64_t x = (int64_t)a, y = (int64_t)b;
    uint32_t n = b & ((8u << l->log2) - 1);
    switch (l->operation) {
    case WISP_LANES_NOT:
        return ~a;
    case WISP_LANES_AND:
        return a & b;
    case WISP_LANES_ANDNOT:
        return a & ~b;
    case WISP_LANES_OR:
        return a | b;
    case WISP_LANES_XOR:
        return a ^ b;
    case WISP_LANES_SELECT:
        return (a & c) | (b & ~c);
        COMPARISONS(x, y)
    case WISP_LANES_MIN:
        return x < y ? a : b;
    case WISP_LANES_MAX:
        return x > y ? a : b;
    case WISP_LANES_ABS:
        return x < 0 ? -a : a;
    case WISP_LANES_NEG:
        return -a;
    case WISP_LANES_ADD:
        return a + b;
    case WISP_LANES_SUB:
        return a - b;
    case WISP_LANES_MUL:
        return a * b;
    case WISP_LANES_ADD_SAT:
        return clamp(l->kind, l->log2, x + y);
    case WISP_LANES_SUB_SAT:
        return clamp(l->kind, l->log2, x - y);
    case WISP_LANES_Q15_MUL:
        return clamp(l->kind, l->log2, (x * y + 0x4000) >> 15);
    case WISP_LANES_AVERAGE:
        return (a + b + 1) >> 1;
    case WISP_LANES_SHL:
        return a << n;
    case WISP_LANES_SHR:
        return l->kind == WISP_LANES_I ? (uint64_t)(x >> n) : a >> n;
    }
    return count_ones(a);
}

/* ------------------------------------------------------------------ floats */

static uint64_t on_floats(const lanes *l, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t sign = (uint64_t)1 << ((8u << l->log2) - 1);
    double x = number_of(a, l->log2), y = number_of(b, l->log2);
    switch (l->operation) {
    case WISP_LANES_NEG:
        return a ^ sign;
    case WISP_LANES_ABS:
        return a & ~sign;
        COMPARISONS(x, y)
    case WISP_LANES_PMIN:
        return y < x ? b : a;
    case WISP_LANES_PMAX:
        return x < y ? b : a;
    case WISP_LANES_MIN:
        x = wisp_f64_min(x, y);
        break;
    case WISP_LANES_MAX:
        x = wisp_f64_max(x, y);
        break;
    case WISP_LANES_ADD:
        x += y;
        break;
    case WISP_LANES_SUB:
        x -= y;
        break;
    case WISP_LANES_MUL:
        x *= y;
        break;
    case WISP_LANES_DIV:
        x /= y;
        break;
    case WISP_LANES_NMADD:
        x = -x;
        /* fallthrough */
    case WISP_LANES_MADD: /* the product is rounded, too */
        x = number_of(bits_of(x * y, l->log2), l->log2) + number_of(c, l->log2);
        break;
    case WISP_LANES_SQRT:
        x = sqrt(x);
        break;
    case WISP_LANES_CEIL:
        x = ceil(x);
        break;
    case WISP_LANES_FLOOR:
        x = floor(x);
        break;
    case WISP_LANES_TRUNC:
        x = trunc(x);
        break;
    case WISP_LANES_NEAREST:
        x = rint(x);
        break;
    }
    return bits_of(wisp_f64_quiet(x), l->log2);
}

/* ------------------------------------------------------------------ other lanes */

/* Lane [i], or the product of both if there are two. */
static uint64_t product(const lanes *l, const wisp_v128 *v, uint32_t i)
{
    uint64_t a = get(&v[0], l->kind, l->log2, i);
    return l->count > 1 ? a * get(&v[1], l->kind, l->log2, i) : a;
}

static uint64_t pair(const lanes *l, const wisp_v128 *v, uint32_t i)
{
    return product(l, v, 2 * i) + product(l, v, 2 * i + 1);
}

static uint64_t saturated_pair(const lanes *l, const wisp_v128 *v, uint32_t i)
{
    return clamp(WISP_LANES_I, WISP_LANES_16, (int64_t)pair(l, v, i));
}

/* The bits of lane [i] as a float of other bytes. */
static uint64_t converted(const lanes *l, const wisp_v128 *v, uint32_t i, uint32_t to)
{
    uint64_t a = get(v, l->kind, l->log2, i);
    return bits_of(l->kind == WISP_LANES_F ? number_of(a, l->log2) : (double)(int64_t)a, to);
}

/* Lane [i] of floats of so many bytes as an integer. */
static uint64_t truncated(const lanes *l, const wisp_v128 *v, uint32_t i, uint32_t from)
{
    double a = number_of(get(v, WISP_LANES_F, from, i), from);
    return l->kind == WISP_LANES_I ? wisp_truncate_I(a) : wisp_truncate_U(a);
}

/* Lane [i] of the result of [v], a lane of which has [to] bytes. */
static uint64_t lane_of(const lanes *l, const wisp_v128 *v, uint32_t i, uint32_t to)
{
    uint32_t half = 8u >> l->log2;
    uint64_t b;
    switch (l->operation) {
    case WISP_LANES_EXTEND_LOW:
    case WISP_LANES_EXTMUL_LOW:
        return product(l, v, i);
    case WISP_LANES_EXTEND_HIGH:
    case WISP_LANES_EXTMUL_HIGH:
        return product(l, v, half + i);
    case WISP_LANES_EXTADD:
    case WISP_LANES_DOT:
        return pair(l, v, i);
    case WISP_LANES_DOT_SAT:
        return saturated_pair(l, v, i);
    case WISP_LANES_DOT_SAT_ADD:
        return saturated_pair(l, v, 2 * i) + saturated_pair(l, v, 2 * i + 1) +
               get(&v[2], WISP_LANES_U, to, i);
    case WISP_LANES_DEMOTE:
    case WISP_LANES_PROMOTE:
    case WISP_LANES_CONVERT:
    case WISP_LANES_CONVERT_LOW:
        return converted(l, v, i, to);
    case WISP_LANES_TRUNCATE:
        return truncated(l, v, i, WISP_LANES_32);
    case WISP_LANES_TRUNCATE_ZERO:
        return truncated(l, v, i, WISP_LANES_64);
    case WISP_LANES_NARROW:
        return clamp(l->kind, l->log2,
                     (int64_t)get(&v[i / half], WISP_LANES_I, l->log2 + 1, i % half));
    case WISP_LANES_SWIZZLE:
        b = get(&v[1], WISP_LANES_U, WISP_LANES_8, i);
        return b < 16 ? get(v, WISP_LANES_U, WISP_LANES_8, (uint32_t)b) : 0;
    }
    return (l->kind == WISP_LANES_F ? on_floats : on_integers)(l, get(&v[0], l->kind, l->log2, i),
                                                               get(&v[1], l->kind, l->log2, i),
                                                               get(&v[2], l->kind, l->log2, i));
}

static wisp_v128 apply(const lanes *l, const wisp_v128 *v)
{
    bool is_halving =
        l->operation == WISP_LANES_DEMOTE || l->operation == WISP_LANES_TRUNCATE_ZERO;
    uint32_t to = l->operation < FIRST_TO_32     ? l->log2 + 1
                  : l->operation < FIRST_KEEPING ? WISP_LANES_32
                                                 : l->log2;
    uint32_t count = is_halving ? 2 : 16u >> to;
    wisp_v128 d = {0};
    for (uint32_t i = 0; i < count; i++)
        put(&d, to, i, lane_of(l, v, i, to));
    return d;
}

/* ------------------------------------------------------------------ instructions */

static lanes lanes_of(uint16_t which, uint32_t count)
{
    return (lanes){which >> 4, which >> 2 & 3, which & 3, count};
}

/* Of [count] vectors. */
static void run(wisp_slot *fp, const uint16_t *pc, uint32_t count)
{
    lanes l = lanes_of(pc[2], count);
    wisp_v128 v[3] = {{0}};
    for (uint32_t i = 0; i < count; i++)
        v[i] = wisp_v128_of_slots(&fp[pc[3 + i]]);
    wisp_v128_to_slots(&fp[pc[1]], apply(&l, v));
}

void wisp_vector_unary(wisp_slot *fp, const uint16_t *pc)
{
    run(fp, pc, 1);
}

void wisp_vector_binary(wisp_slot *fp, const uint16_t *pc)
{
    run(fp, pc, 2);
}

void wisp_vector_ternary(wisp_slot *fp, const uint16_t *pc)
{
    run(fp, pc, 3);
}

/* The count is the second operand of every lane. */
void wisp_vector_shift(wisp_slot *fp, const uint16_t *pc)
{
    lanes l = lanes_of(pc[2], 2);
    uint64_t counts = (fp[pc[4]].u32 & 63) * (uint64_t)0x0101010101010101;
    wisp_v128 v[3] = {wisp_v128_of_slots(&fp[pc[3]]), {counts, counts}};
    wisp_v128_to_slots(&fp[pc[1]], apply(&l, v));
}

void wisp_vector_test(wisp_slot *fp, const uint16_t *pc)
{
    lanes l = lanes_of(pc[2], 1);
    wisp_v128 v = wisp_v128_of_slots(&fp[pc[3]]);
    uint32_t count = 16u >> l.log2, not_zero = 0, signs = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t lane = get(&v, WISP_LANES_I, l.log2, i);
        not_zero += lane != 0;
        signs |= (uint32_t)(lane >> 63) << i;
    }
    fp[pc[1]].u32 = l.operation == WISP_LANES_BITMASK    ? signs
                    : l.operation == WISP_LANES_ALL_TRUE ? not_zero == count
                                                         : not_zero != 0;
}
