#ifndef WISP_WASM_INTERP_H
#define WISP_WASM_INTERP_H

#include "wasm/bits.h"
#include "wasm/lazy.h"
#include "wasm/relaxed.h"
#include "wasm/runtime.h"
#include "wasm/slow.h"
#include "wasm/types.h"
#include "wasm/vector_math.h"
#include "wasm/vector_run.h"

/* What the two dispatchers share: the types of a slot's fields, by name of the field. */
typedef uint32_t TYPE_u32;
typedef int32_t TYPE_i32;
typedef uint64_t TYPE_u64;
typedef int64_t TYPE_i64;
typedef float TYPE_f32;
typedef double TYPE_f64;
typedef const void *TYPE_ref;

/* What is written to such a field. */
#define RESULT_u32(value) (value)
#define RESULT_i32(value) (value)
#define RESULT_u64(value) (value)
#define RESULT_i64(value) (value)
#define RESULT_f32(value) wisp_f32_result(value)
#define RESULT_f64(value) wisp_f64_result(value)

/* Ends the function of those that have all handlers in one: where TRAP and STOP go. */
#define TRAP_LABEL(name, text)                                                                   \
    trap_##name : __attribute__((unused));                                                       \
    x->trap = WISP_TRAP_##name;                                                                  \
    goto stop;
#define TRAPS_AND_STOP                                                                           \
    WISP_TRAPS(TRAP_LABEL)                                                                       \
    stop:                                                                                        \
    x->pc = pc;                                                                                  \
    x->frame = fp;

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#endif
