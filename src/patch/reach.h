#ifndef WISP_PATCH_REACH_H
#define WISP_PATCH_REACH_H

#include <wisp/wasm.h>

#include "patch/set.h"

/*
 * How far a patch reaches into the program's memory: what its manifest was granted, and of that
 * what the system lets the program itself touch. For all grants, its own thread's stack below the
 * call is not written to: Wisp itself runs there.
 */

/* The outside of [seat]'s store (wisp_store_set_outside), by the grant of its set. */
wisp_outside wisp_patch_reach(wisp_patch_seat *seat);

/* Copies, checked: the same for what crosses the bridge. [seat] is a wisp_patch_seat. */
bool wisp_patch_reach_read(void *seat, uint64_t address, void *into, size_t size);
bool wisp_patch_reach_write(void *seat, uint64_t address, const void *from, size_t size);

/* Grants what the arguments of the innermost call of [seat] point at. False if there is too much
 * of it, or no memory to note it. */
bool wisp_patch_reach_arguments(wisp_patch_seat *seat);

/* Grants what the result of [callee], which is in [frame], points at. */
bool wisp_patch_reach_result(wisp_patch_seat *seat, const wisp_patch_callee *callee,
                             const wisp_patch_frame *frame);

#endif
