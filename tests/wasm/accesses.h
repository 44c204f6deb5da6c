#ifndef WISP_TESTS_WASM_ACCESSES_H
#define WISP_TESTS_WASM_ACCESSES_H

#include <stddef.h>
#include <stdint.h>

/*
 * All instructions that access one number or vector in memory, and a module with a function for
 * each of them: its parameters are the address and then those of the instruction.
 */
typedef struct access {
    char name[32];
    uint8_t prefix; /* 0 for none */
    uint8_t opcode;
    uint8_t size;       /* bytes of memory */
    const char *params; /* behind the address, a letter each: i I f F v */
    char result;        /* 0 for none */
    uint8_t is_atomic, has_lane;
} access;

enum { ACCESSES_MAX = 128 };

/* Fills [list]; returns how many there are. */
size_t accesses_list(access list[ACCESSES_MAX]);

/* What the memory of the module is like. */
typedef struct access_memory {
    uint8_t is_64, is_shared;
    uint8_t pages, pages_max;
} access_memory;

enum { ACCESS_MODULE_MAX = 32 * 1024 };

/*
 * Writes the module into [into] and returns its size. It exports its memory as "memory", and
 * access [i] of [list] as the name "i", with the static offset [offset]. Behind these come
 *
 *     fill (to, byte, size)     copy (to, from, size)     init (to, from, size), of the segment
 *                                                         "abcdefgh", which is also at address 16
 *     grow (pages) -> pages     sum (list) -> i64, of the values in a list of elements that have
 *                               next, value and count, 8 bytes each, whose counts go up by 1
 */
size_t accesses_module(const access *list, size_t count, uint64_t offset, access_memory memory,
                       uint8_t into[ACCESS_MODULE_MAX]);

#endif
