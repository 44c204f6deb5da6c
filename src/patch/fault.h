#ifndef WISP_PATCH_FAULT_H
#define WISP_PATCH_FAULT_H

#include "patch/seat.h"

/*
 * Failures of patches: counted, told to the program, and in the end the cause for giving
 * functions their own code back. On the thread of [seat], whose [level] it was.
 */

/* The call of [level] trapped; the store has the trap. */
void wisp_patch_fault_trapped(wisp_patch_seat *seat, const wisp_patch_level *level);

/* The patch wrote beyond its stack: into that of another thread, perhaps. All of its functions
 * are disabled. */
void wisp_patch_fault_overran(wisp_patch_seat *seat, const wisp_patch_level *level);

#endif
