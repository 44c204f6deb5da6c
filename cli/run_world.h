#ifndef WISP_CLI_RUN_WORLD_H
#define WISP_CLI_RUN_WORLD_H

#include "args.h"

#include <wisp/wasi.h>

/*
 * What `wisp run` runs in: the modules of the command line, in one store, linked with each other
 * and with the system interface. Failures are said on stderr by whoever called.
 */

/* A module that is linked in under a name. */
typedef struct run_module {
    char *name; /* owned; NULL for the one to run */
    const char *path;
    wisp_bytes bytes;
    wisp_module *module;
} run_module;

typedef struct run_world {
    const cli_args *args;
    run_module main;
    run_module *preloads;
    size_t preload_count;
    uint32_t deny; /* features */
    uint64_t fuel; /* to start with; 0 for no end */
    wisp_wasi *wasi;
    wisp_wasi_threads *threads; /* NULL for a program without */
    wisp_store *store;
    wisp_linker *linker;
    const char *at; /* the file that failed, or what else did */
} run_world;

/* Reads and loads the module to run; its features are not checked against what is denied, nor are
 * its functions compiled. */
wisp_status run_world_load(run_world *world, wisp_error *err);

/* Whether the module to run is a program that uses the system interface. */
bool run_world_is_program(const run_world *world);

/* Makes the world that [args] describe around it. WISP_INVALID is a fault of the command line. */
wisp_status run_world_make(run_world *world, const cli_args *args, wisp_error *err);

/* Instantiates the module to run. */
wisp_status run_world_start(run_world *world, wisp_instance **out, wisp_error *err);

void run_world_deinit(run_world *world);

#endif
