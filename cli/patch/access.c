#include "access.h"

#include "../take.h"

#include <string.h>

static access_scalar integer_of(uint64_t size, bool is_signed)
{
    switch (size) {
    case 1:
        return is_signed ? (access_scalar){"i8", "int8_t", "i8"}
                         : (access_scalar){"u8", "uint8_t", "u8"};
    case 2:
        return is_signed ? (access_scalar){"i16", "int16_t", "i16"}
                         : (access_scalar){"u16", "uint16_t", "u16"};
    case 4:
        return is_signed ? (access_scalar){"i32", "int32_t", "i32"}
                         : (access_scalar){"i32", "uint32_t", "u32"};
    case 8:
        return is_signed ? (access_scalar){"i64", "int64_t", "i64"}
                         : (access_scalar){"i64", "uint64_t", "u64"};
    default:
        return (access_scalar){0};
    }
}

static bool is_address(const closure *c, const wisp_symbols_type *type)
{
    return type->kind == WISP_TYPE_POINTER || type->kind == WISP_TYPE_REFERENCE ||
           closure_body(c, type)->is_by_reference;
}

access_scalar access_scalar_of(const closure *c, const wisp_symbols_type *type)
{
    type = wisp_symbols_type_strip(type);
    while (type->kind == WISP_TYPE_ATOMIC)
        type = wisp_symbols_type_strip(type->target);
    if (is_address(c, type))
        return (access_scalar){"i64", "wisp_address", "u64"};
    switch (type->kind) {
    case WISP_TYPE_BOOL:
        return type->size == 1 ? (access_scalar){"u8", "_Bool", "bool"}
                               : integer_of(type->size, false);
    case WISP_TYPE_INTEGER:
        return integer_of(type->size, type->is_signed);
    case WISP_TYPE_ENUM:
        return integer_of(closure_body(c, type)->size, closure_body(c, type)->is_signed);
    case WISP_TYPE_FLOAT:
        return type->size == 4   ? (access_scalar){"f32", "float", "f32"}
               : type->size == 8 ? (access_scalar){"f64", "double", "f64"}
                                 : (access_scalar){0};
    default:
        return (access_scalar){0};
    }
}

static void tell_bits(const closure *c, const wisp_symbols_member *m, uint64_t from,
                      void (*tell)(void *user, const access_field *field), void *user)
{
    uint64_t unit = m->type->size ? m->type->size * 8 : 8;
    uint64_t start = from * 8 + m->bit_offset, at = start / unit * unit;
    if (start + m->bit_size > at + unit) /* a packed one across units: no load has it whole */
        return;
    tell(user, &(access_field){.name = name_identifier(c->arena, m->name),
                               .type = m->type,
                               .scalar = access_scalar_of(c, m->type),
                               .offset = at / 8,
                               .shift = (uint32_t)(start - at),
                               .bit_size = m->bit_size});
}

static void each_from(const closure *c, const wisp_symbols_type *record, uint64_t from,
                      void (*tell)(void *user, const access_field *field), void *user)
{
    record = closure_body(c, record);
    for (uint32_t i = 0; i < record->member_count; i++) {
        const wisp_symbols_member *m = &record->members[i];
        const wisp_symbols_type *type = wisp_symbols_type_strip(m->type);
        bool is_record = type->kind == WISP_TYPE_STRUCT || type->kind == WISP_TYPE_UNION;
        if (m->bit_size && m->name[0])
            tell_bits(c, m, from, tell, user);
        else if (m->name[0])
            tell(user, &(access_field){.name = name_identifier(c->arena, m->name),
                                       .type = m->type,
                                       .scalar = access_scalar_of(c, m->type),
                                       .offset = from + m->offset});
        else if (is_record)
            each_from(c, type, from + m->offset, tell, user);
    }
}

void access_each(const closure *c, const wisp_symbols_type *record,
                 void (*tell)(void *user, const access_field *field), void *user)
{
    each_from(c, record, 0, tell, user);
}
