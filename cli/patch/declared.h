#ifndef WISP_CLI_PATCH_DECLARED_H
#define WISP_CLI_PATCH_DECLARED_H

#include "../source_lines.h"
#include "name.h"

/*
 * What the source of a patch says of functions that it does not define: their signatures, by
 * name, from its own debug information. Of functions that the program has, the program's says
 * more; of those of shared libraries it is all that there is.
 */
typedef struct declared {
    name_table signatures; /* texts, as manifests have them */
} declared;

/* Reads them from [lines]; all of [out] is in [arena]. Those that no patch can call are left
 * out. */
wisp_status declared_read(wisp_arena *arena, source_lines *lines, declared *out, wisp_error *err);

/* The signature of [name]; NULL if it is not declared. */
const char *declared_find(const declared *d, const char *name);

#endif
