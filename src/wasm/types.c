#include "wasm/types.h"

#include <stdio.h>
#include <string.h>

#include "wasm/module.h"

const char *wisp_valtype_name(wisp_valtype type)
{
    switch (type) {
    case WISP_I32:
        return "i32";
    case WISP_I64:
        return "i64";
    case WISP_F32:
        return "f32";
    case WISP_F64:
        return "f64";
    case WISP_FUNCREF:
        return "funcref";
    case WISP_EXTERNREF:
        return "externref";
    }
    return "?";
}

const char *wisp_extern_kind_name(wisp_extern_kind kind)
{
    switch (kind) {
    case WISP_EXTERN_FUNC:
        return "func";
    case WISP_EXTERN_TABLE:
        return "table";
    case WISP_EXTERN_MEMORY:
        return "memory";
    case WISP_EXTERN_GLOBAL:
        return "global";
    }
    return "?";
}

uint32_t wisp_valtype_feature(wisp_valtype type)
{
    return type == WISP_EXTERNREF ? WISP_FEATURE_REFERENCE_TYPES : 0;
}

wisp_status wisp_valtype_check(uint8_t byte, uint64_t offset, wisp_error *err)
{
    switch (byte) {
    case WISP_I32:
    case WISP_I64:
    case WISP_F32:
    case WISP_F64:
    case WISP_FUNCREF:
    case WISP_EXTERNREF:
        return WISP_OK;
    case 0x7b:
        return wisp_fail_at(err, WISP_UNSUPPORTED, offset, "type v128 (SIMD) is not supported");
    case 0x63:
    case 0x64:
    case 0x68:
    case 0x69:
    case 0x6a:
    case 0x6b:
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x71:
    case 0x72:
    case 0x73:
    case 0x74:
        return wisp_fail_at(err, WISP_UNSUPPORTED, offset,
                            "reference type 0x%02x is not supported", byte);
    }
    return wisp_fail_at(err, WISP_MALFORMED, offset, "0x%02x is not a value type", byte);
}

bool wisp_functype_equal(const wisp_functype *a, const wisp_functype *b)
{
    return a->param_count == b->param_count && a->result_count == b->result_count &&
           (a->param_count == 0 || memcmp(a->params, b->params, a->param_count) == 0) &&
           (a->result_count == 0 || memcmp(a->results, b->results, a->result_count) == 0);
}

static size_t print_types(const uint8_t *types, uint32_t count, char *into, size_t size)
{
    size_t at = 0;
    for (uint32_t i = 0; i <= count && at < size; i++) {
        const char *text = i < count ? wisp_valtype_name(types[i]) : "";
        const char *before = i == 0 ? "(" : i < count ? " " : "";
        int written =
            snprintf(into + at, size - at, "%s%s%s", before, text, i == count ? ")" : "");
        at += (size_t)written;
    }
    return at;
}

void wisp_functype_print(const wisp_functype *type, char *into, size_t size)
{
    size_t at = print_types(type->params, type->param_count, into, size);
    if (at < size)
        at += (size_t)snprintf(into + at, size - at, " -> ");
    if (at < size)
        print_types(type->results, type->result_count, into + at, size - at);
}

static void print_limits(const char *what, wisp_limits limits, char *into, size_t size)
{
    unsigned long long min = limits.min, max = limits.max;
    if (limits.max == UINT64_MAX)
        snprintf(into, size, "%s of at least %llu", what, min);
    else
        snprintf(into, size, "%s of %llu to %llu", what, min, max);
}

void wisp_extern_type_print(const wisp_extern_type *type, char *into, size_t size)
{
    switch (type->kind) {
    case WISP_EXTERN_FUNC:
        if (size > 5) {
            memcpy(into, "func ", 5);
            wisp_functype_print(&type->func, into + 5, size - 5);
        }
        break;
    case WISP_EXTERN_TABLE:
        print_limits(type->valtype == WISP_FUNCREF ? "funcref table" : "externref table",
                     type->limits, into, size);
        break;
    case WISP_EXTERN_MEMORY:
        print_limits("memory", type->limits, into, size);
        break;
    case WISP_EXTERN_GLOBAL:
        snprintf(into, size, "%s global %s", type->is_mutable ? "mutable" : "immutable",
                 wisp_valtype_name(type->valtype));
        break;
    }
}

static wisp_valtype type_of_letter(char letter)
{
    switch (letter) {
    case 'i':
        return WISP_I32;
    case 'I':
        return WISP_I64;
    case 'f':
        return WISP_F32;
    case 'F':
        return WISP_F64;
    case 'c':
        return WISP_FUNCREF;
    case 'e':
        return WISP_EXTERNREF;
    }
    return 0;
}

/* Turns the letters of [text] into types; false where one is unknown. */
static bool parse_letters(const char *text, size_t len, uint8_t *types)
{
    for (size_t i = 0; i < len; i++) {
        types[i] = (uint8_t)type_of_letter(text[i]);
        if (types[i] == 0)
            return false;
    }
    return true;
}

wisp_status wisp_functype_parse(wisp_arena *arena, const char *signature, wisp_functype *type,
                                wisp_error *err)
{
    const char *close = signature ? strchr(signature, ')') : NULL;
    if (!close || signature[0] != '(')
        return wisp_fail(err, WISP_INVALID,
                         "signature '%s' is not of the form \"(params)results\"",
                         signature ? signature : "");
    size_t params = (size_t)(close - signature) - 1;
    size_t results = strlen(close + 1);
    if (params > WISP_PARAMS_MAX || results > WISP_RESULTS_MAX)
        return wisp_fail(err, WISP_INVALID, "a signature of %zu types, at most %d are allowed",
                         params + results, WISP_PARAMS_MAX);
    uint8_t *types = wisp_arena_alloc(arena, params + results + 1, 1);
    if (!types)
        return wisp_fail_memory(err, params + results + 1);
    if (!parse_letters(signature + 1, params, types) ||
        !parse_letters(close + 1, results, types + params))
        return wisp_fail(err, WISP_INVALID, "signature '%s' has a letter that is none of iIfFce",
                         signature);
    *type = (wisp_functype){types, types + params, (uint32_t)params, (uint32_t)results};
    return WISP_OK;
}

bool wisp_limits_match(wisp_limits wanted, wisp_limits actual)
{
    return actual.min >= wanted.min && actual.max <= wanted.max;
}
