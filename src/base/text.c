#include "base/text.h"

#include "base/utf8.h"

#include <string.h>

void wisp_text_copy(char *out, size_t size, const char *text)
{
    wisp_bytes left = {(const uint8_t *)text, strlen(text)};
    size_t len = 0;
    while (left.size) {
        size_t character = wisp_utf8_character_size(left);
        size_t taken = character ? character : 1;
        if (len + taken >= size)
            break;
        bool is_shown = character && left.data[0] >= 0x20 && left.data[0] != 0x7f;
        memcpy(out + len, is_shown ? left.data : (const uint8_t *)"?", taken);
        len += taken;
        left = (wisp_bytes){left.data + taken, left.size - taken};
    }
    out[len] = '\0';
}
