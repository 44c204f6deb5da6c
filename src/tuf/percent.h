#ifndef WISP_TUF_PERCENT_H
#define WISP_TUF_PERCENT_H

#include <wisp/base.h>

/*
 * Percent-encoding (RFC 3986, 2.1), for names that others chose and that become a part of a URL
 * or a file's name: letters, digits and the characters of [keep] stay, all else becomes "%2F".
 * False if the result, with its NUL, does not fit into [size] bytes.
 */
#define WISP_PERCENT_UNRESERVED "-._~" /* what need not be encoded anywhere in a URL */

bool wisp_percent_encode(const char *text, const char *keep, char *out, size_t size);

#endif
