#ifndef WISP_BASE_HEX_H
#define WISP_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lower-case hexadecimal: [size] bytes into 2 * [size] digits and a NUL, and back. The way
 * back returns false unless [text] is exactly 2 * [size] digits. */
void wisp_hex_print(const uint8_t *bytes, size_t size, char *text);
bool wisp_hex_parse(const char *text, uint8_t *bytes, size_t size);

#endif
