#include "wasm/vector_run.h"

#include "wasm/vector_code.h"
#include "wasm/vector_math.h"

/*
 * Vector instructions by whole vectors. One function a form of instruction, which chooses by the
 * number among the operations of vector_math.h: so they share what loads the operands and stores
 * the result. [pc] is such that pc[1] is the first operand.
 */

static wisp_v128 vector_at(const wisp_slot *fp, const uint16_t *unit)
{
    return wisp_v128_of_slots(&fp[*unit]);
}

#define CASE(number, result)                                                                     \
    case number:                                                                                 \
        d = (wisp_v128)(result);                                                                 \
        break;

#define X(number, shape, name, operation, kind, bits) CASE(number, V_##operation(kind, bits, a))
void wisp_vector_unary(wisp_slot *fp, const uint16_t *pc)
{
    wisp_v128 a = vector_at(fp, pc + 3), d = a;
    switch (pc[2]) {
        WISP_VECTOR_UNARY(X)
    }
    wisp_v128_to_slots(&fp[pc[1]], d);
}
#undef X

#define X(number, shape, name, operation, kind, bits)                                            \
    CASE(number, V_##operation(kind, bits, a, b))
void wisp_vector_binary(wisp_slot *fp, const uint16_t *pc)
{
    wisp_v128 a = vector_at(fp, pc + 3), b = vector_at(fp, pc + 4), d = a;
    switch (pc[2]) {
        WISP_VECTOR_BINARY(X)
    }
    wisp_v128_to_slots(&fp[pc[1]], d);
}
#undef X

#define X(number, shape, name, operation, kind, bits)                                            \
    CASE(number, V_##operation(kind, bits, a, b, c))
void wisp_vector_ternary(wisp_slot *fp, const uint16_t *pc)
{
    wisp_v128 a = vector_at(fp, pc + 3), b = vector_at(fp, pc + 4), c = vector_at(fp, pc + 5);
    wisp_v128 d = a;
    switch (pc[2]) {
        WISP_VECTOR_TERNARY(X)
    }
    wisp_v128_to_slots(&fp[pc[1]], d);
}
#undef X

#define X(number, shape, name, operation, kind, bits)                                            \
    CASE(number, (n = count % (bits), V_##operation(kind, bits, a, n)))
void wisp_vector_shift(wisp_slot *fp, const uint16_t *pc)
{
    wisp_v128 a = vector_at(fp, pc + 3), d = a;
    uint32_t count = fp[pc[4]].u32, n;
    switch (pc[2]) {
        WISP_VECTOR_SHIFT(X)
        WISP_VECTOR_SHIFT_DIRECT(X)
    }
    wisp_v128_to_slots(&fp[pc[1]], d);
}
#undef X

#define X(number, shape, name, operation, kind, bits)                                            \
    case number:                                                                                 \
        d = V_##operation(kind, bits, a);                                                        \
        break;
void wisp_vector_test(wisp_slot *fp, const uint16_t *pc)
{
    wisp_v128 a = vector_at(fp, pc + 3);
    uint32_t d = 0;
    switch (pc[2]) {
        WISP_VECTOR_TEST(X)
    }
    fp[pc[1]].u32 = d;
}
#undef X
