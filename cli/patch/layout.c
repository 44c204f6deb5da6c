#include "layout.h"

#include "../take.h"

#include <string.h>

/* Where the compiler is, while it lays out a struct as the ABI of System V says. */
typedef struct walk {
    const closure *types;
    bool is_packed, is_union;
    uint64_t bits;      /* from the start to the next free one */
    uint64_t bits_most; /* of a union: of its largest member */
    uint32_t alignment; /* of the struct so far */
} walk;

static uint64_t round_up(uint64_t value, uint64_t to)
{
    return to ? (value + to - 1) / to * to : value;
}

/* What a declaration of [type] is given. Clang tells of no struct that it is packed: then its
 * size is no multiple of what its members ask for. */
static uint32_t alignment_of(const wisp_symbols_type *type)
{
    bool is_plain = type->kind == WISP_TYPE_ARRAY || type->kind == WISP_TYPE_CONST ||
                    type->kind == WISP_TYPE_VOLATILE || type->kind == WISP_TYPE_TYPEDEF;
    if (is_plain && type->target && type->target->alignment == type->alignment)
        return alignment_of(type->target);
    uint32_t alignment = type->alignment ? type->alignment : 1;
    while (type->size % alignment != 0)
        alignment /= 2;
    return alignment;
}

/* How large a member of [type] is, and how aligned. C++ has classes by value whose body is in
 * another file, or in none. */
typedef struct extent {
    uint64_t size; /* 0 where nobody knows its body */
    uint32_t alignment;
} extent;

static extent extent_of(const walk *w, const wisp_symbols_type *type)
{
    const wisp_symbols_type *bare = wisp_symbols_type_strip(type);
    bool is_list = bare->kind == WISP_TYPE_ARRAY && !bare->size;
    extent e = {type->size, alignment_of(type)};
    if (is_list) {
        e = extent_of(w, bare->target);
        e.size *= bare->count;
    } else if (closure_body(w->types, bare) != bare && bare->is_declared_only) {
        const wisp_symbols_type *body = closure_body(w->types, bare);
        e = (extent){body->size, alignment_of(body)};
    }
    e.alignment = w->is_packed ? 1 : e.alignment;
    return e;
}

/* The bit that a bit-field would get. It does not cross the border of a unit of its type. */
static uint64_t bit_place(const walk *w, const wisp_symbols_type *type, uint64_t from,
                          uint32_t bits)
{
    uint64_t unit = type->size * 8;
    bool crosses = unit && from / unit != (from + bits - 1) / unit;
    return crosses && !w->is_packed ? round_up(from, unit) : from;
}

static bool walk_bits(walk *w, const wisp_symbols_member *m, layout_gap *gap)
{
    uint64_t at = bit_place(w, m->type, w->bits, m->bit_size);
    if (at != m->bit_offset) {
        uint64_t missing = m->bit_offset - w->bits;
        if (m->bit_offset < w->bits || missing > m->type->size * 8 ||
            bit_place(w, m->type, w->bits, (uint32_t)missing) != w->bits ||
            bit_place(w, m->type, m->bit_offset, m->bit_size) != m->bit_offset)
            return false;
        gap->bits = (uint32_t)missing;
    }
    w->bits = m->bit_offset + m->bit_size;
    return true;
}

static bool walk_bytes(walk *w, const wisp_symbols_member *m, layout_gap *gap)
{
    extent e = extent_of(w, m->type);
    uint64_t free = round_up(w->bits, 8) / 8;
    gap->hides = !closure_has_body(w->types, m->type);
    if (gap->hides)
        return true;
    if (m->offset < free || m->offset % e.alignment != 0)
        return false;
    if (round_up(free, e.alignment) != m->offset)
        gap->bytes = m->offset - free;
    w->bits = (m->offset + e.size) * 8;
    return true;
}

static bool walk_member(walk *w, const wisp_symbols_member *m, layout_gap *gap)
{
    *gap = (layout_gap){0};
    w->bits = w->is_union ? 0 : w->bits;
    uint32_t alignment = extent_of(w, m->type).alignment;
    bool fits = m->bit_size ? walk_bits(w, m, gap) : walk_bytes(w, m, gap);
    if (w->bits > w->bits_most)
        w->bits_most = w->bits;
    if (alignment > w->alignment)
        w->alignment = alignment;
    return fits && !(w->is_union && (gap->bytes || gap->bits));
}

/* Whether it can be had, packed or not. */
static bool try_layout(const closure *c, const wisp_symbols_type *type, bool is_packed,
                       layout *out)
{
    walk w = {.types = c,
              .is_packed = is_packed,
              .is_union = type->kind == WISP_TYPE_UNION,
              .alignment = 1};
    for (uint32_t i = 0; i < type->member_count; i++)
        if (!walk_member(&w, &type->members[i], &out->gaps[i]))
            return false;
    uint32_t alignment = alignment_of(type);
    uint64_t size = round_up(w.bits_most, 8) / 8;
    if (alignment < w.alignment || size > type->size)
        return false;
    out->is_packed = is_packed;
    out->aligned = alignment > w.alignment ? alignment : 0;
    out->tail = round_up(size, alignment) == type->size ? 0 : type->size - size;
    return !(w.is_union && out->tail);
}

layout layout_of(const closure *c, const wisp_symbols_type *type)
{
    layout out = {.gaps = take(c->arena, type->member_count + 1, sizeof *out.gaps)};
    if (type->is_opaque ||
        (!try_layout(c, type, false, &out) && !try_layout(c, type, true, &out)))
        out = (layout){.is_bytes = true, .aligned = alignment_of(type)};
    return out;
}
