#include "base/utf8.h"

/* Unicode 15, table 3-7. */
size_t wisp_utf8_character_size(wisp_bytes text)
{
    const uint8_t *p = text.data;
    uint8_t lead = p[0];
    if (lead < 0x80)
        return 1;
    size_t size = lead >= 0xc2 && lead <= 0xdf   ? 2
                  : lead >= 0xe0 && lead <= 0xef ? 3
                  : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                 : 0;
    if (size == 0 || text.size < size)
        return 0;
    uint8_t least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t greatest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < least || p[1] > greatest)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

bool wisp_utf8_is_valid(wisp_bytes text)
{
    while (text.size) {
        size_t size = wisp_utf8_character_size(text);
        if (size == 0)
            return false;
        text = (wisp_bytes){text.data + size, text.size - size};
    }
    return true;
}
