#ifndef WISP_WASM_CONSTEXPR_H
#define WISP_WASM_CONSTEXPR_H

#include "wasm/module.h"

/*
 * Reads and validates a constant expression of [type] (Spec 3.3.8) at [r], and tells where
 * it lies. It may name the first [globals] globals, if they are immutable. Functions that
 * it names count as declared.
 */
wisp_status wisp_constant_check(wisp_module *module, wisp_reader *r, wisp_valtype type,
                                uint32_t globals, wisp_span *out, wisp_error *err);

#endif
