#ifndef WAST_VALUE_H
#define WAST_VALUE_H

#include <wisp/wasm.h>

#include "wast_json.h"
#include "wast_vector.h"

/*
 * Values as the scripts of the WebAssembly test suite write them: {"type": "f32", "value":
 * "2143289344"}, numbers by the decimal of their bits, references by a number or "null".
 *
 * A pattern is what a script expects of a result: a value to the bit, or one of a set.
 */

typedef enum wast_pattern_kind {
    WAST_EXACT,
    WAST_NAN_CANONICAL,  /* only the top bit of the fraction set, either sign */
    WAST_NAN_ARITHMETIC, /* at least the top bit of the fraction set */
    WAST_NOT_NULL,       /* any reference but null */
    WAST_LANES           /* a vector, each of whose lanes is one of the first three */
} wast_pattern_kind;

typedef struct wast_pattern {
    wast_pattern_kind kind;
    wisp_value value;   /* kind EXACT; of other kinds only the type counts */
    wast_vector vector; /* kind LANES */
} wast_pattern;

#define WAST_TEXT_MAX 400

/* Reads a number up to [max], or which NaN "nan:canonical" and "nan:arithmetic" are. */
bool wast_bits_parse(const char *text, uint64_t max, uint64_t *out);
bool wast_nan_parse(const char *text, wast_pattern_kind *out);

/* Reads the type of [json]; false if it is none of the engine's. */
bool wast_type_parse(const wast_json *json, wisp_valtype *out);

/* Reads an argument of a call; false if the engine has no such value. */
bool wast_value_parse(const wast_json *json, wisp_value *out);

/* Reads an expected result. */
bool wast_pattern_parse(const wast_json *json, wast_pattern *out);

bool wast_pattern_matches(const wast_pattern *pattern, const wisp_value *found);

/* Write "i32 0x0000002a (42)" and the like into [into]. */
void wast_value_print(const wisp_value *value, char into[WAST_TEXT_MAX]);
void wast_pattern_print(const wast_pattern *pattern, char into[WAST_TEXT_MAX]);

#endif
