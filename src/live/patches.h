#ifndef WISP_LIVE_PATCHES_H
#define WISP_LIVE_PATCHES_H

#include <wisp/patch.h>

#include "live/build_place.h"
#include "live/checks.h"
#include "local/server.h"

#include <pthread.h>

/* The insides of patches over the air, shared by patches.c and patch_orders.c. */

/* Where what is applied came from. */
typedef enum wisp_patches_source {
    WISP_PATCHES_NOTHING, /* nothing is applied */
    WISP_PATCHES_RELEASE, /* [image] is */
    WISP_PATCHES_TRIED    /* what came over the socket */
} wisp_patches_source;

/* Told by threads that call patched functions, and acted on in a step. */
typedef struct wisp_patches_faults {
    pthread_mutex_t lock; /* innermost: nothing is called under it */
    bool is_disabled;     /* a function of what is applied got its own code back */
    char reason[WISP_ERROR_TEXT_MAX];
    uint64_t count;
    char last[WISP_ERROR_TEXT_MAX];
} wisp_patches_faults;

struct wisp_patches {
    wisp_patches_config config;
    wisp_updater_config update; /* the same with the place of this build and our own accept */
    wisp_build_place place;
    const wisp_allocator *allocator;
    const wisp_os *os;
    wisp_patcher *patcher; /* NULL where text cannot be written */
    wisp_updater *updater; /* NULL without a patcher */
    wisp_checks checks;
    wisp_local_server *server; /* NULL without a socket */
    wisp_patches_source source;
    wisp_image image; /* RELEASE */
    uint64_t faults_told;
    wisp_patches_faults faults;
    char build_id[WISP_BUILD_ID_TEXT_SIZE];
    char trouble[WISP_ERROR_TEXT_MAX]; /* our own; the updater has its own */
    wisp_update_status status;         /* where wisp_patches_trouble finds the updater's */
};

/* One line for the program's log. */
void wisp_patches_tell(wisp_patches *patches, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Applies what came over the socket, in place of whatever is applied. */
wisp_status wisp_patches_try(wisp_patches *patches, wisp_bytes patch, wisp_error *err);

/* Goes back to the last good release, if what is applied came over the socket; WISP_NOT_FOUND if
 * it did not. */
wisp_status wisp_patches_end_try(wisp_patches *patches, wisp_error *err);

#endif
