#include "run_module.h"

/* Any bytes as a module. What validates is run. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wisp_module *module;
    if (wisp_module_new(NULL, (wisp_bytes){data, size}, &module, NULL) != WISP_OK)
        return 0;
    fuzz_run_module(module);
    wisp_module_free(module);
    return 0;
}
