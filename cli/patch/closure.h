#ifndef WISP_CLI_PATCH_CLOSURE_H
#define WISP_CLI_PATCH_CLOSURE_H

#include "name.h"
#include "symbols/symbols.h"

/*
 * The types that a patch needs: those asked for and all that can be reached from them, each once
 * under a name of its own, in an order in which C can declare them.
 *
 *     closure_add(&c, function->result, err);
 *     ...
 *     closure_sort(&c);
 *     for (i = 0; i < c.sorted_len; i++) ... c.sorted[i] ...
 */

/* What program.h declares by name: a struct, union, enum or typedef. What has no name is written
 * where it is used. */
typedef struct closed_type closed_type;
struct closed_type {
    const wisp_symbols_type *type; /* complete, and with a body if there is one anywhere */
    const char *name;              /* the tag, or the typedef's */
    bool is_standard;              /* a typedef that <stddef.h> or <stdint.h> has */
    bool is_sorted;
    closed_type *next; /* another one that the program calls so */
};

typedef struct closure {
    wisp_arena *arena;
    wisp_symbols *symbols;
    name_table keys;    /* kind and name as the program has it: closed_type */
    name_table tags;    /* C's names of structs, unions and enums */
    name_table words;   /* and all others: of typedefs, enumerators, functions, variables */
    name_table members; /* names of members that were declared (declare.h) */
    unsigned gap_count; /* likewise, of what has no name in the program */

    closed_type **of_node; /* by the index of a node of types; NULL: not met, or no name */
    bool *is_met;          /* likewise */
    size_t node_room;

    const wisp_symbols_type **todo; /* nodes that were met and not yet looked into */
    size_t todo_len, todo_room;

    closed_type **found, **sorted;
    size_t found_len, found_room, sorted_len, sorted_room;
} closure;

/* Adds [type] and what it needs. Fails as wisp_symbols_complete does. */
wisp_status closure_add(closure *c, const wisp_symbols_type *type, wisp_error *err);

/* Whether [type] can be written without adding anything: all named types in it are there. It is
 * completed for that. */
bool closure_has(closure *c, const wisp_symbols_type *type);

/* Whether [type], of a parameter or a variable, has a size here: no struct without a body. */
bool closure_has_body(const closure *c, const wisp_symbols_type *type);

/* Fills [sorted]: whatever is needed by value stands before what needs it. */
void closure_sort(closure *c);

/* The named type that [node] is; NULL if it has no name, or was not added. */
closed_type *closure_find(const closure *c, const wisp_symbols_type *node);

/* What a declaration of [node] is to be made of: itself, or the body that another file has. */
const wisp_symbols_type *closure_body(const closure *c, const wisp_symbols_type *node);

#endif
