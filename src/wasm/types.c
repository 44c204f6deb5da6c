#include "wasm/types.h"

#include <stdio.h>
#include <string.h>

#include "wasm/module.h"

/* For callers that are not faster with them in place (builds for size). */
extern inline uint32_t wisp_valtype_width(wisp_valtype type);
extern inline uint32_t wisp_valtype_slots(wisp_valtype type);

/* ------------------------------------------------------------------ value types */

/* Every reference type but the indexed: X(code, name if null is a value, name if not). */
#define REFERENCES(X)                                                                            \
    X(WISP_FUNCREF, "funcref", "(ref func)")                                                     \
    X(WISP_EXTERNREF, "externref", "(ref extern)")                                               \
    X(WISP_EXNREF, "exnref", "(ref exn)")                                                        \
    X(WISP_NULLFUNCREF, "nullfuncref", "(ref nofunc)")                                           \
    X(WISP_NULLEXTERNREF, "nullexternref", "(ref noextern)")                                     \
    X(WISP_NULLEXNREF, "nullexnref", "(ref noexn)")                                              \
    X(WISP_TYPED_FUNCREF, "(ref null type)", "(ref type)")

const char *wisp_valtype_name(wisp_valtype type)
{
    switch (wisp_valtype_code(type)) {
    case WISP_I32:
        return "i32";
    case WISP_I64:
        return "i64";
    case WISP_F32:
        return "f32";
    case WISP_F64:
        return "f64";
    case WISP_V128:
        return "v128";
#define X(code, nullable, non_null)                                                              \
    case code:                                                                                   \
        return wisp_valtype_has_null(type) ? nullable : non_null;
        REFERENCES(X)
#undef X
    case (uint8_t)WISP_ANY_REF:
        return "a reference";
    }
    return "?";
}

const char *wisp_valtype_print(wisp_valtype type, char into[WISP_VALTYPE_TEXT_MAX])
{
    if (wisp_valtype_code(type) != WISP_TYPED_FUNCREF)
        snprintf(into, WISP_VALTYPE_TEXT_MAX, "%s", wisp_valtype_name(type));
    else
        snprintf(into, WISP_VALTYPE_TEXT_MAX, "(ref %s%u)",
                 wisp_valtype_has_null(type) ? "null " : "", wisp_valtype_index(type));
    return into;
}

bool wisp_valtype_is_func(wisp_valtype type)
{
    uint8_t code = wisp_valtype_code(type);
    return code == WISP_FUNCREF || code == WISP_TYPED_FUNCREF || code == WISP_NULLFUNCREF;
}

bool wisp_valtype_is_plain(wisp_valtype type)
{
    uint8_t code = wisp_valtype_code(type);
    if (code >= WISP_V128)
        return type <= WISP_I32;
    return code == WISP_FUNCREF || code == WISP_EXTERNREF || code == WISP_EXNREF;
}

/* Whether [found], another code than [wanted], is of a heap type below. */
static bool heaptype_is_below(wisp_valtype found, wisp_valtype wanted)
{
    uint8_t code = wisp_valtype_code(wanted);
    switch (wisp_valtype_code(found)) {
    case WISP_TYPED_FUNCREF:
        return code == WISP_FUNCREF;
    case WISP_NULLFUNCREF:
        return code == WISP_FUNCREF || code == WISP_TYPED_FUNCREF;
    case WISP_NULLEXTERNREF:
        return code == WISP_EXTERNREF;
    case WISP_NULLEXNREF:
        return code == WISP_EXNREF;
    case (uint8_t)WISP_ANY_REF:
        return wisp_valtype_is_ref(wanted);
    }
    return false;
}

bool wisp_valtype_matches(wisp_valtype found, wisp_valtype wanted)
{
    if (found == wanted || found == 0)
        return true;
    if (!wisp_valtype_is_ref(found) ||
        (wisp_valtype_has_null(found) && !wisp_valtype_has_null(wanted)))
        return false;
    return (found | WISP_NON_NULL) == (wanted | WISP_NON_NULL) ||
           heaptype_is_below(found, wanted);
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
    case WISP_EXTERN_TAG:
        return "tag";
    }
    return "?";
}

