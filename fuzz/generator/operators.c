#include "state.h"

/* All instructions that are a function of numbers, alike ones in one row. */
static const numeric_op OPERATORS[] = {
    {0, 0x45, 0x45, 0, "ii", PLAIN},          /* i32.eqz */
    {0, 0x46, 0x4f, 0, "iii", PLAIN},         /* i32.eq … ge_u */
    {0, 0x50, 0x50, 0, "iI", PLAIN},          /* i64.eqz */
    {0, 0x51, 0x5a, 0, "iII", PLAIN},         /* i64.eq … ge_u */
    {0, 0x5b, 0x60, 0, "iff", PLAIN},         /* f32.eq … ge */
    {0, 0x61, 0x66, 0, "iFF", PLAIN},         /* f64.eq … ge */
    {0, 0x67, 0x69, 0, "ii", PLAIN},          /* i32.clz … popcnt */
    {0, 0x6a, 0x6c, 0, "iii", PLAIN},         /* i32.add, sub, mul */
    {0, 0x6d, 0x70, 0, "iii", DIVIDES},       /* i32.div_s … rem_u */
    {0, 0x71, 0x78, 0, "iii", PLAIN},         /* i32.and … rotr */
    {0, 0x79, 0x7b, 0, "II", PLAIN},          /* i64.clz … popcnt */
    {0, 0x7c, 0x7e, 0, "III", PLAIN},         /* i64.add, sub, mul */
    {0, 0x7f, 0x82, 0, "III", DIVIDES},       /* i64.div_s … rem_u */
    {0, 0x83, 0x8a, 0, "III", PLAIN},         /* i64.and … rotr */
    {0, 0x8b, 0x91, 0, "ff", PLAIN},          /* f32.abs … sqrt */
    {0, 0x92, 0x97, 0, "fff", PLAIN},         /* f32.add … max */
    {0, 0x98, 0x98, 0, "fff", LOOKS_AT_LAST}, /* f32.copysign */
    {0, 0x99, 0x9f, 0, "FF", PLAIN},          /* f64.abs … sqrt */
    {0, 0xa0, 0xa5, 0, "FFF", PLAIN},         /* f64.add … max */
    {0, 0xa6, 0xa6, 0, "FFF", LOOKS_AT_LAST}, /* f64.copysign */
    {0, 0xa7, 0xa7, 0, "iI", PLAIN},          /* i32.wrap */
    {0, 0xa8, 0xa9, 0, "if", TRAPS_OFTEN},    /* i32.trunc */
    {0, 0xaa, 0xab, 0, "iF", TRAPS_OFTEN},
    {0, 0xac, 0xad, 0, "Ii", PLAIN},       /* i64.extend_i32 */
    {0, 0xae, 0xaf, 0, "If", TRAPS_OFTEN}, /* i64.trunc */
    {0, 0xb0, 0xb1, 0, "IF", TRAPS_OFTEN},
    {0, 0xb2, 0xb3, 0, "fi", PLAIN}, /* f32.convert */
    {0, 0xb4, 0xb5, 0, "fI", PLAIN},
    {0, 0xb6, 0xb6, 0, "fF", PLAIN}, /* f32.demote */
    {0, 0xb7, 0xb8, 0, "Fi", PLAIN}, /* f64.convert */
    {0, 0xb9, 0xba, 0, "FI", PLAIN},
    {0, 0xbb, 0xbb, 0, "Ff", PLAIN},         /* f64.promote */
    {0, 0xbc, 0xbc, 0, "if", LOOKS_AT_LAST}, /* reinterpret */
    {0, 0xbd, 0xbd, 0, "IF", LOOKS_AT_LAST},
    {0, 0xbe, 0xbe, 0, "fi", PLAIN},
    {0, 0xbf, 0xbf, 0, "FI", PLAIN},
    {0, 0xc0, 0xc1, 0, "ii", PLAIN}, /* i32.extend8_s, 16 */
    {0, 0xc2, 0xc4, 0, "II", PLAIN}, /* i64.extend8_s … 32 */
    {0xfc, 0, 1, 0, "if", PLAIN},    /* trunc_sat */
    {0xfc, 2, 3, 0, "iF", PLAIN},
    {0xfc, 4, 5, 0, "If", PLAIN},
    {0xfc, 6, 7, 0, "IF", PLAIN},
    {0xfd, 14, 14, 0, "VVV", PLAIN}, /* i8x16.swizzle */
    {0xfd, 15, 17, 0, "Vi", PLAIN},  /* splat */
    {0xfd, 18, 18, 0, "VI", PLAIN},
    {0xfd, 19, 19, 0, "Vf", LOOKS_AT_LAST},
    {0xfd, 20, 20, 0, "VF", LOOKS_AT_LAST},
    {0xfd, 21, 22, 16, "iV", PLAIN}, /* lanes: i8x16 */
    {0xfd, 23, 23, 16, "VVi", PLAIN},
    {0xfd, 24, 25, 8, "iV", PLAIN}, /* i16x8 */
    {0xfd, 26, 26, 8, "VVi", PLAIN},
    {0xfd, 27, 27, 4, "iV", PLAIN}, /* i32x4 */
    {0xfd, 28, 28, 4, "VVi", PLAIN},
    {0xfd, 29, 29, 2, "IV", PLAIN}, /* i64x2 */
    {0xfd, 30, 30, 2, "VVI", PLAIN},
    {0xfd, 31, 31, 4, "fV", PLAIN}, /* f32x4 */
    {0xfd, 32, 32, 4, "VVf", LOOKS_AT_LAST},
    {0xfd, 33, 33, 2, "FV", PLAIN}, /* f64x2 */
    {0xfd, 34, 34, 2, "VVF", LOOKS_AT_LAST},
    {0xfd, 35, 76, 0, "VVV", PLAIN},          /* comparisons */
    {0xfd, 77, 77, 0, "VV", PLAIN},           /* v128.not */
    {0xfd, 78, 81, 0, "VVV", PLAIN},          /* v128.and … xor */
    {0xfd, 82, 82, 0, "VVVV", PLAIN},         /* v128.bitselect */
    {0xfd, 83, 83, 0, "iV", PLAIN},           /* v128.any_true */
    {0xfd, 94, 95, 0, "VV", MAKES_NAN_LANES}, /* demote, promote */
    {0xfd, 96, 98, 0, "VV", PLAIN},           /* i8x16 */
    {0xfd, 99, 100, 0, "iV", PLAIN},
    {0xfd, 101, 102, 0, "VVV", PLAIN},
    {0xfd, 103, 106, 0, "VV", MAKES_NAN_LANES}, /* f32x4.ceil … nearest */
    {0xfd, 107, 109, 0, "VVi", PLAIN},
    {0xfd, 110, 115, 0, "VVV", PLAIN},
    {0xfd, 116, 117, 0, "VV", MAKES_NAN_LANES}, /* f64x2.ceil, floor */
    {0xfd, 118, 121, 0, "VVV", PLAIN},
    {0xfd, 122, 122, 0, "VV", MAKES_NAN_LANES}, /* f64x2.trunc */
    {0xfd, 123, 123, 0, "VVV", PLAIN},
    {0xfd, 124, 129, 0, "VV", PLAIN}, /* extadd_pairwise; i16x8 */
    {0xfd, 130, 130, 0, "VVV", PLAIN},
    {0xfd, 131, 132, 0, "iV", PLAIN},
    {0xfd, 133, 134, 0, "VVV", PLAIN},
    {0xfd, 135, 138, 0, "VV", PLAIN},
    {0xfd, 139, 141, 0, "VVi", PLAIN},
    {0xfd, 142, 147, 0, "VVV", PLAIN},
    {0xfd, 148, 148, 0, "VV", MAKES_NAN_LANES}, /* f64x2.nearest */
    {0xfd, 149, 153, 0, "VVV", PLAIN},
    {0xfd, 155, 159, 0, "VVV", PLAIN},
    {0xfd, 160, 161, 0, "VV", PLAIN}, /* i32x4 */
    {0xfd, 163, 164, 0, "iV", PLAIN},
    {0xfd, 167, 170, 0, "VV", PLAIN},
    {0xfd, 171, 173, 0, "VVi", PLAIN},
    {0xfd, 174, 174, 0, "VVV", PLAIN},
    {0xfd, 177, 177, 0, "VVV", PLAIN},
    {0xfd, 181, 186, 0, "VVV", PLAIN},
    {0xfd, 188, 191, 0, "VVV", PLAIN},
    {0xfd, 192, 193, 0, "VV", PLAIN}, /* i64x2 */
    {0xfd, 195, 196, 0, "iV", PLAIN},
    {0xfd, 199, 202, 0, "VV", PLAIN},
    {0xfd, 203, 205, 0, "VVi", PLAIN},
    {0xfd, 206, 206, 0, "VVV", PLAIN},
    {0xfd, 209, 209, 0, "VVV", PLAIN},
    {0xfd, 213, 223, 0, "VVV", PLAIN},
    {0xfd, 224, 225, 0, "VV", PLAIN}, /* f32x4.abs, neg */
    {0xfd, 227, 227, 0, "VV", MAKES_NAN_LANES},
    {0xfd, 228, 235, 0, "VVV", MAKES_NAN_LANES},
    {0xfd, 236, 237, 0, "VV", PLAIN}, /* f64x2.abs, neg */
    {0xfd, 239, 239, 0, "VV", MAKES_NAN_LANES},
    {0xfd, 240, 247, 0, "VVV", MAKES_NAN_LANES},
    {0xfd, 248, 253, 0, "VV", PLAIN}, /* trunc_sat, convert */
    {0xfd, 254, 255, 0, "VV", PLAIN}, /* f64x2.convert_low */
};

uint8_t type_of_letter(char letter)
{
    switch (letter) {
    case 'i':
        return I32;
    case 'I':
        return I64;
    case 'f':
        return F32;
    case 'F':
        return F64;
    default:
        return V128;
    }
}

static bool is_possible(const generator *g, const numeric_op *op, uint8_t type)
{
    return type_of_letter(op->signature[0]) == type &&
           (op->prefix != 0xfd || has(g, WISP_FEATURE_SIMD));
}

const numeric_op *pick_operator(generator *g, uint8_t type, uint8_t *opcode)
{
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof OPERATORS / sizeof *OPERATORS; i++)
        count += is_possible(g, &OPERATORS[i], type);
    uint32_t left = pick(g, count);
    const numeric_op *op = OPERATORS;
    while (!is_possible(g, op, type) || left-- > 0)
        op++;
    *opcode = (uint8_t)(op->first + pick(g, op->last - op->first + 1u));
    return op;
}
