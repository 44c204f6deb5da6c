#include "wasm/interp.h"

/*
 * Dispatch by tail calls: each handler is a function that ends by jumping to the next one.
 * The state stays in argument registers, and the compiler sees small functions that it can
 * keep free of spills.
 *
 * The compiler must turn every such call into a jump, or the C stack grows with each
 * instruction. clang is told so; gcc does it at -O2 because all signatures agree, and
 * tests/wasm/tail_calls.sh looks at the machine code. Where it would not (gcc without
 * optimisation, or with a sanitizer), the build takes interp_goto.c instead.
 */

#if defined(__has_attribute)
#if __has_attribute(musttail)
#define TAIL __attribute__((musttail)) return
#endif
#endif
#ifndef TAIL
#define TAIL return
#endif

#define STATE const uint16_t *pc, wisp_slot *fp, uint8_t *mem, wisp_exec *x
#define OP(name)                                                                                 \
    static void op_##name(STATE);                                                                \
    static void op_##name(STATE)
#define STEP(name)                                                                               \
    __attribute__((noinline)) static void op_##name(STATE);                                      \
    static void op_##name(STATE)
#define DISPATCH   TAIL handlers[*pc](pc, fp, mem, x)
#define GOTO(name) TAIL op_##name(pc, fp, mem, x)
#define TRAP(name) TAIL trap_##name(pc, fp, mem, x)
#define STOP                                                                                     \
    do {                                                                                         \
        x->pc = pc;                                                                              \
        x->frame = fp;                                                                           \
        (void)mem;                                                                               \
        return;                                                                                  \
    } while (0)

typedef void handler(STATE);

static handler *const handlers[WISP_CODE_COUNT];

#define X(name, text)                                                                            \
    __attribute__((noinline, cold, unused)) static void trap_##name(STATE)                       \
    {                                                                                            \
        x->trap = WISP_TRAP_##name;                                                              \
        STOP;                                                                                    \
    }
WISP_TRAPS(X)
#undef X

#include "wasm/ops.inc"

static handler *const handlers[WISP_CODE_COUNT] = {
#define CODE(name) op_##name,
#include "wasm/code_names.inc"
#undef CODE
};

void wisp_interp_run(const uint16_t *pc, wisp_slot *frame, uint8_t *memory, wisp_exec *x)
{
    handlers[*pc](pc, frame, memory, x);
}
