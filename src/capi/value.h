#ifndef WISP_CAPI_VALUE_H
#define WISP_CAPI_VALUE_H

#include "capi/object.h"

/* Values of both interfaces as those of the other. An externref of Wisp's is an object. */

/* [val] as a value of [type] for [store]; false if it is of another type or store. The object
 * that an externref is lasts as long as the store from now on. */
bool capi_value_to_wisp(const wasm_store_t *store, const wasm_val_t *val, wisp_valtype type,
                        wisp_value *out);

/* The same for a reference, which may be NULL. */
bool capi_ref_to_wisp(const wasm_store_t *store, wasm_ref_t *ref, wisp_valtype type,
                      wisp_value *out);

/* [value] as one that owns its reference; false if the interface cannot hold it, or without
 * memory. */
bool capi_value_of(wasm_store_t *store, const wisp_value *value, wasm_val_t *out);

#endif
