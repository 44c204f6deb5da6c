#ifndef WISP_PUBLISH_BUILD_H
#define WISP_PUBLISH_BUILD_H

#include "trust/json.h"

/*
 * Documents are built from the top down: each part is added to its parent empty, then filled.
 * The parent owns it from the start, so the one who builds frees the top alone. A NULL parent
 * gives NULL, so that only the last result need be looked at.
 */

/* Adds an empty object or array to [parent] as [key]; borrowed. NULL when out of memory. */
wisp_json *wisp_build_object(wisp_json *parent, const char *key);
wisp_json *wisp_build_array(wisp_json *parent, const char *key);

#endif
