#ifndef WISP_PATCH_IMAGE_H
#define WISP_PATCH_IMAGE_H

#include "base/error.h"
#include "patch/manifest.h"

/*
 * The program, or a shared library of it, as it was loaded: found by its build-id, so that
 * addresses that were read from a file are right for what runs. Any thread.
 */

typedef struct wisp_patch_image {
    uintptr_t base; /* what is added to an address of the file */
    uint8_t build_id[WISP_PATCH_BUILD_ID_MAX];
    size_t build_id_size;
    uintptr_t low, high; /* all its segments are in [low, high) */
} wisp_patch_image;

/* Finds what is loaded and has [build_id]. WISP_NOT_FOUND, with the program's own build-id in
 * [err]. */
wisp_status wisp_patch_image_find(wisp_bytes build_id, wisp_patch_image *out, wisp_error *err);

typedef enum wisp_patch_segment {
    WISP_PATCH_CODE, /* can be run and not be written */
    WISP_PATCH_DATA  /* can be written */
} wisp_patch_segment;

/*
 * Calls work(user) if [image] is still loaded where it was and has [size] bytes of such a
 * [segment] at [at]; it cannot be unloaded meanwhile, for which the loader waits: be quick. The
 * status is that of [work], or WISP_NOT_FOUND if the image has gone, or WISP_MISMATCH if it has
 * no such segment there.
 */
wisp_status wisp_patch_image_hold(const wisp_patch_image *image, wisp_patch_segment segment,
                                  uintptr_t at, size_t size,
                                  wisp_status (*work)(void *user, wisp_error *err), void *user,
                                  wisp_error *err);

#endif
