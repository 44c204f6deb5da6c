#include "declare.h"

#include "../take.h"
#include "layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *declare_at(closure *c, const wisp_symbols_type *type, const char *name,
                              int depth);

/* ------------------------------------------------------------------ words */

static const char *integer_word(const wisp_symbols_type *type)
{
    bool is_long_long = strstr(type->name, "long long") != NULL;
    switch (type->size) {
    case 1:
        return type->is_char ? "char" : type->is_signed ? "signed char" : "unsigned char";
    case 2:
        return type->is_signed ? "short" : "unsigned short";
    case 8:
        if (is_long_long)
            return type->is_signed ? "long long" : "unsigned long long";
        return type->is_signed ? "long" : "unsigned long";
    case 16:
        return type->is_signed ? "__int128" : "unsigned __int128";
    default:
        return type->is_signed ? "int" : "unsigned int";
    }
}

static const char *float_word(const wisp_symbols_type *type)
{
    return type->size == 4 ? "float" : type->size == 8 ? "double" : "long double";
}

static const char *complex_word(const wisp_symbols_type *type)
{
    return type->size == 8    ? "_Complex float"
           : type->size == 16 ? "_Complex double"
                              : "_Complex long double";
}

/* What C has no word for, as bytes. */
static const char *bytes_word(closure *c, const wisp_symbols_type *type)
{
    if (type->size == 0)
        return "void";
    return take_print(c->arena,
                      "struct { unsigned char bytes[%" PRIu64 "]; } __attribute__((aligned(%u)))",
                      type->size, type->alignment ? type->alignment : 1);
}

static const char *tag_word(const wisp_symbols_type *type)
{
    return type->kind == WISP_TYPE_STRUCT  ? "struct"
           : type->kind == WISP_TYPE_UNION ? "union"
                                           : "enum";
}

/* ------------------------------------------------------------------ bodies */

static void put_indent(FILE *out, int depth)
{
    fprintf(out, "%*s", depth * 4, "");
}

const char *declare_member_name(closure *c, const wisp_symbols_type *type, uint32_t index)
{
    const wisp_symbols_member *m = &type->members[index];
    bool is_record = m->type->kind == WISP_TYPE_STRUCT || m->type->kind == WISP_TYPE_UNION;
    if (m->name[0])
        return name_identifier(c->arena, m->name);
    if (!is_record || m->bit_size)
        return take_print(c->arena, "unnamed_%u", index);
    return m->type->name[0] ? take_print(c->arena, "base_%s", /* of C++ */
                                         name_identifier(c->arena, m->type->name))
                            : "";
}

static void put_bytes(FILE *out, closure *c, uint64_t size, int depth)
{
    put_indent(out, depth);
    fprintf(out, "unsigned char gap_%u[%" PRIu64 "];\n", ++c->gap_count, size);
}

static void put_gap(FILE *out, closure *c, const layout_gap *gap,
                    const wisp_symbols_member *member, int depth)
{
    if (gap->bytes) {
        put_bytes(out, c, gap->bytes, depth);
    } else if (gap->bits) {
        put_indent(out, depth);
        fprintf(out, "%s : %u;\n", declare(c, member->type, ""), gap->bits);
    }
}

static void put_member(FILE *out, closure *c, const wisp_symbols_type *type, uint32_t index,
                       int depth)
{
    const wisp_symbols_member *m = &type->members[index];
    const wisp_symbols_type *member_type = m->type;
    const char *name = declare_member_name(c, type, index);
    if (member_type->kind == WISP_TYPE_ARRAY && member_type->is_open) {
        name = take_print(c->arena, "%s[0]", name); /* which a union may have as well */
        member_type = member_type->target;
    }
    name_set(&c->members, declare_member_name(c, type, index), c);
    put_indent(out, depth);
    fputs(declare_at(c, member_type, name, depth), out);
    if (m->bit_size)
        fprintf(out, " : %u", m->bit_size);
    fputs(";\n", out);
}

static void put_attributes(FILE *out, const layout *l)
{
    if (l->is_packed && l->aligned)
        fprintf(out, " __attribute__((packed, aligned(%u)))", l->aligned);
    else if (l->is_packed)
        fputs(" __attribute__((packed))", out);
    else if (l->aligned)
        fprintf(out, " __attribute__((aligned(%u)))", l->aligned);
}

static void put_record(FILE *out, closure *c, const wisp_symbols_type *type, int depth)
{
    layout l = layout_of(c, type);
    fputs("{\n", out);
    if (l.is_bytes)
        put_bytes(out, c, type->size, depth + 1);
    for (uint32_t i = 0; i < type->member_count && !l.is_bytes; i++) {
        put_gap(out, c, &l.gaps[i], &type->members[i], depth + 1);
        if (!l.gaps[i].hides)
            put_member(out, c, type, i, depth + 1);
    }
    if (l.tail)
        put_bytes(out, c, l.tail, depth + 1);
    put_indent(out, depth);
    fputc('}', out);
    put_attributes(out, &l);
}

