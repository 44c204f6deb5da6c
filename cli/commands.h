#ifndef WISP_CLI_COMMANDS_H
#define WISP_CLI_COMMANDS_H

#include "args.h"

/* The commands, in the order in which help lists them. cmd_<name>.c has each. */
#define COMMANDS(X)                                                                              \
    X(init)                                                                                      \
    X(publish)                                                                                   \
    X(releases)                                                                                  \
    X(promote)                                                                                   \
    X(rollback)                                                                                  \
    X(rollout)                                                                                   \
    X(pause)                                                                                     \
    X(resume)                                                                                    \
    X(floor)                                                                                     \
    X(unban)                                                                                     \
    X(channel)                                                                                   \
    X(key)                                                                                       \
    X(sign)                                                                                      \
    X(renew)                                                                                     \
    X(doctor)                                                                                    \
    X(bundle)                                                                                    \
    X(serve)                                                                                     \
    X(status)                                                                                    \
    X(host)                                                                                      \
    X(blackbox)                                                                                  \
    X(run)                                                                                       \
    X(replay)                                                                                    \
    X(inspect)                                                                                   \
    X(validate)                                                                                  \
    X(bind)                                                                                      \
    X(delta)                                                                                     \
    X(symbols)                                                                                   \
    X(patch)                                                                                     \
    X(help)

#define X(name) extern const cli_command cmd_##name;
COMMANDS(X)
#undef X

#define X(name) +1
enum { COMMAND_LEN = COMMANDS(X) };
#undef X

extern const cli_command *const commands[COMMAND_LEN];

/* The command called [name]; NULL where there is none, which has been said on stderr then. */
const cli_command *find_command(const char *name);

void print_help(const cli_command *command);

#endif
