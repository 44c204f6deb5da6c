#include "patch/manifest.h"

#include <string.h>

#include "base/reader.h"

enum { ID_CUSTOM = 0 };

/* What is behind the name that the content of a custom section begins with; false if that is
 * another one. */
static bool behind_name(wisp_bytes module, const wisp_section *section, wisp_bytes *out)
{
    const size_t wanted = strlen(WISP_PATCH_SECTION);
    wisp_reader r = wisp_reader_of((wisp_bytes){module.data + section->offset, section->size});
    uint32_t size;
    const uint8_t *name;
    if (!wisp_read_leb_u32(&r, &size) || size != wanted || !wisp_read_bytes(&r, size, &name) ||
        memcmp(name, WISP_PATCH_SECTION, wanted) != 0)
        return false;
    *out = (wisp_bytes){r.at, wisp_reader_left(&r)};
    return true;
}

bool wisp_patch_manifest_find(const wisp_module *module, wisp_bytes bytes, wisp_bytes *out)
{
    wisp_section section;
    for (uint32_t i = 0; wisp_module_section(module, i, &section); i++)
        if (section.id == ID_CUSTOM && behind_name(bytes, &section, out))
            return true;
    return false;
}
