#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <wisp/wasm.h>

#include "libc.h"

/* Runs the tests of the modules' C library: as a module, which the first argument is, and here
 * with the C library of this machine. */

static wisp_instance *instance;

static void check(const char *name, int native)
{
    wisp_value line = wisp_i32(0);
    wisp_error err;
    if (native)
        fail_msg("line %d does not hold with the C library of this machine", native);
    if (wisp_call_export(instance, name, NULL, 0, &line, 1, &err))
        fail_msg("%s", err.text);
    if (line.of.i32)
        fail_msg("line %d does not hold in the module", (int)line.of.i32);
}

#define CLAIM(name)                                                                              \
    static void name(void **state)                                                               \
    {                                                                                            \
        (void)state;                                                                             \
        check("test_" #name, test_##name());                                                     \
    }
LIBC_TESTS(CLAIM)

int main(int argc, char **argv)
{
#define ENTRY(name) cmocka_unit_test(name),
    const struct CMUnitTest tests[] = {LIBC_TESTS(ENTRY)};
    static uint8_t bytes[1 << 20];
    wisp_store *store;
    wisp_module *module;
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    if (wisp_module_new(NULL, (wisp_bytes){bytes, size}, &module, NULL) ||
        wisp_store_new(NULL, &store, NULL) ||
        wisp_instance_new(store, module, NULL, &instance, NULL))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    wisp_store_free(store);
    wisp_module_free(module);
    return failed;
}
