#ifndef WISP_TESTS_PATCH_CROSSING_H
#define WISP_TESTS_PATCH_CROSSING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

#endif
