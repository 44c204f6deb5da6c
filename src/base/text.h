#ifndef WISP_BASE_TEXT_H
#define WISP_BASE_TEXT_H

#include <stddef.h>

/* Copies [text] to [out] of [size] bytes, cut between characters, with '?' for what is no UTF-8
 * and for what a terminal could take as a command: reasons quote what others wrote. */
void wisp_text_copy(char *out, size_t size, const char *text);

#endif
