#ifndef WISP_CLI_PATCH_CHECK_H
#define WISP_CLI_PATCH_CHECK_H

#include "declared.h"
#include "patch/manifest.h"
#include "symbols/symbols.h"

#include <wisp/wasm.h>

/*
 * Whether a module can be a patch of a program: each function that it exports is one of the
 * program's that can be replaced, with the program's own signature; each import is there.
 */

typedef struct check {
    wisp_arena *arena;
    wisp_symbols *symbols;
    const wisp_module *module;
    const declared *declared; /* functions that the patch's source declares; NULL: not known */
    bool accepts_partial;     /* what is inlined somewhere may be patched all the same … */
    bool also_callers;        /* … if the patch has those that it is inlined into */
} check;

/*
 * Fills what [out] says of the program: build, functions, natives and globals, all in the arena.
 * Every fault is told on stderr, with what can be done; the error is about how many there are.
 * WISP_UNSUPPORTED, WISP_NO_MEMORY.
 */
wisp_status check_patch(const check *c, wisp_patch_manifest *out, wisp_error *err);

#endif
