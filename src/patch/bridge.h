#ifndef WISP_PATCH_BRIDGE_H
#define WISP_PATCH_BRIDGE_H

#include <stdbool.h>

#include "patch/frame.h"

/*
 * The two crossings between native code and C that knows no types: in, when a function of the
 * program is called that has a patch, and out, when a patch calls a function of the program.
 * Assembly (bridge_<machine>.S); both can be unwound by exceptions, jumped over by longjmp and
 * walked by debuggers, keep to a shadow stack's rules, and nest without limit but the stack's.
 */

/* What a stub hands to wisp_patch_entry. Must stay for as long as the stub can be reached. */
struct wisp_patch_detour {
    /*
     * True: results are in [frame] and go to the caller. False: nothing has happened, and
     * [original] runs as if it had been called at once.
     */
    bool (*dispatch)(wisp_patch_frame *frame, wisp_patch_detour *detour);

    /*
     * The function behind its sled. Where indirect jumps must land on a mark (BTI), a stub
     * `bti c; b behind_the_sled`: it is jumped to through x16. On x86-64 the jump is notrack.
     */
    const void *original;
};

/*
 * Where stubs jump to, with a wisp_patch_detour * in r11 (x86-64) or x17 (aarch64) and all else
 * as the caller of the function left it. Not to be called from C.
 *
 * If dispatch says false, all that a function can get from its caller is as it was: the registers
 * for integers and vectors (of vectors the first 128 bits), al, x8, the static chain, the stack.
 * So the original of any signature can run, one with varargs too.
 */
void wisp_patch_entry(void);

/*
 * Calls [function] with the arguments in [frame], of which [stack_size] bytes behind the frame go
 * to the stack (a multiple of 16), and puts its results there. Nothing else of [frame] changes.
 * Of registers for vectors the low half goes over.
 */
void wisp_patch_call(const void *function, wisp_patch_frame *frame, size_t stack_size);

#endif
