#ifndef WISP_UPDATE_IMAGE_H
#define WISP_UPDATE_IMAGE_H

#include "update/updater.h"

/* How an image is put together, for what runs and for the program's say before it is staged. */

/* Makes [out] an image of [entry] that has no modules yet. */
void wisp_image_describe(const wisp_update_entry *entry, wisp_image_source source,
                         wisp_image *out);

/* The same with all of its modules, from the disk and verified again; or nothing. To be freed by
 * wisp_image_free. WISP_NOT_FOUND, WISP_UNTRUSTED, WISP_LIMIT, WISP_IO, WISP_NO_MEMORY. */
wisp_status wisp_image_read(wisp_updater *updater, const wisp_update_entry *entry,
                            wisp_image_source source, wisp_image *out, wisp_error *err);

/* Adds the next module, whose [bytes] were verified; they belong to the image, if anybody frees
 * it. */
void wisp_image_add(wisp_image *image, const wisp_update_module *module, wisp_bytes bytes);

#endif
