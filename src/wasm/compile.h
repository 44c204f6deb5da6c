#ifndef WISP_WASM_COMPILE_H
#define WISP_WASM_COMPILE_H

#include "wasm/module.h"

/*
 * Validates function bodies (Spec 3.3, appendix A.3) and translates them to register code
 * in the same pass. A compiler keeps its buffers from one function to the next.
 */
typedef struct wisp_compiler wisp_compiler;

/* [allocator] is for the buffers. [may_name_data]: whether bodies may name data segments,
 * whose number must be known by then (Spec 5.5.16). */
wisp_status wisp_compiler_new(const wisp_module *module, const wisp_allocator *allocator,
                              bool may_name_data, wisp_compiler **out, wisp_error *err);
void wisp_compiler_free(wisp_compiler *compiler);

/* Compiles the body of function [index] into the arena of [module], the compiler's. */
wisp_status wisp_compile_function(wisp_compiler *compiler, wisp_module *module, uint32_t index,
                                  wisp_error *err);

/*
 * The offset in the module's bytes of the instruction that unit [unit] of the code of
 * function [index] came from; 0 where memory for it is refused. Compiles the function once
 * more, so that running code needs no table of positions.
 */
uint32_t wisp_compile_locate(const wisp_module *module, const wisp_allocator *allocator,
                             uint32_t index, uint32_t unit);

#endif
