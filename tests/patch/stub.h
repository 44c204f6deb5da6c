#ifndef WISP_TESTS_PATCH_STUB_H
#define WISP_TESTS_PATCH_STUB_H

#include "patch/bridge.h"

/* A function of any signature that comes to wisp_patch_entry as a patched one does. */
void stub(void);

/* The detour that it brings. */
extern wisp_patch_detour *stub_detour;

#endif
