#ifndef WISP_PATCH_BUILTIN_H
#define WISP_PATCH_BUILTIN_H

#include "wasm/raw_call.h"

/*
 * The module "wisp", which patches may import from: for modules of 32-bit memories, whose
 * instructions cannot reach the program's memory, functions that do; and some that any patch may
 * want. docs/patching.md has them for users. All addresses are i64, as pointers of the program's
 * are in any patch.
 *
 *     load_i8 … load_f64    (address) -> value
 *     store_i8 … store_f64  (address, value)
 *     native                (pointer, into the patch's memory or not) -> address in the program
 *     log                   (pointer to UTF-8, size): to wisp_patcher_config.on_log
 *
 * And "env"."abort", which AssemblyScript calls where it would throw.
 */

typedef struct wisp_patch_builtin {
    const char *module, *name;
    wisp_raw_fn fn;              /* gets the outlet (seat.h) */
    const char *params, *result; /* letters as in wisp_linker_add_func */
} wisp_patch_builtin;

enum { WISP_PATCH_BUILTIN_PARAMS_MAX = 4 };

/* The one called [name] of [module]; NULL if there is none. */
const wisp_patch_builtin *wisp_patch_builtin_find(const char *module, const char *name);

/* The types of its parameters, into [params], and of its result, into [result]. */
wisp_functype wisp_patch_builtin_type(const wisp_patch_builtin *builtin,
                                      wisp_valtype params[WISP_PATCH_BUILTIN_PARAMS_MAX],
                                      wisp_valtype result[1]);

#endif
