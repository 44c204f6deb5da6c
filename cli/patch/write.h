#ifndef WISP_CLI_PATCH_WRITE_H
#define WISP_CLI_PATCH_WRITE_H

#include "draft.h"

#include <stdio.h>

/* The files that `wisp patch new` writes, of a draft that is complete, in each language. */

/* How. */
typedef struct write_order {
    const char *includes; /* of the program's own headers; "": none */
    name_table included;  /* all files that come with them: what they declare is not written */
} write_order;

typedef struct writer {
    const char *program; /* the file with types, functions and variables of the program */
    const char *suffix;  /* of a file with a function to be edited */
    void (*write_program)(FILE *out, draft *d, const write_order *order);
    void (*write_patch)(FILE *out, draft *d, const draft_function *function);

    /* Whether its functions can have what [symbol] takes and gives. */
    bool (*can_write)(draft *d, const wisp_symbols_function *symbol);
} writer;

extern const writer write_c;      /* for wasm64 */
extern const writer write_c32;    /* for wasm32 */
extern const writer write_script; /* AssemblyScript */

/* ------------------------------------------------------------------ pieces */

/* "/-* ---- title *-/". */
void write_section(FILE *out, const char *title);

/* The comment above a function that is to be edited: all but its end. */
void write_patch_comment(FILE *out, const draft_function *function, const char *program);

/* "a, b": its parameters as arguments. */
const char *write_arguments(draft *d, const draft_function *function);

/* Whether all that it takes and gives is a number or an address. */
bool write_has_scalars(draft *d, const wisp_symbols_function *symbol);

/* What the program calls it, in C: "double order_total(const order *o, double tax), app.c:14". */
const char *write_origin(draft *d, const draft_function *function);

/* The struct or union with a body that [named] names, with its tag or as a typedef instead of
 * one; else NULL. */
const wisp_symbols_type *write_record_of(const closed_type *named);

#endif
