#include "tuf/percent.h"

#include <string.h>

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool wisp_percent_encode(const char *text, const char *keep, char *out, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t at = 0;
    for (; *text; text++) {
        uint8_t c = (uint8_t)*text;
        bool plain = is_alphanumeric(*text) || strchr(keep, *text);
        if (at + (plain ? 1 : 3) >= size)
            return false;
        if (plain) {
            out[at++] = *text;
            continue;
        }
        out[at++] = '%';
        out[at++] = digits[c >> 4];
        out[at++] = digits[c & 15];
    }
    if (at >= size)
        return false;
    out[at] = '\0';
    return true;
}
