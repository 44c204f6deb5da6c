#ifndef WISP_PUBLISH_DIFFERENCE_H
#define WISP_PUBLISH_DIFFERENCE_H

#include "trust/json.h"

/*
 * What a change changes, field by field, for people and for scripts.
 *
 * Adds to [out], an array, {"document": [name], "path", "before", "after"} for every field that
 * [before] and [after] do not share; "before" is missing where it is new, "after" where it is
 * gone. Items of a list that moved are the same item. [before] is NULL for a new document.
 * False when out of memory.
 */
bool wisp_difference(const char *name, const wisp_json *before, const wisp_json *after,
                     wisp_json *out);

#endif
