#ifndef WISP_CLI_BACKTRACE_H
#define WISP_CLI_BACKTRACE_H

#include "run_world.h"

/* Prints the trap of the world's store on stderr, or as JSON on stdout, with source lines where
 * --backtrace asks for them; gives the exit code. */
int print_trap(const run_world *world);

#endif
