#ifndef MAKER_H
#define MAKER_H

#include <wisp/wasm.h>

/*
 * Makes small modules byte for byte, as no compiler makes most of those that a host has to
 * turn down. Each has a page of memory that begins with "hello", a table of one null, three
 * globals, and one function of each kind below.
 */

/* What an export can be. ZERO gives 0; every other function traps. */
enum exported {
    NONE_TO_NONE,
    ZERO, /* () -> (i32) */
    NONE_TO_I32,
    I32_TO_I32,
    I32X3_TO_NONE,
    I64_TO_I32,
    I32X3_TO_I32,
    LOGS, /* () -> (); calls the import, which is wisp.log, with the five bytes at 0 */
    FUNC_COUNT,
    MEMORY,
    TABLE,
    GLOBAL,  /* a constant i32, 0 */
    COUNTER, /* the same, but mutable */
    OUTSIDE  /* a constant i32, -1: an address outside of all memory */
};

struct module_spec {
    struct {
        const char *name;
        enum exported what;
    } exports[12];
    struct {
        const char *module, *name; /* NULL: no import */
        enum exported type;        /* a function's */
    } import;
    bool logs_on_start; /* LOGS is its start function, else it has none */
};

/* The caller's, to be freed with wisp_module_free. */
wisp_module *make_module(const struct module_spec *spec);

#endif
