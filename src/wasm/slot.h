#ifndef WISP_WASM_SLOT_H
#define WISP_WASM_SLOT_H

#include <stdint.h>

/*
 * A cell of a frame, a global: 8 bytes that hold one value of any type but v128, which takes
 * two (vector.h). What was written as a 32-bit value is read as one, so that the layout
 * within the 8 bytes never matters.
 */
typedef union wisp_slot {
    uint32_t u32;
    int32_t i32;
    uint64_t u64;
    int64_t i64;
    float f32;
    double f64;
    void *ref;
    const void *ptr;
} wisp_slot;

enum { WISP_SLOTS_V128 = 2 };

#endif
