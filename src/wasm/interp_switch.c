#include "wasm/interp.h"

/*
 * Dispatch by one switch, which all handlers go back to: the smallest, and for processors that do
 * not predict indirect jumps no slower than the others. Where those are predicted, by their
 * place, one place for all is what makes it slower than interp_tail.c.
 */

#define OP(name)   case WISP_CODE_##name:
#define STEP(name) step_##name:
#define DISPATCH   goto dispatch
#define GOTO(name) goto step_##name
#define TRAP(name) goto trap_##name
#define STOP       goto stop

void wisp_interp_run(const uint16_t *pc, wisp_slot *fp, uint8_t *mem, wisp_exec *x)
{
    uint64_t mem_size = x->memory_size;
    WISP_ACC(uint64_t acc = 0; double acc_f64 = 0; float acc_f32 = 0;)

dispatch:
    switch (*pc) {
#include "wasm/ops.inc"
#include "wasm/ops_move.inc"
#include "wasm/ops_number.inc"
#include "wasm/ops_memory.inc"
#include "wasm/ops_memory_rare.inc"
#include "wasm/ops_call.inc"
#include "wasm/ops_vector.inc"
    default: /* the compiler emits no other code */
        __builtin_unreachable();
    }

#define X(name, text)                                                                            \
    trap_##name : __attribute__((unused));                                                       \
    x->trap = WISP_TRAP_##name;                                                                  \
    goto stop;
    WISP_TRAPS(X)
#undef X

stop:
    x->pc = pc;
    x->frame = fp;
}
