#include "wasm/interp_tail.h"

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

#define X(name, text)                                                                            \
    __attribute__((noinline, cold, unused)) static void trap_##name(STATE)                       \
    {                                                                                            \
        x->trap = WISP_TRAP_##name;                                                              \
        STOP;                                                                                    \
    }
WISP_TRAPS(X)
#undef X

#include "wasm/ops.inc"
#include "wasm/ops_loop.inc"
#include "wasm/ops_move.inc"
#include "wasm/ops_number.inc"
#include "wasm/ops_memory.inc"
#include "wasm/ops_memory_rare.inc"
#include "wasm/ops_call.inc"
#include "wasm/ops_vector.inc"

#ifdef WISP_JOINS
#include "wasm/interp_joined.inc"
#endif

void (*const wisp_code_handlers[])(void) = {
#define CODE(name) (void (*)(void)) op_##name,
#include "wasm/code_names.inc"
#undef CODE
};

#ifndef WISP_COMPACT_CODE

#define STUB(name)                                                                               \
    {                                                                                            \
        .handler = (void (*)(void))op_##name                                                     \
    }

const wisp_code_stub wisp_code_entry = STUB(ENTRY);
const wisp_code_stub wisp_code_exit = STUB(EXIT);
const wisp_code_stub wisp_code_resume = STUB(RESUME);

#endif

void wisp_interp_run(const uint16_t *pc, wisp_slot *fp, uint8_t *mem, wisp_exec *x)
{
    uint64_t mem_size = x->memory_size;
    WISP_ACC(uint64_t acc = 0; double acc_f64 = 0; float acc_f32 = 0;)
    handler_at(pc)(ARGUMENTS);
}
