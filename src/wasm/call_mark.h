#ifndef WISP_WASM_CALL_MARK_H
#define WISP_WASM_CALL_MARK_H

#include "wasm/runtime.h"

/*
 * For programs that leave running calls without returning from them: by longjmp, or by an
 * exception of C++ that passes through the engine's C frames. These own nothing, so all there is
 * to do is to tell the store that the calls are over, before anything else is done with it:
 *
 *     wisp_call_mark mark = wisp_store_mark(store);
 *     if (setjmp(place) == 0)
 *         status = wisp_call(...);                 // of whose callees one calls longjmp
 *     else
 *         wisp_store_rewind(store, &mark);
 *
 * Taken where no call is under way, or in a function of the program's that the store called, a
 * mark is good until that function returns. It can be rewound to more than once, by whoever owns
 * the store then, as late as with the next call into it.
 *
 * What the calls did to memories, tables, globals and fuel stays done, as after a trap.
 */
typedef struct wisp_call_mark {
    wisp_callout out;        /* the call of the program's function that runs */
    wisp_instance *instance; /* which made it */
    wisp_callback *callback;
    uint32_t depth; /* 0 where no call is under way; the rest does not matter then */
} wisp_call_mark;

/* Where the calls of [store] are now. */
static inline wisp_call_mark wisp_store_mark(const wisp_store *store)
{
    wisp_call_mark mark;
    mark.depth = store->depth;
    if (mark.depth != 0) {
        mark.out = store->exec.out;
        mark.instance = store->exec.instance;
        mark.callback = store->callback;
    }
    return mark;
}

/* Ends all calls of [store] that began after [mark] was taken, and whatever exception of a module
 * was on its way in them. */
void wisp_store_rewind(wisp_store *store, const wisp_call_mark *mark);

#endif
