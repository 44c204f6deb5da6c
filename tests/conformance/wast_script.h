#ifndef WAST_SCRIPT_H
#define WAST_SCRIPT_H

#include "wast_features.h"

/*
 * Runs one script of the test suite: the JSON that wast2json makes of a .wast file, with
 * the modules as files beside it. Each command of the script counts as one test; one that
 * fails is printed with its line in the .wast file, what was expected and what was found.
 *
 * A module that [features] excludes takes with it the commands that act on it and the
 * modules that import from it.
 */

typedef struct wast_counts {
    unsigned passed, failed, skipped;
} wast_counts;

typedef struct wast_script_config {
    const char *path; /* of the JSON */
    const char *name; /* as features.txt and the output call it */
    const wast_features *features;
    unsigned failures_printed_max;
    bool is_lazy; /* functions are compiled when they are called */
} wast_script_config;

/* Runs it all. A script that cannot be read counts as one failure. */
wast_counts wast_script_run(const wast_script_config *config);

/* Counts all its commands as skipped. */
wast_counts wast_script_skip(const wast_script_config *config);

#endif
