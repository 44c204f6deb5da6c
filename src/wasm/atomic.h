#ifndef WISP_WASM_ATOMIC_H
#define WISP_WASM_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How an atomic instruction accesses memory, its last immediate: log2 of the bytes, whether its
 * numbers are i64, and what a read-modify-write does, in the order of the instructions.
 */
enum { WISP_RMW_ADD, WISP_RMW_SUB, WISP_RMW_AND, WISP_RMW_OR, WISP_RMW_XOR, WISP_RMW_XCHG };

static inline uint32_t wisp_atomic_how(uint32_t log2_size, bool is_64, uint32_t operation)
{
    return log2_size | (uint32_t)is_64 << 2 | operation << 3;
}

#endif
