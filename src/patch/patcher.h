#ifndef WISP_PATCH_PATCHER_H
#define WISP_PATCH_PATCHER_H

#include "patch/set.h"

/* Marks [replaced] as disabled, and gives it its own code back: at once, or, if another thread is
 * changing functions, by that one before it is done. Any thread, in a call of a patch. Waits for
 * nobody. */
void wisp_patch_disable(wisp_patch_replaced *replaced);

#endif
