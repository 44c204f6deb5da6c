#include "live/build_place.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

wisp_status wisp_build_place_init(wisp_build_place *place, const wisp_updater_config *config,
                                  const char *build_id, wisp_error *err)
{
    const wisp_os *os = config->os ? config->os : wisp_os_posix();
    *place = (wisp_build_place){.allocator = wisp_allocator_or_default(config->allocator)};
    if (!config->dir || !*config->dir || !config->target || !*config->target)
        return wisp_fail(err, WISP_INVALID, "patches need a folder and a target's name");
    int size = snprintf(place->target, sizeof place->target, "%s-%.*s", config->target,
                        WISP_BUILD_ID_SHORT, build_id);
    if (size < 0 || (size_t)size >= sizeof place->target)
        return wisp_fail(err, WISP_INVALID,
                         "the target '%.80s' is too long: with a build-id behind it, at most %zu "
                         "bytes are expected",
                         config->target, sizeof place->target - 1);
    place->dir_size = strlen(config->dir) + 1 + (size_t)size + 1;
    place->dir = wisp_alloc(place->allocator, 1, place->dir_size);
    if (!place->dir)
        return wisp_fail_memory(err, place->dir_size);
    snprintf(place->dir, place->dir_size, "%s/%s", config->dir, place->target);
    os->make_dir(os->user, config->dir); /* where it cannot be made, the updater says so */
    return WISP_OK;
}

void wisp_build_place_deinit(wisp_build_place *place)
{
    wisp_free(place->allocator, place->dir, place->dir_size);
    place->dir = NULL;
}
