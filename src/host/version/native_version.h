#ifndef WISP_HOST_NATIVE_VERSION_H
#define WISP_HOST_NATIVE_VERSION_H

#include "host/version/version.h"

/* Versions that were compiled into the program. */
extern const wisp_backend wisp_native_backend;

/* Ends the entry under way into [version], as a trap would, for the reason [why]. Does not
 * return: what the module holds is not given back. */
_Noreturn void wisp_native_break_off(wisp_version *version, const wisp_error *why);

#endif