uint32_t wisp_valtype_feature(wisp_valtype type)
{
    if (type >= WISP_V128 && type <= WISP_I32)
        return type == WISP_V128 ? WISP_FEATURE_SIMD : 0;
    if (wisp_valtype_is_exn(type))
        return WISP_FEATURE_EXCEPTIONS;
    if (type == WISP_EXTERNREF)
        return WISP_FEATURE_REFERENCE_TYPES;
    return type == WISP_FUNCREF || type == 0 ? 0 : WISP_FEATURE_FUNCTION_REFERENCES;
}

/* ------------------------------------------------------------------ reading them */

static uint64_t offset_of(const wisp_module *module, const wisp_reader *r)
{
    return (uint64_t)(r->at - module->bytes.data);
}

/* The heap types of one byte, each by the reference that may be null; 0 for none. */
static wisp_valtype abstract_heaptype(uint8_t byte)
{
    switch (byte) {
#define X(code, nullable, non_null)                                                              \
    case code:                                                                                   \
        return byte == WISP_TYPED_FUNCREF ? 0 : byte;
        REFERENCES(X)
#undef X
    }
    return 0;
}

/* any, eq, i31, struct, array, none */
static bool is_garbage_collected(uint8_t byte)
{
    return (byte >= 0x6a && byte <= 0x6e) || byte == 0x71;
}

wisp_status wisp_heaptype_read(const wisp_module *module, wisp_reader *r, wisp_valtype *out,
                               wisp_error *err)
{
    uint64_t offset = offset_of(module, r);
    int64_t index = 0;
    *out = r->at != r->end ? abstract_heaptype(*r->at) : 0;
    if (*out) {
        r->at++;
        return WISP_OK;
    }
    if (r->at != r->end && is_garbage_collected(*r->at))
        return wisp_fail_at(err, WISP_UNSUPPORTED, offset,
                            "heap type 0x%02x (garbage collection) is not supported", *r->at);
    if (!wisp_read_leb_s33(r, &index) || index < 0)
        return wisp_fail_at(err, WISP_MALFORMED, offset, "malformed heap type at byte %llu",
                            (unsigned long long)offset);
    if (index >= module->type_count)
        return wisp_fail_at(err, WISP_MISMATCH, offset, "unknown type %lld in a reference type",
                            (long long)index);
    *out = wisp_typed_funcref(module->first_equal[index]);
    return WISP_OK;
}

wisp_status wisp_valtype_read(const wisp_module *module, wisp_reader *r, wisp_valtype *out,
                              wisp_error *err)
{
    enum { REF = 0x64, REF_NULL = 0x63 };
    uint64_t offset = offset_of(module, r);
    uint8_t byte;
    *out = 0;
    if (!wisp_read_u8(r, &byte))
        return wisp_fail_at(err, WISP_MALFORMED, offset,
                            "unexpected end at byte %llu, expected "
                            "a value type",
                            (unsigned long long)offset);
    if (byte >= WISP_V128 && byte <= WISP_I32) {
        *out = byte;
        return WISP_OK;
    }
    if (byte == REF || byte == REF_NULL) {
        wisp_status status = wisp_heaptype_read(module, r, out, err);
        *out |= byte == REF ? WISP_NON_NULL : 0;
        return status;
    }
    *out = abstract_heaptype(byte);
    if (*out)
        return WISP_OK;
    if (is_garbage_collected(byte))
        return wisp_fail_at(err, WISP_UNSUPPORTED, offset,
                            "type 0x%02x (garbage collection) is not supported", byte);
    return wisp_fail_at(err, WISP_MALFORMED, offset, "0x%02x is not a value type", byte);
}

/* ------------------------------------------------------------------ function types */

static bool are_equal(const wisp_valtype *a, const wisp_valtype *b, uint32_t count)
{
    return count == 0 || memcmp(a, b, count * sizeof *a) == 0;
}

uint32_t wisp_valtypes_slots(const wisp_valtype *types, uint32_t count)
{
    uint32_t slots = 0;
    for (uint32_t i = 0; i < count; i++)
        slots += wisp_valtype_slots(types[i]);
    return slots;
}

