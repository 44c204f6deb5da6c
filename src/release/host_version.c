#include "release/offer.h"

#define DIGITS_MAX 9 /* so that a number fits */

/* Reads a number of digits alone from *[text], moving it behind them. */
static bool read_number(const char **text, uint32_t *out)
{
    int digits = 0;
    *out = 0;
    for (; **text >= '0' && **text <= '9' && digits < DIGITS_MAX; digits++)
        *out = *out * 10 + (uint32_t)(*(*text)++ - '0');
    return digits > 0;
}

bool wisp_host_version_parse(const char *text, wisp_host_version *out)
{
    *out = (wisp_host_version){{0}};
    for (int i = 0; i < 4; i++) {
        if (!read_number(&text, &out->numbers[i]))
            return false;
        if (*text != '.')
            return *text == '\0';
        text++;
    }
    return false;
}

int wisp_host_version_compare(const wisp_host_version *a, const wisp_host_version *b)
{
    for (int i = 0; i < 4; i++)
        if (a->numbers[i] != b->numbers[i])
            return a->numbers[i] < b->numbers[i] ? -1 : 1;
    return 0;
}
