#ifndef WISP_CAPI_TYPE_H
#define WISP_CAPI_TYPE_H

#include <wasm.h>

#include <wisp/wasm.h>

/* The types of both interfaces as those of the other. What is made is the caller's, NULL
 * without memory. */

wasm_valkind_t capi_valkind_of(wisp_valtype type);

/* The type of values of [kind]; 0 where a wasm_val_t cannot hold them. */
wisp_valtype capi_valtype_to_wisp(wasm_valkind_t kind);

wasm_valtype_t *capi_valtype_of(wisp_valtype type);
wasm_functype_t *capi_functype_of(const wisp_functype *type);

/* NULL for kinds that the interface does not know, too. */
wasm_externtype_t *capi_externtype_of(const wisp_extern_type *type);

wisp_limits capi_limits_to_wisp(const wasm_limits_t *limits);

#endif
