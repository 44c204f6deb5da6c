#ifndef WISP_SYMBOLS_CATALOGUE_H
#define WISP_SYMBOLS_CATALOGUE_H

#include "symbols/records.h"
#include "symbols/symbols.h"
#include "symbols/types.h"

/* What is behind symbols.h, for the files that fill it. */

struct wisp_symbols {
    wisp_arena arena;
    const wisp_os *os;
    wisp_object program;      /* its text */
    wisp_object debug_file;   /* where debug information came in a file of its own */
    const wisp_object *debug; /* the one of the two that has it */
    wisp_dwarf dwarf;
    uint64_t steps; /* that any request may make */
    wisp_scan scan;
    wisp_types types;
    wisp_records records;
    wisp_symbols_function *functions;
    wisp_symbols_variable *variables;
    size_t function_count, variable_count;
    wisp_symbols_info info;
};

/* Fill the lists of functions and variables from what was scanned. WISP_MALFORMED, WISP_LIMIT,
 * WISP_NO_MEMORY. */
wisp_status wisp_symbols_list_functions(wisp_symbols *symbols, wisp_error *err);
wisp_status wisp_symbols_list_variables(wisp_symbols *symbols, wisp_error *err);

/* Reads what [function], whose entry is [die], takes and gives: types, names, signature; not
 * where arguments arrive. *[refusal] is why it has no signature, or NULL. */
wisp_status wisp_symbols_read_types(wisp_symbols *symbols, Dwarf_Die *die,
                                    wisp_symbols_function *function, const char **refusal,
                                    wisp_error *err);

#endif
