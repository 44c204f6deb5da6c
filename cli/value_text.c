#include "value_text.h"

#include "base/error.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ reading */

/* A number with or without "0x", as magnitude and sign. */
static bool parse_magnitude(const char *text, bool *negative, uint64_t *out)
{
    *negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (hex ? !isxdigit((unsigned char)text[2]) : !isdigit((unsigned char)text[0]))
        return false;
    char *end;
    errno = 0;
    *out = strtoull(text, &end, hex ? 16 : 10);
    return errno == 0 && *end == '\0';
}

/* As an integer of [bits], signed or unsigned, in two's complement. */
static bool parse_integer(const char *text, unsigned bits, uint64_t *out)
{
    bool negative;
    uint64_t magnitude, most = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    if (!parse_magnitude(text, &negative, &magnitude))
        return false;
    if (magnitude > (negative ? most / 2 + 1 : most))
        return false;
    *out = negative ? 0 - magnitude : magnitude;
    return true;
}

/* "nan" or "nan:0x" and a payload of at most [bits] bits, not zero; a quiet NaN has the highest.
 */
static bool parse_nan(const char *text, unsigned bits, bool *negative, uint64_t *payload)
{
    *negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    if (strncmp(text, "nan", 3) != 0)
        return false;
    *payload = UINT64_C(1) << (bits - 1);
    if (text[3] == '\0')
        return true;
    bool hex_negative;
    return text[3] == ':' && text[4] == '0' &&
           parse_magnitude(text + 4, &hex_negative, payload) && *payload > 0 &&
           *payload >> bits == 0;
}

/* Whether [text] is a number of C's alone: strtod takes more, such as spaces and "nan(x)". */
static bool is_float_text(const char *text)
{
    if (*text == '-' || *text == '+')
        text++;
    return strcmp(text, "inf") == 0 || isdigit((unsigned char)text[0]) ||
           (text[0] == '.' && isdigit((unsigned char)text[1]));
}

static bool parse_f32(const char *text, float *out)
{
    bool negative;
    uint64_t payload;
    if (parse_nan(text, 23, &negative, &payload)) {
        uint32_t bits = (uint32_t)negative << 31 | UINT32_C(0x7f800000) | (uint32_t)payload;
        memcpy(out, &bits, sizeof bits);
        return true;
    }
    char *end;
    *out = is_float_text(text) ? strtof(text, &end) : 0;
    return is_float_text(text) && *end == '\0';
}

static bool parse_f64(const char *text, double *out)
{
    bool negative;
    uint64_t payload;
    if (parse_nan(text, 52, &negative, &payload)) {
        uint64_t bits = (uint64_t)negative << 63 | UINT64_C(0x7ff0000000000000) | payload;
        memcpy(out, &bits, sizeof bits);
        return true;
    }
    char *end;
    *out = is_float_text(text) ? strtod(text, &end) : 0;
    return is_float_text(text) && *end == '\0';
}

/* "i32x4 0x00000001 -2 3 4": lanes as in the text format. */
static bool parse_v128(const char *text, uint8_t lanes[WISP_V128_SIZE])
{
    char words[VALUE_TEXT_SIZE], *rest;
    uint64_t lane = 0;
    if (snprintf(words, sizeof words, "%s", text) >= (int)sizeof words)
        return false;
    const char *word = strtok_r(words, " ", &rest);
    if (!word || strcmp(word, "i32x4") != 0)
        return false;
    for (int i = 0; i < WISP_V128_SIZE; i++) {
        if (i % 4 == 0) {
            word = strtok_r(NULL, " ", &rest);
            if (!word || !parse_integer(word, 32, &lane))
                return false;
        }
        lanes[i] = (uint8_t)(lane >> (8 * (i % 4)));
    }
    return strtok_r(NULL, " ", &rest) == NULL;
}

static bool parse_value(const char *text, wisp_value *out)
{
    uint64_t bits;
    switch (out->type) {
    case WISP_I32:
        if (!parse_integer(text, 32, &bits))
            return false;
        out->of.i32 = (int32_t)(uint32_t)bits;
        return true;
    case WISP_I64:
        if (!parse_integer(text, 64, &bits))
            return false;
        out->of.i64 = (int64_t)bits;
        return true;
    case WISP_F32:
        return parse_f32(text, &out->of.f32);
    case WISP_F64:
        return parse_f64(text, &out->of.f64);
    case WISP_V128:
        return parse_v128(text, out->of.v128);
    }
    out->of.externref = NULL;
    return !(out->type & WISP_NON_NULL) && strcmp(text, "null") == 0;
}

wisp_status value_parse(wisp_valtype type, const char *text, wisp_value *out, wisp_error *err)
{
    memset(out, 0, sizeof *out);
    out->type = type;
    if (parse_value(text, out))
        return WISP_OK;
    const char *expected = "'null'";
    if (type == WISP_I32)
        expected = "an integer from -2147483648 to 4294967295";
    else if (type == WISP_I64)
        expected = "an integer from -2^63 to 2^64 - 1";
    else if (type == WISP_F32 || type == WISP_F64)
        expected = "a number, 'inf' or 'nan'";
    else if (type == WISP_V128)
        expected = "'i32x4' and four integers";
    return wisp_fail(err, WISP_INVALID, "'%.60s' is no %s, expected %s", text,
                     wisp_valtype_name(type), expected);
}

