#ifndef WISP_PATCH_DISPATCH_H
#define WISP_PATCH_DISPATCH_H

#include "patch/bridge.h"
#include "patch/seat.h"

/*
 * Calls of patched functions: what wisp_patch_entry asks whether a patch has handled them. This
 * is the path of every call. It takes no lock, writes to no memory that other threads use, and
 * asks for memory only when a thread is new here.
 *
 * Whatever is in the way, the answer is no, and the original runs: there is no patch, the thread
 * is at work for Wisp itself, there is no seat, no stack, no memory; or the patch has failed.
 */

/* The set that calls run; NULL for none. It is put aside by storing another one, and freed when
 * all threads have left it (thread.h). */
extern wisp_patch_set *_Atomic wisp_patch_current;

/* For wisp_patch_detour.dispatch, of the detour in a slot. */
bool wisp_patch_dispatch(wisp_patch_frame *frame, wisp_patch_detour *detour);

/* For wisp_patch_thread_hooks. */
void wisp_patch_on_drop(wisp_patch_thread *thread, const wisp_patch_activation *activation);

#endif
