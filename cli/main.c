#include "commands.h"
#include "exit.h"

#include <wisp/base.h>

#include <stdio.h>
#include <string.h>

/* What was printed counts only once it has arrived. */
static int flush_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fputs("wisp: cannot write the standard output\n", stderr);
    return EXIT_SYSTEM;
}

static int run_command(const cli_command *command, char **words, int count)
{
    cli_args args;
    int code = EXIT_USAGE;
    if (args_parse(command, words, count, &args)) {
        if (args_has(&args, "help")) {
            print_help(command);
            code = EXIT_OK;
        } else {
            code = command->run(&args);
        }
    }
    args_deinit(&args);
    return flush_output(code);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        run_command(&cmd_help, NULL, 0);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0) {
        puts("wisp " WISP_VERSION);
        return flush_output(EXIT_OK);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (name[0] == '-')
        return usage_error(NULL, "'%s' comes before a command; options come after it", name);
    const cli_command *command = find_command(name);
    return command ? run_command(command, argv + 2, argc - 2) : EXIT_USAGE;
}