uint32_t wisp_functype_slots(const wisp_functype *type)
{
    uint32_t params = wisp_valtypes_slots(type->params, type->param_count);
    uint32_t results = wisp_valtypes_slots(type->results, type->result_count);
    return params > results ? params : results;
}

bool wisp_functype_equal(const wisp_functype *a, const wisp_functype *b)
{
    return a->param_count == b->param_count && a->result_count == b->result_count &&
           are_equal(a->params, b->params, a->param_count) &&
           are_equal(a->results, b->results, a->result_count);
}

static size_t print_types(const wisp_valtype *types, uint32_t count, char *into, size_t size)
{
    char name[WISP_VALTYPE_TEXT_MAX];
    size_t at = 0;
    for (uint32_t i = 0; i <= count && at < size; i++) {
        const char *text = i < count ? wisp_valtype_print(types[i], name) : "";
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

/* ------------------------------------------------------------------ imports and exports */

/* A table or memory called [what]: "shared 64-bit memory of 1 to 2", … */
static void print_limits(const wisp_extern_type *type, const char *what, char *into, size_t size)
{
    char before[WISP_VALTYPE_TEXT_MAX + 40];
    unsigned long long min = type->limits.min, max = type->limits.max;
    snprintf(before, sizeof before, "%s%s%s%s", type->is_shared ? "shared " : "",
             type->is_64 ? "64-bit " : "", type->page_size == 1 ? "byte-wise " : "", what);
    if (type->limits.max == UINT64_MAX)
        snprintf(into, size, "%s of at least %llu", before, min);
    else
        snprintf(into, size, "%s of %llu to %llu", before, min, max);
}

const char *wisp_extern_type_print(const wisp_extern_type *type, char *into, size_t size)
{
    char name[WISP_VALTYPE_TEXT_MAX], table[WISP_VALTYPE_TEXT_MAX + 8];
    switch (type->kind) {
    case WISP_EXTERN_FUNC:
        if (size > 5) {
            memcpy(into, "func ", 5);
            wisp_functype_print(&type->func, into + 5, size - 5);
        }
        break;
    case WISP_EXTERN_TAG:
        if (size > 4) {
            memcpy(into, "tag ", 4);
            print_types(type->func.params, type->func.param_count, into + 4, size - 4);
        }
        break;
    case WISP_EXTERN_TABLE:
        snprintf(table, sizeof table, "%s table", wisp_valtype_print(type->valtype, name));
        print_limits(type, table, into, size);
        break;
    case WISP_EXTERN_MEMORY:
        print_limits(type, "memory", into, size);
        break;
    case WISP_EXTERN_GLOBAL:
        snprintf(into, size, "%s global %s", type->is_mutable ? "mutable" : "immutable",
                 wisp_valtype_print(type->valtype, name));
        break;
    }
    return into;
}

/* ------------------------------------------------------------------ signatures */

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
    case 'v':
        return WISP_V128;
    case 'c':
        return WISP_FUNCREF;
    case 'e':
        return WISP_EXTERNREF;
    case 'x':
        return WISP_EXNREF;
    }
    return 0;
}

/* Turns the letters of [text] into types; false where one is unknown. */
static bool parse_letters(const char *text, size_t len, wisp_valtype *types)
{
    for (size_t i = 0; i < len; i++) {
        types[i] = type_of_letter(text[i]);
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
    wisp_valtype *types = wisp_arena_alloc(arena, params + results, sizeof *types);
    if (!types)
        return wisp_fail_memory(err, (params + results) * sizeof *types);
    if (!parse_letters(signature + 1, params, types) ||
        !parse_letters(close + 1, results, types + params))
        return wisp_fail(err, WISP_INVALID,
                         "signature '%s' has a letter that is none of iIfFvcex", signature);
    *type = (wisp_functype){types, types + params, (uint32_t)params, (uint32_t)results};
    return WISP_OK;
}

/* ------------------------------------------------------------------ limits */

bool wisp_limits_match(wisp_limits wanted, wisp_limits actual)
{
    return actual.min >= wanted.min && actual.max <= wanted.max;
}
