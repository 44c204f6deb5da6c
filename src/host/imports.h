#ifndef WISP_HOST_IMPORTS_H
#define WISP_HOST_IMPORTS_H

#include "host/version.h"

/* Offers the functions that a module may import from "wisp" to [linker], on behalf of
 * [version]. It may be NULL for a linker that is only used to check a module. */
wisp_status wisp_imports_add(wisp_linker *linker, wisp_version *version, wisp_error *err);

#endif
