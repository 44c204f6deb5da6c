#ifndef WISP_HOST_IMPORTS_H
#define WISP_HOST_IMPORTS_H

#include "host/tape/tap.h"

/* Adds the functions that a module may import from "wisp"; they get their version as the user. */
wisp_status wisp_imports_add(wisp_taps *taps, const wisp_allocator *allocator, wisp_error *err);

#endif
