#ifndef WISP_CLI_PATCH_RUNNING_H
#define WISP_CLI_PATCH_RUNNING_H

#include "../out.h"

/*
 * What `wisp patch` does with programs that run: it asks one over its socket (wisp/patch.h), or
 * starts one that is patched from the beginning. Each gives an exit code.
 */

/* Has the program at [socket] apply the patch in [path], without a signature, and shows what it
 * says. */
int running_try(const char *socket, const char *path, bool is_json);

/* Has it go back to what is published. */
int running_end(const char *socket, bool is_json);

/* Shows what is applied there, and how often it was called. */
int running_stat(const char *socket, bool is_json);

/* Starts [command], which ends with NULL, with the patch in [path] applied. Returns only if that
 * fails. [library] is libwisp-patch.so; NULL: the one that belongs to this command. */
int running_start(const char *path, const char *library, char *const *command);

#endif
