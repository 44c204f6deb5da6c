#ifndef WISP_CLI_PATCH_DRAFT_H
#define WISP_CLI_PATCH_DRAFT_H

#include "closure.h"

/*
 * What `wisp patch new` writes: which functions are to be replaced, which others a patch can
 * call, which variables it can reach, and under which names.
 */

/* A function. */
typedef struct draft_function {
    const wisp_symbols_function *symbol;
    const char
        *import;      /* what no other function of the program is called: "hash", "dict.c:hash" */
    const char *name; /* an identifier: "hash", "dict_c_hash" */
    const char **params; /* names that C allows */
    bool gives;          /* a result */
} draft_function;

typedef struct draft_variable {
    const wisp_symbols_variable *symbol;
    const char *import, *name;
    const char *macro; /* [name], or "global_…" where that would get in the way of others */
    bool is_near;      /* the function that is replaced can see it, or it was asked for */
} draft_variable;

typedef struct draft {
    wisp_arena *arena;
    closure types;
    const wisp_symbols_info *info;
    draft_function *patched, *callable;
    draft_variable *variables;
    size_t patched_len, callable_len, variable_len;
    size_t patched_room, callable_room, variable_room;
    name_table picked;   /* what is in these */
    const char **bodies; /* declarations of types.sorted */
} draft;

/* Begins one for the program of [symbols], which is borrowed as [arena] is. */
void draft_init(draft *d, wisp_arena *arena, wisp_symbols *symbols);

/*
 * Adds a function to be replaced, to be called, or a variable, by the name that
 * wisp_symbols_find_function knows, with all types behind it. WISP_UNSUPPORTED says why it cannot
 * be, and what can be done instead.
 */
wisp_status draft_patch(draft *d, const char *name, wisp_error *err);
wisp_status draft_call(draft *d, const char *name, wisp_error *err);
wisp_status draft_reach(draft *d, const char *name, wisp_error *err);

/* Adds the functions and variables of the same files, and all others of the program that need no
 * type more; gives names to all. */
void draft_complete(draft *d);

/* Whether a patch can call [function] as its source has it; else *[reason] is a text, if [reason]
 * is not NULL. */
bool draft_is_callable(const wisp_symbols_function *function, const char **reason);

/* Why [function] cannot be replaced and what can be done instead, in one line. */
const char *draft_way_out(wisp_arena *arena, const wisp_symbols_function *function);

/* The name by which [function] alone is found: its own, with its file, or its linkage name. */
const char *draft_import(wisp_symbols *symbols, wisp_arena *arena,
                         const wisp_symbols_function *function);

/* "double order_total(const order *o, double tax)", called [name]. */
const char *draft_prototype(draft *d, const draft_function *function, const char *name);

#endif
