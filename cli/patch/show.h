#ifndef WISP_CLI_PATCH_SHOW_H
#define WISP_CLI_PATCH_SHOW_H

#include "patch/manifest.h"

/* Prints what a patch of [size] bytes says of itself: as text, or as one JSON object. Gives the
 * exit code. */
int show_patch(const wisp_patch_manifest *manifest, size_t size, bool as_json);

#endif
