#include "base/error.h"
#include "wasm/module.h"

/* Instead of listing.c, in builds that have no listings. */

wisp_status wisp_module_list_code(const wisp_module *module, const wisp_allocator *allocator,
                                  uint32_t func_index, wisp_code_sink *sink, void *user,
                                  wisp_error *err)
{
    (void)module, (void)allocator, (void)func_index, (void)sink, (void)user;
    return wisp_fail(err, WISP_UNSUPPORTED, "listings of code are not built in");
}
