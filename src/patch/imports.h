#ifndef WISP_PATCH_IMPORTS_H
#define WISP_PATCH_IMPORTS_H

#include "patch/seat.h"

/*
 * What a patch imports, as functions of a store: native functions, which are called by way of the
 * bridge; addresses of variables; the functions of builtin.h.
 */

/* The function in [seat]'s store that stands for [source], with what it needs in [outlet]. */
wisp_status wisp_patch_import_make(wisp_patch_seat *seat, const wisp_patch_import_source *source,
                                   wisp_patch_outlet *outlet, wisp_func **out, wisp_error *err);

#endif
