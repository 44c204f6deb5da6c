#include "wasm/outside.h"

/* For builds without outside access. */

wisp_status wisp_module_load_outside(const wisp_module_config *config, wisp_bytes bytes,
                                     wisp_module **out, wisp_error *err)
{
    (void)config, (void)bytes, (void)out;
    return wisp_fail(err, WISP_UNSUPPORTED, "this build has no outside access");
}

void wisp_store_set_outside(wisp_store *store, const wisp_outside *outside)
{
    (void)store, (void)outside;
}
