#include "run_module.h"

#include <stdlib.h>

/*
 * Any bytes as a module. What validates is run, also with functions compiled when they are
 * called; whether it validates must not depend on that.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Loads lazily; runs what [is_valid]. */
static void run_lazily(wisp_bytes bytes, bool is_valid)
{
    wisp_module *module = NULL;
    wisp_module_config config = {.lazy = true};
    wisp_status status = wisp_module_load(&config, bytes, &module, NULL);
    if (is_valid && status == WISP_OK)
        fuzz_run_module(module);
    uint32_t count = status == WISP_OK ? wisp_module_func_count(module) : 0;
    for (uint32_t i = 0; i < count && status == WISP_OK; i++)
        status = wisp_module_compile(module, i, NULL);
    wisp_module_free(module);
    if ((status == WISP_OK) != is_valid)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wisp_module *module = NULL;
    wisp_bytes bytes = {data, size};
    bool is_valid = wisp_module_new(NULL, bytes, &module, NULL) == WISP_OK;
    if (is_valid)
        fuzz_run_module(module);
    wisp_module_free(module);
    run_lazily(bytes, is_valid);
    return 0;
}
