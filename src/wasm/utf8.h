#ifndef WISP_WASM_UTF8_H
#define WISP_WASM_UTF8_H

#include <wisp/base.h>

/* Whether [text] is UTF-8: shortest forms only, no surrogates, at most U+10FFFF. */
bool wisp_utf8_is_valid(wisp_bytes text);

#endif
