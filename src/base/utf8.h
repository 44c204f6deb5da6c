#ifndef WISP_BASE_UTF8_H
#define WISP_BASE_UTF8_H

#include <wisp/base.h>

/* Bytes of the character that [text], which is not empty, begins with; 0 if it is none. */
size_t wisp_utf8_character_size(wisp_bytes text);

/* Whether [text] is UTF-8: shortest forms only, no surrogates, at most U+10FFFF. */
bool wisp_utf8_is_valid(wisp_bytes text);

#endif
