#ifndef WISP_CLI_SYMBOLS_REPORT_H
#define WISP_CLI_SYMBOLS_REPORT_H

#include "symbols/symbols.h"
#include "trust/json.h"

/* What `wisp symbols` says of a program. */
typedef struct symbols_subject {
    const wisp_symbols *symbols;
    uint32_t merged;                  /* places that were merged just now */
    const char *kept;                 /* where its debug information was put; NULL: nowhere */
    const wisp_symbols_function *one; /* that was asked for; NULL: all */
} symbols_subject;

/* How many functions there are of each kind. */
typedef struct symbols_counts {
    uint32_t functions;                          /* with a body and debug information */
    uint32_t verdicts[WISP_SYMBOLS_REFUSED + 1]; /* of them */
    uint32_t causes[WISP_SYMBOLS_CAUSE_LEN];     /* of them, each function once for each cause */
    uint32_t inlined;          /* without a body, for all calls have a copy of it */
    uint32_t unused;           /* without a body, and without copies */
    uint32_t unknown;          /* symbols alone */
    uint32_t params, verified; /* of those with a body; where they are, is where they should be */
} symbols_counts;

symbols_counts symbols_count(const wisp_symbols *symbols);

/* For people: a summary; with [all] a line for each function as well. */
void symbols_print(const symbols_subject *subject, bool all);

/* For people: all of one function. */
void symbols_print_function(const wisp_symbols_function *function);

/* For scripts; bytes of names that are no UTF-8 are replaced. NULL if there is no memory. */
wisp_json *symbols_json(const symbols_subject *subject);

#endif
