#ifndef WISP_WASM_INTERP_H
#define WISP_WASM_INTERP_H

#include "wasm/bits.h"
#include "wasm/runtime.h"
#include "wasm/slow.h"

/* What the two dispatchers share: the types of a slot's fields, by name of the field. */
typedef uint32_t TYPE_u32;
typedef int32_t TYPE_i32;
typedef uint64_t TYPE_u64;
typedef int64_t TYPE_i64;
typedef float TYPE_f32;
typedef double TYPE_f64;
typedef const void *TYPE_ref;

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#endif
