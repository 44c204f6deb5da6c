#include "wast_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const wisp_valtype TYPES[] = {WISP_I32,  WISP_I64,     WISP_F32,      WISP_F64,
                                     WISP_V128, WISP_FUNCREF, WISP_EXTERNREF};

static bool type_named(const char *name, wisp_valtype *out)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (strcmp(name, wisp_valtype_name(TYPES[i])) == 0) {
            *out = TYPES[i];
            return true;
        }
    }
    return false;
}

bool wast_bits_parse(const char *text, uint64_t max, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *text != '-' && *out <= max;
}

bool wast_nan_parse(const char *text, wast_pattern_kind *out)
{
    if (strcmp(text, "nan:canonical") == 0)
        *out = WAST_NAN_CANONICAL;
    else if (strcmp(text, "nan:arithmetic") == 0)
        *out = WAST_NAN_ARITHMETIC;
    else
        return false;
    return true;
}

/* A script's external reference n is the pointer n + 1, so that none of them is null. */
static void *externref_of(uint64_t n)
{
    return (void *)(uintptr_t)(n + 1);
}

/* The bits of floats are copied, never converted, or signalling NaNs would turn quiet. */
static bool set_number(uint64_t bits, wisp_value *out)
{
    uint32_t low = (uint32_t)bits;
    switch (out->type) {
    case WISP_I32:
        memcpy(&out->of.i32, &low, sizeof low);
        return true;
    case WISP_F32:
        memcpy(&out->of.f32, &low, sizeof low);
        return true;
    case WISP_I64:
        memcpy(&out->of.i64, &bits, sizeof bits);
        return true;
    case WISP_F64:
        memcpy(&out->of.f64, &bits, sizeof bits);
        return true;
    default:
        return false;
    }
}

/* [type], if a reference, without what it says of the thing behind it: a script writes
 * "externref" for the result of a function that gives a (ref extern). */
static wisp_valtype kind_of(wisp_valtype type)
{
    switch (wisp_valtype_code(type)) {
    case WISP_TYPED_FUNCREF:
    case WISP_NULLFUNCREF:
        return WISP_FUNCREF;
    case WISP_NULLEXTERNREF:
        return WISP_EXTERNREF;
    }
    return wisp_valtype_code(type);
}

static uint64_t bits_of(const wisp_value *value)
{
    uint32_t low = 0;
    uint64_t bits = 0;
    switch (kind_of(value->type)) {
    case WISP_I32:
    case WISP_F32:
        memcpy(&low, &value->of, sizeof low);
        return low;
    case WISP_I64:
    case WISP_F64:
        memcpy(&bits, &value->of, sizeof bits);
        return bits;
    case WISP_FUNCREF:
        return (uintptr_t)value->of.funcref;
    case WISP_EXTERNREF:
        return (uintptr_t)value->of.externref;
    }
    return bits;
}

static bool is_reference(wisp_valtype type)
{
    return type == WISP_FUNCREF || type == WISP_EXTERNREF;
}

static bool is_narrow(wisp_valtype type)
{
    return type == WISP_I32 || type == WISP_F32;
}

bool wast_type_parse(const wast_json *json, wisp_valtype *out)
{
    const char *name = wast_json_text(wast_json_get(json, "type"));
    return name && type_named(name, out);
}

/* A vector without patterns. */
static bool parse_vector(const wast_json *json, wisp_value *out)
{
    wast_vector vector;
    if (!wast_vector_parse(json, &vector))
        return false;
    for (unsigned i = 0; i < WISP_V128_SIZE / vector.lane_size; i++) {
        if (vector.kinds[i] != WAST_EXACT)
            return false;
        wast_vector_set_lane(out->of.v128, vector.lane_size, i, vector.bits[i]);
    }
    return true;
}

bool wast_value_parse(const wast_json *json, wisp_value *out)
{
    const char *text = wast_json_text(wast_json_get(json, "value"));
    memset(out, 0, sizeof *out);
    if (!wast_type_parse(json, &out->type))
        return false;
    if (out->type == WISP_V128)
        return parse_vector(json, out);
    if (!text)
        return false;
    if (is_reference(out->type) && strcmp(text, "null") == 0)
        return true;
    uint64_t bits;
    if (!wast_bits_parse(text, is_narrow(out->type) ? UINT32_MAX : UINT64_MAX, &bits))
        return false;
    if (out->type == WISP_EXTERNREF) {
        out->of.externref = externref_of(bits);
        return true;
    }
    return set_number(bits, out);
}

bool wast_pattern_parse(const wast_json *json, wast_pattern *out)
{
    const char *text = wast_json_text(wast_json_get(json, "value"));
    memset(out, 0, sizeof *out);
    if (!wast_type_parse(json, &out->value.type))
        return false;
    if (out->value.type == WISP_V128) {
        out->kind = WAST_LANES;
        return wast_vector_parse(json, &out->vector);
    }
    if (!text)
        return false;
    bool is_float = out->value.type == WISP_F32 || out->value.type == WISP_F64;
    if (is_float && wast_nan_parse(text, &out->kind))
        return true;
    if (out->value.type == WISP_FUNCREF && strcmp(text, "null") != 0)
        out->kind = WAST_NOT_NULL; /* functions have no numbers that a script could name */
    else
        return wast_value_parse(json, &out->value);
    return true;
}

