#include "commands.h"
#include "denied.h"
#include "out.h"
#include "term.h"

#include <wisp/wasm.h>

#include <stdlib.h>

static int validate(const char *path, const wisp_module_config *config, bool quiet)
{
    wisp_bytes bytes;
    wisp_module *module;
    wisp_error err;
    if (read_input(path, &bytes, &err))
        return fail_with(NULL, &err);
    int code = EXIT_OK;
    if (wisp_module_load(config, bytes, &module, &err)) {
        code = fail_with(path, &err);
    } else {
        wisp_module_free(module);
        if (!quiet)
            printf("%s: %svalid%s\n", path, term(stdout, TERM_GREEN), term(stdout, TERM_PLAIN));
    }
    free((void *)(uintptr_t)bytes.data);
    return code;
}

static int run(const cli_args *args)
{
    wisp_module_config config = {.borrow = true};
    if (!features_denied(args, &config.deny))
        return EXIT_USAGE;
    int worst = EXIT_OK;
    for (size_t i = 0; i < args->len; i++) {
        int code = validate(args->arguments[i], &config, args_has(args, "quiet"));
        if (code > worst)
            worst = code;
    }
    return worst;
}

const cli_command cmd_validate = {
    .name = "validate",
    .summary = "Says whether modules are valid, and if not, where and why",
    .usage = "FILE.wasm… [--deny FEATURE,…] [--quiet]",
    .about =
        "Checks all of the files with the engine that devices run. '-' is the standard input.\n"
        "'wisp inspect' lists the features that a module uses.",
    .examples =
        "wisp validate scheduler.wasm\nwisp validate --quiet build/*.wasm && echo all valid\n"
        "wisp validate --deny threads,simd scheduler.wasm",
    .options = {FEATURES_DENY_OPTION, {"quiet", NULL, "say nothing of those that are valid"}},
    .arguments_min = 1,
    .arguments_max = 100000,
    .missing = "the module to check",
    .run = run,
};
