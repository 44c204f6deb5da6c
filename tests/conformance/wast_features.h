#ifndef WAST_FEATURES_H
#define WAST_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Where the suite wants something else than its words say: the rules of features.txt, one a
 * line.
 *
 *     core/simd_*   *      skip WHY        leaves out the whole file, which may be a pattern
 *     core/data     72     skip WHY        leaves out the command on that line
 *     core/data1    4-13   deny FEATURE    the modules on those lines, called invalid, are so
 *                                          without FEATURE: they are refused if that is denied
 */

typedef enum wast_rule_kind { WAST_SKIP, WAST_DENY } wast_rule_kind;

typedef struct wast_rule {
    char *file;       /* fnmatch pattern for the file's name without its ending */
    long first, last; /* 0 and LONG_MAX for the whole file */
    wast_rule_kind kind;
    char *reason; /* of DENY the feature */
    int line;     /* in features.txt */
    bool was_used;
} wast_rule;

typedef struct wast_features {
    wast_rule *rules;
    size_t rule_len;
} wast_features;

/* Reads the file at [path]; prints what is wrong with it to stderr and returns false. */
bool wast_features_load(wast_features *features, const char *path);
void wast_features_deinit(wast_features *features);

/* The rule for all of [file], or NULL. */
wast_rule *wast_features_file_rule(const wast_features *features, const char *file);

/* The rule for the command on [line] of [file], or NULL. */
wast_rule *wast_features_line_rule(const wast_features *features, const char *file, long line);

#endif
