#ifndef WISP_TRUST_DATE_H
#define WISP_TRUST_DATE_H

#include <wisp/base.h>

/*
 * Dates as TUF writes them (specification 4.2): "2030-01-31T23:59:59Z" and nothing else, years
 * 1970 to 9999, to seconds since 1970-01-01 00:00 UTC and back. False for anything else. Any
 * thread.
 */

#define WISP_DATE_TEXT_SIZE 21

bool wisp_date_parse(const char *text, int64_t *seconds);
bool wisp_date_print(int64_t seconds, char text[WISP_DATE_TEXT_SIZE]);

#endif