/* The integer behind an enum, where C would choose another one by its values. */
static const char *enum_base(const wisp_symbols_type *type)
{
    bool has_negative = false;
    for (uint32_t i = 0; i < type->enumerator_count; i++)
        has_negative = has_negative || (type->is_signed && type->enumerators[i].value < 0);
    if (type->size == 4 && type->is_signed == has_negative)
        return "";
    switch (type->size) {
    case 1:
        return type->is_signed ? " : signed char" : " : unsigned char";
    case 2:
        return type->is_signed ? " : short" : " : unsigned short";
    case 8:
        return type->is_signed ? " : long" : " : unsigned long";
    default:
        return type->is_signed ? " : int" : " : unsigned int";
    }
}

static void put_enum(FILE *out, closure *c, const wisp_symbols_type *type, int depth)
{
    fputs("{\n", out);
    for (uint32_t i = 0; i < type->enumerator_count; i++) {
        const wisp_symbols_enumerator *e = &type->enumerators[i];
        bool is_huge = !type->is_signed && e->value < 0;
        put_indent(out, depth + 1);
        fprintf(out, is_huge ? "%s = %" PRIu64 "u,\n" : "%s = %" PRId64 ",\n",
                name_claim(&c->words, e->name, (void *)(uintptr_t)type), e->value);
    }
    if (type->enumerator_count == 0) { /* C wants one */
        put_indent(out, depth + 1);
        fprintf(out, "%s\n", name_claim(&c->words, "no_enumerator", c));
    }
    put_indent(out, depth);
    fputc('}', out);
}

/* Whether its enumerators have been declared. */
static bool is_enum_written(const closure *c, const wisp_symbols_type *type)
{
    return type->enumerator_count &&
           name_find(&c->words, name_identifier(c->arena, type->enumerators[0].name)) == type;
}

/* "struct order {…}"; without a tag where [tag] is "". */
static const char *body_text(closure *c, const wisp_symbols_type *type, const char *tag,
                             int depth)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return take(c->arena, SIZE_MAX, 1); /* which says that there is no memory */
    fprintf(out, "%s%s%s", tag_word(type), tag[0] ? " " : "", tag);
    if (type->kind == WISP_TYPE_ENUM) {
        fprintf(out, "%s ", enum_base(type));
        put_enum(out, c, type, depth);
    } else {
        fputc(' ', out);
        put_record(out, c, type, depth);
    }
    fclose(out);
    const char *kept = take_text(c->arena, text, size);
    free(text);
    return kept;
}

/* ------------------------------------------------------------------ declarations */

static const char *beside(closure *c, const char *word, const char *name)
{
    return take_print(c->arena, "%s%s%s", word, name[0] ? " " : "", name);
}

static bool is_pointer(const wisp_symbols_type *type)
{
    return type->kind == WISP_TYPE_POINTER || type->kind == WISP_TYPE_REFERENCE;
}

static bool is_qualifier(const wisp_symbols_type *type)
{
    return type->kind == WISP_TYPE_CONST || type->kind == WISP_TYPE_VOLATILE ||
           type->kind == WISP_TYPE_RESTRICT;
}

/* restrict is a promise of whoever wrote the program, which a patch need not keep. */
static const char *declare_qualified(closure *c, const wisp_symbols_type *type, const char *name,
                                     int depth)
{
    bool is_const = false, is_volatile = false;
    while (type && is_qualifier(type)) {
        is_const = is_const || type->kind == WISP_TYPE_CONST;
        is_volatile = is_volatile || type->kind == WISP_TYPE_VOLATILE;
        type = type->target;
    }
    if (type && type->kind == WISP_TYPE_ARRAY) /* its elements say so themselves */
        return declare_at(c, type, name, depth);
    const char *words = is_const && is_volatile ? "const volatile"
                        : is_const              ? "const"
                        : is_volatile           ? "volatile"
                                                : "";
    if (type && is_pointer(type))
        return declare_at(c, type, words[0] ? beside(c, words, name) : name, depth);
    const char *rest = declare_at(c, type, name, depth);
    return words[0] ? beside(c, words, rest) : rest;
}

static const char *declare_pointer(closure *c, const wisp_symbols_type *type, const char *name,
                                   int depth)
{
    const wisp_symbols_type *to = type->target;
    bool binds = to && (to->kind == WISP_TYPE_ARRAY || to->kind == WISP_TYPE_FUNCTION);
    return declare_at(c, to, take_print(c->arena, binds ? "(*%s)" : "*%s", name), depth);
}

