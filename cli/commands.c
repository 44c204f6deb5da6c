#include "commands.h"

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
