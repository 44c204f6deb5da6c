#include "symbols/signature_text.h"

#include "base/error.h"
#include "patch/signature.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    TEXT_SIZE = 16384,
    DEPTH_MAX = 64,
    POINTEE_MAX = 1024 * 1024 /* of a signature: who points at more says this */
};

typedef struct writer {
    wisp_types *types;
    wisp_error *err;
    wisp_status status; /* a fault of what is read, not of the function */
    char text[TEXT_SIZE];
    size_t len;
    uint32_t scalar_count; /* of the struct that is being written */
    char about[128];       /* "argument 2 'x'", "its result" */
    char refusal[256];
} writer;

static void add(writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(w->text + w->len, TEXT_SIZE - w->len, format, args);
    va_end(args);
    w->len += len > 0 ? (size_t)len : 0;
    if (w->len >= TEXT_SIZE)
        w->len = TEXT_SIZE - 1; /* found to be too long in the end */
}

/* Notes the first thing that cannot cross; false, so that callers stop. */
static bool refuse(writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(writer *w, const char *format, ...)
{
    va_list args;
    int len = snprintf(w->refusal, sizeof w->refusal, "%s is ", w->about);
    va_start(args, format);
    vsnprintf(w->refusal + len, sizeof w->refusal - (size_t)len, format, args);
    va_end(args);
    return false;
}

/* ------------------------------------------------------------------ scalars */

static char integer_letter(uint64_t size, bool is_signed)
{
    switch (size) {
    case 1:
        return is_signed ? 'c' : 'C';
    case 2:
        return is_signed ? 's' : 'S';
    case 4:
        return is_signed ? 'i' : 'I';
    case 8:
        return is_signed ? 'l' : 'L';
    default:
        return '\0';
    }
}

/* The letter of [type], which is stripped; NUL if it has none. */
static char letter_of(const wisp_symbols_type *type)
{
    switch (type->kind) {
    case WISP_TYPE_BOOL:
        return type->size == 1 ? 'b' : '\0';
    case WISP_TYPE_INTEGER:
    case WISP_TYPE_ENUM:
        return integer_letter(type->size, type->is_signed);
    case WISP_TYPE_FLOAT:
        return type->size == 8 ? 'd' : type->size == 4 ? 'f' : '\0';
    case WISP_TYPE_POINTER:
    case WISP_TYPE_REFERENCE:
        return 'p';
    default:
        return '\0';
    }
}

static bool refuse_kind(writer *w, const wisp_symbols_type *type)
{
    switch (type->kind) {
    case WISP_TYPE_INTEGER:
    case WISP_TYPE_ENUM:
    case WISP_TYPE_BOOL:
    case WISP_TYPE_FLOAT:
        return refuse(w, "of type %s, of %" PRIu64 " bytes, which WebAssembly has not",
                      type->name, type->size);
    case WISP_TYPE_COMPLEX:
        return refuse(w, "of type %s, a complex number", type->name);
    case WISP_TYPE_VECTOR:
        return refuse(w, "a vector of %" PRIu64 " bytes", type->size);
    case WISP_TYPE_MEMBER_POINTER:
        return refuse(w, "a pointer to a member");
    case WISP_TYPE_STRUCT:
    case WISP_TYPE_UNION:
        return refuse(w, "a struct '%s' that is only declared", type->name);
    default:
        return refuse(w, "of a type%s%s that cannot cross", *type->name ? " " : "", type->name);
    }
}

/* ------------------------------------------------------------------ structs by value */

static bool flatten(writer *w, const wisp_symbols_type *type, uint64_t offset, uint64_t end,
                    uint32_t depth);

static void add_scalar(writer *w, uint64_t offset, char letter)
{
    add(w, "%" PRIu64 "%c", offset, letter);
    w->scalar_count++;
}

/* A bit-field is its declared type where its unit lies, or else the bytes that it touches. */
static bool flatten_bits(writer *w, const wisp_symbols_member *member, uint64_t start,
                         uint64_t end)
{
    const wisp_symbols_type *type = wisp_symbols_type_strip(member->type);
    uint64_t size = type->size ? type->size : 1;
    uint64_t unit = member->bit_offset / (8 * size) * size;
    uint64_t last = (member->bit_offset + member->bit_size - 1) / 8;
    char letter = letter_of(type);
    if (letter && last < unit + size && start + unit + size <= end) {
        add_scalar(w, start + unit, letter);
        return true;
    }
    uint64_t first = member->bit_offset / 8;
    for (uint64_t at = first; at <= last && start + at < end; at++)
        add_scalar(w, start + at, 'C');
    if (first == last && start + first < end)
        add_scalar(w, start + first, 'C'); /* for WebAssembly such a struct is no single scalar */
    return true;
}

static bool flatten_members(writer *w, const wisp_symbols_type *type, uint64_t offset,
                            uint64_t end, uint32_t depth)
{
    for (uint32_t i = 0; i < type->member_count; i++) {
        const wisp_symbols_member *member = &type->members[i];
        bool is_flat = member->bit_size
                           ? flatten_bits(w, member, offset, end)
                           : flatten(w, member->type, offset + member->offset, end, depth + 1);
        if (!is_flat)
            return false;
    }
    return true;
}

static bool flatten_elements(writer *w, const wisp_symbols_type *type, uint64_t offset,
                             uint64_t end, uint32_t depth)
{
    const wisp_symbols_type *element = type->target;
    if (type->is_open) /* gcc takes no notice of it, clang puts all of the struct on the stack */
        return refuse(w, "a struct whose last member has no length: compilers disagree how it is "
                         "passed");
    uint64_t room = element->size && offset < end ? (end - offset) / element->size : 0;
    uint64_t count = type->count < room ? type->count : room;
    for (uint64_t i = 0; i < count; i++) {
        if (!flatten(w, element, offset + i * element->size, end, depth + 1))
            return false;
    }
    return true;
}

/* Writes the scalars of [type] at [offset] of a struct that has [end] bytes. */
static bool flatten(writer *w, const wisp_symbols_type *type, uint64_t offset, uint64_t end,
                    uint32_t depth)
{
    type = wisp_symbols_type_strip(type);
    if (depth > DEPTH_MAX || w->scalar_count >= WISP_PATCH_MEMBERS_MAX)
        return refuse(w, "a struct of too many parts");
    if (type->kind == WISP_TYPE_STRUCT || type->kind == WISP_TYPE_UNION)
        return flatten_members(w, type, offset, end, depth);
    if (type->kind == WISP_TYPE_ARRAY)
        return flatten_elements(w, type, offset, end, depth);
    char letter = letter_of(type);
    if (!letter || type->size > end || offset > end - type->size)
        return refuse_kind(w, type);
    add_scalar(w, offset, letter);
    return true;
}

static bool write_struct(writer *w, const wisp_symbols_type *type)
{
    if (type->is_declared_only)
        return refuse_kind(w, type);
    if (type->size > WISP_PATCH_STRUCT_MAX)
        return refuse(w, "a struct of %" PRIu64 " bytes by value, expected %d at the most",
                      type->size, WISP_PATCH_STRUCT_MAX);
    w->status = wisp_types_complete(w->types, type, w->err);
    if (w->status)
        return false;
    add(w, "{%" PRIu64 ",%" PRIu32 ":", type->size, type->alignment ? type->alignment : 1);
    w->scalar_count = 0;
    if (type->size <= WISP_PATCH_FLAT_MAX && !flatten(w, type, 0, type->size, 0))
        return false;
    add(w, "}");
    return true;
}

/* ------------------------------------------------------------------ types */

static void write_pointee_size(writer *w, uint64_t size)
{
    if (size)
        add(w, "p%" PRIu64, size < POINTEE_MAX ? size : POINTEE_MAX);
    else
        add(w, "p");
}

static bool write_pointer(writer *w, const wisp_symbols_type *type)
{
    const wisp_symbols_type *target;
    w->status = wisp_types_expand(w->types, type, w->err);
    if (!w->status)
        w->status = wisp_types_strip(w->types, type->target, &target, w->err);
    if (w->status)
        return false;
    if (target->is_char && type->kind == WISP_TYPE_POINTER)
        add(w, "z");
    else
        write_pointee_size(w, target->size);
    return true;
}

static bool write_type(writer *w, const wisp_symbols_type *type)
{
    w->status = wisp_types_strip(w->types, type, &type, w->err);
    if (w->status)
        return false;
    if (type->kind == WISP_TYPE_POINTER || type->kind == WISP_TYPE_REFERENCE)
        return write_pointer(w, type);
    if (type->kind == WISP_TYPE_STRUCT || type->kind == WISP_TYPE_UNION)
        return write_struct(w, type);
    char letter = letter_of(type);
    if (!letter)
        return refuse_kind(w, type);
    add(w, "%c", letter);
    return true;
}

static bool write_param(writer *w, uint32_t index, const wisp_symbols_param *param)
{
    const wisp_symbols_type *type;
    if (*param->name)
        snprintf(w->about, sizeof w->about, "argument %u '%.100s'", index + 1, param->name);
    else
        snprintf(w->about, sizeof w->about, "argument %u", index + 1);
    w->status = wisp_types_strip(w->types, param->type, &type, w->err);
    if (w->status)
        return false;
    if (!type->is_by_reference)
        return write_type(w, type);
    write_pointee_size(w, type->size);
    return true;
}

static bool write_result(writer *w, const wisp_symbols_type *result)
{
    snprintf(w->about, sizeof w->about, "its result");
    w->status = wisp_types_strip(w->types, result, &result, w->err);
    if (w->status || result->kind == WISP_TYPE_VOID)
        return !w->status;
    if (result->is_by_reference)
        return refuse(w, "an object of class '%s', which is made where the caller says",
                      result->name);
    return write_type(w, result);
}

static bool write_signature(writer *w, const wisp_symbols_type *result,
                            const wisp_symbols_param *params, uint32_t count)
{
    snprintf(w->about, sizeof w->about, "it");
    if (count > WISP_PATCH_PARAMS_MAX)
        return refuse(w, "of %u arguments, expected %d at the most", count,
                      WISP_PATCH_PARAMS_MAX);
    add(w, "(");
    for (uint32_t i = 0; i < count; i++) {
        if (!write_param(w, i, &params[i]))
            return false;
    }
    add(w, ")");
    if (!write_result(w, result))
        return false;
    snprintf(w->about, sizeof w->about, "it");
    return w->len < TEXT_SIZE - 1 || refuse(w, "of a signature that is too long");
}

wisp_status wisp_signature_text_make(wisp_types *types, const wisp_symbols_type *result,
                                     const wisp_symbols_param *params, uint32_t count,
                                     const char **text, const char **refusal, wisp_error *err)
{
    writer w;
    w.types = types;
    w.err = err;
    w.status = WISP_OK;
    w.len = 0;
    *text = *refusal = NULL;
    bool is_written = write_signature(&w, result, params, count);
    if (w.status)
        return w.status;
    const char *made = is_written ? wisp_arena_text(types->arena, w.text, w.len)
                                  : wisp_arena_text(types->arena, w.refusal, strlen(w.refusal));
    *(is_written ? text : refusal) = made;
    return made ? WISP_OK : wisp_fail_memory(err, w.len);
}
