#include "update/embedded.h"

#include "base/error.h"
#include "trust/crypto.h"
#include "update/entry.h"
#include "update/image.h"

#include <stdio.h>
#include <string.h>

static bool is_name(const char *name)
{
    return name && *name && strlen(name) < WISP_MODULE_NAME_SIZE;
}

wisp_status wisp_embedded_check(const wisp_updater_config *c, wisp_error *err)
{
    if (!c->base.data || c->base.size == 0)
        return wisp_fail(err, WISP_INVALID, "an updater needs an embedded module");
    if (c->module_len >= WISP_MODULES_MAX)
        return wisp_fail(err, WISP_INVALID,
                         "%zu modules are embedded besides the first, "
                         "expected at most %d",
                         c->module_len, WISP_MODULES_MAX - 1);
    for (size_t i = 0; i < c->module_len; i++)
        if (!is_name(c->modules[i].name) || !c->modules[i].bytes.data)
            return wisp_fail(err, WISP_INVALID, "embedded module %zu has no name or no bytes",
                             i + 1);
    return WISP_OK;
}

static bool describe_module(const char *name, wisp_bytes bytes, wisp_update_module *out)
{
    snprintf(out->name, sizeof out->name, "%s", name);
    out->size = bytes.size;
    return wisp_sha256(bytes, &out->hash);
}

bool wisp_embedded_describe(const wisp_updater_config *c, wisp_update_entry *out)
{
    *out = (wisp_update_entry){.state = WISP_STATE_GOOD,
                               .version = c->base_version,
                               .module_len = 1 + (uint32_t)c->module_len};
    bool done = describe_module(c->target, c->base, &out->modules[0]);
    for (size_t i = 0; i < c->module_len && done; i++)
        done = describe_module(c->modules[i].name, c->modules[i].bytes, &out->modules[i + 1]);
    return done && wisp_set_hash(out->modules, out->module_len, &out->hash);
}

wisp_bytes wisp_embedded_bytes(const wisp_updater_config *c, uint32_t index)
{
    return index ? c->modules[index - 1].bytes : c->base;
}

void wisp_embedded_image(const wisp_updater_config *c, const wisp_update_entry *base,
                         wisp_image *out)
{
    wisp_image_describe(base, WISP_IMAGE_BASE, out);
    for (uint32_t i = 0; i < base->module_len; i++)
        wisp_image_add(out, &base->modules[i], wisp_embedded_bytes(c, i));
}
