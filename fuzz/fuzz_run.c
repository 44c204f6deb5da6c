#include "generator/generator.h"
#include "run_module.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Any bytes as the choices of the generator, whose modules are valid: all of the input reaches
 * the compiler and the running code, where the bytes of a module would mostly be refused.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wisp_bytes bytes = generator_module((wisp_bytes){data, size}, wisp_features_built_in());
    wisp_module *module;
    wisp_error err = {0};
    wisp_module_config config = {.borrow = true};
    if (wisp_module_load(&config, bytes, &module, &err) != WISP_OK) {
        fprintf(stderr, "a valid module was refused: %s\n", err.text);
        abort();
    }
    fuzz_run_module(module);
    wisp_module_free(module);
    free((void *)bytes.data);
    return 0;
}
