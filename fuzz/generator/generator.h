#ifndef FUZZ_GENERATOR_H
#define FUZZ_GENERATOR_H

#include <wisp/wasm.h>

/*
 * Makes valid modules out of any bytes: the bytes are the choices that it takes on its way,
 * and where they end it takes the simplest. So a fuzzer that changes bytes changes the
 * module, and taking bytes away makes a module smaller, which is how one is reduced.
 *
 * Such a module exports functions f0, f1, …, the memories m0, …, the tables t0, … and the
 * globals g1, …. It imports env.mark, (i32, i64, f32, f64) -> i32, which is also the type of its
 * own f1, so that one instance can be another's import. Every function and every
 * turn of a loop takes 1 off the exported global "turns" and traps where that is 0, so that a
 * program that sets it before a call knows that the call ends, and where.
 *
 * What a module does is the same in every engine: where the specification leaves the bits of a
 * NaN open, the module replaces the NaN by one of its own before anything can look at its bits.
 */

/* A module of the [features] (WISP_FEATURE_ bits) at the most. The caller's, to be freed by free.
 * Ends the program where there is no memory. */
wisp_bytes generator_module(wisp_bytes choices, uint32_t features);

#endif
