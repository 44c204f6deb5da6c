#include "wasm/interp.h"

/*
 * The heads of compact code: numbers, so they are the same under every dispatch. Those of
 * threaded code are in interp_tail.c.
 */

void wisp_code_head(wisp_code code, uint16_t head[WISP_UNITS_HEAD])
{
    head[0] = (uint16_t)code;
}

const wisp_code_stub wisp_code_entry = {.units = {WISP_CODE_ENTRY}};
const wisp_code_stub wisp_code_exit = {.units = {WISP_CODE_EXIT}};
const wisp_code_stub wisp_code_resume = {.units = {WISP_CODE_RESUME}};
