#include "ramp_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define HOURS_MAX 8760 /* a year */

/* The whole number at *[at], of [digits_max] digits at the most; false where there is none. */
static bool take_number(const char **at, int digits_max, uint64_t *out)
{
    int digits = 0;
    *out = 0;
    for (; isdigit((unsigned char)**at); ++*at, digits++)
        *out = *out * 10 + (uint64_t)(**at - '0');
    return digits >= 1 && digits <= digits_max;
}

/* "5%" or "0.25%", in 1/10000. */
static bool take_percent(const char **at, uint32_t *out)
{
    uint64_t whole, hundredths = 0;
    if (!take_number(at, 3, &whole))
        return false;
    if (**at == '.') {
        const char *begin = ++*at;
        if (!take_number(at, 2, &hundredths))
            return false;
        hundredths *= *at - begin == 1 ? 10 : 1;
    }
    *out = (uint32_t)(whole * 100 + hundredths);
    return *(*at)++ == '%' && *out <= WISP_ALL_DEVICES;
}

bool ramp_parse(const char *text, wisp_ramp *out)
{
    const char *at = text;
    *out = (wisp_ramp){0};
    if (!take_percent(&at, &out->from))
        return false;
    out->to = out->from;
    if (*at == '\0')
        return true;
    if (strncmp(at, "..", 2) != 0)
        return false;
    at += 2;
    return take_percent(&at, &out->to) && *at++ == '/' && take_number(&at, 4, &out->hours) &&
           strcmp(at, "h") == 0 && out->from < out->to && out->hours >= 1 &&
           out->hours <= HOURS_MAX;
}
