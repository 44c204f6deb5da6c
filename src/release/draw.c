#include "release/draw.h"

#include "trust/crypto.h"

#include <string.h>

bool wisp_draw(const char *const texts[], size_t len, uint64_t *out)
{
    wisp_hasher *hasher = wisp_hasher_new();
    if (!hasher)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (i > 0)
            wisp_hasher_add(hasher, "\n", 1);
        wisp_hasher_add(hasher, texts[i], strlen(texts[i]));
    }
    wisp_hash hash = wisp_hasher_finish(hasher);
    wisp_hasher_free(hasher);
    *out = 0;
    for (int i = 0; i < 8; i++)
        *out = *out << 8 | hash.bytes[i];
    return true;
}
