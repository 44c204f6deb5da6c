#ifndef WISP_CLI_BACKTRACE_H
#define WISP_CLI_BACKTRACE_H

#include "out.h"
#include "run_world.h"

/* A trap that is to be shown. */
typedef struct backtrace {
    const wisp_trap *trap;
    const run_module *main, *preloads; /* whose functions may be in it */
    size_t preload_count;
    bool wants_lines; /* of the source */
    bool wants_json;
    wisp_json *json; /* gets the trap as members; it is freed. NULL: there was no memory */
} backtrace;

/* Prints it on stderr, or as JSON on stdout; gives the exit code. */
int print_backtrace(const backtrace *b);

/* Prints the trap of the world's store, with source lines where --backtrace asks for them; gives
 * the exit code. */
int print_trap(const run_world *world);

#endif
