#include "wasm/runtime.h"
#include "wasm/types.h"

wisp_value wisp_value_of_slot(const wisp_slot *slot, wisp_valtype type)
{
    wisp_value value = {.type = type};
    switch (type) {
    case WISP_I32:
        value.of.i32 = slot->i32;
        break;
    case WISP_F32: /* bits, so that no NaN changes on the way */
        value.of.i32 = slot->i32;
        break;
    case WISP_I64:
    case WISP_F64:
        value.of.i64 = slot->i64;
        break;
    case WISP_FUNCREF:
        value.of.funcref = slot->ref;
        break;
    case WISP_EXTERNREF:
        value.of.externref = slot->ref;
        break;
    }
    return value;
}

wisp_slot wisp_slot_of_value(const wisp_value *value)
{
    wisp_slot slot = {.u64 = 0};
    switch (value->type) {
    case WISP_I32:
    case WISP_F32:
        slot.i32 = value->of.i32;
        break;
    case WISP_I64:
    case WISP_F64:
        slot.i64 = value->of.i64;
        break;
    case WISP_FUNCREF:
        slot.ref = value->of.funcref;
        break;
    case WISP_EXTERNREF:
        slot.ref = value->of.externref;
        break;
    }
    return slot;
}

wisp_status wisp_global_new(wisp_store *store, bool is_mutable, wisp_value value,
                            wisp_global **out, wisp_error *err)
{
    wisp_status status = wisp_valtype_check((uint8_t)value.type, WISP_NO_OFFSET, NULL);
    if (status)
        return wisp_fail(err, WISP_INVALID, "a global of a type that is none (0x%x)",
                         (unsigned)value.type);
    wisp_global *global = wisp_arena_alloc(&store->arena, 1, sizeof *global);
    if (!global)
        return wisp_fail_memory(err, sizeof *global);
    global->value = wisp_slot_of_value(&value);
    global->type = value.type;
    global->is_mutable = is_mutable;
    global->store = store;
    *out = global;
    return WISP_OK;
}

wisp_value wisp_global_get(const wisp_global *global)
{
    return wisp_value_of_slot(&global->value, global->type);
}

wisp_status wisp_global_set(wisp_global *global, wisp_value value, wisp_error *err)
{
    if (!global->is_mutable)
        return wisp_fail(err, WISP_INVALID, "an immutable global cannot be set");
    if (value.type != global->type)
        return wisp_fail(err, WISP_MISMATCH, "a value of type %s for a global of %s",
                         wisp_valtype_name(value.type), wisp_valtype_name(global->type));
    global->value = wisp_slot_of_value(&value);
    return WISP_OK;
}
