#ifndef WAST_FEATURES_H
#define WAST_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Which parts of the suite lie outside what the engine does, and why: the rules of
 * features.txt, one a line.
 *
 *     core/simd_*   *        SIMD            the whole file, which may be a pattern
 *     core/data     72       multi-memory    the command on that line
 *     core/data1    4-137    multi-memory    the commands on those lines
 */

typedef struct wast_rule {
    char *file;       /* fnmatch pattern for the file's name without its ending */
    long first, last; /* 0 and LONG_MAX for the whole file */
    char *reason;
    int line; /* in features.txt */
    bool was_used;
} wast_rule;

typedef struct wast_features {
    wast_rule *rules;
    size_t rule_len;
} wast_features;

/* Reads the file at [path]; prints what is wrong with it to stderr and returns false. */
bool wast_features_load(wast_features *features, const char *path);
void wast_features_deinit(wast_features *features);

/* The rule that skips all of [file], or NULL. */
wast_rule *wast_features_file_rule(const wast_features *features, const char *file);

/* The rule that skips the command on [line] of [file], or NULL. */
wast_rule *wast_features_line_rule(const wast_features *features, const char *file, long line);

#endif