/* ------------------------------------------------------------------ writing */

static void print_nan(char *text, bool negative, uint64_t payload, uint64_t quiet)
{
    if (payload == quiet)
        snprintf(text, VALUE_TEXT_SIZE, "%snan", negative ? "-" : "");
    else
        snprintf(text, VALUE_TEXT_SIZE, "%snan:0x%" PRIx64, negative ? "-" : "", payload);
}

static void print_f32(char *text, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (isnan(value))
        print_nan(text, bits >> 31, bits & 0x7fffff, 0x400000);
    else
        snprintf(text, VALUE_TEXT_SIZE, "%.9g", (double)value);
}

static void print_f64(char *text, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (isnan(value))
        print_nan(text, bits >> 63, bits & UINT64_C(0xfffffffffffff), UINT64_C(1) << 51);
    else
        snprintf(text, VALUE_TEXT_SIZE, "%.17g", value);
}

static void print_v128(char *text, const uint8_t lanes[WISP_V128_SIZE])
{
    size_t len = (size_t)snprintf(text, VALUE_TEXT_SIZE, "i32x4");
    for (int i = 0; i < WISP_V128_SIZE; i += 4)
        len += (size_t)snprintf(text + len, VALUE_TEXT_SIZE - len, " 0x%02x%02x%02x%02x",
                                lanes[i + 3], lanes[i + 2], lanes[i + 1], lanes[i]);
}

const char *value_print(const wisp_value *value, char text[VALUE_TEXT_SIZE])
{
    switch (value->type) {
    case WISP_I32:
        snprintf(text, VALUE_TEXT_SIZE, "%" PRId32, value->of.i32);
        break;
    case WISP_I64:
        snprintf(text, VALUE_TEXT_SIZE, "%" PRId64, value->of.i64);
        break;
    case WISP_F32:
        print_f32(text, value->of.f32);
        break;
    case WISP_F64:
        print_f64(text, value->of.f64);
        break;
    case WISP_V128:
        print_v128(text, value->of.v128);
        break;
    case WISP_EXTERNREF:
    case WISP_EXTERNREF | WISP_NON_NULL:
        snprintf(text, VALUE_TEXT_SIZE, value->of.externref ? "extern" : "null");
        break;
    case WISP_EXNREF:
    case WISP_EXNREF | WISP_NON_NULL:
        snprintf(text, VALUE_TEXT_SIZE, value->of.exnref ? "exn" : "null");
        break;
    default:
        snprintf(text, VALUE_TEXT_SIZE, value->of.funcref ? "func" : "null");
    }
    return text;
}

/* Adds [word] to [text], as far as there is room. */
static void add(char text[TYPE_TEXT_SIZE], const char *word)
{
    size_t len = strlen(text);
    snprintf(text + len, TYPE_TEXT_SIZE - len, "%s", word);
}

static void add_types(char text[TYPE_TEXT_SIZE], const wisp_valtype *types, uint32_t count,
                      bool group)
{
    char name[WISP_VALTYPE_TEXT_MAX];
    if (group)
        add(text, "(");
    for (uint32_t i = 0; i < count && strlen(text) < TYPE_TEXT_SIZE - 1; i++) {
        add(text, i ? ", " : "");
        add(text, wisp_valtype_print(types[i], name));
    }
    if (group)
        add(text, ")");
}

static void add_limits(char text[TYPE_TEXT_SIZE], wisp_limits limits, const char *unit)
{
    size_t len = strlen(text);
    int n = snprintf(text + len, TYPE_TEXT_SIZE - len, "%" PRIu64 " %s%s", limits.min, unit,
                     limits.min == 1 ? "" : "s");
    if (limits.max != UINT64_MAX)
        snprintf(text + len + n, TYPE_TEXT_SIZE - len - (size_t)n, ", at most %" PRIu64,
                 limits.max);
}

const char *type_print(const wisp_extern_type *type, char text[TYPE_TEXT_SIZE])
{
    char name[WISP_VALTYPE_TEXT_MAX];
    text[0] = '\0';
    switch (type->kind) {
    case WISP_EXTERN_FUNC:
        add_types(text, type->func.params, type->func.param_count, true);
        add(text, " -> ");
        add_types(text, type->func.results, type->func.result_count,
                  type->func.result_count != 1);
        break;
    case WISP_EXTERN_TABLE:
        add_limits(text, type->limits, wisp_valtype_print(type->valtype, name));
        add(text, type->is_64 ? ", 64-bit" : "");
        break;
    case WISP_EXTERN_MEMORY:
        add_limits(text, type->limits, type->page_size == 1 ? "byte" : "page");
        add(text, type->is_64 ? ", 64-bit" : "");
        add(text, type->is_shared ? ", shared" : "");
        break;
    case WISP_EXTERN_TAG:
        add_types(text, type->func.params, type->func.param_count, true);
        break;
    case WISP_EXTERN_GLOBAL:
        add(text, type->is_mutable ? "mut " : "");
        add(text, wisp_valtype_print(type->valtype, name));
        break;
    }
    return text;
}
