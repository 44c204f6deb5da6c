#include "base/error.h"

#include <wisp/host.h>

/* For as long as the host itself has no shadows: weak, so that its own functions win. */
#define WEAK __attribute__((weak))

WEAK wisp_status wisp_guest_shadow(wisp_guest *guest, const wisp_module *module,
                                   const wisp_shadow_config *config, wisp_error *err)
{
    (void)guest, (void)module, (void)config;
    return wisp_fail(err, WISP_UNSUPPORTED, "this host has no shadows");
}

WEAK void wisp_guest_shadow_end(wisp_guest *guest)
{
    (void)guest;
}

WEAK bool wisp_guest_shadow_status(const wisp_guest *guest, wisp_shadow_status *out)
{
    (void)guest, (void)out;
    return false;
}
