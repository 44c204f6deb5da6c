#include "wasm/interp.h"

/*
 * Where compact code begins and returns to: heads are numbers, so they are the same under every
 * dispatch. Those of threaded code are in interp_tail.c.
 */

const wisp_code_stub wisp_code_entry = {.units = {WISP_CODE_ENTRY}};
const wisp_code_stub wisp_code_exit = {.units = {WISP_CODE_EXIT}};
const wisp_code_stub wisp_code_resume = {.units = {WISP_CODE_RESUME}};
