#include "wasm/interp.h"

/*
 * Dispatch by computed gotos, all handlers in one function: right under every compiler flag
 * and sanitizer, where interp_tail.c depends on tail calls.
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
    DISPATCH;

#include "wasm/ops.inc"

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
