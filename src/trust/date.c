#include "trust/date.h"

#include <stdio.h>
#include <string.h>

#define DAY_S INT64_C(86400)

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from year 1 to the start of [year]. */
static int64_t days_before(int64_t year)
{
    int64_t past = year - 1;
    return past * 365 + past / 4 - past / 100 + past / 400;
}

static int digits(const char *text, int len)
{
    int value = 0;
    for (int i = 0; i < len; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

bool wisp_date_parse(const char *text, int64_t *seconds)
{
    static const char shape[] = "0000-00-00T00:00:00Z";
    if (strlen(text) != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == '0' ? !is_digit : text[i] != shape[i])
            return false;
    }
    int year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
    int hour = digits(text + 11, 2), minute = digits(text + 14, 2), second = digits(text + 17, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month) ||
        hour > 23 || minute > 59 || second > 59)
        return false;
    int64_t days = days_before(year) - days_before(1970) + day - 1;
    for (int m = 1; m < month; m++)
        days += days_of_month(year, m);
    *seconds = days * DAY_S + hour * 3600 + minute * 60 + second;
    return true;
}

bool wisp_date_print(int64_t seconds, char text[WISP_DATE_TEXT_SIZE])
{
    int64_t end = (days_before(10000) - days_before(1970)) * DAY_S;
    if (seconds < 0 || seconds >= end)
        return false;
    int64_t days = seconds / DAY_S;
    int rest = (int)(seconds % DAY_S), year = 1970, month = 1;
    while (days >= 365 + is_leap(year))
        days -= 365 + is_leap(year++);
    while (days >= days_of_month(year, month))
        days -= days_of_month(year, month++);
    char wide[80]; /* what the compiler thinks that the numbers could take */
    snprintf(wide, sizeof wide, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, (int)days + 1,
             rest / 3600, rest / 60 % 60, rest % 60);
    memcpy(text, wide, WISP_DATE_TEXT_SIZE);
    return true;
}
