#ifndef WISP_WASM_INTERP_TAIL_H
#define WISP_WASM_INTERP_TAIL_H

#include "wasm/interp.h"

/* What handlers are that end in tail calls, and how the next one is found (interp_tail.c). */

#if defined(__has_attribute)
#if __has_attribute(musttail)
#define TAIL __attribute__((musttail)) return
#endif
#endif
#ifndef TAIL
#define TAIL return
#endif

#ifdef WISP_NO_ACCUMULATORS
#define STATE     const uint16_t *pc, wisp_slot *fp, uint8_t *mem, wisp_exec *x, uint64_t mem_size
#define ARGUMENTS pc, fp, mem, x, mem_size
#else
#define STATE                                                                                    \
    const uint16_t *pc, wisp_slot *fp, uint8_t *mem, wisp_exec *x, uint64_t mem_size,            \
        uint64_t acc, double acc_f64, float acc_f32
#define ARGUMENTS pc, fp, mem, x, mem_size, acc, acc_f64, acc_f32
#endif

#define OP(name) __attribute__((always_inline)) static inline void op_##name(STATE)
#define STEP(name)                                                                               \
    __attribute__((noinline)) static void op_##name(STATE);                                      \
    static void op_##name(STATE)
#define DISPATCH   TAIL handler_at(pc)(ARGUMENTS)
#define GOTO(name) TAIL op_##name(ARGUMENTS)
#define TRAP(name) TAIL trap_##name(ARGUMENTS)
#define STOP                                                                                     \
    do {                                                                                         \
        x->pc = pc;                                                                              \
        x->frame = fp;                                                                           \
        (void)mem, (void)mem_size;                                                               \
        WISP_ACC((void)acc, (void)acc_f32, (void)acc_f64;)                                       \
        return;                                                                                  \
    } while (0)

typedef void handler(STATE);

#ifdef WISP_COMPACT_CODE

static inline handler *handler_at(const uint16_t *pc)
{
    return (handler *)wisp_code_handlers[*pc];
}

#else

static inline handler *handler_at(const uint16_t *pc)
{
    handler *next;
    memcpy(&next, pc, sizeof next);
    return next;
}

#endif

#endif
