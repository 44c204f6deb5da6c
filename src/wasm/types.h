#ifndef WISP_WASM_TYPES_H
#define WISP_WASM_TYPES_H

#include <wisp/wasm.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/reader.h"
#include "wasm/slot.h"

struct wisp_module;

/* Value types, function types and limits: their encoding (Spec 5.3), equality and
 * subtyping (Spec 3.3, 3.4). */

/* A reference of which nothing is known, in code that cannot be reached: (ref bottom). */
enum { WISP_ANY_REF = 0x01 | WISP_NON_NULL };

static inline bool wisp_valtype_is_ref(wisp_valtype type)
{
    uint8_t code = wisp_valtype_code(type);
    return code != 0 && code < WISP_V128;
}

/* Whether null is a value of the reference type [type]. */
static inline bool wisp_valtype_has_null(wisp_valtype type)
{
    return !(type & WISP_NON_NULL);
}

/*
 * How much of a frame a value takes: 0 for 32 bits of a slot, 1 for a whole one, 2 for two.
 * The codes that move values come in this order.
 */
inline uint32_t wisp_valtype_width(wisp_valtype type)
{
    return type == WISP_I32 || type == WISP_F32 ? 0 : type == WISP_V128 ? 2 : 1;
}

/* The same in slots. */
inline uint32_t wisp_valtype_slots(wisp_valtype type)
{
    return type == WISP_V128 ? WISP_SLOTS_V128 : 1;
}

/* Slots that values of [count] types take. */
uint32_t wisp_valtypes_slots(const wisp_valtype *types, uint32_t count);

/* Slots that are the arguments of a function of [type] and then its results. */
uint32_t wisp_functype_slots(const wisp_functype *type);

/* The feature that values of [type] are part of; 0 for those of every module. */
uint32_t wisp_valtype_feature(wisp_valtype type);

/* Whether a reference of [type] is to functions. */
bool wisp_valtype_is_func(wisp_valtype type);

/* Whether one of [type] is to exceptions. */
static inline bool wisp_valtype_is_exn(wisp_valtype type)
{
    return wisp_valtype_code(type) == WISP_EXNREF || wisp_valtype_code(type) == WISP_NULLEXNREF;
}

/* Whether every value of [found] is one of [wanted] too (Spec 3.3.3). 0 as [found] is the
 * unknown type of unreachable code, which is. Both of one module, or of one store. */
bool wisp_valtype_matches(wisp_valtype found, wisp_valtype wanted);

/*
 * Reads a value type, or the heap type of a reference that may be null (Spec 5.3.3), whose
 * type index [module] must have. Returns WISP_MALFORMED, WISP_MISMATCH for an unknown type,
 * or WISP_UNSUPPORTED.
 */
wisp_status wisp_valtype_read(const struct wisp_module *module, wisp_reader *r, wisp_valtype *out,
                              wisp_error *err);
wisp_status wisp_heaptype_read(const struct wisp_module *module, wisp_reader *r,
                               wisp_valtype *out, wisp_error *err);

/* [type] of a module with its index, if it has one, replaced by that of [numbers]. */
static inline wisp_valtype wisp_valtype_numbered(wisp_valtype type, const uint32_t *numbers)
{
    if (wisp_valtype_code(type) != WISP_TYPED_FUNCREF)
        return type;
    return wisp_typed_funcref(numbers[wisp_valtype_index(type)]) | (type & WISP_NON_NULL);
}

/* Whether [type] is one that a program may give to what it makes: no index of a module's. */
bool wisp_valtype_is_plain(wisp_valtype type);

/* Both of one module, or of one store. */
bool wisp_functype_equal(const wisp_functype *a, const wisp_functype *b);

/* Writes "(i32 i64) -> (f32)" into [into], cut where it does not fit. */
void wisp_functype_print(const wisp_functype *type, char *into, size_t size);

/* The same for any import or export: "func (i32) -> ()", "memory 1 to 2", … Returns [into]. */
const char *wisp_extern_type_print(const wisp_extern_type *type, char *into, size_t size);

/*
 * Parses "(iI)f" into [type], whose arrays it allocates in [arena]. Returns WISP_INVALID for
 * anything else.
 */
wisp_status wisp_functype_parse(wisp_arena *arena, const char *signature, wisp_functype *type,
                                wisp_error *err);

/* Whether something of [actual] limits may be imported as [wanted]. */
bool wisp_limits_match(wisp_limits wanted, wisp_limits actual);

#endif