static const char *declare_array(closure *c, const wisp_symbols_type *type, const char *name,
                                 int depth)
{
    const char *with = type->is_open ? take_print(c->arena, "%s[]", name)
                                     : take_print(c->arena, "%s[%" PRIu64 "]", name, type->count);
    return declare_at(c, type->target, with, depth);
}

static const char *declare_function(closure *c, const wisp_symbols_type *type, const char *name,
                                    int depth)
{
    const char *params = "";
    for (uint32_t i = 0; i < type->param_count; i++)
        params = take_print(c->arena, "%s%s%s", params, i ? ", " : "",
                            declare_passed(c, type->params[i], ""));
    if (type->is_variadic && type->param_count)
        params = take_print(c->arena, "%s, ...", params);
    else if (!type->is_variadic && !type->param_count)
        params = "void";
    return declare_at(c, type->target, take_print(c->arena, "%s(%s)", name, params), depth);
}

/* What has a word, or a body that stands where the word would. */
static const char *word_of(closure *c, const wisp_symbols_type *type, int depth)
{
    const closed_type *named = closure_find(c, type);
    if (named)
        return declare_name(c, named);
    switch (type->kind) {
    case WISP_TYPE_VOID:
        return "void";
    case WISP_TYPE_BOOL:
        return "_Bool";
    case WISP_TYPE_INTEGER:
        return integer_word(type);
    case WISP_TYPE_FLOAT:
        return float_word(type);
    case WISP_TYPE_COMPLEX:
        return complex_word(type);
    case WISP_TYPE_TYPEDEF: /* a standard one that was not asked for by others */
        return type->name;
    case WISP_TYPE_ENUM:
        return is_enum_written(c, type) ? integer_word(type) : body_text(c, type, "", depth);
    case WISP_TYPE_STRUCT:
    case WISP_TYPE_UNION:
        return body_text(c, type, "", depth);
    case WISP_TYPE_ATOMIC:
        return take_print(c->arena, "_Atomic(%s)", declare_at(c, type->target, "", depth));
    case WISP_TYPE_VECTOR:
        return take_print(c->arena, "__attribute__((vector_size(%" PRIu64 "))) %s", type->size,
                          declare_at(c, type->target, "", depth));
    default:
        return bytes_word(c, type);
    }
}

static const char *declare_at(closure *c, const wisp_symbols_type *type, const char *name,
                              int depth)
{
    if (!type)
        return beside(c, "void", name);
    if (is_qualifier(type))
        return declare_qualified(c, type, name, depth);
    if (is_pointer(type))
        return declare_pointer(c, type, name, depth);
    if (type->kind == WISP_TYPE_ARRAY)
        return declare_array(c, type, name, depth);
    if (type->kind == WISP_TYPE_FUNCTION)
        return declare_function(c, type, name, depth);
    return beside(c, word_of(c, type, depth), name);
}

const char *declare(closure *c, const wisp_symbols_type *type, const char *name)
{
    return declare_at(c, type, name, 0);
}

/* Whether [type] is a class without data, of which C++ hands over nothing. */
static bool is_empty(const closure *c, const wisp_symbols_type *type)
{
    type = closure_body(c, wisp_symbols_type_strip(type));
    bool is_class = type->kind == WISP_TYPE_STRUCT && type->size == 1;
    for (uint32_t i = 0; i < type->member_count && is_class; i++)
        is_class = is_empty(c, type->members[i].type);
    return is_class;
}

const char *declare_passed(closure *c, const wisp_symbols_type *type, const char *name)
{
    const wisp_symbols_type *bare = wisp_symbols_type_strip(type);
    bool is_record = bare->kind == WISP_TYPE_STRUCT || bare->kind == WISP_TYPE_UNION;
    bool is_address = is_record && closure_body(c, bare)->is_by_reference;
    if (is_record && !is_address && is_empty(c, bare))
        return beside(c, "wisp_empty", name);
    return declare(c, type, is_address ? take_print(c->arena, "*%s", name) : name);
}

const char *declare_name(closure *c, const closed_type *named)
{
    return named->type->kind == WISP_TYPE_TYPEDEF
               ? named->name
               : take_print(c->arena, "%s %s", tag_word(named->type), named->name);
}

const char *declare_type(closure *c, closed_type *named)
{
    const wisp_symbols_type *type = named->type;
    if (type->kind != WISP_TYPE_TYPEDEF)
        return take_print(c->arena, "%s;", body_text(c, type, named->name, 0));
    bool is_aligned = type->target && type->target->alignment != type->alignment;
    const char *aligned =
        is_aligned ? take_print(c->arena, " __attribute__((aligned(%u)))", type->alignment) : "";
    return take_print(c->arena, "typedef %s%s;", declare(c, type->target, named->name), aligned);
}
