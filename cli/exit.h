#ifndef WISP_CLI_EXIT_H
#define WISP_CLI_EXIT_H

#include <wisp/base.h>

/* What the command ends with, for scripts. The numbers are part of the interface. */
#define EXIT_CODES(X)                                                                            \
    X(0, OK, "done; the answer is yes")                                                          \
    X(1, NO, "the answer is no: not valid, not trusted, not found in the input, refused")        \
    X(2, USAGE, "the command line is wrong; nothing was done")                                   \
    X(3, TRAP, "the module trapped")                                                             \
    X(4, SYSTEM, "the system refused: a file, the disk, the network, memory")                    \
    X(5, BUSY, "another process is at it; try again later")

typedef enum exit_code {
#define X(number, name, text) EXIT_##name = number,
    EXIT_CODES(X)
#undef X
} exit_code;

/* The code for a failure of [status]. */
exit_code exit_code_of(wisp_status status);

#endif
