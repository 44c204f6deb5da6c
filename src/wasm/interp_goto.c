#include "wasm/interp.h"

#ifndef WISP_COMPACT_CODE
#error "labels are no handlers: build with WISP_COMPACT_CODE"
#endif

/*
 * Dispatch by computed gotos, all handlers in one function: right under every compiler flag
 * and sanitizer, where interp_tail.c depends on tail calls. The addresses of labels are known
 * inside the function only, so code is compact.
 */

#define OP(name)   L_##name:
#define STEP(name) L_##name:
#define DISPATCH   goto *labels[*pc]
#define GOTO(name) goto L_##name
#define TRAP(name) goto trap_##name
#define STOP       goto stop

void wisp_interp_run(const uint16_t *pc, wisp_slot *fp, uint8_t *mem, wisp_exec *x)
{
    static const void *const labels[WISP_CODE_COUNT] = {
#define CODE(name) &&L_##name,
#include "wasm/code_names.inc"
#undef CODE
    };
    uint64_t mem_size = x->memory_size;
    WISP_ACC(uint64_t acc = 0; double acc_f64 = 0; float acc_f32 = 0;)
    DISPATCH;

#include "wasm/ops.inc"
#include "wasm/ops_loop.inc"
#include "wasm/ops_move.inc"
#include "wasm/ops_number.inc"
#include "wasm/ops_memory.inc"
#include "wasm/ops_memory_rare.inc"
#include "wasm/ops_call.inc"
#include "wasm/ops_vector.inc"

    TRAPS_AND_STOP
}
