#ifndef WISP_CLI_VALUE_TEXT_H
#define WISP_CLI_VALUE_TEXT_H

#include <wisp/wasm.h>

/*
 * WebAssembly values and types as text: "42", "-0x1f", "0x1.8p1", "nan:0x400001", "-inf";
 * "(i32, i64) -> f32".
 */

/*
 * Reads [text] as a value of [type]. Integers are decimal or, with "0x", hexadecimal, and may
 * be signed or unsigned: i32 goes from -2^31 to 2^32 - 1. Floats are decimal or hexadecimal,
 * "inf", "nan" or "nan:0x" and a payload. A v128 is "i32x4" and four
 * integers, lane 0 first. A reference is "null". WISP_INVALID says what was expected.
 */
wisp_status value_parse(wisp_valtype type, const char *text, wisp_value *out, wisp_error *err);

/* Writes [value] so that value_parse gives it back, bit for bit but for references. */
#define VALUE_TEXT_SIZE 64
const char *value_print(const wisp_value *value, char text[VALUE_TEXT_SIZE]);

/* Writes a type, cut where it does not fit: "(i32) -> i32", "1 page, at most 4", "mut i64". */
#define TYPE_TEXT_SIZE 512
const char *type_print(const wisp_extern_type *type, char text[TYPE_TEXT_SIZE]);

#endif
