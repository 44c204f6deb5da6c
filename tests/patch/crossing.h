#ifndef WISP_TESTS_PATCH_CROSSING_H
#define WISP_TESTS_PATCH_CROSSING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef __wasm__
#include "patch/plan.h"
#endif

/*
 * Functions of many signatures, which tests/patch/crossings makes up, as compilers see them: a
 * caller and a callee of each, and what their arguments are. All that they pass is in a block:
 * the arguments, then the result.
 */

/* A scalar of a value: its letter in a signature, and its distance from the value's start. */
typedef struct crossing_scalar {
    char letter;
    uint32_t offset;
} crossing_scalar;

typedef struct crossing_type {
    uint32_t size, align;
    bool is_struct; /* or a union; else one scalar */
    bool is_one;    /* of which WebAssembly passes the one scalar */
    uint32_t len;   /* 0: there is nothing in it */
    const crossing_scalar *scalars;
} crossing_type;

typedef struct crossing_value {
    const crossing_type *type;
    uint32_t offset; /* in the block */
} crossing_value;

typedef struct crossing {
    uint32_t block_size;
    uint32_t param_count;
    const crossing_value *params;
    const crossing_value *result;                      /* NULL: void */
    void (*caller)(const void *function, void *block); /* calls it with what is in [block] */
    const void *callee; /* puts its arguments into crossing_seen, gives the result from there */
} crossing;

extern const crossing crossings[];
extern const uint32_t crossing_count;

/* A block of the crossing whose callee runs. */
extern void *crossing_seen;

#ifndef __wasm__

/* Bytes of a scalar. */
uint32_t crossing_scalar_size(char letter);

/* Whether WebAssembly passes the address of such a value. */
bool crossing_is_by_address(const crossing_type *type);

/* The next of numbers at random, which never are 0. */
uint64_t crossing_random(uint64_t *state);

/* Fills a block with values at random. */
void crossing_fill(const crossing *c, uint64_t *random, uint8_t *block);

/* Fail the test unless the scalars in [found] are those in [wanted]: of two values, or of two
 * blocks. */
void crossing_check_value(const crossing_type *type, const uint8_t *found, const uint8_t *wanted);
void crossing_check_arguments(const crossing *c, const uint8_t *found, const uint8_t *wanted);
void crossing_check_result(const crossing *c, const uint8_t *found, const uint8_t *wanted);

/* The plan of its signature on this machine, for modules of 64-bit memories. */
void crossing_plan(const crossing *c, wisp_arena *arena, wisp_patch_plan *plan);

#endif

#endif
