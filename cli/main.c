#include "commands.h"
#include "exit.h"

#include <wisp/base.h>

#include <stdio.h>
#include <string.h>

const cli_command *const commands[COMMAND_LEN] = {
#define X(name) &cmd_##name,
    COMMANDS(X)
#undef X
};

const cli_command *find_command(const char *name)
{
    const char *names[COMMAND_LEN];
    for (size_t i = 0; i < COMMAND_LEN; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
        names[i] = commands[i]->name;
    }
    const char *nearest = nearest_name(name, names, COMMAND_LEN);
    if (nearest)
        usage_error(NULL, "no command '%s'; did you mean '%s'?", name, nearest);
    else
        usage_error(NULL, "no command '%s'", name);
    return NULL;
}

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
