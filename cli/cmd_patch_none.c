#include "commands.h"
#include "exit.h"

/* Where the patcher is not built, 'wisp patch' is not either: it shares its tables. */

static int run(const cli_args *args)
{
    (void)args;
    fputs("wisp: this build has no patches: they need Linux on x86-64 or aarch64\n", stderr);
    return EXIT_NO;
}

const cli_command cmd_patch = {
    .name = "patch",
    .summary = "Writes, builds and tries patches of functions of a program: not in this build",
    .usage = "…",
    .about = "Needs Linux on x86-64 or aarch64, and Wisp built with the option 'patch'.",
    .examples = "wisp patch",
    .arguments_max = 10000,
    .run = run,
};
