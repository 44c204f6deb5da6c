#ifndef WISP_CLI_PATCH_SEAL_H
#define WISP_CLI_PATCH_SEAL_H

#include "../source_lines.h"
#include "patch/manifest.h"

#include <wisp/wasm.h>

/*
 * From the compiler's module to a patch: without debug information, which the manifest has the
 * lines of, and with the manifest.
 */

/* A module on its way. The bytes are malloc's. */
typedef struct sealed {
    uint8_t *data;
    size_t size;
    uint32_t code_from, code_to; /* where its code lay before, and lies now */
} sealed;

/* Copies the module in [bytes] without what programs do not need: of its custom sections only
 * "name" stays, for backtraces. Free [out]->data with free. */
wisp_status seal_strip(const wisp_module *module, wisp_bytes bytes, sealed *out, wisp_error *err);

/* Fills the lines of [manifest] from [lines], those of the module before it was stripped to [s];
 * NULL: it has none. All is in [arena]. */
void seal_lines(wisp_arena *arena, source_lines *lines, const sealed *s,
                wisp_patch_manifest *manifest);

/* Adds [manifest] at the end. WISP_LIMIT, WISP_NO_MEMORY. */
wisp_status seal_close(sealed *s, const wisp_patch_manifest *manifest, wisp_error *err);

/* Reads the manifest of the patch [bytes], which is borrowed as long as [out] is used; the rest
 * is in [arena]. WISP_NOT_FOUND if it has none. */
wisp_status seal_read(wisp_arena *arena, wisp_bytes bytes, wisp_patch_manifest *out,
                      wisp_error *err);

#endif
