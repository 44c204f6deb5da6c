#ifndef WISP_SYMBOLS_THUNKS_H
#define WISP_SYMBOLS_THUNKS_H

#include "base/memory.h"

/*
 * Link-time slots, for systems on which a program's text cannot be written: each global function
 * f is called through
 *
 *     f:  jmp *__wisp_slot_f(%rip)          __wisp_slot_f:  .quad __wisp_original_f
 *
 * and is patched by a store to its slot, which is data. For that the object file in which f was
 * compiled is changed: its f becomes weak, so that the thunk's f takes its place, and is called
 * __wisp_original_f as well. The thunks are a file of assembly that is compiled and linked with
 * the rest.
 *
 * A call is diverted that goes by the name of f: those of other files do; those of its own do if
 * the file was compiled with -fPIC (clang: and -fsemantic-interposition), which also keeps the
 * compiler from inlining it. Static and weak functions have no slots. A call costs a jump through
 * memory more, whether there is a patch or not.
 *
 * A catalogue (symbols.h) finds the slots by the names of their symbols. One thread at a time.
 */

#define WISP_SLOT_PREFIX     "__wisp_slot_"
#define WISP_ORIGINAL_PREFIX "__wisp_original_"

typedef struct wisp_thunk {
    const char *name; /* of the function */
    bool is_hidden;   /* seen within its program or library alone */
    struct wisp_thunk *next;
} wisp_thunk;

/* Those of several object files, in order. Initialise with {.arena = …}. */
typedef struct wisp_thunks {
    wisp_arena *arena;
    uint32_t machine; /* of the first object; 0 while there is none */
    uint32_t count;
    uint32_t skipped; /* functions that are seen by other files, but are weak or have odd names */
    wisp_thunk *first, *last;
} wisp_thunks;

/*
 * Takes the object file [bytes], called [path]: adds its functions to [thunks], and puts the
 * changed file into [out]; that is [bytes] themselves where nothing is to be changed (any more).
 * All of it is in the arena.
 *
 * WISP_UNSUPPORTED for what is no object file for x86-64 or aarch64 (those of -flto have no
 * functions yet, and are refused), WISP_MISMATCH for one of another machine than the first,
 * WISP_MALFORMED, WISP_LIMIT, WISP_NO_MEMORY.
 */
wisp_status wisp_thunks_take(wisp_thunks *thunks, const char *path, wisp_bytes bytes,
                             wisp_bytes *out, wisp_error *err);

/* The assembly, for gcc or clang: [out] is in the arena. WISP_NO_MEMORY. */
wisp_status wisp_thunks_print(const wisp_thunks *thunks, wisp_bytes *out, wisp_error *err);

#endif
