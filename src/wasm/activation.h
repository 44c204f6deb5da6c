#ifndef WISP_WASM_ACTIVATION_H
#define WISP_WASM_ACTIVATION_H

#include "wasm/runtime.h"

/*
 * A function that runs, and the way from it to its callers: what backtraces and exceptions
 * follow. The frames say nothing of their functions, so that calls are fast; which function
 * a code pointer is in is looked for among all of the module's, and remembered.
 */
typedef struct wisp_activation {
    wisp_instance *instance;
    const wisp_function *function;
    const wisp_compiled *code; /* the function's */
    const uint16_t *pc;        /* within the instruction that is at work */
    wisp_slot *frame;
} wisp_activation;

/* The one that is at [pc] in [frame] of [instance]; false if there is none. */
bool wisp_activation_at(wisp_store *store, wisp_instance *instance, const uint16_t *pc,
                        wisp_slot *frame, wisp_activation *out);

/* Goes on to the caller; false where that is the program. */
bool wisp_activation_outer(wisp_store *store, wisp_activation *activation);

#endif
