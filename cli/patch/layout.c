#include "layout.h"

#include "../take.h"

#include <string.h>

/* Where the compiler is, while it lays out a struct as the ABI of System V says. */
typedef struct walk {
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
    uint32_t alignment = w->is_packed ? 1 : alignment_of(m->type);
    uint64_t free = round_up(w->bits, 8) / 8;
    if (m->offset < free || m->offset % alignment != 0)
        return false;
    if (round_up(free, alignment) != m->offset)
        gap->bytes = m->offset - free;
    w->bits = (m->offset + m->type->size) * 8;
    return true;
}

static bool walk_member(walk *w, const wisp_symbols_member *m, layout_gap *gap)
{
    *gap = (layout_gap){0};
    w->bits = w->is_union ? 0 : w->bits;
    uint32_t alignment = w->is_packed ? 1 : alignment_of(m->type);
    bool fits = m->bit_size ? walk_bits(w, m, gap) : walk_bytes(w, m, gap);
    if (w->bits > w->bits_most)
        w->bits_most = w->bits;
    if (alignment > w->alignment)
        w->alignment = alignment;
    return fits && !(w->is_union && (gap->bytes || gap->bits));
}

/* Whether it can be had, packed or not. */
static bool try_layout(const wisp_symbols_type *type, bool is_packed, layout *out)
{
    walk w = {.is_packed = is_packed, .is_union = type->kind == WISP_TYPE_UNION, .alignment = 1};
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

layout layout_of(wisp_arena *arena, const wisp_symbols_type *type)
{
    layout out = {.gaps = take(arena, type->member_count + 1, sizeof *out.gaps)};
    if (type->is_opaque || (!try_layout(type, false, &out) && !try_layout(type, true, &out)))
        out = (layout){.is_bytes = true, .aligned = alignment_of(type)};
    return out;
}
