#ifndef WISP_WASM_INSTRUCTION_NAME_H
#define WISP_WASM_INSTRUCTION_NAME_H

#include <stdint.h>

/*
 * What errors call an instruction: its name in the text format, or its numbers where code must be
 * small (instruction_name_none.c).
 */

enum { WISP_INSTRUCTION_NAME_MAX = 32 };

/* Whether [byte] stands before the number of an instruction. */
static inline int wisp_instruction_is_prefix(uint8_t byte)
{
    return byte >= 0xfc && byte <= 0xfe;
}

/* That of the one that is [byte] and, behind a prefix, [number]. Static, or in [text]. */
const char *wisp_instruction_name(uint8_t byte, uint32_t number,
                                  char text[WISP_INSTRUCTION_NAME_MAX]);

#endif
