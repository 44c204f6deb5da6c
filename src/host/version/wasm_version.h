#ifndef WISP_HOST_WASM_VERSION_H
#define WISP_HOST_WASM_VERSION_H

#include "host/version/version.h"

/* Versions that are WebAssembly. */
extern const wisp_backend wisp_wasm_backend;

/*
 * The function at [index] of [table] (NULL: the module exports none), which is to be called with
 * [params] i32 and to give nothing. WISP_NOT_FOUND for none, WISP_LIMIT outside the table,
 * WISP_MISMATCH for one of another type.
 */
wisp_status wisp_wasm_func_at(const wisp_table *table, uint64_t index, uint32_t params,
                              wisp_func **out, wisp_error *err);

/* Calls [func] of [version], which takes [arg_count] i32 and gives one if [result] is not NULL,
 * with the fuel that the entry under way has left. */
wisp_status wisp_wasm_call(wisp_version *version, wisp_func *func, const wisp_value *args,
                           uint32_t arg_count, int32_t *result, wisp_error *err);

#endif
