#ifndef WISP_PATCH_STUB_H
#define WISP_PATCH_STUB_H

#include "patch/image.h"
#include "patch/text.h"

/*
 * Room for stubs (sled.h) that jumps from anywhere in an image reach: pages of code that is
 * mapped near it, and stays for as long as the process lives. They are private pages: what a
 * child of fork writes there is the child's. One call at a time.
 */

/*
 * Gives WISP_STUB_SIZE bytes, to be written by wisp_patch_text_fill. WISP_LIMIT if
 * nothing is free within reach, WISP_IO if the system maps no code, WISP_NO_MEMORY.
 */
wisp_status wisp_patch_stub_take(const wisp_patch_text *text, const wisp_patch_image *image,
                                 uint8_t **out, wisp_error *err);

#endif
