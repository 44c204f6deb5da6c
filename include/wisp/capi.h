#ifndef WISP_CAPI_H
#define WISP_CAPI_H

#include <wasm.h>

#include <wisp/wasm.h>

/* What <wasm.h> leaves to each engine, and what lies beneath. */

#ifdef __cplusplus
extern "C" {
#endif

/* Limits and fuel for every store that is made from [config]: see wisp_store_config. [limits]
 * is copied. */
WISP_API void wisp_wasm_config_set_store(wasm_config_t *config, const wisp_store_config *limits);

/* The features that no module loaded by [config] may use, as WISP_FEATURE_ bits. */
WISP_API void wisp_wasm_config_deny(wasm_config_t *config, uint32_t features);

/* The Wisp store of [store]: to set fuel, to interrupt it. It belongs to [store]. */
WISP_API wisp_store *wisp_wasm_store(wasm_store_t *store);

#ifdef __cplusplus
}
#endif

#endif
