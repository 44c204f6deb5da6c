#ifndef WISP_CAPI_TRAP_H
#define WISP_CAPI_TRAP_H

#include "capi/object.h"

/* The trap for a call into [store] that gave [status], which is not WISP_OK, and [err]. Never
 * NULL. */
wasm_trap_t *capi_trap_of(wasm_store_t *store, wisp_status status, const wisp_error *err);

/* A trap with the words of [text]. Never NULL. */
wasm_trap_t *capi_trap_new(wasm_store_t *store, const char *text);

/* Lets the call that led to a function of the program's end with [trap], which it takes over.
 * Returns what that function is to return. */
wisp_status capi_trap_throw(wasm_store_t *store, wasm_trap_t *trap, wisp_error *err);

#endif
