#ifndef WISP_SYMBOLS_SCAN_H
#define WISP_SYMBOLS_SCAN_H

#include "symbols/die.h"
#include "symbols/object.h"
#include "symbols/pointer_map.h"

/*
 * One walk through all debug information: which functions and variables there are, and where
 * functions were inlined. What they are called and take is asked of their entries afterwards.
 */

#define WISP_SCAN_NONE SIZE_MAX

/* A body of a function, or a function that has none. */
typedef struct wisp_scan_function {
    Dwarf_Die die;
    uint64_t address, size; /* of its main part */
    bool has_body;
    bool is_discarded; /* the linker has dropped it, or folded it onto another one */
} wisp_scan_function;

/* A copy of a function inside of another one's body. */
typedef struct wisp_scan_site {
    const void *origin; /* which function: the place of its entry in memory */
    size_t caller;      /* whose body: index of a function */
    const char *file;
    uint32_t line;
} wisp_scan_site;

typedef struct wisp_scan_variable {
    Dwarf_Die die;
    uint64_t address;
} wisp_scan_variable;

/* How the units were compiled, by what compilers say of that. */
typedef struct wisp_scan_units {
    uint32_t count;
    uint32_t gcc_lto;      /* by gcc with -flto */
    uint32_t gcc_unsteady; /* optimised by gcc without -flive-patching */
    uint32_t clang;        /* by clang */
    uint32_t split;        /* whose debug information is in another file (-gsplit-dwarf) */
} wisp_scan_units;

typedef struct wisp_scan {
    const wisp_object *object; /* whose text bodies are in */
    wisp_dwarf *dwarf;
    wisp_arena *arena;
    wisp_pointer_map scopes; /* "ns::Class::", by entry, of what is surrounded by something */
    wisp_scan_function *functions;
    wisp_scan_site *sites;
    wisp_scan_variable *variables;
    size_t function_count, site_count, variable_count;
    size_t function_capacity, site_capacity, variable_capacity;
    wisp_scan_units units;
} wisp_scan;

/* Free [scan] in any case. WISP_MALFORMED, WISP_LIMIT, WISP_NO_MEMORY. */
wisp_status wisp_scan_run(const wisp_object *object, wisp_dwarf *dwarf, wisp_arena *arena,
                          wisp_scan *scan, wisp_error *err);
void wisp_scan_deinit(wisp_scan *scan);

#endif
