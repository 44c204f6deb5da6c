#ifndef WISP_WASM_VECTOR_RUN_H
#define WISP_WASM_VECTOR_RUN_H

#include "wasm/slot.h"
#include "wasm/vector_code.h"

/* The vector instructions that are C functions: pc[1] is the first operand, [fp] slot 0. */
#define X(name, function, units) void wisp_vector_##function(wisp_slot *fp, const uint16_t *pc);
WISP_CODE_VECTOR_CALL(X)
#undef X

#endif
