#ifndef FUZZ_RUN_MODULE_H
#define FUZZ_RUN_MODULE_H

#include <wisp/wasm.h>

/*
 * Instantiates [module] with imports made up from their types, and calls its exports with
 * little fuel, stack and memory. Traps and refusals are fine; ends the program where the
 * engine breaks its word.
 */
void fuzz_run_module(const wisp_module *module);

#endif
