#include "wasm/instruction_name.h"

#include <stdio.h>

const char *wisp_instruction_name(uint8_t byte, uint32_t number,
                                  char text[WISP_INSTRUCTION_NAME_MAX])
{
    snprintf(text, WISP_INSTRUCTION_NAME_MAX,
             wisp_instruction_is_prefix(byte) ? "instruction 0x%x %u" : "instruction 0x%x", byte,
             number);
    return text;
}
