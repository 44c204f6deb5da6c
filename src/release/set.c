#include "release/offer.h"

#include <string.h>

static bool is_sign_or_letter(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           strchr("._-+", c);
}

bool wisp_offer_name_is_valid(const char *name)
{
    size_t len = 0;
    while (len < WISP_OFFER_NAME_SIZE && name[len] && is_sign_or_letter(name[len]))
        len++;
    return len > 0 && len < WISP_OFFER_NAME_SIZE && !name[len] && !strchr("._-+", name[0]);
}

bool wisp_offer_set_hash(const wisp_offer_module *modules, size_t len, wisp_hash *out)
{
    char text[WISP_HASH_TEXT_SIZE];
    if (len == 1) {
        *out = modules[0].hash;
        return true;
    }
    wisp_hasher *hasher = wisp_hasher_new();
    if (!hasher)
        return false;
    for (size_t i = 0; i < len; i++) {
        wisp_hash_print(&modules[i].hash, text);
        wisp_hasher_add(hasher, modules[i].name, strlen(modules[i].name));
        wisp_hasher_add(hasher, " ", 1);
        wisp_hasher_add(hasher, text, strlen(text));
        wisp_hasher_add(hasher, "\n", 1);
    }
    *out = wisp_hasher_finish(hasher);
    wisp_hasher_free(hasher);
    return true;
}
