#ifndef WISP_WASM_VECTOR_LANES_H
#define WISP_WASM_VECTOR_LANES_H

#include "wasm/vector_code.h"

/*
 * What an instruction of vector_code.h does with lanes, as a number of 16 bits. Where code must
 * be small (WISP_FEW_FORMS) it is in the code, and vector_lanes.c does one lane after the other.
 */

/* clang-format off */

/* The operations of vector_code.h whose result has wider lanes than they work on … */
#define WISP_LANES_WIDENING(X)                                                                    \
    X(EXTEND_LOW) X(EXTEND_HIGH) X(EXTMUL_LOW) X(EXTMUL_HIGH) X(EXTADD) X(DOT) X(DOT_SAT)         \
    X(PROMOTE) X(CONVERT_LOW)

/* … whose result has lanes of 32 bits, whatever they work on … */
#define WISP_LANES_TO_32(X) X(DEMOTE) X(TRUNCATE_ZERO) X(DOT_SAT_ADD)

/* … and all others. */
#define WISP_LANES_KEEPING(X)                                                                     \
    X(CONVERT) X(TRUNCATE) X(NARROW) X(SWIZZLE)                                                   \
    X(NOT) X(AND) X(ANDNOT) X(OR) X(XOR) X(SELECT)                                                \
    X(EQ) X(NE) X(LT) X(GT) X(LE) X(GE) X(NEG) X(ABS) X(ADD) X(SUB) X(MUL) X(DIV) X(MIN) X(MAX)   \
    X(ADD_SAT) X(SUB_SAT) X(Q15_MUL) X(AVERAGE) X(POPCNT) X(SHL) X(SHR)                           \
    X(PMIN) X(PMAX) X(CEIL) X(FLOOR) X(TRUNC) X(NEAREST) X(SQRT) X(MADD) X(NMADD)                 \
    X(ANY_TRUE) X(ALL_TRUE) X(BITMASK)

/* clang-format on */

typedef enum wisp_lanes {
#define X(operation) WISP_LANES_##operation,
    WISP_LANES_WIDENING(X) WISP_LANES_TO_32(X) WISP_LANES_KEEPING(X)
#undef X
} wisp_lanes;

enum { WISP_LANES_U, WISP_LANES_I, WISP_LANES_F };
enum { WISP_LANES_8, WISP_LANES_16, WISP_LANES_32, WISP_LANES_64 }; /* log2 of the bytes */

#define WISP_LANES_OF(operation, kind, bits)                                                     \
    (WISP_LANES_##operation << 4 | WISP_LANES_##kind << 2 | WISP_LANES_##bits)

#endif
