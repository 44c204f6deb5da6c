#include "wasm/slow.h"

/*
 * Wide arithmetic: 128-bit integers as two slots, the low half first. The two halves of the
 * result go to two slots in a row.
 */

static void add128(wisp_slot *to, uint64_t a_low, uint64_t a_high, uint64_t b_low,
                   uint64_t b_high)
{
    uint64_t low = a_low + b_low;
    to[0].u64 = low;
    to[1].u64 = a_high + b_high + (low < a_low);
}

wisp_trap_code wisp_slow_i64_add128(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    (void)x;
    add128(&fp[pc[1]], fp[pc[2]].u64, fp[pc[3]].u64, fp[pc[4]].u64, fp[pc[5]].u64);
    return WISP_TRAP_NONE;
}

wisp_trap_code wisp_slow_i64_sub128(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    (void)x;
    uint64_t a = fp[pc[2]].u64, b = fp[pc[4]].u64;
    uint64_t high = fp[pc[3]].u64 - fp[pc[5]].u64 - (a < b);
    fp[pc[1]].u64 = a - b;
    fp[pc[1] + 1].u64 = high;
    return WISP_TRAP_NONE;
}

/* The product of two unsigned numbers, from those of their halves. */
static void multiply(wisp_slot *to, uint64_t a, uint64_t b)
{
    uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;
    uint64_t low = a_low * b_low;
    uint64_t middle = a_high * b_low + (low >> 32);
    uint64_t carried = (uint32_t)middle + a_low * b_high;
    to[0].u64 = carried << 32 | (uint32_t)low;
    to[1].u64 = a_high * b_high + (middle >> 32) + (carried >> 32);
}

wisp_trap_code wisp_slow_i64_mul_wide_u(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    (void)x;
    multiply(&fp[pc[1]], fp[pc[2]].u64, fp[pc[3]].u64);
    return WISP_TRAP_NONE;
}

/* A negative number is what it would be without the sign, less 2^64. */
wisp_trap_code wisp_slow_i64_mul_wide_s(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    (void)x;
    uint64_t a = fp[pc[2]].u64, b = fp[pc[3]].u64;
    multiply(&fp[pc[1]], a, b);
    fp[pc[1] + 1].u64 -= (a >> 63 ? b : 0) + (b >> 63 ? a : 0);
    return WISP_TRAP_NONE;
}
