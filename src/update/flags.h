#ifndef WISP_UPDATE_FLAGS_H
#define WISP_UPDATE_FLAGS_H

#include <wisp/update.h>

/*
 * The flags of a release, as they are kept on disk and in an image: for each its name, a NUL, the
 * letter of its kind, its value in text, and a NUL; after the last one an empty name. Never
 * longer than the JSON that they come from.
 *
 *     n e w - u i \0 t \0   l i m i t \0 n 5 \0   g r e e t i n g \0 s h i \0   \0
 *
 * t and f are true and false, n a whole number, s a text.
 */

/* Packs the members of the JSON object in [json]. WISP_UNSUPPORTED for one that is neither true
 * nor false, a whole number or a text; WISP_LIMIT if they do not fit; WISP_MALFORMED,
 * WISP_NO_MEMORY. */
wisp_status wisp_flags_pack(const char *json, wisp_flags *out, wisp_error *err);

/* Whether [flags] can be read to its end: they may come from a disk. */
bool wisp_flags_are_sound(const wisp_flags *flags);

#endif