static bool is_nan(wast_pattern_kind kind, wisp_valtype type, uint64_t bits)
{
    uint64_t canonical = is_narrow(type) ? 0x7fc00000u : 0x7ff8000000000000u;
    uint64_t magnitude = bits & (is_narrow(type) ? 0x7fffffffu : 0x7fffffffffffffffu);
    return kind == WAST_NAN_CANONICAL ? magnitude == canonical
                                      : (magnitude & canonical) == canonical;
}

static bool lanes_match(const wast_vector *vector, const uint8_t found[WISP_V128_SIZE])
{
    for (unsigned i = 0; i < WISP_V128_SIZE / vector->lane_size; i++) {
        uint64_t bits = wast_vector_lane(found, vector->lane_size, i);
        bool is_good = vector->kinds[i] == WAST_EXACT
                           ? bits == vector->bits[i]
                           : is_nan(vector->kinds[i], vector->lane_type, bits);
        if (!is_good)
            return false;
    }
    return true;
}

bool wast_pattern_matches(const wast_pattern *pattern, const wisp_value *found)
{
    if (kind_of(found->type) != pattern->value.type)
        return false;
    uint64_t bits = bits_of(found);
    switch (pattern->kind) {
    case WAST_EXACT:
        return bits == bits_of(&pattern->value);
    case WAST_NOT_NULL:
        return bits != 0;
    case WAST_NAN_CANONICAL:
    case WAST_NAN_ARITHMETIC:
        return is_nan(pattern->kind, found->type, bits);
    case WAST_LANES:
        return lanes_match(&pattern->vector, found->of.v128);
    }
    return false;
}

/* As hexadecimal lanes of [size] bytes. */
static void print_lanes(const uint8_t bytes[WISP_V128_SIZE], unsigned size,
                        char into[WAST_TEXT_MAX])
{
    size_t len = (size_t)snprintf(into, WAST_TEXT_MAX, "v128");
    for (unsigned i = 0; i < WISP_V128_SIZE / size; i++)
        len += (size_t)snprintf(into + len, WAST_TEXT_MAX - len, " 0x%0*" PRIx64, (int)size * 2,
                                wast_vector_lane(bytes, size, i));
}

static void print_vector(const wast_vector *vector, char into[WAST_TEXT_MAX])
{
    size_t len = (size_t)snprintf(into, WAST_TEXT_MAX, "v128");
    for (unsigned i = 0; i < WISP_V128_SIZE / vector->lane_size; i++) {
        const char *nan =
            vector->kinds[i] == WAST_NAN_CANONICAL ? "nan:canonical" : "nan:arithmetic";
        len += (size_t)(vector->kinds[i] == WAST_EXACT
                            ? snprintf(into + len, WAST_TEXT_MAX - len, " 0x%0*" PRIx64,
                                       (int)vector->lane_size * 2, vector->bits[i])
                            : snprintf(into + len, WAST_TEXT_MAX - len, " %s", nan));
    }
}

void wast_value_print(const wisp_value *value, char into[WAST_TEXT_MAX])
{
    const char *type = wisp_valtype_name(value->type);
    uint64_t bits = bits_of(value);
    switch (value->type) {
    case WISP_I32:
        snprintf(into, WAST_TEXT_MAX, "%s 0x%08" PRIx64 " (%" PRId32 ")", type, bits,
                 value->of.i32);
        return;
    case WISP_I64:
        snprintf(into, WAST_TEXT_MAX, "%s 0x%016" PRIx64 " (%" PRId64 ")", type, bits,
                 value->of.i64);
        return;
    case WISP_F32:
        snprintf(into, WAST_TEXT_MAX, "%s 0x%08" PRIx64 " (%g)", type, bits,
                 (double)value->of.f32);
        return;
    case WISP_F64:
        snprintf(into, WAST_TEXT_MAX, "%s 0x%016" PRIx64 " (%g)", type, bits, value->of.f64);
        return;
    case WISP_V128:
        print_lanes(value->of.v128, 4, into);
        return;
    case WISP_FUNCREF:
    case WISP_EXTERNREF:
        break;
    }
    if (bits == 0)
        snprintf(into, WAST_TEXT_MAX, "%s null", type);
    else if (value->type == WISP_EXTERNREF)
        snprintf(into, WAST_TEXT_MAX, "%s %" PRIu64, type, bits - 1);
    else
        snprintf(into, WAST_TEXT_MAX, "%s not null", type);
}

void wast_pattern_print(const wast_pattern *pattern, char into[WAST_TEXT_MAX])
{
    const char *type = wisp_valtype_name(pattern->value.type);
    switch (pattern->kind) {
    case WAST_EXACT:
        wast_value_print(&pattern->value, into);
        return;
    case WAST_NAN_CANONICAL:
        snprintf(into, WAST_TEXT_MAX, "%s nan:canonical", type);
        return;
    case WAST_NAN_ARITHMETIC:
        snprintf(into, WAST_TEXT_MAX, "%s nan:arithmetic", type);
        return;
    case WAST_NOT_NULL:
        snprintf(into, WAST_TEXT_MAX, "%s not null", type);
        return;
    case WAST_LANES:
        print_vector(&pattern->vector, into);
        return;
    }
}
