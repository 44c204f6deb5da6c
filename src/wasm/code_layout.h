#ifndef WISP_WASM_CODE_LAYOUT_H
#define WISP_WASM_CODE_LAYOUT_H

#include <stdbool.h>

#include "wasm/code.h"

/*
 * What the units behind the head of each register instruction are, for those who read code
 * (listing.c) and do not run it. A layout has a letter for each operand:
 *
 *     d  slot that the result goes to     a  the accumulator of the type, of no units
 *     s  slot that is read                _  the idle d of a result in the accumulator
 *     n  number of 1 unit                 i  integer of 2 units, sign-extended
 *     f  f32 of 2 units                   F  f64 of 4 units
 *     C  constant's bits, 4 units         V  the same of 8 units
 *     o  offset in memory, 2 units        O  the same of 4 units
 *     x  index, 2 units                   c  pointer to a wisp_function, 4 units
 *     j  jump of 2 units                  w  weight of a loop, 2 units
 *     t  number of the last jump, 2 units, and all jumps
 *     k  code of an instruction, 1 unit
 */

/* The name; "?" for a number that is none. Static. */
const char *wisp_code_name(uint32_t code);
/* The layout; NULL for joined ones and for those that are never in code. Static. */
const char *wisp_code_layout(uint32_t code);
/* The two that a joined instruction is made of; false for any other. */
bool wisp_code_is_joined(uint32_t code, uint32_t *first, uint32_t *second);

/* Units of one operand of a layout, at [at]. */
uint32_t wisp_code_operand_units(char operand, const uint16_t *at);
/* Units of the whole instruction at [at]. */
uint32_t wisp_code_units(uint32_t code, const uint16_t *at);

#endif
