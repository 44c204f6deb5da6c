#ifndef WISP_WASM_SLOW_H
#define WISP_WASM_SLOW_H

#include "wasm/runtime.h"

/*
 * Instructions that are C functions. [pc] is at the instruction, [fp] is slot 0. They
 * return NONE to go on; those that may move the memory reload it in [x].
 */
#define X(name, function, units)                                                                 \
    wisp_trap_code wisp_slow_##function(wisp_exec *x, wisp_slot *fp, const uint16_t *pc);
WISP_CODE_SLOW(X)
#undef X

#endif
