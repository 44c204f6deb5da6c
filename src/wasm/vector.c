#include "wasm/vector_run.h"

#include "wasm/vector_code.h"
#include "wasm/vector_math.h"

/*
 * One function a form of instruction, which chooses by the number among the expressions of
 * vector_code.h: so they share what loads the operands and stores the result. [pc] is
 * such that pc[1] is the first operand.
 */

static wisp_v128 vector_at(const wisp_slot *fp, const uint16_t *unit)
{
    return wisp_v128_of_slots(&fp[*unit]);
}

#define X(number, shape, operation, result)                                                      \
    case number:                                                                                 \
        d = (wisp_v128)(result);                                                                 \
        break;

void wisp_vector_unary(wisp_slot *fp, const uint16_t *pc)
{
    wisp_v128 a = vector_at(fp, pc + 3), d = a;
    switch (pc[2]) {
        WISP_VECTOR_UNARY_CALLED(X)
    }
    wisp_v128_to_slots(&fp[pc[1]], d);
}

void wisp_vector_binary(wisp_slot *fp, const uint16_t *pc)
{
    wisp_v128 a = vector_at(fp, pc + 3), b = vector_at(fp, pc + 4), d = a;
    switch (pc[2]) {
        WISP_VECTOR_BINARY_CALLED(X)
    }
    wisp_v128_to_slots(&fp[pc[1]], d);
}

void wisp_vector_ternary(wisp_slot *fp, const uint16_t *pc)
{
    wisp_v128 a = vector_at(fp, pc + 3), b = vector_at(fp, pc + 4), c = vector_at(fp, pc + 5);
    wisp_v128 d = a;
    switch (pc[2]) {
        WISP_VECTOR_TERNARY_CALLED(X)
    }
    wisp_v128_to_slots(&fp[pc[1]], d);
}

#undef X

#define X(number, shape, operation, bits, result)                                                \
    case number:                                                                                 \
        n = count % (bits);                                                                      \
        d = (wisp_v128)(result);                                                                 \
        break;

void wisp_vector_shift(wisp_slot *fp, const uint16_t *pc)
{
    wisp_v128 a = vector_at(fp, pc + 3), d = a;
    uint32_t count = fp[pc[4]].u32, n;
    switch (pc[2]) {
        WISP_VECTOR_SHIFT(X)
        WISP_VECTOR_SHIFT_HOT(X)
    }
    wisp_v128_to_slots(&fp[pc[1]], d);
}

#undef X

#define X(number, shape, operation, result)                                                      \
    case number:                                                                                 \
        d = (result);                                                                            \
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

void wisp_vector_shuffle(wisp_slot *fp, const uint16_t *pc)
{
    uint8_t from[32], to[16], places[16];
    memcpy(from, &fp[pc[2]], 16);
    memcpy(from + 16, &fp[pc[3]], 16);
    memcpy(places, pc + 4, sizeof places);
    for (int i = 0; i < 16; i++)
        to[i] = from[places[i]];
    memcpy(&fp[pc[1]], to, sizeof to);
}
