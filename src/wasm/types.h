#ifndef WISP_WASM_TYPES_H
#define WISP_WASM_TYPES_H

#include <wisp/wasm.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/reader.h"

/* Value types, function types and limits: their encoding (Spec 5.3), equality and
 * subtyping of imports (Spec 3.4). */

static inline bool wisp_valtype_is_ref(wisp_valtype type)
{
    return type == WISP_FUNCREF || type == WISP_EXTERNREF;
}

/* Whether a slot's upper half carries part of the value. */
static inline bool wisp_valtype_is_64(wisp_valtype type)
{
    return type != WISP_I32 && type != WISP_F32;
}

/* The feature that values of [type] are part of; 0 for those of every module. */
uint32_t wisp_valtype_feature(wisp_valtype type);

/* Checks that [byte], found at [offset], is a value type that is supported. */
wisp_status wisp_valtype_check(uint8_t byte, uint64_t offset, wisp_error *err);

bool wisp_functype_equal(const wisp_functype *a, const wisp_functype *b);

/* Writes "(i32 i64) -> (f32)" into [into], cut where it does not fit. */
void wisp_functype_print(const wisp_functype *type, char *into, size_t size);

/* The same for any import or export: "func (i32) -> ()", "memory 1 to 2", … */
void wisp_extern_type_print(const wisp_extern_type *type, char *into, size_t size);

/*
 * Parses "(iI)f" into [type], whose arrays it allocates in [arena]. Returns WISP_INVALID for
 * anything else.
 */
wisp_status wisp_functype_parse(wisp_arena *arena, const char *signature, wisp_functype *type,
                                wisp_error *err);

/* Whether something of [actual] limits may be imported as [wanted]. */
bool wisp_limits_match(wisp_limits wanted, wisp_limits actual);

#endif
