#ifndef WISP_LIVE_BUILD_PLACE_H
#define WISP_LIVE_BUILD_PLACE_H

#include <wisp/patch.h>

/*
 * What belongs to one build of a program: its target in the repository, and its folder on the
 * device, both called after its build-id.
 */
typedef struct wisp_build_place {
    const wisp_allocator *allocator;
    char target[WISP_MODULE_NAME_SIZE];
    char *dir; /* of [dir_size] bytes, with the NUL */
    size_t dir_size;
} wisp_build_place;

enum { WISP_BUILD_ID_SHORT = 16 /* digits of a build-id that tell builds apart */ };

/*
 * That of the build [build_id] (hexadecimal), by the [target] and [dir] of [config], and makes
 * the folder [dir], if it is not there. WISP_INVALID for names that are missing or too long,
 * WISP_NO_MEMORY. To be deinit'ed in any case.
 */
wisp_status wisp_build_place_init(wisp_build_place *place, const wisp_updater_config *config,
                                  const char *build_id, wisp_error *err);
void wisp_build_place_deinit(wisp_build_place *place);

#endif
