#ifndef WISP_TESTS_DELTA_MODULES_H
#define WISP_TESTS_DELTA_MODULES_H

#include <wisp/base.h>

/*
 * Modules as linkers make them, of one program with small differences: functions that call each
 * other, addresses of data in code and in data, a table, exports and names, where every
 * number moves when something is put in before it.
 */

typedef struct delta_module {
    uint32_t functions;     /* at least 8 */
    uint32_t added_at;      /* one more function stands before this one; 0: none */
    uint32_t added_data;    /* bytes that stand before the data, a multiple of 4 */
    uint32_t added_globals; /* globals before the others */
    uint32_t added_types;   /* types before the others */
    uint32_t added_locals;  /* locals before the others, in every fourth function */
    bool is_padded;         /* numbers that a linker puts in have their full length */
} delta_module;

/* The module, to be freed by free. */
wisp_bytes delta_module_build(const delta_module *module);

/* [size] bytes that are always the same for one [seed] and no module, to be freed by free. */
wisp_bytes delta_noise(uint32_t seed, size_t size);

/* A module of the generator of the fuzzers, of all features; one for each seed. */
wisp_bytes delta_generated(uint32_t seed);

/* A copy, with some bytes changed, to be freed by free. */
wisp_bytes delta_scribbled(wisp_bytes bytes, uint32_t seed, size_t changes);

void delta_free(wisp_bytes bytes);

#endif
