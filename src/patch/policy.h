#ifndef WISP_PATCH_POLICY_H
#define WISP_PATCH_POLICY_H

#include <wisp/patcher.h>

/*
 * What patches may import where the program has no policy of its own (wisp_patcher_config.allow):
 * all but functions of shared libraries that start programs, load code, or change what memory
 * may do. docs/patching.md lists them for users.
 *
 * It keeps mistakes from happening, and says at a glance what a patch cannot do; it is no jail
 * for those who sign patches, who could as well sign another program.
 */
bool wisp_patch_policy_allows(const wisp_patch_import *import);

/* Whether [pattern] is [name], or ends with a '*' and is the beginning of it until then. */
bool wisp_patch_pattern_matches(const char *pattern, const char *name);

#endif
